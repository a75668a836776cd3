"""Parses a sed script into commands, with GNU's messages."""

from __future__ import annotations

from dataclasses import dataclass, field

from quizgame.errors import QuizgameError
from quizgame.tools.text.regex import Regex, RegexProblem, compile_regex

PLAIN = frozenset("pPdDnNhHgGx=z")
TEXTUAL = frozenset("aic")
BRANCHES = frozenset("btT")
REFUSED = frozenset("rRwWlLeFv")
MAX_NESTING = 50


class SedProblem(QuizgameError):
    """A script that is refused; the message is GNU's, without ``sed: -e expression #1, ``."""


class SedRefusal(QuizgameError):
    """Something real of sed's language that is not simulated."""


@dataclass(frozen=True, slots=True)
class Address:
    """Which lines: exactly one of the forms is set."""

    line: int | None = None
    step: int | None = None
    """With ``line``: ``first~step``; as an end of a range with ``line`` ``None``: ``~N``."""
    offset: int | None = None
    """``+N`` as the end of a range."""
    is_last: bool = False
    regex: Regex | None = None
    is_empty_regex: bool = False
    """``//``: the last one used."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a replacement."""

    text: str = ""
    group: int | None = None
    """``&`` is group 0."""
    case: str = ""
    """``U``, ``L``, ``E``, ``u`` or ``l``."""


@dataclass(slots=True)
class Instruction:
    """One command with its addresses."""

    name: str
    first: Address | None = None
    last: Address | None = None
    is_negated: bool = False
    regex: Regex | None = None
    replacement: tuple[Piece, ...] = ()
    number: int = 1
    is_global: bool = False
    is_printed: bool = False
    text: str = ""
    """Appended text, a label, or an exit status."""
    mapping: dict[str, str] = field(default_factory=dict)
    target: int = -1
    """Where a branch or an unmatched ``{`` goes on."""
    is_active: bool = False
    """Whether its range is open; the runner keeps it."""
    until: int | None = None


def parse_script(text: str, *, is_extended: bool) -> list[Instruction]:
    """Parse a whole script.

    Raises:
        SedProblem: with GNU's message.
        SedRefusal: for what is not simulated.
    """
    return _Parser(text, is_extended).run()


class _Parser:
    def __init__(self, text: str, is_extended: bool) -> None:
        self._text = text
        self._at = 0
        self._is_extended = is_extended
        self._program: list[Instruction] = []
        self._open: list[int] = []
        self._labels: dict[str, int] = {}

    def run(self) -> list[Instruction]:
        while True:
            self._skip(" \t\n;")
            if self._at >= len(self._text):
                break
            if self._peek() == "#":
                self._take_line()
                continue
            self._command()
        if self._open:
            raise SedProblem("char 0: unmatched `{'")
        for instruction in self._program:
            if instruction.name in BRANCHES:
                if instruction.text and instruction.text not in self._labels:
                    raise SedProblem(f"can't find label for jump to `{instruction.text}'")
                instruction.target = self._labels.get(instruction.text, len(self._program))
        return self._program

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _skip(self, characters: str) -> None:
        while self._peek() and self._peek() in characters:
            self._at += 1

    def _take_line(self) -> str:
        end = self._text.find("\n", self._at)
        end = len(self._text) if end < 0 else end
        taken = self._text[self._at : end]
        self._at = end
        return taken

    def _problem(self, message: str) -> SedProblem:
        return SedProblem(f"char {self._at}: {message}")

    def _command(self) -> None:
        first = self._address(is_end=False)
        last = None
        if first is not None:
            self._skip(" \t")
            if self._peek() == ",":
                self._at += 1
                self._skip(" \t")
                last = self._address(is_end=True)
                if last is None:
                    raise self._problem("unexpected `,'")
        if first is not None and first.line == 0 and (last is None or (last.regex is None and not last.is_empty_regex)):
            raise self._problem("invalid usage of line address 0")
        self._skip(" \t")
        is_negated = False
        while self._peek() == "!":
            is_negated = True
            self._at += 1
            self._skip(" \t")
        name = self._peek()
        self._at += 1
        if not name or name in "\n;":
            raise self._problem("missing command")
        instruction = Instruction(name, first, last, is_negated)
        if name == "}":
            if not self._open:
                raise self._problem("unexpected `}'")
            if first is not None:
                raise self._problem("} doesn't want any addresses")
            self._program[self._open.pop()].target = len(self._program)
            self._end_command()
            return
        if name == ":":
            if first is not None:
                raise self._problem(": doesn't want any addresses")
            label = self._take_until(";\n").strip()
            if not label:
                raise self._problem('":" lacks a label')
            self._labels[label] = len(self._program)
            return
        self._arguments(instruction)
        self._program.append(instruction)

    def _arguments(self, instruction: Instruction) -> None:
        name = instruction.name
        if name == "{":
            self._open.append(len(self._program))
            if len(self._open) > MAX_NESTING:
                raise SedRefusal("such deep nesting")
        elif name == "s":
            self._substitution(instruction)
            self._end_command()
        elif name == "y":
            self._transliteration(instruction)
            self._end_command()
        elif name in TEXTUAL:
            instruction.text = self._appended_text()
        elif name in BRANCHES:
            instruction.text = self._take_until(";\n}").strip()
        elif name in "qQ":
            if instruction.last is not None:
                raise self._problem("command only uses one address")
            self._skip(" \t")
            start = self._at
            self._skip("0123456789")
            instruction.text = self._text[start : self._at]
            self._end_command()
        elif name in PLAIN:
            self._end_command()
        elif name in REFUSED:
            raise SedRefusal(f"the command {name}")
        else:
            raise self._problem(f"unknown command: `{name}'")

    def _take_until(self, stops: str) -> str:
        start = self._at
        while self._peek() and self._peek() not in stops:
            self._at += 1
        return self._text[start : self._at]

    def _end_command(self) -> None:
        self._skip(" \t")
        if self._peek() and self._peek() not in "\n;}#":
            self._at += 1
            raise self._problem("extra characters after command")

    def _appended_text(self) -> str:
        self._skip(" \t")
        if self._peek() == "\\":
            self._at += 1
            start = self._at
            self._skip(" \t")
            if self._peek() == "\n":
                self._at += 1
            else:
                self._at = start
        elif not self._peek():
            raise self._problem("expected \\ after `a', `c' or `i'")
        out: list[str] = []
        while self._peek():
            char = self._peek()
            self._at += 1
            if char == "\\" and self._peek():
                out.append(self._peek())
                self._at += 1
            elif char == "\n":
                break
            else:
                out.append(char)
        return "".join(out)

    def _address(self, *, is_end: bool) -> Address | None:
        char = self._peek()
        if char.isdigit():
            number = self._number()
            if self._peek() == "~":
                self._at += 1
                return Address(line=number, step=self._number())
            return Address(line=number)
        if char == "$":
            self._at += 1
            return Address(is_last=True)
        if is_end and char in ("+", "~") and char:
            self._at += 1
            number = self._number()
            return Address(offset=number) if char == "+" else Address(step=number)
        if char in ("/", "\\") and char:
            if char == "\\":
                self._at += 1
            delimiter = self._peek()
            self._at += 1
            pattern = self._delimited(delimiter, "unterminated address regex", is_regex=True)
            ignores_case = False
            while self._peek() in ("I", "M") and self._peek():
                ignores_case |= self._peek() == "I"
                self._at += 1
            if pattern == "":
                return Address(is_empty_regex=True)
            return Address(regex=self._compile(pattern, ignores_case))
        return None

    def _number(self) -> int:
        start = self._at
        self._skip("0123456789")
        return int(self._text[start : self._at][:18] or 0)

    def _compile(self, pattern: str, ignores_case: bool) -> Regex:
        try:
            return compile_regex(pattern, is_extended=self._is_extended, ignores_case=ignores_case)
        except RegexProblem as problem:
            if "not simulated" in problem.message:
                raise SedRefusal("a back-reference in a pattern") from None
            raise self._problem(problem.message) from None

    def _delimited(self, delimiter: str, message: str, *, is_regex: bool) -> str:
        """Text up to the delimiter; an escaped delimiter loses its backslash, other escapes stay."""
        out: list[str] = []
        while True:
            char = self._peek()
            if not char or (char == "\n" and is_regex):
                raise self._problem(message)
            self._at += 1
            if char == "\\" and self._peek():
                following = self._peek()
                self._at += 1
                out.append(following if following == delimiter and delimiter != "\\" else "\\" + following)
                continue
            if char == delimiter:
                return "".join(out)
            if char == "[" and is_regex:
                self._at -= 1
                out.append(self._bracket(message))
                continue
            out.append(char)

    def _bracket(self, message: str) -> str:
        """A bracket expression, in which the delimiter is an ordinary character."""
        text = self._text
        end = self._at + 1
        end += 1 if text[end : end + 1] == "^" else 0
        end += 1 if text[end : end + 1] == "]" else 0
        while end < len(text) and text[end] not in "]\n":
            if text[end] == "[" and text[end + 1 : end + 2] in (":", ".", "="):
                close = text.find(text[end + 1] + "]", end + 2)
                end = close + 1 if close >= 0 else end
            end += 1
        if end >= len(text) or text[end] == "\n":
            self._at = len(text)
            raise self._problem(message)
        taken = text[self._at : end + 1]
        self._at = end + 1
        return taken

    def _substitution(self, instruction: Instruction) -> None:
        delimiter = self._peek()
        if not delimiter or delimiter in "\n\\":
            raise self._problem("unterminated `s' command")
        self._at += 1
        pattern = self._delimited(delimiter, "unterminated `s' command", is_regex=True)
        replacement = self._delimited(delimiter, "unterminated `s' command", is_regex=False)
        ignores_case = False
        while (flag := self._peek()) and flag not in "\n;}# \t":
            self._at += 1
            if flag == "g":
                instruction.is_global = True
            elif flag == "p":
                instruction.is_printed = True
            elif flag in "iI":
                ignores_case = True
            elif flag.isdigit():
                self._at -= 1
                instruction.number = self._number()
                if instruction.number == 0:
                    raise self._problem("number option to `s' command may not be zero")
            elif flag in "mMew":
                raise SedRefusal(f"the flag {flag} of s")
            else:
                raise self._problem("unknown option to `s'")
        instruction.regex = self._compile(pattern, ignores_case) if pattern else None
        instruction.replacement = _pieces(replacement)
        groups = instruction.regex.groups if instruction.regex is not None else 9
        for piece in instruction.replacement:
            if piece.group is not None and piece.group > groups:
                raise self._problem(f"invalid reference \\{piece.group} on `s' command's RHS")

    def _transliteration(self, instruction: Instruction) -> None:
        delimiter = self._peek()
        if not delimiter:
            raise self._problem("unterminated `y' command")
        self._at += 1
        sides = [self._delimited(delimiter, "unterminated `y' command", is_regex=False) for _ in range(2)]
        plain = [_unescape(side) for side in sides]
        if len(plain[0]) != len(plain[1]):
            raise self._problem("strings for `y' command are different lengths")
        instruction.mapping = dict(zip(plain[0], plain[1], strict=True))


def _unescape(text: str) -> list[str]:
    out: list[str] = []
    position = 0
    while position < len(text):
        char = text[position]
        if char == "\\" and position + 1 < len(text):
            position += 1
            char = {"n": "\n", "t": "\t"}.get(text[position], text[position])
        out.append(char)
        position += 1
    return out


def _pieces(text: str) -> tuple[Piece, ...]:
    out: list[Piece] = []
    position = 0
    while position < len(text):
        char = text[position]
        if char == "&":
            out.append(Piece(group=0))
        elif char == "\\" and position + 1 < len(text):
            position += 1
            letter = text[position]
            if letter.isdigit():
                out.append(Piece(group=int(letter)))
            elif letter in "ULEul":
                out.append(Piece(case=letter))
            else:
                out.append(
                    Piece({"n": "\n", "t": "\t", "r": "\r", "a": "\a", "f": "\f", "v": "\v"}.get(letter, letter))
                )
        else:
            out.append(Piece(char))
        position += 1
    return tuple(out)
