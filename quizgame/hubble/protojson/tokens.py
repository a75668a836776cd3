"""The JSON tokens of protobuf's reader, and what it says of broken ones.

# Source: protocolbuffers/protobuf-go internal/encoding/json/decode.go.
"""

from __future__ import annotations

import re
from enum import IntEnum, auto
from typing import NamedTuple

from quizgame.errors import QuizgameError
from quizgame.goflags.quoting import quote_rune

_SPACES = re.compile("[ \\t\\r\\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORD = re.compile(r"[-+._a-zA-Z0-9/]{1,33}")
_DELIMITER = re.compile(r"[^-+._a-zA-Z0-9]")
_LITERALS = {"n": ("null", None), "t": ("true", True), "f": ("false", False)}
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_PLAIN = re.compile(r'[^"\\\x00-\x1f\udc80-\udcff]*')
_HEX4 = re.compile(r"[0-9a-fA-F]{4}")


class ProtoJsonError(QuizgameError):
    """A text that the reader refuses; the message is protobuf's own."""


class Kind(IntEnum):
    """Kinds of tokens."""

    END = auto()
    NULL = auto()
    BOOL = auto()
    NUMBER = auto()
    STRING = auto()
    NAME = auto()
    OBJECT_OPEN = auto()
    OBJECT_CLOSE = auto()
    ARRAY_OPEN = auto()
    ARRAY_CLOSE = auto()
    COMMA = auto()
    START = auto()


_MARKS = {
    "{": Kind.OBJECT_OPEN,
    "}": Kind.OBJECT_CLOSE,
    "[": Kind.ARRAY_OPEN,
    "]": Kind.ARRAY_CLOSE,
    ",": Kind.COMMA,
}
_SCALARS = frozenset({Kind.NULL, Kind.BOOL, Kind.NUMBER, Kind.STRING})
_CLOSED = _SCALARS | {Kind.OBJECT_CLOSE, Kind.ARRAY_CLOSE}


class Token(NamedTuple):
    """One token; `value` is a string's text or a boolean."""

    kind: Kind
    at: int
    raw: str
    value: str | bool | None = None


class Tokens:
    """Reads tokens from a text and checks that each may stand where it stands.

    Args:
        text: The JSON; bytes that are no UTF-8 as surrogate escapes.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._last = Kind.START
        self._open: list[Kind] = []
        self._peeked: Token | None = None

    def peek(self) -> Token:
        """Return the next token without taking it."""
        if self._peeked is None:
            self._peeked = self.read()
        return self._peeked

    def read(self) -> Token:
        """Take the next token.

        Raises:
            ProtoJsonError: It is malformed or misplaced.
        """
        if self._peeked is not None:
            token, self._peeked = self._peeked, None
            return token
        token = self._next()
        token = self._checked(token)
        self._last = token.kind
        return self.read() if token.kind is Kind.COMMA else token

    def error(self, at: int, message: str) -> ProtoJsonError:
        """Return an error about a well-formed text, with its place."""
        return ProtoJsonError(f"proto: (line {self._place(at)}): {message}")

    def unexpected(self, token: Token) -> ProtoJsonError:
        """Return the error for a token that may not stand where it stands."""
        return self.syntax_error(token.at, f"unexpected token {token.raw}")

    def syntax_error(self, at: int, message: str) -> ProtoJsonError:
        """Return an error about a malformed text, with its place."""
        return ProtoJsonError(f"proto: syntax error (line {self._place(at)}): {message}")

    def _place(self, at: int) -> str:
        line = self._text.count("\n", 0, at) + 1
        return f"{line}:{at - (self._text.rfind(chr(10), 0, at) + 1) + 1}"

    def _expects_value(self) -> bool:
        if not self._open:
            return self._last is Kind.START
        if self._open[-1] is Kind.OBJECT_OPEN:
            return self._last is Kind.NAME
        return self._last in (Kind.ARRAY_OPEN, Kind.COMMA)

    def _checked(self, token: Token) -> Token:
        kind = token.kind
        fits = True
        if kind is Kind.END:
            if self._open:
                raise ProtoJsonError("proto: unexpected EOF")
        elif kind is Kind.STRING and not self._expects_value():
            return self._name(token)
        elif kind in _SCALARS:
            fits = self._expects_value()
        elif kind in (Kind.OBJECT_OPEN, Kind.ARRAY_OPEN):
            fits = self._expects_value()
            self._open.append(kind)
        elif kind is Kind.COMMA:
            fits = bool(self._open) and self._last in _CLOSED
        else:
            opener = Kind.OBJECT_OPEN if kind is Kind.OBJECT_CLOSE else Kind.ARRAY_OPEN
            fits = bool(self._open) and self._last not in (Kind.NAME, Kind.COMMA) and self._open.pop() is opener
        if not fits:
            raise self.unexpected(token)
        return token

    def _name(self, token: Token) -> Token:
        if self._last not in (Kind.OBJECT_OPEN, Kind.COMMA):
            raise self.unexpected(token)
        self._skip_space()
        if self._at >= len(self._text):
            raise ProtoJsonError("proto: unexpected EOF")
        mark = self._text[self._at]
        if mark != ":":
            raise self.syntax_error(self._at, f'unexpected character {mark}, missing ":" after field name')
        self._at += 1
        return Token(Kind.NAME, token.at, token.raw, token.value)

    def _skip_space(self) -> None:
        match = _SPACES.match(self._text, self._at)
        if match:
            self._at = match.end()

    def _next(self) -> Token:
        self._skip_space()
        start = self._at
        if start >= len(self._text):
            return Token(Kind.END, start, "")
        char = self._text[start]
        if char in _MARKS:
            self._at += 1
            return Token(_MARKS[char], start, char)
        if char == '"':
            value = self._string()
            return Token(Kind.STRING, start, self._text[start : self._at], value)
        if char in _LITERALS:
            word, literal = _LITERALS[char]
            if self._text.startswith(word, start) and self._ends_at(start + len(word)):
                self._at += len(word)
                return Token(Kind.NULL if literal is None else Kind.BOOL, start, word, literal)
        number = _NUMBER.match(self._text, start)
        if number and self._ends_at(number.end()):
            self._at = number.end()
            return Token(Kind.NUMBER, start, number[0])
        word_match = _WORD.match(self._text, start)
        fragment = word_match[0] if word_match else char
        if len(fragment) > 32:
            fragment = fragment[:32] + "…"
        raise self.syntax_error(start, f"invalid value {fragment}")

    def _ends_at(self, at: int) -> bool:
        return at >= len(self._text) or _DELIMITER.match(self._text, at) is not None

    def _string(self) -> str:
        out: list[str] = []
        at = self._at + 1
        text = self._text
        while True:
            run = _PLAIN.match(text, at)
            if run:
                out.append(run[0])
                at = run.end()
            if at >= len(text):
                raise ProtoJsonError("proto: unexpected EOF")
            char = text[at]
            if char == '"':
                self._at = at + 1
                return "".join(out)
            if char == "\\":
                piece, at = self._escape(at)
                out.append(piece)
            elif char < " ":
                raise self.syntax_error(at, f"invalid character {quote_rune(char)} in string")
            else:
                raise self.syntax_error(at, "invalid UTF-8 in string")

    def _escape(self, at: int) -> tuple[str, int]:
        text = self._text
        code = text[at + 1 : at + 2]
        if not code:
            raise ProtoJsonError("proto: unexpected EOF")
        if code in _ESCAPES:
            return _ESCAPES[code], at + 2
        if code != "u":
            raise self.syntax_error(at, f'invalid escape code "\\\\{code}" in string')
        hexes = text[at + 2 : at + 6]
        if not _HEX4.fullmatch(hexes):
            raise self.syntax_error(at, f'invalid escape code "\\\\u{hexes}" in string')
        number = int(hexes, 16)
        if not 0xD800 <= number <= 0xDFFF:
            return chr(number), at + 6
        low = text[at + 6 : at + 12]
        if number < 0xDC00 and low.startswith("\\u") and _HEX4.fullmatch(low[2:]):
            second = int(low[2:], 16)
            if 0xDC00 <= second <= 0xDFFF:
                return chr(0x10000 + ((number - 0xD800) << 10) + second - 0xDC00), at + 12
            raise self.syntax_error(at + 6, f'invalid escape code "\\{low}" in string')
        raise self.syntax_error(at, f'invalid escape code "\\\\u{hexes}" in string')
