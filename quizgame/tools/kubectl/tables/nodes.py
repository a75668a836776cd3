"""What the node table says of a node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quizgame.cluster.objects import condition_of, dig, labels_of
from quizgame.tools.kubectl.tables.column import AGE, NONE, TableColumn, wide

_ROLE = "node-role.kubernetes.io/"


def node_status(node: Mapping[str, Any]) -> str:
    """``Ready``, ``NotReady``, with ``,SchedulingDisabled`` where it is cordoned."""
    ready = condition_of(node, "Ready")
    status = "Unknown" if ready is None else "Ready" if ready["status"] == "True" else "NotReady"
    return f"{status},SchedulingDisabled" if dig(node, "spec", "unschedulable") else status


def node_roles(node: Mapping[str, Any]) -> str:
    """Roles from labels, ``control-plane``; ``<none>`` for a worker."""
    labels = labels_of(node)
    roles = {key.removeprefix(_ROLE) for key in labels if key.startswith(_ROLE)}
    if labels.get("kubernetes.io/role"):
        roles.add(labels["kubernetes.io/role"])
    return ",".join(sorted(filter(None, roles))) or NONE


def _address(kind: str) -> Any:
    def cell(node: Mapping[str, Any], _now_ns: int) -> str:
        addresses = dig(node, "status", "addresses", default=[])
        return next((each["address"] for each in addresses if each["type"] == kind), NONE)

    return cell


def _info(name: str, missing: str = "<unknown>") -> Any:
    return lambda node, _now: str(dig(node, "status", "nodeInfo", name, default="") or missing)


NODE_COLUMNS = (
    TableColumn("STATUS", lambda node, _now: node_status(node), "status"),
    TableColumn("ROLES", lambda node, _now: node_roles(node), "roles"),
    AGE,
    TableColumn("VERSION", _info("kubeletVersion", ""), "status.nodeInfo.kubeletVersion"),
    wide("INTERNAL-IP", _address("InternalIP"), "status.addresses"),
    wide("EXTERNAL-IP", _address("ExternalIP")),
    wide("OS-IMAGE", _info("osImage")),
    wide("KERNEL-VERSION", _info("kernelVersion")),
    wide("CONTAINER-RUNTIME", _info("containerRuntimeVersion")),
)
