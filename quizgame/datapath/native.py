"""How packets between pods find their node where there is no tunnel.

Source: cilium/cilium v1.19 Documentation/network/concepts/routing.rst "Native-Routing": each node, or the network
between them, must know the way to every pod.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quizgame.cluster.agent.directroutes import has_direct_route
from quizgame.cluster.fabric import fabric_of

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.world import World

NO_ROUTE = "the network has no route to the pod range"


def problem_of(world: World, sender: Agent, node: Agent, destination: str) -> str:
    """Why a packet for a pod does not get from node to node; empty where it does.

    Args:
        world: The settled world.
        sender: Agent of the node that sends.
        node: Agent of the node that the pod is on.
        destination: The pod's address.
    """
    fabric = fabric_of(world)
    if not _knows_way(world, sender, node, destination):
        return NO_ROUTE
    return "" if fabric.links.allows(sender.place, node.place, "*", 0) else "a firewall between the nodes drops it"


def finds_pod(world: World, agent: Agent, pod_ip: str, host_ip: str) -> bool:
    """Whether a host outside has a way to a pod's own address: the cloud's network, or what routers have learned."""
    cloud = agent.cluster.cloud
    if cloud is not None and cloud.holds(pod_ip):
        return True
    fabric = fabric_of(world)
    learned = fabric.route_tables.next_hop(
        fabric.outside.routers, pod_ip, (host_ip, 0), seed=world.seed, now_ns=world.clock.now_ns
    )
    return learned is not None and learned.next_hop == agent.node_ip


def _knows_way(world: World, sender: Agent, node: Agent, destination: str) -> bool:
    if has_direct_route(sender, node.node_ip):
        return True
    cloud = sender.cluster.cloud
    if cloud is not None and node.cluster is sender.cluster and cloud.holds(destination):
        return True
    fabric = fabric_of(world)
    learned = fabric.route_tables.next_hop(
        fabric.outside.routers, destination, (sender.node_ip, 0), seed=world.seed, now_ns=world.clock.now_ns
    )
    return learned is not None and learned.next_hop == node.node_ip
