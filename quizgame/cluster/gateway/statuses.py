"""Conditions in the statuses of Gateway API's objects, and how they are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from quizgame.cluster.clock import rfc3339
from quizgame.cluster.conditions import Condition, set_conditions

if TYPE_CHECKING:
    from quizgame.cluster.apiserver import ApiServer
    from quizgame.cluster.objects import KubeObject

ACCEPTED, PROGRAMMED, RESOLVED = "Accepted", "Programmed", "ResolvedRefs"
CONFLICTED = "Conflicted"


def merged(
    api: ApiServer, node: Mapping[str, Any], present: Sequence[KubeObject], wanted: Sequence[Condition]
) -> list[KubeObject]:
    """Conditions of a part of an object's status, with some of them set.

    Args:
        api: For the present instant.
        node: The object, for its generation.
        present: The conditions of the part as they are.
        wanted: Those to set.
    """
    part = {"metadata": node["metadata"], "status": {"conditions": list(present)}}
    return set_conditions(part, wanted, rfc3339(api.clock.now_ns))


def replaced(
    api: ApiServer, node: Mapping[str, Any], present: Sequence[KubeObject], wanted: Sequence[Condition]
) -> list[KubeObject]:
    """Exactly the wanted conditions, in their order; the transition time moves only when the status does."""
    known = {each["type"]: each for each in present}
    return [merged(api, node, [known[each.type]] if each.type in known else [], [each])[0] for each in wanted]


def write_status(api: ApiServer, resource: str, node: KubeObject, status: Mapping[str, Any]) -> None:
    """Write a status where it differs from the present one."""
    if status != (node.get("status") or {}):
        api.update_status(resource, node, status)
