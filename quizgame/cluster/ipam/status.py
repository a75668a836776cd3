"""What the operator reports of addresses in a CiliumNode's status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quizgame.cluster.objects import KubeObject, dig

if TYPE_CHECKING:
    from quizgame.cluster.apiserver import ApiServer

NODES = "ciliumnodes.cilium.io"
EMPTY_STATUS: dict[str, Any] = {"alibaba-cloud": {}, "azure": {}, "eni": {}}
"""What the type of a CiliumNode's status always shows."""


def set_operator_error(api: ApiServer, node: KubeObject, message: str) -> None:
    """Write ``status.ipam.operator-status.error``, or take it away where there is no error."""
    if dig(node, "status", "ipam", "operator-status", "error", default="") == message:
        return
    status: dict[str, Any] = {**EMPTY_STATUS, **(node.get("status") or {})}
    operator = {"error": message} if message else {}
    status["ipam"] = {**(status.get("ipam") or {}), "operator-status": operator}
    api.update_status(NODES, node, status)
