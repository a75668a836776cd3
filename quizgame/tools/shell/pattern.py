"""Shell patterns (``*``, ``?``, ``[…]``) as regular expressions, matched in linear time."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

import re2


class Matcher(Protocol):
    """A compiled pattern."""

    def fullmatch(self, text: str) -> object | None:
        """Whether the whole text matches."""
        ...  # pragma: no cover


def quote_pattern(text: str) -> str:
    """Take the meaning from pattern characters in quoted text."""
    return "".join("\\" + char if char in "*?[]\\" else char for char in text)


def has_pattern(pattern: str) -> bool:
    """Whether unescaped pattern characters stand in it."""
    position = 0
    while position < len(pattern):
        if pattern[position] == "\\":
            position += 1
        elif pattern[position] in "*?" or (pattern[position] == "[" and "]" in pattern[position:]):
            return True
        position += 1
    return False


def unquote_pattern(pattern: str) -> str:
    """The plain text of a pattern that has no unescaped pattern characters."""
    out: list[str] = []
    position = 0
    while position < len(pattern):
        if pattern[position] == "\\" and position + 1 < len(pattern):
            position += 1
        out.append(pattern[position])
        position += 1
    return "".join(out)


@lru_cache(maxsize=256)
def compile_pattern(pattern: str, *, is_path: bool = False) -> Matcher:
    """Compile; ``is_path`` keeps ``*`` and ``?`` from matching a slash."""
    one = "[^/]" if is_path else "(?s:.)"
    out: list[str] = []
    position = 0
    while position < len(pattern):
        char = pattern[position]
        if char == "\\" and position + 1 < len(pattern):
            position += 1
            out.append(re2.escape(pattern[position]))
        elif char == "*":
            out.append(one + "*")
        elif char == "?":
            out.append(one)
        elif char == "[" and (end := _class_end(pattern, position)) is not None:
            body = pattern[position + 1 : end]
            is_not = body[:1] in ("!", "^")
            body = body[1:] if is_not else body
            out.append(
                "["
                + ("^" if is_not else "")
                + body.replace("\\", "\\\\").replace("[", "\\[").replace("\\[:", "[:")
                + "]"
            )
            position = end
        else:
            out.append(re2.escape(char))
        position += 1
    expression = "".join(out)
    try:
        matcher: Matcher = re2.compile(expression)
    except re2.error:
        matcher = re2.compile(re2.escape(pattern))
    return matcher


def _class_end(pattern: str, start: int) -> int | None:
    position = start + 1
    if pattern[position : position + 1] in ("!", "^"):
        position += 1
    if pattern[position : position + 1] == "]":
        position += 1
    while position < len(pattern):
        if pattern.startswith("[:", position):
            end = pattern.find(":]", position)
            if end > 0:
                position = end + 2
                continue
        if pattern[position] == "]":
            return position
        position += 1
    return None
