"""The way of a pod's packets to the outside where an egress gateway policy selects them.

Source: facts F-70 to F-74; cilium/cilium v1.19 bpf/lib/egress_gateway.h: destinations inside the cluster are never
redirected, the way to the gateway is always a tunnel, and the gateway looks its own rule up.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from quizgame.cluster.agent.egress import EXCLUDED, NO_ADDRESS, NO_GATEWAY, egress_rule
from quizgame.cluster.agent.monitor import DropReason, TracePoint
from quizgame.cluster.fabric import fabric_of
from quizgame.cluster.links import GENEVE_PORT, VXLAN_PORT
from quizgame.datapath.cover import cover
from quizgame.datapath.path import Ending, Path, route
from quizgame.datapath.topology import agent_of_node_ip
from quizgame.policy.identity import LOCAL_SCOPE, REMOTE_NODE_SCOPE, ReservedIdentity

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.world import World


def through_gateway(world: World, sender: Agent, source: str, destination: str, path: Path) -> Path:
    """The path of a pod's packet, led through its gateway if it has one.

    Args:
        world: The settled world.
        sender: Agent of the pod's node.
        source: The pod's address.
        destination: The address it sends to.
        path: The path without a gateway.
    """
    if not sender.egress_policies or not _is_outside(sender, destination):
        return path
    rule = egress_rule(sender, source, destination)
    if rule is None or rule.gateway == EXCLUDED:
        return path
    if rule.gateway == NO_GATEWAY:
        return Path(Ending.NOWHERE, refusal=DropReason.NO_EGRESS_GATEWAY, detail=f"{rule.policy} matches no node")
    if rule.gateway != sender.node_ip:
        return _over_tunnel(world, sender, source, destination, rule.gateway)
    if rule.egress_ip == NO_ADDRESS:
        return Path(Ending.NOWHERE, refusal=DropReason.NO_EGRESS_IP, detail=f"{rule.policy} has no address here")
    return replace(path, egress_ip=rule.egress_ip)


def _is_outside(sender: Agent, destination: str) -> bool:
    identity = sender.identity_of(destination)
    return identity == ReservedIdentity.WORLD or LOCAL_SCOPE <= identity < REMOTE_NODE_SCOPE


def _over_tunnel(world: World, sender: Agent, source: str, destination: str, gateway_ip: str) -> Path:
    """From the pod's node to a gateway node, and from there to the outside."""
    gateway = agent_of_node_ip(world, gateway_ip)
    lost = Path(Ending.NOWHERE, point=TracePoint.TO_OVERLAY, is_encapsulated=True)
    if gateway is None:
        return replace(lost, detail=f"no node has the address {gateway_ip}")
    links = fabric_of(world).links
    onward = cover(links, sender, gateway, source, gateway.node_ip, is_encapsulated=True)
    back = cover(links, gateway, sender, destination, source, is_encapsulated=True)
    port = VXLAN_PORT if sender.config.tunnel_protocol == "vxlan" else GENEVE_PORT
    problem = onward.problem
    if not onward.is_encrypted and not links.allows(sender.place, gateway.place, "UDP", port):
        problem = f"UDP {port} between the nodes is blocked"
    if problem:
        return replace(lost, detail=problem, cover=onward)
    rule = egress_rule(gateway, source, destination)
    exit_ = route(world, gateway, destination)
    led = replace(
        exit_, point=TracePoint.TO_OVERLAY, is_encapsulated=True, gateway=gateway, cover=onward, reply_cover=back
    )
    if rule is None or rule.gateway != gateway.node_ip:
        # Without a rule of its own the gateway forwards the packet as it is: no answer finds the pod.
        return replace(
            led, ending=Ending.NOWHERE, host=None, is_masqueraded=False,
            detail=f"node {gateway.node} has no egress rule for {source}",
        )  # fmt: skip
    if rule.egress_ip == NO_ADDRESS:
        return replace(
            led, ending=Ending.NOWHERE, host=None, refusal=DropReason.NO_EGRESS_IP,
            detail=f"{rule.policy} has no address on node {gateway.node}",
        )  # fmt: skip
    return replace(led, egress_ip=rule.egress_ip)
