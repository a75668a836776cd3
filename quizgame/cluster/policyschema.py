"""The policy room's word on the shape of Cilium's network policies, as decoding and validation want it."""

from __future__ import annotations

from typing import Any

from quizgame.cluster.apierror import Cause
from quizgame.policy.validation import validate_layer1, without_unknown_fields


def decode(kind: str, node: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The policy without fields that its definition does not have, and the paths of those."""
    rejection = validate_layer1({**node, "kind": kind})
    if rejection is None or not rejection.unknown_fields:
        return node, []
    return without_unknown_fields(node), list(rejection.unknown_fields)


def violations(node: dict[str, Any]) -> list[Cause]:
    """What the policy's definition says against it."""
    rejection = validate_layer1(node)
    if rejection is None:
        return []
    return [Cause(*text.split(": ", 1)) for text in rejection.causes]
