"""Messages in protobuf's one-line text form, which Go prints where a message is logged."""

from __future__ import annotations

from enum import Enum
from typing import Any

from msgspec import structs

from quizgame.goflags.quoting import quote
from quizgame.hubble.flow import Message


def prototext(message: Message) -> str:
    """Return the fields that are set, ``state_change:NODE_GONE node_names:"a"``.

    Simplified: the real library doubles the spaces in some builds.
    """
    pieces: list[str] = []
    for field in structs.fields(message):
        value = getattr(message, field.name)
        items = value if isinstance(value, list) else [value]
        if value is not None and value != field.default:
            pieces += [f"{field.encode_name}:{_value(item)}" for item in items]
    return " ".join(pieces)


def _value(value: Any) -> str:
    if isinstance(value, Message):
        return "{" + prototext(value) + "}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum) or not isinstance(value, str):
        return str(value)
    return quote(value)
