"""What Go's JSON decoder has against a text."""

from __future__ import annotations

import json


def go_json_problem(text: str, error: json.JSONDecodeError) -> str:
    """A JSON mistake as Go's decoder words it."""
    # Source: Go encoding/json scanner; golden kubectl/patch-bad-json.
    place = error.pos
    if place >= len(text):
        return "unexpected end of JSON input"
    wanted = {
        "Expecting property name enclosed in double quotes": "looking for beginning of object key string",
        "Expecting ',' delimiter": "after object key:value pair",
        "Expecting ':' delimiter": "after object key",
    }.get(error.msg, "looking for beginning of value")
    return f"invalid character '{text[place]}' {wanted}"
