"""Who is where: nodes, pods and agents by address or name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from quizgame.cluster.agent.pods import is_host_network
from quizgame.cluster.fabric import agents_of
from quizgame.cluster.objects import dig
from quizgame.datapath.packet import Origin

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.world import World


def agents(world: World) -> Iterator[Agent]:
    """All agents of all clusters, in order."""
    for cluster in world.clusters.values():
        yield from agents_of(cluster)


def agent_of_node_ip(world: World, ip: str) -> Agent | None:
    """The agent of the node that has this internal or router address."""
    return next((agent for agent in agents(world) if ip in (agent.node_ip, agent.router_ip)), None)


def pod_origin(world: World, context: str, namespace: str, name: str) -> Origin | None:
    """The origin of what a pod sends; ``None`` where it does not exist or has no address yet."""
    cluster = world.clusters[context]
    pod = cluster.api.find("pods", name, namespace)
    ip = dig(pod, "status", "podIP", default="") if pod is not None else ""
    if pod is None or not ip:
        return None
    node = dig(pod, "spec", "nodeName", default="")
    if is_host_network(pod):
        return Origin(context, node, ip=ip)
    return Origin(context, node, namespace, name, ip)


def node_origin(agent: Agent) -> Origin:
    """The origin of what a node itself sends."""
    return Origin(agent.context, agent.node, ip=agent.node_ip)


def outside_origin(ip: str) -> Origin:
    """The origin of what an address outside sends."""
    return Origin(ip=ip)
