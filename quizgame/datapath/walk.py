"""One new connection's first packet, from its sender to its destination: who decides what, and where it ends.

``decide`` changes nothing. It says how each side's policy decides, which proxies take part, and the path; the
conversation then makes the packets, events and connection-tracking entries of it.
Order of stops: socket load balancing, egress policy, proxy, route, ingress policy, proxy, delivery.
Source: cilium/cilium v1.19 Documentation/network/ebpf/lifeofapacket.rst.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from quizgame.cluster.agent.monitor import DropReason
from quizgame.cluster.agent.redirect import INTERNAL
from quizgame.cluster.fabric import agent_on
from quizgame.datapath.authentication import Admits, auth_key, is_authenticated
from quizgame.datapath.course import Course, Side
from quizgame.datapath.gateway import through_gateway
from quizgame.datapath.loadbalancing import returns_directly, translate
from quizgame.datapath.native import finds_pod
from quizgame.datapath.path import Ending, Path, route, route_from_outside, stack_point
from quizgame.datapath.trace import Disposition, StepKind
from quizgame.policy.decision import Decision
from quizgame.policy.identity import ReservedIdentity
from quizgame.policy.model import AuthMode, Direction, Protocol

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.agent.endpoints import Endpoint
    from quizgame.cluster.world import World
    from quizgame.datapath.packet import Origin, Packet

PROTOCOLS = {
    "TCP": Protocol.TCP,
    "UDP": Protocol.UDP,
    "SCTP": Protocol.SCTP,
    "ICMPv4": Protocol.ICMP,
}


def decide(world: World, origin: Origin, packet: Packet, *, admits: Admits = is_authenticated) -> Course:
    """Work out the course of a new connection.

    Args:
        world: The settled world.
        origin: Who sends.
        packet: The first packet as sent; the source address is the origin's.
        admits: Who counts as authenticated where policy asks for it.
    """
    course = Course(origin, packet, packet)
    if origin.is_outside:
        course.source_identity = ReservedIdentity.WORLD
        course.path = route_from_outside(world, packet.destination, (packet.source, packet.source_port))
        return _arrive_from_outside(world, course, admits)
    agent = agent_on(world, origin.context, origin.node)
    endpoint = agent.endpoint_at(origin.ip) if origin.is_pod else None
    _translate_at_source(course, agent)
    if course.translation.has_no_backend:
        course.source = Side(agent, endpoint)
        return _without_backend(course, agent)
    if _stays_inside(course, agent, endpoint):
        return _loop_back(course, agent, endpoint)
    peer = agent.identity_of(course.packet.destination)
    decision = _policy(agent, endpoint, Direction.EGRESS, peer, course.packet)
    course.source = Side(agent, endpoint, peer, decision)
    course.source_identity = endpoint.identity if endpoint is not None else ReservedIdentity.HOST
    if decision is not None:
        _note(course, agent, StepKind.EGRESS_POLICY, decision)
        reason = _refusal(course, course.source, course.packet.destination, admits)
        if reason is not None:
            return course.drop(agent.place, reason, Direction.EGRESS)
    course.path = route(world, agent, course.packet.destination, course.packet.source)
    course.step(agent.place, StepKind.ROUTE, "ipcache", course.path.detail or course.path.ending.value)
    if course.path.cover.is_refused_at_sender:
        return course.drop(agent.place, DropReason.UNENCRYPTED_TRAFFIC, Direction.EGRESS)
    _lead_through_gateway(world, course, agent, endpoint)
    if course.path.refusal is not None:
        place = agent.place if course.path.gateway is None else course.path.gateway.place
        return course.drop(place, course.path.refusal, Direction.EGRESS)
    _translate_at_node(world, course, agent)
    if (
        endpoint is None
        and course.path.ending is Ending.ENDPOINT
        and agent.router_ip
        and _leaves_by_cilium_host(course)
    ):
        # Source: cilium/cilium v1.19: routes to pods through cilium_host have the router's address as source.
        course.packet = replace(course.packet, source=agent.router_ip)
    return _arrive(course, admits)


def decide_from_proxy(world: World, side: Side, packet: Packet, identity: int, *, origin: Origin) -> Course:
    """Work out the course of a connection that a node's Envoy opens to a backend.

    Args:
        world: The settled world.
        side: The node, and the client's endpoint where Envoy keeps its address.
        packet: The first packet; its source is the node's ingress address, or the client's own.
        identity: The identity that it carries.
        origin: Whom it is sent for.
    """
    course = Course(origin, packet, packet, source=side, source_identity=identity, proxied_identity=identity)
    course.path = route(world, side.agent, packet.destination, packet.source)
    course.step(side.agent.place, StepKind.ROUTE, "ipcache", course.path.detail or course.path.ending.value)
    if course.path.cover.is_refused_at_sender:
        return course.drop(side.agent.place, DropReason.UNENCRYPTED_TRAFFIC, Direction.EGRESS)
    return _arrive(course, is_authenticated)


def decide_again(world: World, course: Course) -> Course:
    """Work out the course of a connection's next attempt, as things are by now."""
    if course.proxied_identity is None or course.source is None:
        return decide(world, course.origin, course.sent)
    return decide_from_proxy(world, course.source, course.sent, course.proxied_identity, origin=course.origin)


def _lead_through_gateway(world: World, course: Course, agent: Agent, endpoint: Endpoint | None) -> None:
    """Take the way that egress gateway policies lay down for a pod, and see whether the host outside lets it in."""
    if endpoint is not None and endpoint.is_pod:
        destination = course.packet.destination
        course.path = through_gateway(world, agent, endpoint.ip, destination, course.path)
    path = course.path
    if path.gateway is not None:
        course.gateway = Side(path.gateway)
        course.step(path.gateway.place, StepKind.MASQUERADE, "egress gateway", path.egress_ip or path.detail)
    if path.host is not None:
        seen = course.masqueraded_to or course.packet.source
        if not path.host.lets_in(seen):
            detail = f"the firewall of {path.host.ip} does not let {seen} in"
            course.path = replace(path, ending=Ending.NOWHERE, detail=detail)
            course.step("outside", StepKind.ROUTE, "firewall", detail)
        elif endpoint is not None and seen == endpoint.ip and not finds_pod(world, agent, seen, path.host.ip):
            detail = f"{path.host.ip} has no route back to {seen}"
            course.path = replace(path, ending=Ending.NOWHERE, detail=detail)
            course.step("outside", StepKind.ROUTE, "no masquerading", detail)


def _leaves_by_cilium_host(course: Course) -> bool:
    source = course.source
    return source is not None and (course.path.is_encapsulated or course.path.receiver is source.agent)


def _translate_at_node(world: World, course: Course, sender: Agent) -> None:
    """Let kube-proxy of another node translate what arrives there for a NodePort."""
    node = course.path.receiver
    if (
        course.path.ending is not Ending.NODE
        or node is None
        or node is sender
        or course.translation.frontend is not None
    ):
        return
    if node.config.has_kube_proxy_replacement:
        return
    translation = translate(node, course.packet)
    if translation.frontend is None or translation.frontend.type in INTERNAL or translation.backend is None:
        return
    onward = route(world, node, translation.backend.ip)
    course.path = replace(onward, point=course.path.point, reply_point=stack_point(node), is_masqueraded=True)
    course.translation, course.is_translated_on_way = translation, True
    course.packet = replace(translation.apply(course.packet), source=node.node_ip)
    service = f"Service {translation.frontend.namespace}/{translation.frontend.service}"
    course.step(node.place, StepKind.SERVICE, service, f"{translation.backend.ip}:{translation.backend.port}")


def _without_backend(course: Course, agent: Agent) -> Course:
    """A service without usable backends.

    Source: cilium/cilium v1.19 bpf/bpf_sock.c: the connect call fails; without socket load balancing the pod's
    program drops the packet and answers with an ICMP error.
    """
    course.disposition = Disposition.REFUSED
    if not agent.config.has_socket_lb:
        course.drop_reason, course.drop_at = DropReason.SERVICE_BACKEND_NOT_FOUND, Direction.EGRESS
    return course


def _stays_inside(course: Course, agent: Agent, endpoint: Endpoint | None) -> bool:
    destination = course.packet.destination
    if destination.startswith("127."):
        return True
    if endpoint is None:
        return destination in (agent.node_ip, agent.router_ip)
    # Source: cilium/cilium v1.19 Documentation kubeproxy-free: a pod's packets to its own address never leave it;
    # with translation in the pod's program they come back to it, and policy is skipped.
    return destination == endpoint.ip


def _loop_back(course: Course, agent: Agent, endpoint: Endpoint | None) -> Course:
    course.is_loopback = True
    side = Side(agent, endpoint)
    course.source = course.destination = side
    ending = Ending.ENDPOINT if endpoint is not None else Ending.NODE
    course.path = Path(ending, agent, detail="the sender's own address")
    course.source_identity = endpoint.identity if endpoint is not None else ReservedIdentity.HOST
    course.step(agent.place, StepKind.DELIVER, detail=course.packet.destination)
    return course


def _translate_at_source(course: Course, agent: Agent) -> None:
    translation = translate(agent, course.packet, is_outside=course.origin.is_outside)
    if translation.frontend is None:
        return
    course.translation = translation
    course.packet = translation.apply(course.packet)
    kind = StepKind.SOCKET_LB if agent.config.has_socket_lb else StepKind.SERVICE
    service = f"Service {translation.frontend.namespace}/{translation.frontend.service}"
    chosen = translation.backend
    course.step(agent.place, kind, service, f"{chosen.ip}:{chosen.port}" if chosen is not None else "no backend")


def _policy(
    agent: Agent, endpoint: Endpoint | None, direction: Direction, peer: int, packet: Packet
) -> Decision | None:
    port = packet.icmp[0] if packet.icmp is not None else packet.destination_port
    if endpoint is None:
        # Source: cilium/cilium v1.19 Documentation/security/host-firewall.rst: nodes have a policy only with it on.
        if not agent.repository.settings.host_firewall:
            return None
        node = agent.repository.endpoint_policy(ReservedIdentity.HOST)
        return node.lookup(direction, peer, port, PROTOCOLS[packet.protocol])
    if not (endpoint.is_pod or endpoint.identity == ReservedIdentity.HEALTH):
        return None
    return agent.policy_of(endpoint).lookup(direction, peer, port, PROTOCOLS[packet.protocol])


def _note(course: Course, agent: Agent, kind: StepKind, decision: Decision) -> None:
    names = ", ".join(map(str, decision.policies))
    course.step(agent.place, kind, names, f"{decision.verdict.value} ({decision.match.text})")


def _refusal(course: Course, side: Side, peer_ip: str, admits: Admits) -> DropReason | None:
    """Why a side's node does not let the connection pass; ``None``: it does."""
    decision, agent = side.decision, side.agent
    if decision is None:
        return None
    if not decision.allowed:
        return DropReason(decision.drop_reason or DropReason.POLICY_DENIED)
    if decision.auth is AuthMode.DISABLED:
        return None
    if decision.auth is AuthMode.REQUIRED:
        local = side.endpoint.identity if side.endpoint is not None else ReservedIdentity.HOST
        key = auth_key(agent, local, side.peer_identity, peer_ip)
        if admits(agent, key):
            return None
        course.unauthenticated = (agent, key)
    return DropReason.AUTH_REQUIRED


def _arrive(course: Course, admits: Admits) -> Course:
    receiver, path = course.path.receiver, course.path
    if path.ending is Ending.NOWHERE:
        course.disposition = Disposition.LOST
        return course
    if receiver is None:
        return course
    endpoint = receiver.endpoint_at(course.packet.destination) if path.ending is Ending.ENDPOINT else None
    source = course.source
    identity = course.source_identity
    is_from_node = source is not None and source.endpoint is None and source.agent is not receiver
    if is_from_node or course.is_translated_on_way:
        identity = receiver.identity_of(course.packet.source)
    elif source is not None and not path.is_encapsulated and source.agent is not receiver:
        # Source: facts F-124: without a tunnel header the receiver looks the source address up.
        identity = receiver.identity_of(course.masqueraded_to or course.packet.source)
    course.source_identity = identity
    if path.cover.is_refused_at_receiver:
        course.destination = Side(receiver, None, identity)
        return course.drop(receiver.place, DropReason.UNENCRYPTED_TRAFFIC, Direction.INGRESS)
    decision = _policy(receiver, endpoint, Direction.INGRESS, identity, course.packet)
    course.destination = Side(receiver, endpoint, identity, decision)
    if decision is not None:
        _note(course, receiver, StepKind.INGRESS_POLICY, decision)
        reason = _refusal(course, course.destination, course.packet.source, admits)
        if reason is not None:
            return course.drop(receiver.place, reason, Direction.INGRESS)
    course.step(receiver.place, StepKind.DELIVER, detail=course.packet.destination)
    return course


def _arrive_from_outside(world: World, course: Course, admits: Admits) -> Course:
    node = course.path.receiver
    if node is None or course.path.ending is Ending.NOWHERE:
        course.disposition = Disposition.LOST
        return course
    course.source_identity = node.identity_of(course.packet.source)
    _translate_at_source(course, node)
    if course.translation.has_no_backend:
        course.disposition = Disposition.REFUSED
        return course
    if course.path.led_by:
        course.step(node.place, StepKind.ROUTE, course.path.led_by, course.path.detail)
    is_own = course.packet.destination in (node.node_ip, node.router_ip)
    if course.translation.backend is None and is_own:
        return _arrive(course, admits)
    onward = route(world, node, course.packet.destination)
    if onward.ending is Ending.OUTSIDE:
        # A node that gets what is neither its own nor a pod's or a service's does not send it back out.
        course.disposition = Disposition.LOST
        return course
    if onward.receiver is node:
        onward = replace(onward, point=None, reply_point=stack_point(node))
    elif returns_directly(node.config, course.packet.protocol):
        # Source: facts F-52: the client's address stays, and the backend's node answers it with the service's.
        onward = replace(onward, reply_point=None if onward.receiver is None else stack_point(onward.receiver))
        course.is_answered_directly = True
    elif onward.is_encapsulated and node.router_ip:
        # Source: cilium/cilium v1.19 bpf/lib/nodeport.h: towards a backend behind a tunnel the client's address is
        # replaced by the entry node's, and the identity stays the client's.
        course.packet = replace(course.packet, source=node.router_ip)
    elif onward.receiver is not None and onward.receiver is not node and course.translation.backend is not None:
        course.packet = replace(course.packet, source=node.node_ip)
    course.path = onward
    return _arrive(course, admits)
