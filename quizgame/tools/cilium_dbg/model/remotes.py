"""The connections to meshed clusters as the agent's API lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quizgame.cluster.keyed import keyed_hex
from quizgame.tools.cilium_dbg.model.times import api_time

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.agent.remote import RemoteCluster


def remote_models(agent: Agent) -> list[dict[str, Any]]:
    """The remote clusters, by name."""
    return [remote_model(agent.remotes[name], agent.seed) for name in sorted(agent.remotes)]


def remote_model(remote: RemoteCluster, seed: int) -> dict[str, Any]:
    """One remote cluster. Source: reference input ``cilium-cli/input/clustermesh`` (field names and meaning)."""
    view = remote.view
    shown: dict[str, Any] = {
        "connected": remote.is_connected,
        "name": remote.name,
        "num-endpoints": len(view.endpoints) if view else 0,
        "num-failures": remote.failures,
        "num-identities": len(view.identities) if view else 0,
        "num-nodes": len(view.nodes) if view else 0,
        "num-shared-services": len(view.services) if view else 0,
        "ready": remote.is_ready,
        "status": remote.problem,
        "synced": dict.fromkeys(("endpoints", "identities", "nodes", "services"), remote.is_ready),
    }
    if remote.last_failure_ns:
        shown["last-failure"] = api_time(remote.last_failure_ns)
    if remote.is_connected:
        etcd = keyed_hex(seed, "etcd-cluster", remote.name, digits=16)
        shown["status"] = (
            "etcd: 1/1 connected, leases=0, lock leases=0, has-quorum=true: endpoint status checks are disabled, "
            f"ID: {etcd}"
        )
        shown["config"] = {"required": True, "retrieved": remote.has_config}
        if remote.has_config and view is not None:
            shown["config"] |= {
                "cluster-id": view.cluster_id, "kvstoremesh": remote.is_mirrored, "sync-canaries": True
            }  # fmt: skip
    return shown
