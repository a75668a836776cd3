"""A small part of OpenAPI: the shapes that the API server checks, and how it words what does not fit.

Source: k8s.io/apiextensions-apiserver and k8s.io/kube-openapi validation; wording from the recorded outputs of a real
API server.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any, Final

_JSON_TYPES: Final[dict[type, str]] = {
    dict: "object",
    list: "array",
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
}


def json_type(value: Any) -> str:
    """Return the JSON name of a value's type."""
    return _JSON_TYPES[type(value)]


@dataclass(frozen=True, slots=True)
class Schema:
    """What a value must look like. Instances are made by the functions below."""

    type: str
    properties: Mapping[str, Schema] = field(default_factory=dict)
    items: Schema | None = None
    values: Schema | None = None
    """Of a mapping with free keys."""
    required: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    """Exactly one of these keys must be there."""
    any_of: tuple[str, ...] = ()
    """At least one of these keys must be there."""
    enum: tuple[str, ...] = ()
    pattern: str = ""
    format: str = ""
    minimum: int | None = None
    maximum: int | None = None
    max_length: int | None = None
    max_items: int | None = None
    or_integer: bool = False
    """A string that may be an integer as well."""
    go_type: str = ""
    """The Go type that the agent decodes it into; for an object the struct's bare name."""
    embedded: Mapping[str, str] = field(default_factory=dict)
    """Which embedded struct a property belongs to, for those that do."""


def obj(properties: Mapping[str, Schema], **rules: Any) -> Schema:
    """An object with these properties and no others."""
    return Schema("object", properties=properties, **rules)


def array(items: Schema, **rules: Any) -> Schema:
    """A list."""
    return Schema("array", items=items, **rules)


def string(*enum: str, **rules: Any) -> Schema:
    """A string, of these values if any are given."""
    return Schema("string", enum=enum, **({"go_type": "string"} | rules))


def mapping(values: Schema, **rules: Any) -> Schema:
    """An object with free keys."""
    return Schema("object", values=values, **rules)


def integer(minimum: int | None = None, maximum: int | None = None, **rules: Any) -> Schema:
    """A whole number."""
    return Schema("integer", minimum=minimum, maximum=maximum, **({"go_type": "int"} | rules))


BOOLEAN: Final = Schema("boolean", go_type="bool")
ANYTHING: Final = Schema("any")


def unknown_fields(value: Any, schema: Schema, path: str = "") -> Iterator[str]:
    """Yield the paths of fields that the schema does not know, in document order."""
    if isinstance(value, dict):
        if schema.type == "any" or schema.values is not None:
            for key, child in value.items():
                yield from unknown_fields(child, schema.values or ANYTHING, _join(path, key))
            return
        for key, child in value.items():
            known = schema.properties.get(key)
            if known is None:
                yield _join(path, key)
            else:
                yield from unknown_fields(child, known, _join(path, key))
    elif isinstance(value, list) and schema.items is not None:
        for index, child in enumerate(value):
            yield from unknown_fields(child, schema.items, f"{path}[{index}]")


def pruned(value: Any, schema: Schema) -> Any:
    """Return the value without the fields that the schema does not know."""
    if isinstance(value, dict):
        if schema.type == "any" or schema.values is not None:
            return {key: pruned(child, schema.values or ANYTHING) for key, child in value.items()}
        return {key: pruned(child, schema.properties[key]) for key, child in value.items() if key in schema.properties}
    if isinstance(value, list) and schema.items is not None:
        return [pruned(child, schema.items) for child in value]
    return value


def violations(value: Any, schema: Schema, path: str) -> Iterator[str]:
    """Yield what the API server says against a value, in document order; unknown fields are no matter here."""
    if schema.type == "any":
        return
    if not _fits_type(value, schema):
        found = json_type(value)
        yield f'{path}: Invalid value: "{found}": {path} in body must be of type {schema.type}: "{found}"'
        return
    if isinstance(value, dict):
        yield from _object_violations(value, schema, path)
    elif isinstance(value, list):
        if schema.max_items is not None and len(value) > schema.max_items:
            yield f"{path}: Too many: {len(value)}: must have at most {schema.max_items} items"
        for index, child in enumerate(value):
            yield from violations(child, schema.items or ANYTHING, f"{path}[{index}]")
    else:
        yield from _scalar_violations(value, schema, path)


def _fits_type(value: Any, schema: Schema) -> bool:
    found = json_type(value)
    return found == schema.type or (schema.or_integer and found == "integer")


def _object_violations(value: Mapping[str, Any], schema: Schema, path: str) -> Iterator[str]:
    for names, wanted, kind in (
        (schema.any_of, "at least one schema", "anyOf"),
        (schema.one_of, "one and only one schema", "oneOf"),
    ):
        present = sum(name in value for name in names)
        if names and present == 0:
            suffix = ". Found none valid" if kind == "oneOf" else ""
            yield f'<nil>: Invalid value: "": "{path}" must validate {wanted} ({kind}){suffix}'
            yield f"{_join(path, names[0])}: Required value"
        elif kind == "oneOf" and present > 1:
            yield (
                f'<nil>: Invalid value: "": "{path}" must validate {wanted} ({kind}). '
                f"Found {present} valid alternatives"
            )
    for name in schema.required:
        if name not in value:
            yield f"{_join(path, name)}: Required value"
    for key, child in value.items():
        if schema.values is not None:
            yield from violations(child, schema.values, _join(path, key))
        elif key in schema.properties:
            yield from violations(child, schema.properties[key], _join(path, key))


def _scalar_violations(value: Any, schema: Schema, path: str) -> Iterator[str]:
    if schema.enum and value not in schema.enum:
        supported = ", ".join(f'"{choice}"' for choice in schema.enum)
        yield f'{path}: Unsupported value: "{value}": supported values: {supported}'
    shown = f'"{value}"' if isinstance(value, str) else str(value)
    if schema.max_length is not None and len(value) > schema.max_length:
        yield f"{path}: Too long: may not be more than {schema.max_length} bytes"
    if schema.pattern and re.search(schema.pattern, str(value)) is None:
        yield f"{path}: Invalid value: {shown}: {path} in body should match '{schema.pattern}'"
    if schema.format == "cidr" and not is_cidr(value):
        yield f"{path}: Invalid value: {shown}: {path} in body must be of type cidr: {shown}"
    if schema.minimum is not None and value < schema.minimum:
        yield f"{path}: Invalid value: {shown}: {path} in body should be greater than or equal to {schema.minimum}"
    if schema.maximum is not None and value > schema.maximum:
        yield f"{path}: Invalid value: {shown}: {path} in body should be less than or equal to {schema.maximum}"


def is_cidr(text: str) -> bool:
    """Say whether a text is an address with a prefix length, as Go's ``net.ParseCIDR`` reads it."""
    address, slash, length = text.partition("/")
    if not slash or not length.isascii() or not length.isdigit():
        return False
    try:
        ip_network(f"{address}/{length}", strict=False)
    except ValueError:
        return False
    return "%" not in address


def decoding_error(value: Any, schema: Schema, fields: tuple[str, ...] = (), struct: str = "") -> str | None:
    """Return what Go's JSON decoder says where a value has another type than the field; ``None`` if all fit.

    A null fits everything, as it does there.
    """
    if value is None or schema.type == "any":
        return None
    if not _fits_type(value, schema):
        found = {"integer": "number", "boolean": "bool"}.get(json_type(value), json_type(value))
        return (
            f"json: cannot unmarshal {found} into Go struct field {struct}.{'.'.join(fields)} "
            f"of type {_go_type(schema)}"
        )
    children: Iterator[tuple[Any, Schema, tuple[str, ...]]]
    if isinstance(value, dict):
        children = (
            (
                child,
                schema.values or schema.properties.get(key, ANYTHING),
                (*fields, *((schema.embedded[key],) if key in schema.embedded else ()), key),
            )
            for key, child in value.items()
        )
        struct = schema.go_type or struct
    elif isinstance(value, list):
        children = ((child, schema.items or ANYTHING, fields) for child in value)
    else:
        return None
    for child, child_schema, child_fields in children:
        error = decoding_error(child, child_schema, child_fields, struct)
        if error is not None:
            return error
    return None


def decoded(value: Any, schema: Schema) -> Any:
    """Return a value as Go's JSON decoder leaves it: a null field is absent, a null item is its type's zero value."""
    if isinstance(value, dict):
        return {
            key: decoded(child, schema.values or schema.properties.get(key, ANYTHING))
            for key, child in value.items()
            if child is not None
        }
    if isinstance(value, list):
        items = schema.items or ANYTHING
        return [_ZERO_VALUES.get(items.type) if child is None else decoded(child, items) for child in value]
    return value


_ZERO_VALUES: Final[dict[str, Any]] = {"string": "", "object": {}, "array": [], "integer": 0, "boolean": False}


def _go_type(schema: Schema) -> str:
    if schema.items is not None:
        return f"[]{_go_type(schema.items)}"
    if schema.values is not None:
        return f"map[string]{_go_type(schema.values)}"
    return f"api.{schema.go_type}" if schema.type == "object" and schema.go_type else schema.go_type or "string"


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
