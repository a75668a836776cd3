"""What tools print: lines that carry the facts they show, and the result of a command."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from quizgame.tools.facts import Fact

NOT_SIMULATED = 3
"""Exit status of a real command or option that the simulation does not have."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of output."""

    text: str
    """Without its line end. May hold ANSI colour escapes where the real tool writes them into a pipe too."""
    facts: tuple[Fact, ...] = ()
    """What a reader of this line learns."""
    end: str = "\n"
    """The line end; empty for a last line without one (``printf``, ``-o jsonpath``)."""


@dataclass(slots=True)
class Result:
    """What one command left: its two streams and its exit status."""

    stdout: list[Line] = field(default_factory=list)
    stderr: list[Line] = field(default_factory=list)
    exit: int = 0
    exit_facts: tuple[Fact, ...] = ()
    """What the exit status alone tells whoever gets to see it (``command terminated with exit code 28``)."""


def lines(text: str, facts: Iterable[Fact] = ()) -> list[Line]:
    """Split text into lines that all carry the same facts; a missing last line end is kept."""
    shown = tuple(facts)
    parts = text.split("\n")
    last = parts.pop()
    split = [Line(part, shown) for part in parts]
    if last:
        split.append(Line(last, shown, end=""))
    return split


def render(stream: Iterable[Line]) -> str:
    """The bytes that a stream puts on the terminal, as text."""
    return "".join(line.text + line.end for line in stream)


def failure(message: str, exit_status: int = 1) -> Result:
    """A command that printed only this on stderr (each line end included) and failed."""
    return Result(stderr=lines(message if message.endswith("\n") else message + "\n"), exit=exit_status)


def not_simulated(name: str) -> Result:
    """The plain refusal of something the real tool has and the simulation has not."""
    return failure(f"quizgame: {name} is not simulated", NOT_SIMULATED)
