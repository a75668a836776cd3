"""How go-yaml writes a string: plain, quoted or as a block, and where it breaks long ones."""

from __future__ import annotations

import re
from functools import lru_cache

WIDTH = 80
"""Text that goes past this column is broken at the next blank."""

# Source: go-yaml v2 resolve.go: what an unquoted text would be taken for.
_WORDS = frozenset((
    "", "~", "null", "Null", "NULL", "<<",
    "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON",
    "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF",
    ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF",
))  # fmt: skip
_NUMBER = re.compile(
    r"[-+]?(0[xX][0-9a-fA-F_]+|0[oO]?[0-7_]+|0[bB][01_]+|[0-9][0-9_]*)"
    r"|[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?"
)
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_TIMESTAMP = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}(([Tt]|\s+)\d{1,2}:\d{1,2}:\d{1,2}(\.\d*)?(\s*(Z|[-+]\d{1,2}(:?\d{2})?))?)?"
)
# Source: libyaml emitter.c yaml_emitter_analyze_scalar: what may not begin, or stand in, a plain scalar.
_INDICATOR_FIRST = frozenset("#,[]{}&*!|>'\"%@`")
_UNSAFE = re.compile(r":(\s|$)|\s#|[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029\ufeff]")
_SPECIAL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029\ufeff\t]")
_ESCAPES = {
    "\0": "\\0", "\a": "\\a", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\v": "\\v", "\f": "\\f", "\r": "\\r",
    "\x1b": "\\e", '"': '\\"', "\\": "\\\\", "\x85": "\\N", "\u2028": "\\L", "\u2029": "\\P",
}  # fmt: skip


def _is_string(text: str) -> bool:
    return not (text in _WORDS or _NUMBER.fullmatch(text) or _BASE_60.fullmatch(text) or _TIMESTAMP.fullmatch(text))


def _may_be_plain(text: str) -> bool:
    first, second = text[0], text[1:2]
    if first in _INDICATOR_FIRST or text.startswith(("---", "...")):
        return False
    if first in "-?:" and (not second or second.isspace()):
        return False
    return not (first.isspace() or text[-1].isspace() or _UNSAFE.search(text) or "\t" in text)


def write_string(text: str, column: int, indent: int) -> list[str]:
    """The lines of a string value.

    Args:
        text: The string.
        column: Where it begins.
        indent: Column at which its further lines begin.

    Returns:
        Its lines; the first follows what stands before it, the others carry their indentation.
    """
    unbroken = _unbroken(text)
    if unbroken is None:
        return _block(text, indent)
    if column + len(unbroken) <= WIDTH or " " not in text:
        return [unbroken]
    # No plain scalar begins with a quote.
    return _break_double(text, column, indent) if unbroken[0] == '"' else _break(unbroken, column, indent)


@lru_cache(maxsize=8192)
def _unbroken(text: str) -> str | None:
    """A string on one line, however long that gets; ``None`` where it is written as a block."""
    if "\n" in text:
        body = text.replace("\n", "")
        if body and not _SPECIAL.search(body) and " \n" not in text and text[-1] != " ":
            return None
    elif _is_string(text):
        if _may_be_plain(text):
            return text
        if not _SPECIAL.search(text):
            return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(map(_escaped, text)) + '"'


def _block(text: str, indent: int) -> list[str]:
    body = text.rstrip("\n")
    ends = len(text) - len(body)
    hint = str(2) if text[0] in " \n" else ""
    chomping = "-" if not ends else "" if ends == 1 else "+"
    pad = " " * indent
    out = [f"|{hint}{chomping}"]
    out += [pad + line if line else "" for line in body.split("\n")]
    return [*out, *[""] * (ends - 1)]


def _break(written: str, column: int, indent: int) -> list[str]:
    """Break a plain or single-quoted scalar where it gets too long."""
    pad = " " * indent
    is_quoted = written[0] == "'"
    out: list[str] = []
    start = 0
    at = column
    # Source: libyaml emitter.c write_plain_scalar, write_single_quoted: a single blank past the width becomes a line
    # end.
    for place, char in enumerate(written):
        is_single = (
            char == " " and written[place - 1 : place] != " " and written[place + 1 : place + 2] not in (" ", "")
        )
        is_inside = not is_quoted or 1 < place < len(written) - 2
        if is_single and at > WIDTH and is_inside:
            out.append((pad if out else "") + written[start:place])
            start, at = place + 1, indent
        else:
            at += 1
    out.append((pad if out else "") + written[start:])
    return out


def _break_double(text: str, column: int, indent: int) -> list[str]:
    """Write a string in double quotes, broken where it gets too long."""
    pad = " " * indent
    out: list[str] = []
    line = '"'
    at = column + 1
    was_blank = False
    for place, char in enumerate(text):
        if char == " " and not was_blank and at > WIDTH and 0 < place < len(text) - 1:
            out.append(line)
            line, at = pad, indent
            if text[place + 1] == " ":
                line, at = line + "\\", at + 1
            was_blank = True
            continue
        was_blank = char == " "
        shown = _escaped(char)
        line += shown
        at += len(shown)
    return [*out, line + '"']


def _escaped(char: str) -> str:
    return _ESCAPES.get(char) or (char if char.isprintable() else _hex_escape(char))


def _hex_escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02X}" if code < 256 else f"\\u{code:04X}" if code < 65536 else f"\\U{code:08X}"
