"""The shapes that ``explain`` shows, from the tables of the API server and of the policy room alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from quizgame.cluster.decoding import SELF_VALIDATED, schema_for
from quizgame.cluster.resources import Resource
from quizgame.cluster.schema import Field, Schema, builtin_schema
from quizgame.policy.cilium_schema import CILIUM_POLICY
from quizgame.policy.schema import Schema as PolicySchema
from quizgame.tools.kubectl.policy_words import POLICY_FIELDS

_SCALARS = {
    "int32": "integer", "int64": "integer", "number": "number", "bool": "boolean", "quantity": "Quantity",
    "intstr": "IntOrString", "time": "string", "bytes": "string", "any": "Object", "string": "string",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Explained:
    """One field, or the object itself."""

    name: str
    type: str
    """``string``, ``[]Container``, ``map[string]string``."""
    description: str = ""
    is_required: bool = False
    enum: tuple[str, ...] = ()
    fields: Mapping[str, Explained] | None = None
    """Of an object or of a list's items; ``None`` for anything else."""


def explained(resource: Resource) -> Explained:
    """The shape of a kind."""
    if resource.kind in SELF_VALIDATED:
        return _policy(resource)
    schema = schema_for(resource)
    shape = schema.type_of(resource.kind)
    if shape is None:
        return Explained(
            resource.kind, "Object", "", fields=_standard(schema if schema.type_of("ObjectMeta") else builtin_schema())
        )
    fields = {name: _field(each, schema, resource, 0) for name, each in shape.fields.items()}
    return Explained(resource.kind, "Object", shape.description, fields={**_standard(builtin_schema()), **fields})


_API_VERSION = Explained("apiVersion", "string", "The version of the schema in which this object is written.")
_KIND = Explained("kind", "string", "The kind of object; it cannot be changed.")
_DEEPEST = 12


def _standard(schema: Schema) -> dict[str, Explained]:
    meta = schema.types["ObjectMeta"]
    fields = {name: _field(each, schema, None, 1) for name, each in meta.fields.items()}
    metadata = Explained("metadata", "ObjectMeta", "Standard object's metadata.", fields=fields)
    return {"apiVersion": _API_VERSION, "kind": _KIND, "metadata": metadata}


def _field(field: Field, schema: Schema, resource: Resource | None, depth: int) -> Explained:
    inner = schema.type_of(field.item_type or field.type)
    is_custom = resource is not None and resource.is_custom
    fields = None
    if inner is not None and depth < _DEEPEST:
        fields = {name: _field(each, schema, resource, depth + 1) for name, each in inner.fields.items()}
    return Explained(
        field.name, _type_text(field.type, schema, is_custom), field.description, field.required, field.enum, fields
    )


def _type_text(text: str, schema: Schema, is_custom: bool) -> str:
    if text.startswith("[]"):
        return f"[]{_type_text(text[2:], schema, is_custom)}"
    if text.startswith("map["):
        return f"map[string]{_type_text(text[4:-1], schema, is_custom)}"
    if text in _SCALARS:
        return _SCALARS[text]
    return "Object" if is_custom and text != "ObjectMeta" else text


# ---------------------------------------------------------------- Cilium's policies


def _policy(resource: Resource) -> Explained:
    standard = _standard(builtin_schema())
    standard = {name: replace(each, is_required=name in CILIUM_POLICY.required) for name, each in standard.items()}
    fields = {
        name: _from_policy(name, shape, name in CILIUM_POLICY.required)
        for name, shape in CILIUM_POLICY.properties.items()
        if name not in standard
    }
    words = "A network policy of Cilium: which peers the selected endpoints may talk to, and how."
    return Explained(resource.kind, "Object", words, fields={**standard, **fields})


def _from_policy(name: str, shape: PolicySchema, is_required: bool) -> Explained:
    inner = shape.items if shape.items is not None else shape
    fields = None
    if inner.properties:
        fields = {key: _from_policy(key, each, key in inner.required) for key, each in inner.properties.items()}
    return Explained(name, _policy_type(shape), POLICY_FIELDS.get(name, ""), is_required, inner.enum, fields)


def _policy_type(shape: PolicySchema) -> str:
    if shape.items is not None:
        return f"[]{_policy_type(shape.items)}"
    if shape.values is not None:
        return f"map[string]{_policy_type(shape.values)}"
    return {"object": "Object", "any": "Object"}.get(shape.type, shape.type)
