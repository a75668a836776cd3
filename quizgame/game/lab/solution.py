"""A task's solution as lines to be run, each with where it stands."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from quizgame.content.scenario.lab import Task
from quizgame.game.scenario.steps import Choice
from quizgame.tools.shell.parser import needs_more

FAILING = "! "
ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class SolutionLine:
    """One line of a solution."""

    text: str
    """As typed; a here-document with its body is one line."""
    offset: int
    """Its place among the rows of the solution's text, from 0."""
    is_failing: bool
    """Whether it is expected to exit with another status than 0."""


def solution_lines(task: Task) -> Iterator[SolutionLine]:
    """The lines of a solution; empty ones and comments are left out."""
    pending, first = "", 0
    for number, row in enumerate(task.solution.split("\n")):
        if not pending:
            first = number
        pending = f"{pending}\n{row}" if pending else row
        if needs_more(pending):
            continue
        text, pending = pending, ""
        if text.strip() and not text.lstrip().startswith("#"):
            is_failing = text.startswith(FAILING)
            yield SolutionLine(text.removeprefix(FAILING), first, is_failing)
    if pending:
        yield SolutionLine(pending, first, False)


def as_shown(line: str, task: Task, choices: list[Choice]) -> str:
    """An answer that names an option by its number in the file, with its number on the screen instead."""
    words = line.split()
    if words[:1] != [ANSWER] or len(words) != 3 or not words[2].isdecimal() or words[1] != task.id:
        return line
    shown = [number for number, choice in enumerate(choices, 1) if choice.position == int(words[2]) - 1]
    return shlex.join([ANSWER, words[1], str(shown[0])]) if shown else line
