"""pflag: flags, the values they hold and the parser, with pflag's own words for every mistake.

A `FlagSet` is built once a run from `Flag` objects, parses the words and is then read by name. A flag may be shared
by several sets (cobra's persistent flags are): its value is then seen by all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from quizgame.goflags.csvfields import split_csv
from quizgame.goflags.durations import format_duration, parse_duration
from quizgame.goflags.errors import FlagError, GoValueError, HelpRequested
from quizgame.goflags.numbers import parse_bool, parse_int, parse_uint
from quizgame.goflags.quoting import quote, quote_byte

Value = bool | int | float | str | list[str] | dict[str, str]
"""What a flag holds. Durations are nanoseconds."""


@dataclass(slots=True)
class Flag:
    """One flag: its spelling, its kind and the value it holds.

    Use the functions below (`boolean`, `string`, `duration` ...) to make one.
    """

    name: str
    usage: str
    kind: str
    """pflag's name of the type, as help pages print it: ``bool string int uint16 duration strings ...``."""
    value: Value
    parse: Callable[[Value, str, bool], Value]
    """Takes the value so far, the text and whether the flag was given before; returns the new value."""
    short: str = ""
    default_text: str = ""
    """The default as a help page prints it; empty for a zero value."""
    no_opt_default: str = ""
    """What the flag means without a value; empty: it needs one."""
    hidden: bool = False
    deprecated: str = ""
    """What to use instead; such a flag is left out of help and says so when used."""
    changed: bool = False
    choices: tuple[str, ...] = ()
    """Values that completion proposes; empty: none can be told beforehand."""

    def set(self, text: str) -> None:
        """Take one value from the command line.

        Raises:
            GoValueError: The text is none of the kind's values.
        """
        self.value = self.parse(self.value, text, self.changed)
        self.changed = True


def boolean(name: str, usage: str, *, short: str = "", default: bool = False, hidden: bool = False) -> Flag:
    """Make a flag that needs no value; ``--flag=false`` turns it off."""
    return Flag(
        name, usage, "bool", default, lambda _old, text, _given: parse_bool(text), short,
        "true" if default else "", "true", hidden,
    )  # fmt: skip


def string(
    name: str,
    usage: str,
    *,
    short: str = "",
    default: str = "",
    no_opt_default: str = "",
    hidden: bool = False,
    choices: Sequence[str] = (),
) -> Flag:
    """Make a flag that takes any text; ``choices`` are proposed, the command itself says what it accepts."""
    return Flag(
        name, usage, "string", default, lambda _old, text, _given: text, short,
        quote(default) if default else "", no_opt_default, hidden, choices=tuple(choices),
    )  # fmt: skip


def integer(
    name: str, usage: str, *, short: str = "", default: int = 0, bits: int = 64, kind: str = "int", hidden: bool = False
) -> Flag:
    """Make a flag that takes a signed number; ``kind`` is what help prints (``int``, ``int32``)."""
    return Flag(
        name, usage, kind, default, lambda _old, text, _given: parse_int(text, 0, bits), short,
        str(default) if default else "", "", hidden,
    )  # fmt: skip


def unsigned(
    name: str,
    usage: str,
    *,
    short: str = "",
    default: int = 0,
    bits: int = 64,
    kind: str = "uint",
    hidden: bool = False,
) -> Flag:
    """Make a flag that takes an unsigned number; ``kind`` is what help prints (``uint``, ``uint16``)."""
    return Flag(
        name, usage, kind, default, lambda _old, text, _given: parse_uint(text, 0, bits), short,
        str(default) if default else "", "", hidden,
    )  # fmt: skip


def duration(name: str, usage: str, *, short: str = "", default: int = 0, hidden: bool = False) -> Flag:
    """Make a flag that takes a duration such as ``1m30s``; value and default are nanoseconds."""
    return Flag(
        name, usage, "duration", default, lambda _old, text, _given: parse_duration(text), short,
        format_duration(default) if default else "", "", hidden,
    )  # fmt: skip


def string_slice(
    name: str,
    usage: str,
    *,
    short: str = "",
    default: Sequence[str] = (),
    hidden: bool = False,
    choices: Sequence[str] = (),
) -> Flag:
    """Make a flag whose values are split at commas and add up over repetitions."""

    def parse(old: Value, text: str, given: bool) -> Value:
        fields = split_csv(text) if text else []
        return [*old, *fields] if given and isinstance(old, list) else fields

    return Flag(
        name, usage, "strings", list(default), parse, short, _listed(default), "", hidden, choices=tuple(choices)
    )


def string_array(
    name: str,
    usage: str,
    *,
    short: str = "",
    default: Sequence[str] = (),
    hidden: bool = False,
    choices: Sequence[str] = (),
) -> Flag:
    """Make a flag whose values are taken whole and add up over repetitions."""

    def parse(old: Value, text: str, given: bool) -> Value:
        return [*old, text] if given and isinstance(old, list) else [text]

    return Flag(
        name, usage, "stringArray", list(default), parse, short, _listed(default), "", hidden, choices=tuple(choices)
    )


def string_map(name: str, usage: str, *, short: str = "", hidden: bool = False) -> Flag:
    """Make a flag of ``key=value`` pairs, split at commas, that add up over repetitions."""

    def parse(old: Value, text: str, given: bool) -> Value:
        pairs = dict(old) if given and isinstance(old, dict) else {}
        # Source: spf13/pflag string_to_string.go: a single pair is not read as CSV, so its value may hold commas.
        for pair in [text.strip('"')] if text.count("=") == 1 else split_csv(text) if text else []:
            key, equals, value = pair.partition("=")
            if not equals:
                raise GoValueError(f"{pair} must be formatted as key=value")
            pairs[key] = value
        return pairs

    return Flag(name, usage, "stringToString", {}, parse, short, "", "", hidden)


def count(name: str, usage: str, *, short: str = "") -> Flag:
    """Make a flag that counts its repetitions (``-vvv``); a number may be given with ``=``."""

    def parse(old: Value, text: str, _given: bool) -> Value:
        return int(old) + 1 if text == "+1" and isinstance(old, int) else parse_int(text, 0)

    return Flag(name, usage, "count", 0, parse, short, "", "+1")


def custom(
    name: str,
    usage: str,
    take: Callable[[str], None],
    *,
    kind: str,
    short: str = "",
    default_text: str = "",
    no_opt_default: str = "",
    choices: Sequence[str] = (),
) -> Flag:
    """Make a flag whose values go to a function, which raises `GoValueError` to refuse one."""

    def parse(_old: Value, text: str, _given: bool) -> Value:
        take(text)
        return text

    return Flag(name, usage, kind, "", parse, short, default_text, no_opt_default, choices=tuple(choices))


def choice(
    name: str,
    usage: str,
    choices: Iterable[str],
    refusal: Callable[[str], str],
    *,
    short: str = "",
    default: str = "",
    kind: str = "string",
    no_opt_default: str = "",
) -> Flag:
    """Make a flag that takes one of some words; ``refusal(text)`` gives the real tool's reason for others."""
    allowed = tuple(choices)

    def parse(_old: Value, text: str, _given: bool) -> Value:
        if text not in allowed:
            raise GoValueError(refusal(text))
        return text

    return Flag(
        name, usage, kind, default, parse, short, quote(default) if default else "", no_opt_default, choices=allowed
    )


@dataclass(slots=True)
class FlagSet:
    """The flags of one command, and what a command line set them to.

    Args:
        flags: In any order; help sorts them by name.
        interspersed: Flags may stand after positional words (``kubectl exec`` stops at the first word).
    """

    flags: dict[str, Flag] = field(default_factory=dict)
    shorts: dict[str, Flag] = field(default_factory=dict)
    interspersed: bool = True
    args: list[str] = field(default_factory=list)
    """Positional words, in order."""
    args_before_dash: int = -1
    """How many positional words stood before ``--``; -1: there was none."""
    notices: list[str] = field(default_factory=list)
    """Lines about deprecated flags, which the real tools write to stderr."""

    @classmethod
    def of(cls, flags: Iterable[Flag], *, interspersed: bool = True) -> FlagSet:
        """Return a set of these flags."""
        made = cls(interspersed=interspersed)
        made.add(flags)
        return made

    def add(self, flags: Iterable[Flag]) -> None:
        """Add flags; a name that is there already keeps its first flag, as cobra's ``AddFlagSet`` does."""
        for flag in flags:
            if flag.name not in self.flags:
                self.flags[flag.name] = flag
                if flag.short:
                    self.shorts[flag.short] = flag

    def __iter__(self) -> Iterator[Flag]:
        return iter(self.flags.values())

    def __getitem__(self, name: str) -> Flag:
        return self.flags[name]

    def __contains__(self, name: str) -> bool:
        return name in self.flags

    def changed(self, name: str) -> bool:
        """Say whether the command line gave this flag."""
        return self.flags[name].changed

    def is_on(self, name: str) -> bool:
        """Return a boolean's value."""
        return bool(self.flags[name].value)

    def text(self, name: str) -> str:
        """Return a string's value."""
        value = self.flags[name].value
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> int:
        """Return the value of a number, a count or a duration (nanoseconds)."""
        value = self.flags[name].value
        return int(value) if isinstance(value, (int, float)) else 0

    def texts(self, name: str) -> list[str]:
        """Return the values of a slice or an array."""
        value = self.flags[name].value
        return [*value] if isinstance(value, list) else []

    def parse(self, words: Iterable[str]) -> None:
        """Take the words after the command's name.

        Raises:
            FlagError: pflag's message; flags before it have been set.
            HelpRequested: ``--help`` or ``-h`` and no such flag is defined.
        """
        rest = [*words]
        while rest:
            word = rest.pop(0)
            if len(word) < 2 or word[0] != "-":
                self.args.append(word)
                if not self.interspersed:
                    self.args += rest
                    return
            elif word == "--":
                self.args_before_dash = len(self.args)
                self.args += rest
                return
            elif word.startswith("--"):
                self._parse_long(word, rest)
            else:
                self._parse_shorts(word[1:], rest)

    def _parse_long(self, word: str, rest: list[str]) -> None:
        name, equals, value = word[2:].partition("=")
        if not name or name[0] == "-":
            raise FlagError(f"bad flag syntax: {word}")
        flag = self.flags.get(name)
        if flag is None:
            if name == "help":
                raise HelpRequested
            raise FlagError(f"unknown flag: --{name}")
        if not equals:
            if flag.no_opt_default:
                value = flag.no_opt_default
            elif rest:
                value = rest.pop(0)
            else:
                raise FlagError(f"flag needs an argument: {word}")
        self._set(flag, value)

    def _parse_shorts(self, shorts: str, rest: list[str]) -> None:
        while shorts:
            flag = self.shorts.get(shorts[0])
            if flag is None:
                if shorts[0] == "h":
                    raise HelpRequested
                raise FlagError(f"unknown shorthand flag: {_first_byte(shorts)} in -{shorts}")
            following = shorts[1:]
            if len(shorts) > 2 and shorts[1] == "=":
                value, following = shorts[2:], ""
            elif flag.no_opt_default:
                value = flag.no_opt_default
            elif following:
                value, following = following, ""
            elif rest:
                value = rest.pop(0)
            else:
                raise FlagError(f"flag needs an argument: {_first_byte(shorts)} in -{shorts}")
            self._set(flag, value)
            shorts = following

    def _set(self, flag: Flag, value: str) -> None:
        try:
            flag.set(value)
        except GoValueError as refusal:
            spelled = f"-{flag.short}, --{flag.name}" if flag.short else f"--{flag.name}"
            raise FlagError(f"invalid argument {quote(value)} for {quote(spelled)} flag: {refusal.message}") from None
        if flag.deprecated:
            self.notices.append(f"Flag --{flag.name} has been deprecated, {flag.deprecated}")


def _first_byte(text: str) -> str:
    return quote_byte(text.encode(errors="surrogateescape")[0])


def _listed(values: Sequence[str]) -> str:
    return "[" + ",".join(values) + "]" if values else ""
