"""API objects as plain mappings: the convention, and how to read and change them.

An object is a tree of ``dict``, ``list``, ``str``, ``int``, ``float``, ``bool`` and ``None``, as JSON has them. Once
it has been stored
it is never changed in place: forks of a world, watchers and readers all share it. ``evolve`` makes the changed copy
and shares
every part off the changed path.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

KubeObject = dict[str, Any]
"""An API object, or a part of one."""

Path = Sequence[str | int]


class Stored:
    """A stored object by identity, which stands for its content, so that what is read of it can be kept."""

    __slots__ = ("obj",)

    def __init__(self, obj: Mapping[str, Any]) -> None:
        self.obj = obj

    def __hash__(self) -> int:
        return id(self.obj)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stored) and self.obj is other.obj


def dig(node: Any, *path: str | int, default: Any = None) -> Any:
    """The value at a path, or the default where any step is absent or empty."""
    for step in path:
        if isinstance(node, dict):
            node = node.get(step)
        elif isinstance(node, list) and isinstance(step, int) and -len(node) <= step < len(node):
            node = node[step]
        else:
            return default
    return default if node is None else node


def evolve(node: Any, path: Path, value: Any) -> Any:
    """A copy with the value at the path; mappings on the way are created, everything else is shared.

    Raises:
        IndexError: a list on the way has no such position (its end, for appending, is allowed).
    """
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        items = list(node or ())
        if step == len(items):
            items.append(evolve(None, rest, value))
        else:
            items[step] = evolve(items[step], rest, value)
        return items
    fields = dict(node or {})
    fields[step] = evolve(fields.get(step), rest, value)
    return fields


def prune(node: Any, path: Path) -> Any:
    """A copy without the value at the path; the same object where there is none."""
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        present = isinstance(node, list) and -len(node) <= step < len(node)
    else:
        present = isinstance(node, dict) and step in node
    if not present:
        return node
    if rest:
        changed = prune(node[step], rest)
        return node if changed is node[step] else evolve(node, [step], changed)
    if isinstance(step, int):
        return [item for position, item in enumerate(node) if position != step % len(node)]
    return {key: child for key, child in node.items() if key != step}


def name_of(node: Mapping[str, Any]) -> str:
    """``metadata.name``."""
    return str(node["metadata"]["name"])


def namespace_of(node: Mapping[str, Any]) -> str:
    """``metadata.namespace``; empty for a cluster-scoped object."""
    return str(node["metadata"].get("namespace") or "")


def uid_of(node: Mapping[str, Any]) -> str:
    """``metadata.uid``."""
    return str(node["metadata"]["uid"])


def labels_of(node: Mapping[str, Any]) -> dict[str, str]:
    """``metadata.labels``; empty where there are none."""
    labels: dict[str, str] = node["metadata"].get("labels") or {}
    return labels


def annotations_of(node: Mapping[str, Any]) -> dict[str, str]:
    """``metadata.annotations``; empty where there are none."""
    annotations: dict[str, str] = node["metadata"].get("annotations") or {}
    return annotations


def is_terminating(node: Mapping[str, Any]) -> bool:
    """Whether deletion has begun."""
    return "deletionTimestamp" in node["metadata"]


def controller_of(node: Mapping[str, Any]) -> KubeObject | None:
    """The owner reference that is marked as the controller."""
    for reference in node["metadata"].get("ownerReferences") or ():
        if reference.get("controller"):
            owner: KubeObject = reference
            return owner
    return None


def owner_reference(owner: Mapping[str, Any]) -> KubeObject:
    """The reference by which a controller claims what it makes."""
    return {
        "apiVersion": owner["apiVersion"],
        "blockOwnerDeletion": True,
        "controller": True,
        "kind": owner["kind"],
        "name": name_of(owner),
        "uid": uid_of(owner),
    }


def condition_of(node: Mapping[str, Any], kind: str) -> KubeObject | None:
    """The condition of a type in ``status.conditions``."""
    for condition in dig(node, "status", "conditions", default=()):
        if condition.get("type") == kind:
            found: KubeObject = condition
            return found
    return None


def is_condition_true(node: Mapping[str, Any], kind: str) -> bool:
    """Whether a condition is there with status ``True``."""
    condition = condition_of(node, kind)
    return condition is not None and condition.get("status") == "True"


def with_condition(
    conditions: Sequence[KubeObject],
    kind: str,
    status: str,
    now: str,
    *,
    reason: str = "",
    message: str = "",
    **more: Any,
) -> list[KubeObject]:
    """The conditions with one set; the transition time moves only when the status does."""
    replaced = []
    found = False
    for condition in conditions:
        if condition["type"] != kind:
            replaced.append(condition)
            continue
        found = True
        since = condition["lastTransitionTime"] if condition["status"] == status else now
        replaced.append(_condition(kind, status, since, reason, message, {**condition, **more}))
    if not found:
        replaced.append(_condition(kind, status, now, reason, message, more))
    return replaced


def _condition(kind: str, status: str, since: str, reason: str, message: str, more: Mapping[str, Any]) -> KubeObject:
    condition = {**more, "type": kind, "status": status, "lastTransitionTime": since}
    for key, text in (("reason", reason), ("message", message)):
        if text:
            condition[key] = text
        else:
            condition.pop(key, None)
    return condition
