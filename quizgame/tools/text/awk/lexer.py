"""Cuts an awk program into tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass

from quizgame.tools.text.awk.syntax import AwkProblem

KEYWORDS = frozenset(
    ("BEGIN", "END", "function", "func", "if", "else", "while", "for", "do", "break", "continue", "next",
    "nextfile", "exit",
     "return", "delete", "in", "getline", "print", "printf", "switch")
)  # fmt: skip
FUNCTIONS = frozenset(
    ("length", "substr", "index", "split", "sub", "gsub", "gensub", "match", "sprintf", "sin", "cos", "atan2",
    "exp", "log", "sqrt",
     "int", "rand", "srand", "tolower", "toupper", "system", "close", "fflush", "strftime", "systime",
     "mktime", "asort", "asorti",
     "and", "or", "xor", "compl", "lshift", "rshift", "strtonum", "typeof")
)  # fmt: skip
OPERATORS = (
    "**=", "&&", "||", "++", "--", "+=", "-=", "*=", "/=", "%=", "^=", "**", "==", "<=", ">=", "!=", "!~", ">>", "|&",
    "{", "}", "(", ")", "[", "]", ";", ",", "+", "-", "*", "/", "%", "^", "!", ">", "<", "|", "?", ":", "~", "$", "=",
)  # fmt: skip
NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)
NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "\\": "\\", '"': '"', "/": "/"}


@dataclass(frozen=True, slots=True)
class Token:
    """A lexical unit."""

    kind: str
    """``number``, ``string``, ``regex``, ``name``, ``call`` (a name right before a bracket), ``builtin``,
    ``keyword``, ``op``, ``newline`` or ``end``."""
    text: str
    position: int


def tokenize(source: str) -> list[Token]:
    """Cut a program into tokens, an ``end`` last.

    Raises:
        AwkProblem: for an unterminated string or regex, or a stray character.
    """
    tokens: list[Token] = []
    position = 0
    while position < len(source):
        char = source[position]
        if char in " \t\r":
            position += 1
        elif char == "\\" and source[position + 1 : position + 2] == "\n":
            position += 2
        elif char == "#":
            end = source.find("\n", position)
            position = len(source) if end < 0 else end
        elif char == "\n":
            tokens.append(Token("newline", "\n", position))
            position += 1
        elif char == '"':
            text, end = _string(source, position)
            tokens.append(Token("string", text, position))
            position = end
        elif char == "/" and _may_start_regex(tokens):
            text, end = _regex(source, position)
            tokens.append(Token("regex", text, position))
            position = end
        elif (number := NUMBER.match(source, position)) is not None:
            tokens.append(Token("number", number.group(), position))
            position = number.end()
        elif (name := NAME.match(source, position)) is not None:
            tokens.append(_name(source, name))
            position = name.end()
        else:
            operator = next((text for text in OPERATORS if source.startswith(text, position)), None)
            if operator is None:
                raise AwkProblem(f"invalid char '{char}' in expression", position)
            tokens.append(Token("op", operator, position))
            position += len(operator)
    tokens.append(Token("end", "", len(source)))
    return tokens


def _name(source: str, match: re.Match[str]) -> Token:
    text = match.group()
    if text in KEYWORDS:
        return Token("keyword", text, match.start())
    if text in FUNCTIONS:
        return Token("builtin", text, match.start())
    return Token("call" if source.startswith("(", match.end()) else "name", text, match.start())


def _may_start_regex(tokens: list[Token]) -> bool:
    if not tokens:
        return True
    last = tokens[-1]
    if last.kind in ("number", "string", "name", "builtin", "regex"):
        return False
    return not (last.kind == "op" and last.text in (")", "]", "$", "++", "--"))


def _string(source: str, start: int) -> tuple[str, int]:
    out: list[str] = []
    position = start + 1
    while position < len(source) and source[position] not in '"\n':
        if source[position] == "\\" and position + 1 < len(source):
            letter = source[position + 1]
            if letter in "01234567":
                end = position + 2
                while end < min(len(source), position + 4) and source[end] in "01234567":
                    end += 1
                out.append(chr(int(source[position + 1 : end], 8) & 0xFF))
                position = end
                continue
            if letter != "\n":
                out.append(ESCAPES.get(letter, "\\" + letter))
            position += 2
            continue
        out.append(source[position])
        position += 1
    if position >= len(source) or source[position] == "\n":
        raise AwkProblem("unterminated string", start)
    return "".join(out), position + 1


def _regex(source: str, start: int) -> tuple[str, int]:
    position = start + 1
    in_class = False
    while position < len(source) and source[position] != "\n":
        char = source[position]
        if char == "\\":
            position += 1
        elif char == "[" and not in_class:
            in_class = True
            position += 1 if source[position + 1 : position + 2] == "^" else 0
            position += 1 if source[position + 1 : position + 2] == "]" else 0
        elif char == "]":
            in_class = False
        elif char == "/" and not in_class:
            return source[start + 1 : position], position + 1
        position += 1
    raise AwkProblem("unterminated regexp", start)
