"""Places in source files, and problems that have one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quizgame.errors import QuizgameError

PROBLEMS_SHOWN = 20
"""How many problems one message lists before it only counts the rest."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a text; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class YamlProblem:
    """What is wrong at one place of a YAML text."""

    place: Place
    message: str

    def __str__(self) -> str:
        """One line, whatever names and texts the message quotes: control characters are shown as escapes."""
        text = f"{self.place}: {self.message}"
        return text if text.isprintable() else "".join(map(_visible, text))


class YamlError(QuizgameError):
    """A YAML text cannot be used as data; ``problems`` says why, sorted by place."""

    def __init__(self, problems: Sequence[YamlProblem]) -> None:
        self.problems: tuple[YamlProblem, ...] = tuple(sorted(problems))
        shown = [str(problem) for problem in self.problems[:PROBLEMS_SHOWN]]
        if len(self.problems) > PROBLEMS_SHOWN:
            shown.append(f"and {len(self.problems) - PROBLEMS_SHOWN} more")
        super().__init__("\n".join(shown))


def _visible(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode()
