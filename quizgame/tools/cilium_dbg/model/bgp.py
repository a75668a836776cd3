"""The BGP control plane of an agent: whether it runs, its sessions and its routes.

Simplified: routers and sessions are not simulated, so an agent whose control plane is on has no instance yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent

DISABLED = "BGP Control Plane is disabled"
"""What the agent's tool prints while the control plane is off."""


def bgp_is_on(agent: Agent) -> bool:
    """Whether the agent runs the control plane."""
    return agent.config.is_on("enable-bgp-control-plane")


def bgp_peers(agent: Agent) -> list[dict[str, Any]]:
    """The sessions of the node's instances."""
    del agent
    return []


def bgp_routes(agent: Agent, table: str, afi: str, safi: str) -> list[dict[str, Any]]:
    """The routes of the node's instances.

    Args:
        agent: Which node.
        table: ``available`` or ``advertised``.
        afi: ``ipv4`` or ``ipv6``.
        safi: ``unicast``.
    """
    del agent, table, afi, safi
    return []
