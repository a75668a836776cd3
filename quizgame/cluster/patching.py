"""Patches as pure functions: JSON merge, JSON patch, strategic merge, and ``kubectl apply``'s three-way merges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from quizgame.cluster.objects import evolve, prune
from quizgame.cluster.schema import Field, ObjectType, Schema


class PatchType(Enum):
    """How a patch is to be read; the value is its media type."""

    JSON = "application/json-patch+json"
    MERGE = "application/merge-patch+json"
    STRATEGIC = "application/strategic-merge-patch+json"


class PatchProblem(Exception):
    """A patch that cannot be applied; the message says why, in the server's words."""


def merge_patch(original: Any, patch: Any) -> Any:
    """RFC 7386: ``null`` removes, mappings merge, everything else replaces."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(original) if isinstance(original, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def merge_diff(old: Any, new: Any) -> dict[str, Any]:
    """The merge patch that turns one mapping into another."""
    patch: dict[str, Any] = {key: None for key in old if key not in new}
    for key, value in new.items():
        if key not in old:
            patch[key] = value
        elif isinstance(value, dict) and isinstance(old[key], dict):
            inner = merge_diff(old[key], value)
            if inner:
                patch[key] = inner
        elif value != old[key]:
            patch[key] = value
    return patch


# ---------------------------------------------------------------- JSON patch (RFC 6902)


def json_patch(original: Any, operations: Sequence[Mapping[str, Any]]) -> Any:
    """Apply operations in order.

    Raises:
        PatchProblem: a path that is not there, a failed test or an unknown operation.
    """
    document = original
    for operation in operations:
        document = _json_operation(document, operation)
    return document


_NO_MORE = "the server rejected our request due to an error in our request"


def _json_operation(document: Any, operation: Mapping[str, Any]) -> Any:
    path = _pointer(document, str(operation.get("path", "")))
    kind = operation.get("op")
    if kind == "add":
        return _json_add(document, path, operation.get("value"))
    if kind == "remove":
        return _json_remove(document, path)
    if kind == "replace":
        _json_get(document, path)
        return evolve(document, path, operation.get("value"))
    if kind == "test":
        if _json_get(document, path) != operation.get("value"):
            raise PatchProblem(_NO_MORE)
        return document
    if kind in ("move", "copy"):
        source = _pointer(document, str(operation.get("from", "")))
        value = _json_get(document, source)
        return _json_add(_json_remove(document, source) if kind == "move" else document, path, value)
    raise PatchProblem(_NO_MORE)


def _json_remove(document: Any, path: Sequence[str | int]) -> Any:
    _json_get(document, path)
    if not path:
        raise PatchProblem(_NO_MORE)  # Source: evanphx/json-patch: the whole document cannot be taken away
    return prune(document, path)


def _pointer(document: Any, text: str) -> list[str | int]:
    steps: list[str | int] = []
    node = document
    for raw in text.split("/")[1:]:
        token = raw.replace("~1", "/").replace("~0", "~")
        if isinstance(node, list):
            index = len(node) if token == "-" else int(token) if token.isdigit() else -1
            if not 0 <= index <= len(node):
                raise PatchProblem(_NO_MORE)
            steps.append(index)
            node = node[index] if index < len(node) else None
        else:
            steps.append(token)
            node = node.get(token) if isinstance(node, dict) else None
    return steps


def _json_get(document: Any, path: Sequence[str | int]) -> Any:
    node = document
    for step in path:
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            raise PatchProblem(_NO_MORE) from None
    return node


def _json_add(document: Any, path: Sequence[str | int], value: Any) -> Any:
    if not path:
        return value
    parent = _json_get(document, path[:-1])
    step = path[-1]
    if isinstance(step, int) and isinstance(parent, list):
        return evolve(document, path[:-1], [*parent[:step], value, *parent[step:]])
    return evolve(document, path, value)


# ---------------------------------------------------------------- strategic merge


def strategic_merge(original: Any, patch: Any, schema: Schema, type_name: str) -> Any:
    """Merge as the built-in kinds do: keyed lists item by item, sets by union, ``$patch`` directives honoured.

    Args:
        original: The present object or part.
        patch: What to merge in.
        schema: The table that knows merge keys.
        type_name: The type of this part.

    Raises:
        PatchProblem: an item of a keyed list without its key.
    """
    # Source: kubernetes apimachinery pkg/util/strategicpatch.
    if not isinstance(patch, dict):
        return patch
    directive = patch.get("$patch")
    if directive == "replace":
        return {key: value for key, value in patch.items() if key != "$patch"}
    if directive == "delete":
        return {}
    merged = dict(original) if isinstance(original, dict) else {}
    shape = schema.type_of(type_name)
    for key, value in patch.items():
        if key.startswith("$"):
            _strategic_directive(merged, key, value)
        elif value is None:
            merged.pop(key, None)
        else:
            merged[key] = _strategic_value(merged.get(key), value, schema, _field_of(shape, key))
    return merged


def _field_of(shape: ObjectType | None, key: str) -> Field:
    known = shape.fields.get(key) if shape is not None else None
    return known or Field(key, "any")


def _strategic_directive(merged: dict[str, Any], key: str, value: Any) -> None:
    directive, _, name = key.partition("/")
    if directive == "$deleteFromPrimitiveList" and isinstance(merged.get(name), list):
        merged[name] = [item for item in merged[name] if item not in value]
    elif directive == "$retainKeys":
        for present in [each for each in merged if each not in value]:
            del merged[present]


def _strategic_value(old: Any, value: Any, schema: Schema, field: Field) -> Any:
    if isinstance(value, dict):
        inner = field.item_type if field.is_map else field.type
        return strategic_merge(old, value, schema, inner)
    if not isinstance(value, list) or not field.merge_key:
        return value
    if field.merge_key == "@":
        return [*(old or ()), *(item for item in value if item not in (old or ()))]
    return _merge_items(list(old or ()), value, schema, field)


def _merge_items(old: list[Any], patch: list[Any], schema: Schema, field: Field) -> list[Any]:
    if any(isinstance(item, dict) and item.get("$patch") == "replace" and len(item) == 1 for item in patch):
        return [item for item in patch if not (isinstance(item, dict) and "$patch" in item)]
    items = list(old)
    fresh: list[Any] = []
    for item in patch:
        if not isinstance(item, dict) or field.merge_key not in item:
            raise PatchProblem(f"map: {_go_map(item)} does not contain declared merge key: {field.merge_key}")
        key = item[field.merge_key]
        position = next((i for i, each in enumerate(items) if each.get(field.merge_key) == key), None)
        if item.get("$patch") == "delete":
            items = [each for each in items if each.get(field.merge_key) != key]
        elif position is None:
            fresh.append(strategic_merge({}, item, schema, field.item_type))
        else:
            items[position] = strategic_merge(items[position], item, schema, field.item_type)
    # Source: strategicpatch mergeSliceWithoutSpecialElements: what the patch adds comes after what was there.
    return items + fresh


def _go_map(value: Any) -> str:
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{_go_map(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(map(_go_map, value)) + "]"
    return str(value)


# ---------------------------------------------------------------- three-way merges (kubectl apply)


def three_way_merge(last: Mapping[str, Any], wanted: Mapping[str, Any], live: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON merge patch that ``apply`` sends for custom resources.

    Args:
        last: What was applied before (the last-applied annotation); empty if never.
        wanted: The manifest now.
        live: The object as stored.

    Returns:
        A merge patch; empty where nothing has to change.
    """
    # Source: kubernetes apimachinery pkg/util/jsonmergepatch: changes against live, deletions against last.
    patch: dict[str, Any] = {key: None for key in last if key not in wanted and key in live}
    for key, value in wanted.items():
        present = live.get(key)
        if isinstance(value, dict) and isinstance(present, dict):
            before = last.get(key)
            inner = three_way_merge(before if isinstance(before, dict) else {}, value, present)
            if inner:
                patch[key] = inner
        elif value != present and (value is not None or key in live):
            patch[key] = value
    return patch


def three_way_strategic(
    last: Mapping[str, Any], wanted: Mapping[str, Any], live: Mapping[str, Any], schema: Schema, type_name: str
) -> dict[str, Any]:
    """The strategic merge patch that ``apply`` sends for built-in kinds; arguments as in ``three_way_merge``."""
    shape = schema.type_of(type_name)
    patch: dict[str, Any] = {key: None for key in last if key not in wanted and key in live}
    for key, value in wanted.items():
        present, before, field = live.get(key), last.get(key), _field_of(shape, key)
        if isinstance(value, dict) and isinstance(present, dict):
            inner_type = field.item_type if field.is_map else field.type
            inner = three_way_strategic(before if isinstance(before, dict) else {}, value, present, schema, inner_type)
            if inner:
                patch[key] = inner
        elif isinstance(value, list) and isinstance(present, list) and _is_keyed(value, field):
            known = before if isinstance(before, list) and _is_keyed(before, field) else []
            _list_patch(patch, key, known, value, present, schema, field)
        elif value != present and (value is not None or key in live):
            patch[key] = value
    return patch


def _is_keyed(items: list[Any], field: Field) -> bool:
    """Whether a list can be merged item by item; a malformed one replaces what is there, and is then refused."""
    if field.merge_key == "@":
        return True
    return bool(field.merge_key) and all(
        isinstance(item, dict) and isinstance(item.get(field.merge_key), str | int | None) for item in items
    )


def _list_patch(
    patch: dict[str, Any], key: str, last: list[Any], wanted: list[Any], live: list[Any], schema: Schema, field: Field
) -> None:
    if field.merge_key == "@":
        gone = [item for item in last if item not in wanted and item in live]
        added = [item for item in wanted if item not in live]
        if gone:
            patch[f"$deleteFromPrimitiveList/{key}"] = gone
        if added:
            patch[key] = added
        return
    by_key = {item.get(field.merge_key): item for item in live}
    before = {item.get(field.merge_key): item for item in last}
    items: list[Any] = []
    for item in wanted:
        name = item.get(field.merge_key)
        if name not in by_key:
            items.append(item)
            continue
        inner = three_way_strategic(before.get(name, {}), item, by_key[name], schema, field.item_type)
        if inner:
            items.append({field.merge_key: name, **inner})
    present = {item.get(field.merge_key) for item in wanted}
    gone = [name for name in before if name not in present and name in by_key]
    items += [{"$patch": "delete", field.merge_key: name} for name in gone]
    if items:
        patch[key] = items
