"""Interfaces, link addresses and labels of nodes, as events report them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from quizgame.cluster.agent.monitor import TracePoint
from quizgame.cluster.keyed import keyed_hex, keyed_int

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.datapath.course import Side

NETWORK_DEVICE = "eth0"
WIREGUARD_DEVICE = "cilium_wg0"
TUNNEL_DEVICES = {"vxlan": "cilium_vxlan", "geneve": "cilium_geneve"}
_FIRST_INDEX = 3
_INDEXES = 6


@lru_cache(maxsize=4096)
def device_index(seed: int, context: str, node: str, device: str) -> int:
    """The index of one of a node's own devices; pods' interfaces come after them."""
    slot = keyed_int(seed, "ifindex", context, node, below=_INDEXES // 2)
    return _FIRST_INDEX + slot + (_INDEXES // 2 if device == NETWORK_DEVICE else 0)


def interface_at(side: Side, point: TracePoint) -> tuple[str, int]:
    """Name and index of the interface that a trace point reports; empty and 0 where it reports none.

    Source: recorded flows: to-endpoint the pod's, to-overlay the tunnel's, to-network the node's; to-stack, to-proxy
    and to-host none.
    """
    agent = side.agent
    match point:
        case TracePoint.TO_ENDPOINT if side.endpoint is not None:
            return side.endpoint.interface, side.endpoint.ifindex
        case TracePoint.TO_OVERLAY:
            device = TUNNEL_DEVICES.get(agent.config.tunnel_protocol, "cilium_vxlan")
        case TracePoint.TO_NETWORK:
            device = NETWORK_DEVICE
        case _:
            return "", 0
    return device, device_index(agent.seed, agent.context, agent.node, device)


def node_mac(agent: Agent) -> str:
    """The link address of a node's device towards the network."""
    return _node_mac(agent.seed, agent.context, agent.node, "own")


@lru_cache(maxsize=4096)
def _node_mac(seed: int, context: str, node: str, end: str) -> str:
    digits = keyed_hex(seed, "node-mac", context, node, end, digits=10)
    return ":".join(("02", *(digits[start : start + 2] for start in range(0, 10, 2))))


def link_addresses(side: Side, *, is_leaving: bool) -> tuple[str, str]:
    """Source and destination MAC of a packet at one side: of the pod and its host's end, or of the node's device."""
    agent, endpoint = side.agent, side.endpoint
    if endpoint is not None and endpoint.mac:
        own, other = endpoint.mac, endpoint.host_mac
    else:
        own = node_mac(agent)
        other = _node_mac(agent.seed, agent.context, agent.node, "gateway")
    return (own, other) if is_leaving else (other, own)


@lru_cache(maxsize=1024)
def _texts(labels: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    return tuple(f"{key}={value}" for key, value in labels)


def node_labels(agent: Agent) -> tuple[str, ...]:
    """The labels of an agent's node as ``key=value``, sorted."""
    known = agent.nodes.get(f"{agent.config.cluster_name}/{agent.node}")
    return () if known is None else _texts(known.labels)
