"""What an object must fulfil before it is stored: names and labels, the table's rules, then the rules of its kind."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from quizgame.cluster import customvalidation, kindrules
from quizgame.cluster.apierror import Cause, invalid
from quizgame.cluster.decoding import SELF_VALIDATED
from quizgame.cluster.labelselect import LABEL_NAME_RULE, LABEL_VALUE_RULE
from quizgame.cluster.names import NAME_RULES, is_label_key, is_label_value, name_rule_of
from quizgame.cluster.objects import KubeObject
from quizgame.cluster.resources import Resource
from quizgame.cluster.schema import Field, Schema, builtin_schema

if TYPE_CHECKING:
    from quizgame.cluster.apiserver import ApiServer


def check(api: ApiServer, resource: Resource, node: KubeObject, old: KubeObject | None) -> None:
    """Refuse an object that breaks rules.

    Args:
        api: The server, for rules that look at other objects.
        resource: The object's kind.
        node: The object as it would be stored.
        old: What it replaces, if anything.

    Raises:
        ApiError: ``Invalid`` with every cause.
    """
    causes = _metadata(resource, node)
    if resource.kind in (*SELF_VALIDATED, "NetworkPolicy"):
        from quizgame.cluster import policyschema  # late: the policy engine is loaded when the first policy is written

        causes += [each for each in policyschema.violations(node) if each.field != "metadata.name"]
    elif resource.is_custom:
        causes += customvalidation.violations(resource, node, old)
    else:
        schema = builtin_schema()
        if resource.kind in schema.types:
            causes += _walk(node, resource.kind, schema, "")
        causes += kindrules.violations(api, resource, node, old)
    if causes:
        raise invalid(resource, node["metadata"].get("name") or "", causes)


def _metadata(resource: Resource, node: Mapping[str, Any]) -> list[Cause]:
    metadata = node["metadata"]
    causes = []
    name = metadata.get("name") or ""
    if not name:
        causes.append(Cause("metadata.name", "Required value: name or generateName is required"))
    else:
        rule = NAME_RULES[name_rule_of(resource)]
        if len(name) > rule.limit:
            causes.append(Cause("metadata.name", f'Invalid value: "{name}": must be no more than {rule.limit} bytes'))
        elif not re.fullmatch(rule.pattern, name):
            causes.append(Cause("metadata.name", f'Invalid value: "{name}": {rule.message}'))
    for key, value in (metadata.get("labels") or {}).items():
        causes += _label("metadata.labels", key, value)
    for key in metadata.get("annotations") or {}:
        causes += _label("metadata.annotations", key.lower(), "")
    return causes


def _label(path: str, key: str, value: str) -> list[Cause]:
    causes = []
    if not is_label_key(key):
        causes.append(Cause(path, f'Invalid value: "{key}": {LABEL_NAME_RULE}'))
    if not is_label_value(value):
        causes.append(Cause(path, f'Invalid value: "{value}": {LABEL_VALUE_RULE}'))
    return causes


def _walk(node: Mapping[str, Any], type_name: str, schema: Schema, path: str) -> list[Cause]:
    causes: list[Cause] = []
    shape = schema.types[type_name]
    causes += [Cause(_join(path, known.name), "Required value") for known in shape.required if _is_missing(node, known)]
    for key, value in node.items():
        field = shape.fields.get(key)
        if field is None or (not path and key in ("metadata", "status")):
            continue
        here = _join(path, key)
        if field.enum or field.limits:
            causes += _scalar(value, field, here)
        inner = field.item_type or field.type
        if inner not in schema.types or inner == "ObjectMeta":
            continue
        if field.is_list:
            for position, item in enumerate(value):
                if isinstance(item, dict):
                    causes += _walk(item, inner, schema, f"{here}[{position}]")
        elif isinstance(value, dict) and not field.is_map:
            causes += _walk(value, inner, schema, here)
    return causes


def _is_missing(node: Mapping[str, Any], known: Field) -> bool:
    if known.type == "LabelSelector":
        return known.name not in node
    return node.get(known.name) in (None, "", [], {})


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _scalar(value: Any, field: Field, path: str) -> list[Cause]:
    values = [(f"{path}[{i}]", each) for i, each in enumerate(value)] if isinstance(value, list) else [(path, value)]
    causes = []
    for where, each in values:
        if field.enum and each not in field.enum:
            allowed = ", ".join(f'"{option}"' for option in field.enum)
            causes.append(Cause(where, f"Unsupported value: {json.dumps(each)}: supported values: {allowed}"))
        elif "max" in field.limits and not int(field.limits.get("min", 0)) <= each <= int(field.limits["max"]):
            low, high = field.limits.get("min", "0"), field.limits["max"]
            causes.append(Cause(where, f"Invalid value: {each}: must be between {low} and {high}, inclusive"))
        elif field.limits.get("pattern") == "share" and (problem := _share(each)):
            causes.append(Cause(where, problem))
    return causes


def _share(value: Any) -> str:
    """What is wrong with a count that may be written as a percentage; empty for nothing."""
    # Source: kubernetes pkg/apis/apps/validation ValidatePositiveIntOrPercent; apimachinery IsValidPercent.
    if isinstance(value, str):
        rule = "a valid percent string must be a numeric string followed by an ending '%' "
        rule += "(e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"
        return "" if re.fullmatch("[0-9]+%", value) else f"Invalid value: {json.dumps(value)}: {rule}"
    return f"Invalid value: {value}: must be greater than or equal to 0" if value < 0 else ""
