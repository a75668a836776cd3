"""What agents and operators write of addresses: what they wait for, what they cannot give out or keep.

Source: cilium/cilium v1.19 daemon localNodeSynchronizer, pkg/ipam (multipool_manager.go, crd.go), operator
node_handler.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from quizgame.cluster.ipam.modes import Source
from quizgame.goflags.times import SECOND
from quizgame.tools.kubectl.logs.entry import Entry, slog

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.operator import Operator

_AGENT, _OPERATOR = "cilium-agent", "cilium-operator"
_EVERY_NS = 5 * SECOND
_MOST = 60
_HELP = "Check if cilium-operator pod is running and does not have any warnings or error messages."


def waiting_entries(agent: Agent) -> Iterator[Entry]:
    """Why an agent does not begin to serve, said again and again."""
    mode = agent.ipam.mode
    if not agent.is_waiting:
        return
    if mode.source in (Source.NODE, Source.RANGES):
        yield slog(agent.started_ns + SECOND // 2, "warn", mode.waiting, _AGENT, error=agent.waits_for)
        return
    times = (agent.now_ns - agent.started_ns) // _EVERY_NS
    for turn in range(max(1, times - _MOST + 1), times + 1):
        at = agent.started_ns + turn * _EVERY_NS
        if mode.source is Source.POOLS:
            yield slog(
                at, "info", mode.waiting, _AGENT, helpMessage=_HELP, family="ipv4", poolName=agent.ipam.default_pool
            )
        else:
            needed, _, available = agent.waits_for.partition(" addresses, ")
            yield slog(
                at, "info", mode.waiting, _AGENT, helpMessage=_HELP, required=needed,
                available=available.partition(" ")[0], nodeName=agent.node,
            )  # fmt: skip


def unrestored_entries(agent: Agent) -> Iterator[Entry]:
    """Endpoints that an agent had to give up when it started."""
    for endpoint in agent.unrestored:
        yield slog(
            agent.started_ns + SECOND // 2, "error", "Failed to re-allocate IP of endpoint. Not restoring endpoint.",
            _AGENT, endpointID=endpoint.id, k8sPodName="/".join(endpoint.key),
            error=f"unable to reallocate {endpoint.ip} IPv4 address: {agent.ipam.refusal_of(endpoint.ip)}",
        )  # fmt: skip


def operator_entries(operator: Operator, leads_ns: int) -> Iterator[Entry]:
    """What an operator reports of pools and nodes, since it leads."""
    for name, (at_ns, text) in sorted(operator.pod_pools.reported_pools.items()):
        yield slog(
            max(at_ns, leads_ns),
            "error",
            f'failed to upsert pool "{name}"',
            _OPERATOR,
            error=text,
            subsys="ip-pool-watcher",
        )
    for name, (at_ns, text) in sorted(operator.pod_pools.reported_nodes.items()):
        if operator.config.ipam == "multi-pool":
            yield slog(
                max(at_ns, leads_ns), "warn", "Failed to allocate PodCIDRs to node", _OPERATOR, error=text,
                nodeName=name, subsys="ipam-allocator-multi-pool",
            )  # fmt: skip
        else:
            yield slog(max(at_ns, leads_ns), "warn", text, _OPERATOR, name=name, subsys="ipam")
