"""Status conditions of the ``metav1`` shape that Cilium's controllers write: a message even where it is empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quizgame.cluster.objects import KubeObject


@dataclass(frozen=True, slots=True)
class Condition:
    """What a controller says of an object."""

    type: str
    status: str
    """``True``, ``False`` or ``Unknown``."""
    reason: str
    message: str = ""


def set_conditions(node: Mapping[str, Any], wanted: Sequence[Condition], now: str) -> list[KubeObject]:
    """The conditions of an object with some set, those of other controllers kept in their places.

    The transition time moves only when the status does. Source: k8s.io/apimachinery api/meta SetStatusCondition.

    Args:
        node: The object; its generation is what the conditions were made of, where it has one.
        wanted: The conditions to set.
        now: The present instant as RFC 3339.
    """
    present = list((node.get("status") or {}).get("conditions") or ())
    generation = node["metadata"].get("generation")
    for condition in wanted:
        at = next((index for index, each in enumerate(present) if each["type"] == condition.type), len(present))
        is_same = at < len(present) and present[at]["status"] == condition.status
        entry: KubeObject = {
            "lastTransitionTime": present[at]["lastTransitionTime"] if is_same else now,
            "message": condition.message,
            "reason": condition.reason,
            "status": condition.status,
            "type": condition.type,
        }
        if generation is not None:
            entry["observedGeneration"] = generation
        present[at : at + 1] = [entry]
    return present


def without_conditions(node: Mapping[str, Any], types: Sequence[str]) -> list[KubeObject]:
    """The conditions of an object without those of some types."""
    return [each for each in (node.get("status") or {}).get("conditions") or () if each["type"] not in types]
