"""Go's ``strconv.Quote`` and ``%q``: text in double quotes with backslash escapes."""

from __future__ import annotations

import re

_ESCAPES = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
}
_PLAIN = re.compile(r"[ !#-\[\]-~]*\Z")


def quote(text: str) -> str:
    r"""Return ``text`` as ``%q`` prints it, ``"like \"this\""``.

    Undecodable bytes (surrogate escapes) come out as ``\xNN``, as Go prints invalid UTF-8.
    """
    if _PLAIN.match(text):
        return f'"{text}"'
    return '"' + "".join(_quoted_character(char, '"') for char in text) + '"'


def quote_byte(byte: int) -> str:
    """Return one byte as ``%q`` prints a character, ``'x'``; a byte above 127 reads as Latin-1."""
    return "'" + _quoted_character(chr(byte), "'") + "'"


def quote_rune(char: str) -> str:
    """Return one character as ``%q`` prints a rune, ``'x'``."""
    return "'" + _quoted_character(char, "'") + "'"


def _quoted_character(char: str, delimiter: str) -> str:
    if char == delimiter:
        return "\\" + char
    if char in _ESCAPES:
        return _ESCAPES[char]
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if char == " " or (char.isprintable() and not char.isspace()):
        return char
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
