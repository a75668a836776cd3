"""Shapes of API objects as data, for strict decoding, validation, defaults, strategic merge and ``kubectl explain``.

The tables (``schema_*.py``) are text. A line at the margin opens a type, an indented line is a field::

    Container | A single application container.
      name string ! | Name within the pod.
      ports []ContainerPort @containerPort
      imagePullPolicy string {Always,IfNotPresent,Never}

Field types: ``string int32 int64 number bool any quantity intstr time bytes``, ``[]T``, ``map[T]`` or a type's name.
Flags: ``!`` required,
``=value`` default, ``{a,b}`` allowed values, ``@key`` list merged by that key (``@@`` a set of plain values),
``min= max= minItems= maxItems= minLength= maxLength= pattern=NAME format=``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any


@dataclass(frozen=True)
class Field:
    """One field of a type."""

    name: str
    type: str
    description: str = ""
    required: bool = False
    default: Any = None
    """What the server fills in where the field is absent; ``None``: nothing."""
    enum: tuple[str, ...] = ()
    """Allowed values, in the order in which messages list them."""
    merge_key: str = ""
    """Key by which strategic merge matches list items; ``@`` for a list of plain values merged as a set."""
    limits: Mapping[str, str] = field(default_factory=dict)
    """``min``, ``max``, ``minItems``, ``maxItems``, ``minLength``, ``maxLength``, ``pattern``, ``format``."""

    @cached_property
    def item_type(self) -> str:
        """The type of a list's or map's items; empty for anything else."""
        if self.type.startswith("[]"):
            return self.type[2:]
        return self.type[4:-1] if self.type.startswith("map[") else ""

    @property
    def is_list(self) -> bool:
        """Whether the field holds a list."""
        return self.type.startswith("[]")

    @property
    def is_map(self) -> bool:
        """Whether the field holds a map with free keys."""
        return self.type.startswith("map[")


@dataclass(frozen=True)
class ObjectType:
    """A type with named fields."""

    name: str
    description: str
    fields: Mapping[str, Field]

    @cached_property
    def required(self) -> tuple[Field, ...]:
        """Fields that must be present, in the order of the table."""
        return tuple(each for each in self.fields.values() if each.required)

    @cached_property
    def defaulted(self) -> tuple[Field, ...]:
        """Fields that the server fills in."""
        return tuple(each for each in self.fields.values() if each.default is not None)


@dataclass(frozen=True)
class Schema:
    """A table of types."""

    types: Mapping[str, ObjectType]

    @cached_property
    def filled_in(self) -> Mapping[str, tuple[Field, ...]]:
        """For each type with defaults anywhere below it: the fields through which they are reached."""
        reached: dict[str, tuple[Field, ...]] = {}
        has_grown = True
        while has_grown:
            has_grown = False
            for name, shape in self.types.items():
                inner = tuple(
                    each
                    for each in shape.fields.values()
                    if (kind := each.item_type or each.type) in reached
                    or (kind in self.types and self.types[kind].defaulted)
                )
                if inner != reached.get(name, ()):
                    reached[name] = inner
                    has_grown = True
        return reached

    def type_of(self, name: str) -> ObjectType | None:
        """The type of this name; ``None`` for scalars, lists, maps and free-form content."""
        return self.types.get(name)


_FIELD = re.compile(r"^\s+(?P<name>\S+)\s+(?P<type>\S+)(?P<flags>[^|]*)(?:\|\s*(?P<doc>.*))?$")


def parse_schema(text: str) -> dict[str, ObjectType]:
    """Read a table.

    Raises:
        ValueError: a line that is no field and opens no type (a slip in our own tables).
    """
    types: dict[str, ObjectType] = {}
    fields: dict[str, Field] = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        if not line[0].isspace():
            name, _, description = (part.strip() for part in line.partition("|"))
            fields = {}
            types[name] = ObjectType(name, description, fields)
            continue
        match = _FIELD.match(line)
        if match is None:
            raise ValueError(f"not a field: {line!r}")
        fields[match["name"]] = _field(match["name"], match["type"], match["flags"], match["doc"] or "")
    return types


def _field(name: str, type_name: str, flags: str, description: str) -> Field:
    required, default, enum, merge_key = False, None, (), ""
    limits: dict[str, str] = {}
    allowed: tuple[str, ...] = enum
    for flag in flags.split():
        if flag == "!":
            required = True
        elif flag[0] == "=":
            default = _literal(type_name, flag[1:])
        elif flag[0] == "{":
            allowed = tuple(flag[1:-1].split(","))
        elif flag[0] == "@":
            merge_key = flag[1:]
        else:
            key, _, value = flag.partition("=")
            limits[key] = value
    return Field(name, type_name, description, required, default, allowed, merge_key, limits)


def _literal(type_name: str, text: str) -> Any:
    if type_name in ("int32", "int64"):
        return int(text)
    if type_name == "bool":
        return text == "true"
    if text == "{}":
        return {}
    if type_name == "intstr" and text.isdigit():
        return int(text)
    return text


@lru_cache(maxsize=1)
def builtin_schema() -> Schema:
    """The types of Kubernetes' own kinds."""
    from quizgame.cluster import schema_apps, schema_core, schema_network

    # late: the tables are parsed once, when the first object is written
    return Schema(
        parse_schema(schema_core.TABLE) | parse_schema(schema_apps.TABLE) | parse_schema(schema_network.TABLE)
    )


@lru_cache(maxsize=1)
def custom_schema() -> Schema:
    """The types of Cilium's and Gateway API's kinds (network policies excepted: the policy room has theirs)."""
    from quizgame.cluster import schema_cilium, schema_gateway

    shared = builtin_schema().types
    meta = {name: shared[name] for name in ("ObjectMeta", "OwnerReference", "Condition")}
    return Schema(meta | parse_schema(schema_cilium.TABLE) | parse_schema(schema_gateway.TABLE))
