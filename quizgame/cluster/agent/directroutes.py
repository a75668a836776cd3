"""The routes to other nodes' pod ranges that an agent installs with ``auto-direct-node-routes``, and those it cannot.

Source: cilium/cilium v1.19 pkg/datapath/linux/node.go createDirectRouteSpec: the other node must be on the same link.
Simplified: an agent with such a node warns and is degraded; it does not give up, as some releases do at their start.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent

OPTION, SKIP = "auto-direct-node-routes", "direct-routing-skip-unreachable"


@dataclass(frozen=True, slots=True)
class FailedRoute:
    """A route that is not there."""

    prefix: str
    node_ip: str
    gateway: str
    """The router that stands between the two nodes."""

    @property
    def error(self) -> str:
        """What the agent says of it."""
        return (
            f"route to destination {self.node_ip} contains gateway {self.gateway}, must be directly reachable. "
            f"Add `{SKIP}` to skip unreachable routes"
        )


def is_neighbour(agent: Agent, ip: str) -> bool:
    """Whether a node is on the same link as the agent's own."""
    return IPv4Address(ip) in IPv4Network(agent.cluster.network_of(agent.node_ip))


def has_direct_route(agent: Agent, node_ip: str) -> bool:
    """Whether the agent has a route of its own to another node's pods."""
    return agent.config.is_on(OPTION) and is_neighbour(agent, node_ip)


def failed_routes(agent: Agent) -> Iterator[FailedRoute]:
    """The routes that an agent wants and cannot install."""
    if not agent.config.is_on(OPTION) or agent.config.is_on(SKIP) or agent.config.is_tunnel or not agent.node_ip:
        return
    router = str(IPv4Network(agent.cluster.network_of(agent.node_ip))[1])
    for node in sorted(agent.nodes.values(), key=lambda each: (each.cluster, each.name)):
        if node.ip and not is_neighbour(agent, node.ip):
            for prefix in node.pod_cidrs:
                yield FailedRoute(prefix, node.ip, router)
