"""Strict decoding: a manifest against the shape of its kind; unknown fields, wrong JSON types, dropped nulls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from quizgame.cluster.apierror import bad_request
from quizgame.cluster.resources import Resource
from quizgame.cluster.schema import Field, ObjectType, Schema, builtin_schema, custom_schema

_GO_TYPES = {
    "string": (str,), "time": (str,), "bytes": (str,), "bool": (bool,), "int32": (int,), "int64": (int,),
    "number": (int, float), "quantity": (str, int, float), "intstr": (str, int),
}  # fmt: skip
_BITS = {"int32": 32, "int64": 64}
_GO_NAMES = {"time": "v1.Time", "bytes": "[]uint8", "number": "float64", "quantity": "resource.Quantity"}
_JSON_NAMES = {bool: "bool", int: "number", float: "number", str: "string", dict: "object", list: "array"}

SELF_VALIDATED = frozenset(("CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy", "CiliumCIDRGroup"))
"""Kinds whose shape the policy room knows; their unknown fields are its answer."""


def schema_for(resource: Resource) -> Schema:
    """The table that holds a kind's shape."""
    return custom_schema() if resource.is_custom else builtin_schema()


@dataclass(slots=True)
class _Problems:
    unknown: list[str] = field(default_factory=list)
    mismatch: str = ""
    strict_types: bool = True
    """Whether a wrong JSON type is a decoding error (built-in kinds) or, outside ``metadata``, left to validation."""


def decode(
    resource: Resource, version: str, node: Mapping[str, Any], mode: str, warn: Callable[[str], None]
) -> dict[str, Any]:
    """Return the object without nulls and without fields that its kind does not have.

    Args:
        resource: Its kind.
        version: The version it is written in.
        node: The manifest.
        mode: ``Strict`` refuses unknown fields, ``Warn`` tells of them, ``Ignore`` is silent.
        warn: Receives the warnings.

    Raises:
        ApiError: ``BadRequest``.
    """
    problems = _Problems(strict_types=not resource.is_custom)
    schema = schema_for(resource)
    shape = schema.type_of(resource.kind)
    head = f'{resource.kind} in version "{version}" cannot be handled as a {resource.kind}: '
    decoded = _object(node, shape, schema, "", "", problems) if shape is not None else _free_form(node, problems)
    unknown = problems.unknown
    if resource.kind in SELF_VALIDATED:
        from quizgame.cluster import policyschema  # late: the policy engine is loaded when the first policy is written

        decoded, more = policyschema.decode(resource.kind, decoded)
        unknown = [*unknown, *more]
    if problems.mismatch:
        raise bad_request(head + problems.mismatch)
    if unknown and mode == "Strict":
        raise bad_request(head + "strict decoding error: " + ", ".join(f'unknown field "{each}"' for each in unknown))
    if unknown and mode == "Warn":
        for each in unknown:
            warn(f'unknown field "{each}"')
    return decoded


def _free_form(node: Mapping[str, Any], problems: _Problems) -> dict[str, Any]:
    """Content of a kind without a table: only its metadata is looked at."""
    schema = builtin_schema()
    meta = schema.types["ObjectMeta"]
    decoded = {key: value for key, value in node.items() if value is not None}
    metadata = decoded.get("metadata")
    if isinstance(metadata, dict):
        decoded["metadata"] = _object(metadata, meta, schema, "metadata", "metadata", problems)
    elif metadata is not None:
        _mismatch(metadata, "ObjectMeta", "", "metadata", problems)
    return decoded


def _object(
    node: Mapping[str, Any], shape: ObjectType, schema: Schema, path: str, go_path: str, problems: _Problems
) -> dict[str, Any]:
    decoded: dict[str, Any] = {}
    for key, value in node.items():
        known = shape.fields.get(key)
        here = f"{path}.{key}" if path else key
        if known is None:
            problems.unknown.append(here)
        elif value is not None:
            decoded[key] = _value(
                value, known, known.type, schema, shape.name, here, f"{go_path}.{key}" if go_path else key, problems
            )
    return decoded


def _value(
    value: Any, known: Field, type_name: str, schema: Schema, owner: str, path: str, go_path: str, problems: _Problems
) -> Any:
    if type_name == "any":
        return value
    if type_name.startswith("[]"):
        if not isinstance(value, list):
            return _mismatch(value, type_name, owner, go_path, problems)
        item = type_name[2:]
        if item == "any":
            return value
        return [
            _value(each, known, item, schema, owner, f"{path}[{position}]", go_path, problems)
            for position, each in enumerate(value)
        ]
    if type_name.startswith("map["):
        if not isinstance(value, dict):
            return _mismatch(value, type_name, owner, go_path, problems)
        item = type_name[4:-1]
        return {
            key: _value(each, known, item, schema, owner, f"{path}.{key}", go_path, problems)
            for key, each in value.items()
        }
    accepted = _GO_TYPES.get(type_name)
    if accepted is not None:
        fits = isinstance(value, accepted) and (bool in accepted or not isinstance(value, bool))
        fits = fits and not _is_too_large(value, type_name)
        return value if fits else _mismatch(value, type_name, owner, go_path, problems)
    shape = schema.type_of(type_name)
    if shape is None:
        raise KeyError(f"the schema table names an unknown type {type_name!r}")
    if not isinstance(value, dict):
        return _mismatch(value, type_name, owner, go_path, problems)
    return _object(value, shape, schema, path, go_path, problems)


def _is_too_large(value: Any, type_name: str) -> bool:
    bits = _BITS.get(type_name)
    return bits is not None and isinstance(value, int) and not -(1 << bits - 1) <= value < 1 << bits - 1


def _mismatch(value: Any, type_name: str, owner: str, go_path: str, problems: _Problems) -> Any:
    # Source: sigs.k8s.io/json: the innermost struct, the whole path without positions, the Go type.
    if (problems.strict_types or go_path.partition(".")[0] == "metadata") and not problems.mismatch:
        found = f"number {value}" if _is_too_large(value, type_name) else _JSON_NAMES.get(type(value), "object")
        problems.mismatch = (
            f"json: cannot unmarshal {found} into Go struct field {owner}.{go_path} of type {_go_name(type_name)}"
        )
    return value


def _go_name(type_name: str) -> str:
    if type_name.startswith("[]"):
        return "[]" + _go_name(type_name[2:])
    if type_name.startswith("map["):
        return "map[string]" + _go_name(type_name[4:-1])
    return _GO_NAMES.get(type_name, type_name if type_name in _GO_TYPES else f"v1.{type_name}")
