"""Which connections end at a node's Envoy because an Envoy configuration took their service over.

Source: cilium/cilium v1.19 bpf/bpf_lxc.c and bpf/lib/nodeport.h (l7_lb_proxy_port); sockets leave such services alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from quizgame.cluster.agent.envoy import Taken, taken_by_envoy
from quizgame.cluster.fabric import agent_on
from quizgame.datapath.loadbalancing import frontend_of
from quizgame.datapath.path import route_from_outside
from quizgame.datapath.topology import agents

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.agent.endpoints import Endpoint
    from quizgame.cluster.agent.services import Frontend
    from quizgame.cluster.world import World
    from quizgame.datapath.packet import Origin, Packet


@dataclass(frozen=True, slots=True)
class TakenOver:
    """A connection that ends at a node's Envoy."""

    origin: Origin
    agent: Agent
    """Of the node whose Envoy gets it."""
    endpoint: Endpoint | None
    """The client, where it is a pod of that node."""
    frontend: Frontend | None
    """Of the service that was asked for; ``None`` where the node itself was."""
    taken: Taken

    @property
    def service(self) -> tuple[str, str] | None:
        """Namespace and name of the service that was asked for."""
        return None if self.frontend is None else (self.frontend.namespace, self.frontend.service)

    @property
    def is_from_outside(self) -> bool:
        """Whether the client is no part of any cluster."""
        return self.origin.is_outside

    @property
    def keeps_source(self) -> bool:
        """Whether Envoy goes on with the client's own address and identity."""
        return self.endpoint is not None and self.taken.config.keeps_source


def takeover(world: World, origin: Origin, packet: Packet) -> TakenOver | None:
    """Find the Envoy that a new connection ends at; ``None`` for nearly all, which go on to where they are sent.

    # Simplified: a pod that asks for the NodePort of another node's address ends at its own node's Envoy.
    """
    if origin.is_outside:
        return _from_outside(world, origin, packet)
    agent = agent_on(world, origin.context, origin.node)
    if not agent.envoy_configs:
        return None
    frontend = frontend_of(agent, packet)
    taken = None if frontend is None else taken_by_envoy(agent, frontend)
    if frontend is None or taken is None:
        return None
    endpoint = agent.endpoint_at(origin.ip) if origin.is_pod else None
    return TakenOver(origin, agent, endpoint, frontend, taken)


def _from_outside(world: World, origin: Origin, packet: Packet) -> TakenOver | None:
    if not any(agent.envoy_configs for agent in agents(world)):
        return None
    node = route_from_outside(world, packet.destination, (packet.source, packet.source_port)).receiver
    if node is None or not node.envoy_configs:
        return None
    frontend = frontend_of(node, packet)
    if frontend is None or (frontend.type == "ClusterIP" and not node.config.is_on("bpf-lb-external-clusterip")):
        return None
    taken = taken_by_envoy(node, frontend)
    return None if taken is None else TakenOver(origin, node, None, frontend, taken)
