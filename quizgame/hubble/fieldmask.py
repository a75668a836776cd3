"""Field masks: which fields of a flow a server sends.

# Source: cilium/cilium v1.19 hubble/pkg/defaults, pkg/hubble/parser/fieldmask; google.protobuf.FieldMask.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from quizgame.errors import QuizgameError
from quizgame.goflags.quoting import quote
from quizgame.hubble.flow import Flow, Message
from quizgame.hubble.protojson.reader import FieldInfo, fields_by_name

_INSIDE = {"timestamp": {"seconds", "nanos"}, "bool": {"value"}, "int32": {"value"}}
"""Fields of the well-known types that JSON shows as scalars."""

Tree = dict[str, "Tree"]
"""Attributes to keep, each with what to keep of it; an empty tree keeps all."""


class FieldMaskError(QuizgameError):
    """A path names no field."""


def check_paths(paths: Sequence[str]) -> None:
    """Check that all paths name fields of a flow.

    Raises:
        FieldMaskError: ``proto: invalid path "X" for message "flow.Flow"``.
    """
    for path in paths:
        if not _is_path(path):
            raise FieldMaskError(f'proto: invalid path {quote(path)} for message "flow.Flow"')


def _is_path(path: str) -> bool:
    message: type[Message] | None = Flow
    inside: set[str] = set()
    for name in path.split("."):
        if message is None:
            if name not in inside:
                return False
            inside = set()
            continue
        field = _field(message, name)
        if field is None:
            return False
        message = None if field.repeated else field.message
        wraps = field.kind == "timestamp" or (field.wrapped and not field.message)
        inside = _INSIDE.get(field.kind, set()) if wraps else set()
    return True


def _field(message: type[Message], name: str) -> FieldInfo | None:
    field = fields_by_name(message).get(name)
    return field if field is not None and field.name == name else None


def mask_tree(paths: Sequence[str]) -> Tree:
    """Return paths as a tree for `apply_mask`; a longer path under a shorter one changes nothing."""
    tree: Tree = {}
    for path in sorted(paths, key=lambda path: path.count(".")):
        level: Tree = tree
        message: type[Message] = Flow
        names = path.split(".")
        for index, name in enumerate(names):
            field = _field(message, name)
            if field is None or level.get(field.attribute) == {}:
                break
            # A scalar's inner field keeps the whole scalar. Simplified: the real mask can keep a time's seconds alone.
            if index == len(names) - 1 or field.message is None:
                level[field.attribute] = {}
                break
            level, message = level.setdefault(field.attribute, {}), field.message
    return tree


def apply_mask(message: Any, tree: Tree) -> Any:
    """Return a copy of a message with only the fields of a tree; an absent message stays absent."""
    kept: dict[str, Any] = {}
    for attribute, inner in tree.items():
        value = getattr(message, attribute)
        kept[attribute] = apply_mask(value, inner) if inner and value is not None else value
    return type(message)(**kept)
