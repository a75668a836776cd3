"""The syntax tree of a shell line, as the parser builds it and the executor walks it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from quizgame.errors import QuizgameError


class ShellSyntaxError(QuizgameError):
    """A line that bash would refuse; the message is bash's own, without the leading ``bash: ``."""

    def __init__(self, message: str, *, is_incomplete: bool = False) -> None:
        super().__init__(message)
        self.is_incomplete = is_incomplete
        """Whether more input could complete the line, so that a terminal would prompt for it."""


class NotSimulatedSyntax(QuizgameError):
    """Something real of the shell's language that the simulation does not have; the message names it."""


@dataclass(frozen=True, slots=True)
class Text:
    """Literal characters of a word."""

    text: str
    is_quoted: bool = False
    """Quoted text is not split, globbed or brace-expanded."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """``$name`` or ``${name…}``."""

    name: str
    operator: str = ""
    """``:-``, ``#``, ``//`` … as written; ``length`` for ``${#name}``; empty for the plain value."""
    argument: Word | None = None
    replacement: Word | None = None
    """Only for ``/`` and ``//``."""
    is_quoted: bool = False
    source: str = ""
    """As written, for messages."""


@dataclass(frozen=True, slots=True)
class CommandSubstitution:
    """``$(…)`` or backticks."""

    body: Script
    is_quoted: bool = False


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``$((…))``."""

    expression: Word
    is_quoted: bool = False


@dataclass(frozen=True, slots=True)
class ProcessSubstitution:
    """``<(…)``: the output of the body as a file that can be named."""

    body: Script
    is_quoted: bool = False


Part: TypeAlias = "Text | Parameter | CommandSubstitution | Arithmetic | ProcessSubstitution"


@dataclass(frozen=True, slots=True)
class Word:
    """What becomes zero or more arguments once expanded."""

    parts: tuple[Part, ...]

    @property
    def literal(self) -> str | None:
        """The text where the word is one unquoted literal, as reserved words and aliases must be."""
        if len(self.parts) == 1:
            part = self.parts[0]
            if isinstance(part, Text) and not part.is_quoted:
                return part.text
        return None


@dataclass(slots=True)
class Redirect:
    """One redirection; a here-document's body arrives after its line was read, so this one is not frozen."""

    descriptor: int
    operator: str
    """``<``, ``>``, ``>>``, ``>|``, ``<&``, ``>&``, ``&>``, ``&>>``, ``<<``, ``<<-`` or ``<<<``."""
    target: Word
    body: Word | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """``name=value`` or ``name+=value`` in front of, or instead of, a command."""

    name: str
    value: Word
    is_append: bool = False


@dataclass(frozen=True, slots=True)
class Simple:
    """A command with its arguments."""

    assignments: tuple[Assignment, ...]
    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """``{ …; }`` or, in a subshell, ``( … )``."""

    body: Script
    is_subshell: bool
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class If:
    """``if … then … elif … else … fi``."""

    branches: tuple[tuple[Script, Script], ...]
    otherwise: Script | None
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class While:
    """``while`` or ``until``."""

    condition: Script
    body: Script
    is_until: bool
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class For:
    """``for name in words; do … done``; without ``in`` it goes over the positional parameters."""

    name: str
    words: tuple[Word, ...] | None
    body: Script
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """``case word in pattern) … ;; esac``."""

    subject: Word
    branches: tuple[tuple[tuple[Word, ...], Script], ...]
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class Conditional:
    """``[[ … ]]``, its words and operators as they stand."""

    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class Function:
    """``name() { … }``."""

    name: str
    body: Command


Command: TypeAlias = "Simple | Group | If | While | For | Case | Conditional | Function"


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands joined by ``|``."""

    commands: tuple[Command, ...]
    is_negated: bool = False
    is_timed: bool = False
    joins_stderr: tuple[bool, ...] = field(default=())
    """For each command but the last, whether ``|&`` follows it."""


@dataclass(frozen=True, slots=True)
class AndOr:
    """Pipelines joined by ``&&`` and ``||``: pairs of the operator in front (empty for the first) and the pipeline."""

    members: tuple[tuple[str, Pipeline], ...]
    background: str = ""
    """The list as typed, where ``&`` follows it."""


@dataclass(frozen=True, slots=True)
class Script:
    """A list of and-or lists, run one after another."""

    entries: tuple[AndOr, ...]
