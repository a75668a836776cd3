"""Opens pack files: the built-in ones, the user's, and any others that are named.

Rules for this file: it is the one place in this room that touches the file system. No file outside the folder that
was named is opened, whatever links lie in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from quizgame.yamlsource.loader import DEFAULT_LIMITS
from quizgame.yamlsource.place import Place, YamlError, YamlProblem

SUFFIXES = (".yaml", ".yml")
FILES_LIMIT = 2_000
"""How many files one folder of packs may hold."""

# Searched for behind a line end: a pattern that begins with characters is found ten times as fast as one with ^.
_SCENARIO = re.compile(rb"\nkind:\s*[\"']?(Scenario|Lab)\b")
_PACK = re.compile(rb"\napiVersion:\s*[\"']?quizgame/")

_PACKAGE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class PackFile:
    """The text of one pack file."""

    name: str
    """The path as it is shown in messages."""
    text: bytes


def builtin_folder(kind: str) -> Path:
    """The folder of what ships with the program: ``questions``, ``scenarios`` or ``assets``.

    It lies inside the package in an installation and beside it in a checkout.
    """
    installed = _PACKAGE / "data" / kind
    return installed if installed.is_dir() else _PACKAGE.parent / kind


def builtin_blueprints() -> Path:
    """The folder of the blueprints that ship with the program."""
    return _PACKAGE / "content" / "blueprints"


def read_pack_file(path: Path) -> PackFile:
    """Read one file.

    Raises:
        YamlError: It cannot be read; a file beyond the size limit is refused when it is parsed.
    """
    name = shown_path(path)
    try:
        with path.open("rb") as stream:
            return PackFile(name, stream.read(DEFAULT_LIMITS.bytes + 1))
    except OSError as error:
        raise YamlError([YamlProblem(Place(name, 1, 1), f"cannot read: {error.strerror}")]) from error


def pack_paths(folder: Path) -> Iterator[Path]:
    """The YAML files of a folder and of the folders in it, sorted; hidden ones and those that lead outside left out."""
    root = folder.resolve()
    found = 0
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.suffix not in SUFFIXES or any(part.startswith(".") for part in inside.parts):
            continue
        if not path.is_file() or not path.resolve().is_relative_to(root):
            continue
        found += 1
        if found > FILES_LIMIT:
            raise YamlError([YamlProblem(Place(shown_path(folder), 1, 1), f"more than {FILES_LIMIT} YAML files")])
        yield path


def paths_in(folders: Iterable[Path]) -> tuple[list[Path], list[YamlProblem]]:
    """The YAML files of several folders, one folder after another, and what keeps a folder from being looked through.

    A folder that does not exist holds none.
    """
    paths: list[Path] = []
    problems: list[YamlProblem] = []
    for folder in folders:
        try:
            paths += list(pack_paths(folder)) if folder.is_dir() else ()
        except YamlError as error:
            problems.extend(error.problems)
    return paths, problems


def is_scenario_text(text: bytes) -> bool:
    """Whether a file's text says that it is a scenario or a lab; looks at the text alone, so it costs nothing."""
    return _SCENARIO.search(b"\n" + text) is not None


def scenario_folders_among(files: Iterable[tuple[Path, bytes]]) -> frozenset[Path]:
    """The folders that belong to scenarios: what else lies in them are their manifests, with placeholders in them."""
    return frozenset(path.parent.resolve() for path, text in files if is_scenario_text(text))


def is_template(path: Path, text: bytes, folders: frozenset[Path]) -> bool:
    """Whether a file is a manifest of a scenario: it lies in the folder of one, and does not say that it is a pack."""
    return _PACK.search(b"\n" + text) is None and any(parent in folders for parent in path.resolve().parents)


def shown_path(path: Path) -> str:
    """The path relative to the working folder where it lies below it, else as it is."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
