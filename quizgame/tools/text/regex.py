"""GNU regular expressions (basic and extended) translated for RE2, which matches in linear time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Protocol

import re2

from quizgame.errors import QuizgameError

GNU_ESCAPES = {"w": "[A-Za-z0-9_]", "W": "[^A-Za-z0-9_]", "s": "[\\t\\n\\v\\f\\r ]",
"S": "[^\\t\\n\\v\\f\\r ]", "b": "\\b", "B": "\\B",
               "`": "\\A", "'": "\\z"}  # fmt: skip
"""What GNU's escapes mean in RE2. Simplified: ``\\<`` and ``\\>`` are any word boundary."""
MAX_REPEAT = 1000
"""RE2's bound on ``{n,m}``; GNU's is 32767."""


class RegexProblem(QuizgameError):
    """A pattern that is refused; the message is GNU's regcomp text."""


class Match(Protocol):
    """What a match offers."""

    def start(self, group: int = 0) -> int:
        """Where it starts."""
        ...  # pragma: no cover

    def end(self, group: int = 0) -> int:
        """Where it ends."""
        ...  # pragma: no cover

    def group(self, group: int = 0) -> str | None:
        """Its text."""
        ...  # pragma: no cover


class Regex:
    """A compiled pattern. Matching is leftmost-longest, as POSIX has it."""

    def __init__(self, compiled: Any, groups: int) -> None:  # re2 has no type information
        self._compiled = compiled
        self.groups = groups

    def search(self, text: str, position: int = 0) -> Match | None:
        """The first match at or after a position."""
        found: Match | None = self._compiled.search(text, position)
        return found

    def find_all(self, text: str) -> Iterator[Match]:
        """Matches from left to right; an empty match right after another is left out."""
        last_end = -1
        for match in self._compiled.finditer(text):
            start, end = match.span()
            if start != end or start != last_end:
                yield match
            last_end = end


@lru_cache(maxsize=256)
def compile_regex(
    pattern: str, *, is_extended: bool, ignores_case: bool = False, is_awk: bool = False, is_perl: bool = False
) -> Regex:
    """Compile a GNU pattern.

    Raises:
        RegexProblem: with regcomp's message.
    """
    translated = pattern if is_perl else _Translation(pattern, is_extended, is_awk).run()
    options = re2.Options()
    options.log_errors = False
    options.longest_match = not is_perl
    options.max_mem = 8 << 20
    options.case_sensitive = not ignores_case
    try:
        compiled = re2.compile(translated, options)
    except re2.error as problem:
        text = str(problem.args[0]) if problem.args else "invalid pattern"
        if isinstance(problem.args[0] if problem.args else None, bytes):
            text = problem.args[0].decode()
        raise RegexProblem(_message_for(text)) from None
    return Regex(compiled, compiled.groups)


def _message_for(text: str) -> str:
    for fragment, message in (
        ("missing ]", "Unmatched [, [^, [:, [., or [="),
        ("missing )", "Unmatched ( or \\("),
        ("unexpected )", "Unmatched ) or \\)"),
        ("character class range", "Invalid range end"),
        ("repetition size", "Regular expression too big"),
        ("too large", "Regular expression too big"),
        ("no argument for repetition", "Invalid preceding regular expression"),
        ("bad repetition", "Invalid preceding regular expression"),
        ("trailing \\", "Trailing backslash"),
    ):
        if fragment in text:
            return message
    return "Invalid regular expression"


class _Translation:
    """One pass over a pattern from left to right."""

    def __init__(self, pattern: str, is_extended: bool, is_awk: bool) -> None:
        self._pattern = pattern
        self._is_extended = is_extended
        self._is_awk = is_awk
        self._at = 0
        self._depth = 0
        self._out: list[str] = []
        self._has_atom = False
        """Whether something stands before that a repetition could apply to."""

    def run(self) -> str:
        while self._at < len(self._pattern):
            char = self._pattern[self._at]
            if char == "\\":
                self._escape()
            elif char == "[":
                self._bracket()
            elif self._is_extended:
                self._extended(char)
            else:
                self._basic(char)
        if self._depth:
            raise RegexProblem("Unmatched ( or \\(")
        return "".join(self._out)

    def _atom(self, text: str, length: int = 1) -> None:
        self._out.append(text)
        self._at += length
        self._has_atom = True

    def _operator(self, text: str, length: int, *, opens: bool = True) -> None:
        self._out.append(text)
        self._at += length
        self._has_atom = not opens

    def _extended(self, char: str) -> None:
        match char:
            case "(":
                self._open(1)
            case ")":
                if self._depth == 0 and not self._is_awk:
                    self._atom("\\)")
                else:
                    self._close(1)
            case "|":
                self._operator("|", 1)
            case "*" | "+" | "?":
                self._repeat(char, 1)
            case "{":
                self._interval(1, "}")
            case "^" | "$":
                self._operator("\\A" if char == "^" else "\\z", 1)
            case ".":
                self._atom("(?s:.)")
            case _:
                self._atom(re2.escape(char))

    def _basic(self, char: str) -> None:
        match char:
            case "*":
                if self._has_atom:
                    self._repeat("*", 1)
                else:
                    self._atom("\\*")
            case "^":
                is_anchor = self._at == 0 or self._pattern[: self._at].endswith(("\\(", "\\|"))
                if is_anchor:
                    self._operator("\\A", 1)
                else:
                    self._atom("\\^")
            case "$":
                rest = self._pattern[self._at + 1 :]
                if rest == "" or rest.startswith(("\\)", "\\|")):
                    self._operator("\\z", 1)
                else:
                    self._atom("\\$")
            case ".":
                self._atom("(?s:.)")
            case _:
                self._atom(re2.escape(char))

    def _escape(self) -> None:
        if self._at + 1 >= len(self._pattern):
            raise RegexProblem("Trailing backslash")
        letter = self._pattern[self._at + 1]
        if not self._is_extended:
            operators: dict[str, Callable[[], None]] = {
                "(": lambda: self._open(2),
                ")": lambda: self._close(2),
                "|": lambda: self._operator("|", 2),
                "{": lambda: self._interval(2, "\\}"),
                "+": lambda: self._repeat("+", 2),
                "?": lambda: self._repeat("?", 2),
            }
            if letter in operators:
                operators[letter]()
                return
        if letter in "123456789" and not self._is_awk:
            raise RegexProblem("back-references are not simulated")
        if letter in "<>":
            self._operator("\\b", 2)
        elif self._is_awk and letter in 'ntrfv/"':
            self._atom(re2.escape({"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}.get(letter, letter)), 2)
        elif not self._is_awk and letter == "n":
            self._atom("\\n", 2)
        elif not self._is_awk and letter == "t":
            self._atom("\\t", 2)
        elif letter in GNU_ESCAPES:
            self._atom(GNU_ESCAPES[letter], 2)
        else:
            self._atom(re2.escape(letter), 2)

    def _open(self, length: int) -> None:
        self._depth += 1
        self._operator("(", length)

    def _close(self, length: int) -> None:
        if self._depth == 0:
            raise RegexProblem("Unmatched ) or \\)")
        self._depth -= 1
        self._operator(")", length, opens=False)

    def _repeat(self, operator: str, length: int) -> None:
        if not self._has_atom:
            self._at += length
            return
        if self._out[-1] in ("*", "+", "?"):
            if self._out[-1] != operator:
                self._out[-1] = "*"
        else:
            self._out.append(operator)
        self._at += length

    def _interval(self, length: int, closer: str) -> None:
        end = self._pattern.find(closer, self._at + length)
        body = self._pattern[self._at + length : end] if end >= 0 else ""
        first, comma, last = body.partition(",")
        is_valid = end >= 0 and (first.isdigit() or (comma and not first)) and (not last or last.isdigit())
        if not is_valid or not self._has_atom:
            if self._is_extended:
                self._atom("\\{")
                return
            raise RegexProblem("Unmatched \\{" if end < 0 else "Invalid content of \\{\\}")
        if max(int(first or 0), int(last or 0)) > MAX_REPEAT:
            raise RegexProblem("Regular expression too big")
        if last and int(first or 0) > int(last):
            raise RegexProblem("Invalid content of \\{\\}")
        interval = "{" + (first or "0") + comma + last + "}"
        if self._out[-1] in ("*", "+", "?") or self._out[-1].startswith("{"):
            self._out.insert(0, "(?:")
            self._out.append(")")
        self._out.append(interval)
        self._at = end + len(closer)

    def _bracket(self) -> None:
        pattern = self._pattern
        position = self._at + 1
        out = ["["]
        if pattern[position : position + 1] == "^":
            out.append("^")
            position += 1
        is_first = True
        while True:
            if position >= len(pattern):
                raise RegexProblem("Unmatched [, [^, [:, [., or [=")
            char = pattern[position]
            if char == "]" and not is_first:
                break
            is_first = False
            if char == "[" and pattern[position + 1 : position + 2] in (":", ".", "="):
                kind = pattern[position + 1]
                end = pattern.find(kind + "]", position + 2)
                if end < 0:
                    raise RegexProblem("Unmatched [, [^, [:, [., or [=")
                name = pattern[position + 2 : end]
                if kind == ":":
                    if name not in CLASSES:
                        raise RegexProblem("Invalid character class name")
                    out.append(f"[:{name}:]")
                else:
                    out.append(re2.escape(name))
                position = end + 2
                continue
            if char == "\\" and self._is_awk and position + 1 < len(pattern):
                position += 1
                letter = pattern[position]
                out.append(re2.escape({"n": "\n", "t": "\t", "r": "\r"}.get(letter, letter)))
            elif char == "-":
                is_range = len(out) > 1 and out[-1] != "^" and pattern[position + 1 : position + 2] not in ("]", "")
                out.append("-" if is_range else "\\-")
            else:
                out.append("\\" + char if char in "\\[]^" else char)
            position += 1
        out.append("]")
        self._atom("".join(out), position + 1 - self._at)


CLASSES = frozenset(
    ("alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "xdigit")
)


def literal(text: str) -> str:
    """A pattern that matches just this text, for ``is_perl`` compilation."""
    escaped: str = re2.escape(text)
    return escaped
