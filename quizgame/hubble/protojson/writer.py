"""Writes messages as the tool prints them: one line, no spaces, declaration order, HTML characters escaped.

# Source: Go's encoding/json Encoder around protojson: ``<``, ``>``, ``&``, U+2028 and U+2029 are escaped.
"""

from __future__ import annotations

import msgspec

from quizgame.hubble.flow import Message

_ENCODER = msgspec.json.Encoder()
_HTML = (
    (b"<", b"\\u003c"),
    (b">", b"\\u003e"),
    (b"&", b"\\u0026"),
    ("\u2028".encode(), b"\\u2028"),
    ("\u2029".encode(), b"\\u2029"),
)


def encode(message: Message) -> bytes:
    """Return a message as one line of JSON without its newline."""
    return escape_html(_ENCODER.encode(message))


def escape_html(line: bytes) -> bytes:
    """Escape the characters that Go's encoder escapes; in JSON they stand inside strings only."""
    for char, escape in _HTML:
        if char in line:
            line = line.replace(char, escape)
    return line


def encode_plain(message: Message) -> bytes:
    """Return a message as JSON without the HTML escapes; the fast decoder compares with it."""
    return _ENCODER.encode(message)
