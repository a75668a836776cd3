"""Completion as cobra has it: what the last word of an unfinished command line is, and what could stand there.

The last word is always the one being typed; it is empty where a blank was typed last.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from quizgame.goflags.command import Command
from quizgame.goflags.errors import UnknownCommandError
from quizgame.goflags.flagset import Flag, FlagSet

_REPEATABLE = frozenset(("count", "filter", "stringArray", "strings", "stringToString"))
"""Kinds of flags that mean something when given again."""
_LISTS = frozenset(("strings", "[]string"))
"""Kinds whose value may be several, split at commas."""


@dataclass(frozen=True, slots=True)
class Place:
    """What the last word is, and what stands before it."""

    last: str
    """The word being typed."""
    flag: Flag | None = None
    """The flag whose value it is; ``None``: it is none."""
    lead: str = ""
    """What of the last word comes before the part that is completed: ``--output=``, ``-n``, ``pod,``."""
    is_flag: bool = False
    """Whether the last word is the beginning of a flag."""
    args: tuple[str, ...] = ()
    """Positional words before it."""
    args_before_dash: int = -1
    """How many of them stand before ``--``; -1: there was none."""
    given: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Flags before it by name, with their values in order."""

    def text(self, name: str) -> str:
        """The last value that a flag was given; empty: none."""
        return self.given.get(name, ("",))[-1]


Values = Callable[[Command, Place], Iterable[str]]
"""What could stand at a place as a flag's value or as a positional word."""


def place_in(flags: FlagSet, words: Sequence[str]) -> Place:
    """Read the words after a command's name, the last of them unfinished; unknown flags are passed over."""
    *done, last = words
    args: list[str] = []
    given: dict[str, tuple[str, ...]] = {}
    waiting: Flag | None = None
    dash = -1
    for at, word in enumerate(done):
        if waiting is not None:
            given[waiting.name] = (*given.get(waiting.name, ()), word)
            waiting = None
        elif word == "--" or (not flags.interspersed and not _is_flag(word)):
            dash = len(args) if word == "--" else -1
            return Place(last, args=(*args, *done[at + (word == "--") :]), args_before_dash=dash, given=given)
        elif not _is_flag(word):
            args.append(word)
        else:
            for flag, value, _ in _flags_in(flags, word):
                if value is None:
                    waiting = flag
                else:
                    given[flag.name] = (*given.get(flag.name, ()), value)
    if waiting is not None:
        return Place(last, waiting, _listed(waiting, last), args=tuple(args), given=given)
    for flag, value, lead in _flags_in(flags, last):
        if value is not None and lead:
            return Place(last, flag, lead + _listed(flag, value), args=tuple(args), given=given)
    return Place(last, is_flag=last.startswith("-"), args=tuple(args), given=given)


def _is_flag(word: str) -> bool:
    return len(word) > 1 and word[0] == "-"


def _listed(flag: Flag, value: str) -> str:
    before, comma, _ = value.rpartition(",")
    return before + comma if flag.kind in _LISTS else ""


def _flags_in(flags: FlagSet, word: str) -> Iterator[tuple[Flag, str | None, str]]:
    """The flags of one word: each with its value (``None``: it is the next word) and what stands before a typed one."""
    if not _is_flag(word):
        return
    if word.startswith("--"):
        name, equals, value = word[2:].partition("=")
        flag = flags.flags.get(name)
        if flag is not None:
            yield flag, value if equals else flag.no_opt_default or None, f"--{name}=" if equals else ""
        return
    for at, letter in enumerate(word[1:], 2):
        flag = flags.shorts.get(letter)
        if flag is None:
            return
        value = word[at:]
        if len(value) > 1 and value[0] == "=":
            yield flag, value[1:], word[: at + 1]
            return
        if not flag.no_opt_default:
            yield flag, value or None, word[:at] if value else ""
            return
        yield flag, flag.no_opt_default, ""


def flag_words(flags: Iterable[Flag], place: Place, refused: Container[str] = ()) -> Iterator[str]:
    """The flags that could stand at a place: those not given yet, or that may be repeated.

    Args:
        flags: All flags of the command.
        place: The place.
        refused: Names of flags that are not to be offered.
    """
    for flag in flags:
        is_done = flag.name in place.given and flag.kind not in _REPEATABLE
        if flag.hidden or flag.deprecated or is_done or flag.name in refused:
            continue
        yield f"--{flag.name}"
        if flag.no_opt_default and flag.kind == "string":
            yield f"--{flag.name}="
        if flag.short:
            yield f"-{flag.short}"


def complete_command(
    root: Command,
    words: Sequence[str],
    values: Values,
    *,
    is_refused: Callable[[Command], bool] = lambda _command: False,
    refused_flags: Callable[[Command], Container[str]] = lambda _command: (),
) -> Iterator[str]:
    """Propose words for the last one of a command line.

    Args:
        root: The tree of commands.
        words: The command line without the program's name.
        values: Proposes values of flags and positional words.
        is_refused: Says which commands are not to be offered.
        refused_flags: Names the flags of a command that are not to be offered.
    """
    *done, last = words
    if done[:1] == ["help"]:
        yield from _topics(root, done[1:], is_refused)
        return
    try:
        command, rest = root.find(done)
    except UnknownCommandError:
        return
    flags = command.flag_set()
    place = place_in(flags, [*rest, last])
    if place.is_flag:
        yield from flag_words(flags, place, refused_flags(command))
        return
    if place.flag is not None:
        if place.flag.name not in refused_flags(command):
            yield from (place.lead + value for value in (place.flag.choices or values(command, place)))
        return
    if not place.args:
        yield from _offered(command, is_refused)
    yield from (place.lead + value for value in values(command, place))


def _topics(root: Command, words: Sequence[str], is_refused: Callable[[Command], bool]) -> Iterator[str]:
    command: Command | None = root
    for word in words:
        command = command.child(word) if command is not None else None
    if command is not None:
        yield from _offered(command, is_refused)


def _offered(command: Command, is_refused: Callable[[Command], bool]) -> Iterator[str]:
    for child in command.children:
        is_empty = not child.runnable and not any(True for _ in _offered(child, is_refused))
        if not child.hidden and not is_refused(child) and not is_empty:
            yield child.name
