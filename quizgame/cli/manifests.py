"""Files of Kubernetes manifests as the options name them."""

from __future__ import annotations

from pathlib import Path

from quizgame.errors import QuizgameError

SUFFIXES = (".yaml", ".yml", ".json")


def manifest_files(path: Path) -> list[Path]:
    """The file named, or the manifests in the folder named and in the folders below it, sorted.

    Raises:
        QuizgameError: There is none.
    """
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.suffix in SUFFIXES and file.is_file())
        if not files:
            raise QuizgameError("no YAML file in this folder", source=str(path))
        return files
    if not path.exists():
        raise QuizgameError("no such file or folder", source=str(path))
    return [path]
