"""What a shell remembers between lines beside the session's own fields, and the streams of a running command."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import overload

from quizgame.errors import QuizgameError
from quizgame.tools.output import Line
from quizgame.tools.session import Session
from quizgame.tools.shell.syntax import Command

MAX_OUTPUT_CHARACTERS = 20_000_000
"""More than this from one line is stopped."""
MAX_COMMANDS = 20_000
"""Commands that one line may run, loops and substitutions included."""
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class ShellStopped(QuizgameError):
    """The line went past a bound of the simulation; the message says which."""


class Feed(Sequence[Line]):
    """Standard input: a command that looks at it takes all that is left, one that does not leaves it to the next."""

    def __init__(self, lines: Sequence[Line] = ()) -> None:
        self._lines = lines
        self._position = 0

    def next_line(self) -> Line | None:
        """Take one line (``read``)."""
        if self._position >= len(self._lines):
            return None
        self._position += 1
        return self._lines[self._position - 1]

    def view(self) -> Feed:
        """What one command gets: looking at it empties this feed."""
        return _View(self)

    def take_all(self) -> Sequence[Line]:
        """Take all that is left."""
        rest = self._lines[self._position :] if self._position else self._lines
        self._position = len(self._lines)
        return rest

    @overload
    def __getitem__(self, index: int) -> Line: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Line]: ...
    def __getitem__(self, index: int | slice) -> Line | Sequence[Line]:
        return self._lines[index]

    def __len__(self) -> int:
        return len(self._lines)


class _View(Feed):
    def __init__(self, source: Feed) -> None:
        super().__init__()
        self._source = source
        self._taken: Sequence[Line] | None = None

    def _all(self) -> Sequence[Line]:
        if self._taken is None:
            self._taken = self._source.take_all()
        return self._taken

    def __getitem__(self, index: int | slice) -> Line | Sequence[Line]:  # type: ignore[override]  # both overloads in one
        return self._all()[index]

    def __len__(self) -> int:
        return len(self._all())

    def __iter__(self) -> Iterator[Line]:
        return iter(self._all())


class Sink:
    """Where a stream goes: a list of lines, or nowhere."""

    def __init__(self, lines: list[Line] | None) -> None:
        self.lines = lines
        self._room = MAX_OUTPUT_CHARACTERS

    def write(self, lines: Iterable[Line]) -> None:
        """Append lines.

        Raises:
            ShellStopped: past ``MAX_OUTPUT_CHARACTERS``.
        """
        if self.lines is None:
            return
        added = list(lines)
        self._room -= sum(len(line.text) + 1 for line in added)
        if self._room < 0:
            raise ShellStopped("stopped: too much output")
        self.lines.extend(added)


@dataclass(frozen=True, slots=True)
class Streams:
    """The three streams of a command."""

    stdin: Feed
    stdout: Sink
    stderr: Sink


@dataclass(slots=True)
class ShellState:
    """Aliases, functions, exports and the like of one shell."""

    exported: set[str] = field(default_factory=set)
    aliases: dict[str, str] = field(default_factory=dict)
    functions: dict[str, Command] = field(default_factory=dict)
    positional: tuple[str, ...] = ()
    options: set[str] = field(default_factory=set)
    """Letters and names of ``set -e``, ``set -u``, ``set -o pipefail``."""
    origins: dict[str, tuple[Line, ...]] = field(default_factory=dict)
    """For a variable, the lines whose text it was made of, so that showing it shows their facts."""
    random_count: int = 0
    has_exited: bool = False

    def copy(self) -> ShellState:
        """What a subshell starts with."""
        return ShellState(
            set(self.exported), dict(self.aliases), dict(self.functions), self.positional, set(self.options),
            dict(self.origins), self.random_count, self.has_exited,
        )  # fmt: skip


def preset(session: Session, name: str) -> str | None:
    """The value of a variable that every shell has without being told."""
    match name:
        case "HOME":
            return "/root"
        case "PWD":
            return session.cwd
        case "USER" | "LOGNAME":
            return "root"
        case "SHELL":
            return "/bin/bash"
        case "PATH":
            return PATH
        case "TERM":
            return "xterm-256color"
        case "LANG":
            return "C.UTF-8"
        case "COLUMNS":
            return str(session.width)
        case "HOSTNAME":
            return "workstation"
        case "IFS":
            return " \t\n"
        case "SHLVL":
            return "1"
    return None


EXPORTED_PRESETS = ("HOME", "LANG", "LOGNAME", "PATH", "PWD", "SHELL", "SHLVL", "TERM", "USER")


def environment_of(session: Session) -> dict[str, str]:
    """What a program sees of the environment. Simplified: every shell variable counts as exported."""
    environment = {name: preset(session, name) or "" for name in EXPORTED_PRESETS}
    environment.update((name, value) for name, value in session.variables.items() if name.isidentifier())
    return environment


def keyed_random(session: Session, count: int) -> int:
    """``$RANDOM``: 0 to 32767, the same for the same lines typed before."""
    digest = hashlib.sha256(f"RANDOM/{len(session.history)}/{count}".encode()).digest()
    return int.from_bytes(digest[:2], "big") & 0x7FFF
