"""Routing: where a packet goes after its sender's node has let it out.

Source: facts F-01, F-50, F-124 and reference curriculum, datapath models; cilium/cilium v1.19
Documentation/network/concepts/routing.rst for what each mode needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.agent.monitor import DropReason, TracePoint
from quizgame.cluster.fabric import fabric_of
from quizgame.cluster.l2.arp import is_on_link, owner_of
from quizgame.cluster.links import GENEVE_PORT, VXLAN_PORT
from quizgame.datapath.cover import PLAIN, Cover, cover
from quizgame.datapath.native import problem_of
from quizgame.datapath.topology import agent_of_node_ip

if TYPE_CHECKING:
    from quizgame.cluster.outside import OutsideHost
    from quizgame.cluster.world import World


class Ending(Enum):
    """What is at the end of a path."""

    ENDPOINT = "endpoint"
    NODE = "node"
    OUTSIDE = "outside"
    NOWHERE = "nowhere"
    """Nothing answers, and nothing says so."""


@dataclass(frozen=True, slots=True)
class Path:
    """How a packet travels from a node (or from outside) to its destination address."""

    ending: Ending
    receiver: Agent | None = None
    """Agent of the node that it ends on."""
    host: OutsideHost | None = None
    point: TracePoint | None = None
    """Trace point at which the sending node sees it leave; ``None`` where both ends are on one node."""
    reply_point: TracePoint | None = None
    """The same for replies, at the receiving node."""
    is_encapsulated: bool = False
    is_masqueraded: bool = False
    detail: str = ""
    """Why it ends nowhere, or what carried it."""
    led_by: str = ""
    """What led a packet from outside to its node, where that is more than the node's own address."""
    cover: Cover = PLAIN
    """How packets are encrypted between the nodes."""
    reply_cover: Cover = PLAIN
    """The same for replies."""
    gateway: Agent | None = None
    """Agent of another node that the packet leaves the cluster through."""
    egress_ip: str = ""
    """Source address that an egress gateway gives it; empty where none does."""
    refusal: DropReason | None = None
    """Why the gateway, or the sender's node where there is none, drops it."""


def stack_point(agent: Agent) -> TracePoint:
    """Where a node reports a packet of a pod that leaves without a tunnel."""
    return TracePoint.TO_NETWORK if agent.config.has_bpf_host_routing else TracePoint.TO_STACK


def route(world: World, sender: Agent, destination: str, source: str = "") -> Path:
    """Find the way from a node to an address.

    Args:
        world: The settled world.
        sender: Agent of the node.
        destination: The address.
        source: The sender's own address; empty: the node itself sends.
    """
    source = source or sender.node_ip
    if sender.endpoint_at(destination) is not None:
        return Path(Ending.ENDPOINT, sender)
    if destination in (sender.node_ip, sender.router_ip):
        return Path(Ending.NODE, sender, point=TracePoint.TO_STACK, reply_point=None)
    entry = sender.ipcache.lookup(destination)
    if entry is not None and entry.tunnel_endpoint != "0.0.0.0":
        return _to_remote_workload(world, sender, destination, source, entry.tunnel_endpoint)
    node = agent_of_node_ip(world, destination)
    if node is not None:
        return _to_node(world, sender, node, source)
    host = fabric_of(world).outside.host_at(destination)
    if host is None:
        return Path(Ending.NOWHERE, point=stack_point(sender), is_masqueraded=True, detail="no host has this address")
    if not fabric_of(world).links.allows(sender.place, "outside", "TCP", 0):
        return Path(Ending.NOWHERE, point=stack_point(sender), is_masqueraded=True, detail="a firewall drops it")
    return Path(Ending.OUTSIDE, host=host, point=stack_point(sender), is_masqueraded=True)


def _to_node(world: World, sender: Agent, node: Agent, source: str) -> Path:
    links = fabric_of(world).links
    onward = cover(links, sender, node, source, node.node_ip)
    if onward.problem or (not onward.is_encrypted and not links.allows(sender.place, node.place, "*", 0)):
        reason = onward.problem or "a firewall between the nodes drops it"
        return Path(Ending.NOWHERE, node, point=stack_point(sender), detail=reason, cover=onward)
    # Source: cilium/cilium v1.19 bpf/lib/nat.h snat_v4_needs_masquerade: with tunnels a pod's packets to another node
    # are not encapsulated, so they take their node's address.
    return Path(
        Ending.NODE,
        node,
        point=stack_point(sender),
        reply_point=stack_point(node),
        is_masqueraded=sender.config.is_tunnel,
        cover=onward,
        reply_cover=cover(links, node, sender, node.node_ip, sender.node_ip if sender.config.is_tunnel else source),
    )


def _to_remote_workload(world: World, sender: Agent, destination: str, source: str, node_ip: str) -> Path:
    node = agent_of_node_ip(world, node_ip)
    is_tunnel = sender.config.is_tunnel
    point = TracePoint.TO_OVERLAY if is_tunnel else stack_point(sender)
    if node is None:
        return Path(Ending.NOWHERE, point=point, is_encapsulated=is_tunnel, detail=f"no node has the address {node_ip}")
    links = fabric_of(world).links
    onward = cover(links, sender, node, source, destination, is_encapsulated=is_tunnel)
    if onward.is_encrypted:
        passes, reason = not onward.problem, onward.problem
        if passes and is_tunnel and not node.config.is_tunnel:
            passes, reason = False, "the receiving node does not terminate tunnels"
    elif is_tunnel:
        port = VXLAN_PORT if sender.config.tunnel_protocol == "vxlan" else GENEVE_PORT
        passes = links.allows(sender.place, node.place, "UDP", port)
        reason = f"UDP {port} between the nodes is blocked"
        if passes and not node.config.is_tunnel:
            passes, reason = False, "the receiving node does not terminate tunnels"
    else:
        reason = problem_of(world, sender, node, destination)
        passes = not reason
    if not passes:
        return Path(Ending.NOWHERE, node, point=point, is_encapsulated=is_tunnel, detail=reason, cover=onward)
    back = cover(links, node, sender, destination, source, is_encapsulated=is_tunnel)
    if node.endpoint_at(destination) is None:
        if destination in (node.router_ip, node.node_ip):
            return Path(
                Ending.NODE, node, point=point, reply_point=point, is_encapsulated=is_tunnel, cover=onward,
                reply_cover=back,
            )  # fmt: skip
        return Path(
            Ending.NOWHERE, node, point=point, is_encapsulated=is_tunnel, detail="the node has no such endpoint"
        )
    reply = TracePoint.TO_OVERLAY if node.config.is_tunnel else stack_point(node)
    return Path(
        Ending.ENDPOINT, node, point=point, reply_point=reply, is_encapsulated=is_tunnel, cover=onward, reply_cover=back
    )


def route_from_outside(world: World, destination: str, flow: tuple[str, int]) -> Path:
    """Find the way from outside to an address: nodes are reachable, what routers have learned by BGP, what ARP finds.

    A client on the nodes' own network asks there for what lies in it; all else is the routers' matter, whose routes
    are longer than the network that they stand in.

    Args:
        world: The settled world.
        destination: The address.
        flow: The client's address and port, by which routers spread flows over equal routes.
    """
    fabric = fabric_of(world)
    node, led_by, detail = agent_of_node_ip(world, destination), "", ""
    if node is None and not is_on_link(world, flow[0], destination):
        learned = fabric.route_tables.next_hop(
            fabric.outside.routers, destination, flow, seed=world.seed, now_ns=world.clock.now_ns
        )
        if learned is not None:
            node, detail = agent_of_node_ip(world, learned.next_hop), f"{learned.prefix} via {learned.next_hop}"
            led_by = "a router outside"
    if node is None and not led_by and is_on_link(world, destination):
        node, led_by = owner_of(world, fabric.links, destination, "outside"), "ARP"
        detail = f"{node.node} answers for {destination}" if node is not None else ""
    if node is None or not fabric.links.allows("outside", node.place, "*", 0):
        problem = "no node has or announces this address and no router a route, or a firewall drops it"
        return Path(Ending.NOWHERE, detail=problem)
    return Path(Ending.NODE, node, reply_point=stack_point(node), detail=detail, led_by=led_by)
