"""Filters as JSON: reading ``--allowlist`` and ``--denylist``, printing ``--print-raw-filters``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from quizgame.goflags.quoting import quote_rune
from quizgame.hubble.command.failure import CommandFailure
from quizgame.hubble.flowfilter import FlowFilter
from quizgame.hubble.protojson.reader import parse_message
from quizgame.hubble.protojson.tokens import ProtoJsonError
from quizgame.hubble.protojson.writer import encode

_GO_WORDS = {
    # Python's words: Go's
    "Expecting value": "looking for beginning of value",
    "Expecting property name enclosed in double quotes": "looking for beginning of object key string",
    "Illegal trailing comma before end of object": "looking for beginning of object key string",
    "Expecting ':' delimiter": "after object key",
    "Expecting ',' delimiter": "after object key:value pair",
    "Invalid control character at": "in string literal",
    "Invalid \\escape": "in string escape code",
}
_SPACE = " \t\r\n"
_UNPRINTABLE = re.compile("[\x7f-\x9f\ufeff\ufffe\uffff\U00010000-\U0010ffff]")


def parse_raw_filters(texts: Iterable[str], flag: str) -> tuple[FlowFilter, ...]:
    """Read the values of a flag; each holds one or several JSON objects.

    Raises:
        CommandFailure: ``invalid --FLAG flag: failed to decode 'X': ...``.
    """
    found: list[FlowFilter] = []
    for text in texts:
        try:
            found += [parse_message(FlowFilter, value) for value in _values(text)]
        except (ProtoJsonError, CommandFailure) as refusal:
            raise CommandFailure(f"invalid --{flag} flag: failed to decode '{text}': {refusal.message}") from None
    return tuple(found)


def _values(text: str) -> Iterator[str]:
    """Yield the JSON values that stand one after the other in a text."""
    decoder = json.JSONDecoder()
    at = 0
    while True:
        while at < len(text) and text[at] in _SPACE:
            at += 1
        if at == len(text):
            return
        try:
            _, end = decoder.raw_decode(text, at)
        except json.JSONDecodeError as refusal:
            raise CommandFailure(_go_syntax_error(text, refusal)) from None
        except RecursionError:
            raise CommandFailure("exceeded max depth") from None
        yield text[at:end]
        at = end


def _go_syntax_error(text: str, refusal: json.JSONDecodeError) -> str:
    # Python points at the quote where a string does not end.
    if refusal.msg.startswith("Unterminated string"):
        return "unexpected EOF"
    at = refusal.pos
    while at < len(text) and text[at] in _SPACE:
        at += 1
    if at >= len(text):
        return "unexpected EOF"
    words = next((go for python, go in _GO_WORDS.items() if refusal.msg.startswith(python)), "in literal")
    if words == "after object key:value pair" and text.rfind("[", 0, at) > text.rfind("{", 0, at):
        words = "after array element"
    return f"invalid character {quote_rune(text[at])} {words}"


def print_raw_filters(allow: Iterable[FlowFilter], deny: Iterable[FlowFilter]) -> str:
    """Return two lists of filters as the YAML that the tool prints."""
    out: list[str] = []
    for name, filters in (("allowlist", allow), ("denylist", deny)):
        lines = [_scalar(encode(wanted).decode()) for wanted in filters]
        if lines:
            out.append(f"{name}:\n" + "".join(f"    - {line}\n" for line in lines))
    return "".join(out) or "{}\n"


def _scalar(text: str) -> str:
    """Quote a JSON text for YAML: singly, or doubly if a character needs an escape.

    # Source: go.yaml.in/yaml/v3 emitterc.go: characters beyond U+FFFD count as not printable.
    """
    if not _UNPRINTABLE.search(text):
        return "'" + text.replace("'", "''") + "'"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + _UNPRINTABLE.sub(lambda char: _yaml_escape(ord(char[0])), escaped) + '"'


def _yaml_escape(code: int) -> str:
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"
