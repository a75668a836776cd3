"""What a preview shows: the questions of one file as they stand on the disk now."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from quizgame.content.library import BankQuestion, load_pack
from quizgame.content.packfiles import read_pack_file
from quizgame.yamlsource.place import YamlError


@dataclass(frozen=True, slots=True)
class Draft:
    """One reading of the file."""

    stamp: tuple[int, int] | None
    """When it was changed (ns) and its size; ``None`` where it is not there."""
    questions: tuple[BankQuestion, ...]
    problems: tuple[str, ...]
    """One line each, with its place."""


def stamp_of(path: Path) -> tuple[int, int] | None:
    """What changes when the file does."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def read_draft(path: Path) -> Draft:
    """Read the file; whatever is wrong with it becomes problems."""
    stamp = stamp_of(path)  # before the text: a change in between is then seen by the next look
    try:
        pack = load_pack(read_pack_file(path))
    except YamlError as error:
        return Draft(stamp, (), tuple(map(str, error.problems)))
    if pack is None:
        return Draft(stamp, (), (f"{path}: holds no questions",))
    problems = tuple(map(str, pack.problems))
    if not pack.questions and not problems:
        problems = (f"{path}: holds no questions",)
    return Draft(stamp, pack.questions, problems)
