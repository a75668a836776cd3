"""What the definitions of custom resources say against an object: types, limits, alternatives, then their CEL rules."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

from quizgame.cluster.apierror import Cause
from quizgame.cluster.customrules import CEL_RULES, HAS_CEL, IMMUTABLE, LIST_RULES, ONE_OF
from quizgame.cluster.resources import Resource
from quizgame.cluster.schema import Field, Schema, custom_schema
from quizgame.cluster.schema_cilium import PATTERNS

_JSON_TYPES = {
    "string": (str,), "time": (str,), "bytes": (str,), "bool": (bool,), "int32": (int,), "int64": (int,),
    "number": (int, float), "quantity": (str, int, float), "intstr": (str, int),
}  # fmt: skip
_OPENAPI = {"bool": "boolean", "int32": "integer", "int64": "integer", "time": "string", "bytes": "string"}
_FOUND = {bool: "boolean", int: "integer", float: "number", str: "string", dict: "object", list: "array"}
# Source: kubernetes apiextensions customresource validation: these kinds of errors keep CEL rules from being run.
_UNCHECKED = Cause(
    "<nil>",
    "Invalid value: null: some validation rules were not checked because the object was invalid; "
    "correct the existing errors to complete validation",
)


@dataclass(slots=True)
class _Findings:
    causes: list[Cause]
    is_blocking: bool = False

    def add(self, path: str, message: str, *, blocking: bool = False) -> None:
        self.causes.append(Cause(path, message))
        self.is_blocking = self.is_blocking or blocking


def violations(resource: Resource, node: Mapping[str, Any], old: Mapping[str, Any] | None = None) -> list[Cause]:
    """What is wrong with an object of a custom kind, in the order of its fields.

    Args:
        resource: The kind.
        node: The object.
        old: What is stored, where the object is to replace it.
    """
    schema = custom_schema()
    if resource.kind not in schema.types:
        return []
    findings = _Findings([])
    _walk(node, resource.kind, schema, "", findings)
    causes = sorted(findings.causes, key=lambda each: each.field)
    if resource.kind not in HAS_CEL:
        return causes
    if findings.is_blocking:
        return [*causes, _UNCHECKED]
    return [*causes, *_cel(node, resource.kind, schema, ""), *_transitions(resource, node, old, schema)]


def _transitions(
    resource: Resource, node: Mapping[str, Any], old: Mapping[str, Any] | None, schema: Schema
) -> list[Cause]:
    """Changes of what may not change, in the parts of a spec."""
    kind = schema.types[resource.kind].fields.get("spec")
    if old is None or kind is None:
        return []
    before, after = old.get("spec") or {}, node.get("spec") or {}
    return [
        Cause(f"spec.{name}", f"Invalid value: {message}")
        for name, message in IMMUTABLE.get(kind.type, {}).items()
        if name in before and name in after and before[name] != after[name]
    ]


def _walk(node: Mapping[str, Any], type_name: str, schema: Schema, path: str, findings: _Findings) -> None:
    shape = schema.types[type_name]
    for known in shape.required:
        if known.name not in node:
            findings.add(_join(path, known.name), "Required value", blocking=True)
    alternatives = ONE_OF.get(type_name, ())
    given = [each for each in alternatives if each in node]
    if alternatives and len(given) != 1:
        found = f"{len(given)} valid alternatives" if given else "none valid"
        rule = f'"{path}" must validate one and only one schema (oneOf). Found {found}'
        findings.add("<nil>", f'Invalid value: "": {rule}', blocking=True)
        if not given:
            findings.add(_join(path, alternatives[0]), "Required value", blocking=True)
    for key, value in node.items():
        field = shape.fields.get(key)
        if field is None or (not path and key in ("metadata", "status", "apiVersion", "kind")):
            continue
        _value(value, field, field.type, schema, _join(path, key), findings)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _value(value: Any, field: Field, type_name: str, schema: Schema, path: str, findings: _Findings) -> None:
    if type_name == "any":
        return
    if type_name.startswith("[]"):
        if _has_type(value, list, "array", path, findings):
            _items(value, field, path, findings)
            for position, item in enumerate(value):
                _value(item, field, type_name[2:], schema, f"{path}[{position}]", findings)
        return
    if type_name.startswith("map["):
        if _has_type(value, dict, "object", path, findings):
            for key, item in value.items():
                _value(item, field, type_name[4:-1], schema, f"{path}.{key}", findings)
        return
    accepted = _JSON_TYPES.get(type_name)
    if accepted is None:
        if _has_type(value, dict, "object", path, findings):
            _walk(value, type_name, schema, path, findings)
    elif not isinstance(value, accepted) or (isinstance(value, bool) and bool not in accepted):
        _wrong_type(value, _OPENAPI.get(type_name, type_name), path, findings)
    else:
        _scalar(value, field, path, findings)


def _has_type(value: Any, wanted: type, name: str, path: str, findings: _Findings) -> bool:
    if isinstance(value, wanted):
        return True
    _wrong_type(value, name, path, findings)
    return False


def _wrong_type(value: Any, wanted: str, path: str, findings: _Findings) -> None:
    found = _FOUND.get(type(value), "null")
    text = f'Invalid value: "{found}": {path} in body must be of type {wanted}: "{found}"'
    findings.add(path, text, blocking=True)


def _items(value: list[Any], field: Field, path: str, findings: _Findings) -> None:
    least, most = field.limits.get("minItems"), field.limits.get("maxItems")
    if least is not None and len(value) < int(least):
        findings.add(path, f"Invalid value: {len(value)}: {path} in body should have at least {least} items")
    if most is not None and len(value) > int(most):
        findings.add(path, f"Too many: {len(value)}: must have at most {most} items", blocking=True)


def _scalar(value: Any, field: Field, path: str, findings: _Findings) -> None:
    shown = json.dumps(value)
    if field.enum and value not in field.enum:
        allowed = ", ".join(f'"{option}"' for option in field.enum)
        findings.add(path, f"Unsupported value: {shown}: supported values: {allowed}", blocking=True)
    for limit, wanted in field.limits.items():
        problem = _LIMITS[limit](value, wanted) if limit in _LIMITS else ""
        if problem:
            findings.add(path, f"Invalid value: {shown}: {path} in body {problem}")


def _format(value: Any, wanted: str) -> str:
    try:
        if wanted == "cidr" and "/" in value:
            ip_network(value, strict=False)
            return ""
        if wanted == "ipv4" and ip_address(value).version == 4:
            return ""
    except ValueError:
        pass
    return f'must be of type {wanted}: "{value}"'


_LIMITS: dict[str, Callable[[Any, str], str]] = {
    "min": lambda value, wanted: "" if value >= int(wanted) else f"should be greater than or equal to {wanted}",
    "max": lambda value, wanted: "" if value <= int(wanted) else f"should be less than or equal to {wanted}",
    "minLength": lambda value, wanted: "" if len(value) >= int(wanted) else f"should be at least {wanted} chars long",
    "maxLength": lambda value, wanted: "" if len(value) <= int(wanted) else f"should be at most {wanted} chars long",
    "pattern": lambda value, wanted: "" if re.search(PATTERNS[wanted], value) else f"should match '{PATTERNS[wanted]}'",
    "format": _format,
}


def _cel(node: Any, type_name: str, schema: Schema, path: str) -> list[Cause]:
    causes = [
        Cause(path or "<nil>", f"Invalid value: {message}")
        for holds, message in CEL_RULES.get(type_name, ())
        if not holds(node)
    ]
    shape = schema.types[type_name]
    for key, value in node.items():
        field = shape.fields.get(key)
        inner = (field.item_type or field.type) if field is not None else ""
        if field is None or inner not in schema.types:
            continue
        here = _join(path, key)
        if isinstance(value, list):
            rules = LIST_RULES.get((type_name, key), ())
            causes += [Cause(here, f"Invalid value: {message}") for holds, message in rules if not holds(value)]
            for position, item in enumerate(value):
                causes += _cel(item, inner, schema, f"{here}[{position}]")
        elif not field.is_map:
            causes += _cel(value, inner, schema, here)
    return causes
