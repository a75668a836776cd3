"""Turning a connection's packets into monitor events and connection-tracking entries.

With the default monitor aggregation (``medium``) an agent reports a connection's first packet and each change of
its flags, and nothing that merely arrives (``from-…``). Source: reference cilium-dbg, section 10.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from quizgame.cluster.agent.conntrack import (
    ANY_LIFETIME_S,
    TCP_CLOSE_LIFETIME_S,
    TCP_LIFETIME_S,
    TCP_SYN_LIFETIME_S,
    CtEntry,
    CtKey,
)
from quizgame.cluster.agent.encryption import EncryptionMode
from quizgame.cluster.agent.monitor import (
    Direction,
    DropReason,
    EventType,
    L7Record,
    MonitorEvent,
    Peer,
    PolicyRef,
    SockPoint,
    TracePoint,
    TraceReason,
    Verdict,
)
from quizgame.cluster.agent.stickiness import remember
from quizgame.cluster.keyed import keyed_int
from quizgame.datapath.devices import interface_at, link_addresses, node_labels
from quizgame.datapath.peers import peer_of, policy_refs
from quizgame.goflags.times import SECOND
from quizgame.policy.decision import PolicyVerdict
from quizgame.policy.model import AuthMode
from quizgame.policy.model import Direction as PolicyDirection

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.datapath.course import Course, Side
    from quizgame.datapath.cover import Cover

HOP_NS = 60_000
"""Time that a packet takes inside one node."""
WIRE_NS = 240_000
"""Time that a packet takes between two nodes."""
FLAG_BITS = {"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16}
PROXY_PORT_BASE = 10_000
PROXY_PORTS = 10_000
# Source: reference cilium-dbg, section 3: redirects use ports 10000-20000.

_JITTER_NS = 1000
_EVENT_NS = 131
_SOCKET_COOKIES = 100_000
_WITH_PACKET = frozenset({EventType.DROP, EventType.TRACE, EventType.POLICY_VERDICT})
"""Events that carry the packet's bytes, Ethernet header included."""
_LEAVING = frozenset({TracePoint.TO_OVERLAY, TracePoint.TO_NETWORK, TracePoint.TO_STACK})
"""Points at which a node reports what leaves it for another one."""
_HOST_POINTS = frozenset({TracePoint.TO_OVERLAY, TracePoint.TO_STACK, TracePoint.TO_HOST})
_HOST_PROGRAMS = frozenset({TracePoint.TO_NETWORK, TracePoint.FROM_NETWORK})
"""Points in programs of the node's own devices. Source: cilium/cilium v1.19 bpf/bpf_host.c EVENT_SOURCE."""
_LXC_PLACE = ("bpf_lxc.c", 2164)
_HOST_PLACE = ("bpf_host.c", 2178)
_DROP_PLACES = {
    (DropReason.POLICY_DENIED, True): ("bpf_lxc.c", 1770),
    (DropReason.POLICY_DENY, True): ("bpf_lxc.c", 1770),
    (DropReason.AUTH_REQUIRED, True): ("bpf_lxc.c", 1770),
    (DropReason.SERVICE_BACKEND_NOT_FOUND, True): ("bpf_lxc.c", 1560),
    (DropReason.NO_EGRESS_GATEWAY, True): ("bpf_host.c", 1656),
    (DropReason.NO_EGRESS_IP, True): ("bpf_host.c", 1656),
    (DropReason.UNENCRYPTED_TRAFFIC, True): ("bpf_host.c", 1622),
    (DropReason.UNENCRYPTED_TRAFFIC, False): ("bpf_host.c", 1622),
}
"""Where the programs drop, by reason and whether at the sender. Source: reference cilium-dbg, section 10, and the
recorded flows; the numbers move with every release."""

_AUTH_TYPES = {AuthMode.DISABLED: 0, AuthMode.REQUIRED: 1, AuthMode.ALWAYS_FAIL: 2}
_VERDICTS = {
    PolicyVerdict.ALLOWED: Verdict.FORWARDED,
    PolicyVerdict.REDIRECTED: Verdict.REDIRECTED,
    PolicyVerdict.DENIED: Verdict.DROPPED,
    PolicyVerdict.AUDITED: Verdict.AUDIT,
}


def proxy_port(agent: Agent, kind: str, direction: Direction) -> int:
    """The port of an agent's proxy listener for one kind of traffic; the same as long as the agent lives."""
    return PROXY_PORT_BASE + keyed_int(
        agent.seed, "proxy-port", agent.context, agent.node, kind, direction.name, below=PROXY_PORTS
    )


@dataclass(slots=True)
class Recorder:
    """Collects what the nodes see of one connection. Nothing reaches an agent before ``commit``."""

    course: Course
    now_ns: int
    events: list[tuple[Agent, MonitorEvent]] = field(default_factory=list)
    entries: list[tuple[Agent, CtKey, CtEntry]] = field(default_factory=list)
    ipsec: list[Cover] = field(default_factory=list)
    """How each packet that IPsec took part in went from node to node."""
    connection: int = 0
    request: bytes = b""
    """What the client has said so far."""
    answer: bytes = b""
    """What the server has said so far."""
    _known: dict[int, tuple[Peer, Peer]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sent = self.course.sent
        self.connection = keyed_int(
            self._seed(), "connection", sent.source, sent.source_port, sent.destination, sent.destination_port,
            sent.protocol, self.now_ns, below=1 << 32,
        )  # fmt: skip

    def _seed(self) -> int:
        side = self.course.source or self.course.destination
        return side.agent.seed if side is not None else 0

    # ------------------------------------------------------------ peers

    def peers(self, side: Side) -> tuple[Peer, Peer]:
        """Client and server as one side's agent knows them."""
        known = self._known.get(id(side.agent))
        if known is None:
            course, agent = self.course, side.agent
            asked_by = side.endpoint.id if side.endpoint is not None else 0
            # A gateway sees the pod's own packets, before it gives them its address.
            is_source = side is course.gateway or (course.source is not None and agent is course.source.agent)
            client_identity = None if is_source else course.source_identity
            address = course.packet.source if is_source else course.masqueraded_to or course.packet.source
            server_address = course.packet.destination
            if is_source and course.is_translated_on_way:
                address, server_address = course.sent.source, course.sent.destination
            client = peer_of(agent, address, identity=client_identity)
            service = None if course.takeover is None else course.takeover.service
            server = peer_of(agent, server_address, asked_by=asked_by, as_service=service)
            known = self._known[id(agent)] = (client, server)
        return known

    # ------------------------------------------------------------ events

    def _add(self, side: Side, kind: EventType, verdict: Verdict, *, is_backward: bool = False, **details: Any) -> None:
        """Record an event as one side's node reports it.

        Args:
            side: Whose node.
            kind: Type of the event.
            verdict: Its verdict.
            is_backward: Whether the packet goes from server to client.
            details: Further fields of the event, or other values for those that follow from the connection.
        """
        course = self.course
        source, destination = self.peers(side)
        packet = course.packet
        source_port, destination_port = packet.source_port, packet.destination_port
        if course.is_translated_on_way and side is course.source:
            destination_port = course.sent.destination_port
        if is_backward:
            source, destination, source_port, destination_port = destination, source, destination_port, source_port
        is_client_side = side is course.source
        fields: dict[str, Any] = {
            "source": source,
            "destination": destination,
            "source_port": source_port,
            "destination_port": destination_port,
            "icmp": packet.icmp,
            "direction": Direction.EGRESS if is_client_side else Direction.INGRESS,
            **details,
        }
        if kind in _WITH_PACKET:
            fields["macs"] = link_addresses(side, is_leaving=is_client_side is not is_backward)
            fields["carried"] = (self.request, self.answer)
            fields["from_server"] = is_backward
            if side.endpoint is not None and fields.get("point") not in _HOST_PROGRAMS:
                fields["reporter"] = side.endpoint.id
        event = MonitorEvent(
            # Nanoseconds of the connection's own and of the event's place in it: no two share an instant.
            time_ns=self.now_ns + self.connection % _JITTER_NS + len(self.events) * _EVENT_NS,
            type=kind,
            node=side.agent.node,
            cluster=side.agent.config.cluster_name,
            protocol=packet.protocol,
            verdict=verdict,
            connection=self.connection,
            sequence=len(self.events),
            node_labels=node_labels(side.agent),
            **fields,
        )
        self.events.append((side.agent, event))

    def socket_translation(self, side: Side) -> None:
        """Record the translation of a service address when a socket connects or sends."""
        backend = self.course.translation.backend
        if not self._is_translated_by_socket(side):
            return
        self._socket(side, SockPoint.PRE_FWD)
        if backend is not None:
            self._socket(side, SockPoint.POST_FWD)

    def socket_reverse_translation(self, side: Side) -> None:
        """Record that a socket receives from a backend and its program is told the service's address.

        Source: cilium/cilium v1.19 bpf/bpf_sock.c cil_sock4_recvmsg: datagrams only; connected streams need none.
        """
        if self._is_translated_by_socket(side):
            self._socket(side, SockPoint.PRE_REV)
            self._socket(side, SockPoint.POST_REV)

    def _is_translated_by_socket(self, side: Side) -> bool:
        has_frontend = self.course.translation.frontend is not None
        return has_frontend and side.endpoint is not None and side.agent.config.has_socket_lb

    def _socket(self, side: Side, point: SockPoint) -> None:
        frontend, backend = self.course.translation.frontend, self.course.translation.backend
        if frontend is None or side.endpoint is None:
            return
        asked = self.course.sent
        if point in (SockPoint.PRE_FWD, SockPoint.POST_REV) or backend is None:
            peer, port = (
                peer_of(side.agent, asked.destination, as_service=(frontend.namespace, frontend.service)),
                asked.destination_port,
            )
        else:
            peer, port = peer_of(side.agent, backend.ip), backend.port
        is_before = point in (SockPoint.PRE_FWD, SockPoint.PRE_REV)
        self._add(
            side,
            EventType.TRACE_SOCK,
            Verdict.TRACED if is_before else Verdict.TRANSLATED,
            source=peer_of(side.agent, self.course.sent.source),
            destination=peer,
            source_port=0,
            destination_port=port,
            sock_point=point,
            socket_cookie=1 + self.connection % _SOCKET_COOKIES,
            cgroup_id=1 + int(side.endpoint.container_id[:4] or "0", 16),
        )

    def policy_verdict(self, side: Side, flags: tuple[str, ...]) -> None:
        """Record what a side's policy decides about a new connection, where policy is enforced there."""
        decision = side.decision
        if decision is None or not (decision.enforced or not decision.allowed):
            return
        verdict = _VERDICTS[decision.verdict]
        if decision.allowed and self._lacks_authentication(side):
            verdict = Verdict.DROPPED
        is_denied = verdict is Verdict.DROPPED
        reason = None
        if is_denied:
            reason = DropReason(decision.drop_reason) if decision.drop_reason else DropReason.AUTH_REQUIRED
        refs: tuple[PolicyRef, ...] = ()
        # Source: cilium/cilium v1.19 pkg/policy/correlation: only what is allowed, or denied by a deny rule, is named.
        if verdict in (Verdict.FORWARDED, Verdict.REDIRECTED) or reason is DropReason.POLICY_DENY:
            refs = policy_refs(decision.policies, side.agent.repository.revision)
        self._add(
            side,
            EventType.POLICY_VERDICT,
            verdict,
            is_reply=None if is_denied else False,
            flags=flags,
            match_type=int(decision.match),
            drop_reason=reason,
            auth_type=_AUTH_TYPES[decision.auth],
            allowed_by=() if is_denied else refs,
            denied_by=refs if is_denied else (),
        )

    def _lacks_authentication(self, side: Side) -> bool:
        """Whether a side's node drops the connection because its ends have not authenticated."""
        course = self.course
        is_here = (course.drop_at is PolicyDirection.EGRESS) is (side is course.source)
        return course.drop_reason is DropReason.AUTH_REQUIRED and is_here

    def _proxy_port(self, side: Side) -> int:
        if self.course.takeover is not None:
            return self.course.takeover.proxy_port
        if side.l7 is None:
            return 0
        is_client_side = side is self.course.source
        return proxy_port(side.agent, side.l7.kind.value, Direction.EGRESS if is_client_side else Direction.INGRESS)

    def count(self, cover: Cover) -> None:
        """Count a packet between nodes that IPsec encrypts, or cannot."""
        if cover.mode is EncryptionMode.IPSEC:
            self.ipsec.append(cover)

    def drop(self, side: Side, reason: DropReason, flags: tuple[str, ...], *, is_reply: bool = False) -> None:
        """Record a drop, of a reply if that is what it is."""
        is_client_side = side is self.course.source
        details: dict[str, Any] = {"ifindex": side.endpoint.ifindex if side.endpoint is not None else 0}
        frontend = self.course.translation.frontend
        if reason is DropReason.SERVICE_BACKEND_NOT_FOUND and frontend is not None:
            details["destination"] = peer_of(side.agent, frontend.ip, as_service=(frontend.namespace, frontend.service))
        self._add(
            side, EventType.DROP, Verdict.DROPPED, is_backward=is_reply, flags=flags, drop_reason=reason,
            file=_DROP_PLACES.get((reason, is_client_side), _HOST_PLACE if side.endpoint is None else _LXC_PLACE),
            **details,
        )  # fmt: skip

    def trace(
        self, side: Side, point: TracePoint, flags: tuple[str, ...], *, is_reply: bool = False, is_first: bool = False
    ) -> None:
        """Record a packet that passes a trace point.

        A node's own packets have no connection-tracking entry there: their direction and state are unknown.
        """
        details: dict[str, Any] = {"is_reply": is_reply}
        packet = self.course.packet
        reason = TraceReason.REPLY if is_reply else TraceReason.NEW if is_first else TraceReason.ESTABLISHED
        if is_reply and packet.icmp == (8, 0):
            details["icmp"] = (0, 0)
        if point is TracePoint.TO_PROXY:
            details["proxy_port"] = 0 if is_reply else self._proxy_port(side)
        is_gateway = side is self.course.gateway
        if is_gateway:
            details["direction"] = Direction.UNKNOWN
        if point is TracePoint.TO_NETWORK and not is_reply and (side is self.course.source or is_gateway):
            details["source_xlated"] = self.course.masqueraded_to
            if self.course.masqueraded_to:
                details["original_ip"] = self.peers(side)[0].ip
        if point is TracePoint.TO_ENDPOINT:
            # Source: cilium/cilium v1.19 bpf/bpf_lxc.c ipv4_policy: tells the source address as it came in.
            details["original_ip"] = self.peers(side)[1 if is_reply else 0].ip
        if is_reply and point is TracePoint.TO_ENDPOINT and not side.agent.config.has_socket_lb:
            details |= self._untranslated(side)
        is_known = side.endpoint is not None or point not in _HOST_POINTS
        if not is_known:
            reason, details["direction"], details["is_reply"] = TraceReason.UNKNOWN, Direction.UNKNOWN, None
        cover = self.course.path.reply_cover if is_reply else self.course.path.cover
        sender = (self.course.gateway or self.course.destination) if is_reply else self.course.source
        is_leaving = side is sender
        if cover.is_encrypted and is_leaving and point in _LEAVING:
            details["is_encrypted"] = True
        interface, ifindex = interface_at(side, point)
        self._add(
            side, EventType.TRACE, Verdict.FORWARDED, is_backward=is_reply, point=point, reason=reason, flags=flags,
            interface=interface, ifindex=ifindex, **details,
        )  # fmt: skip

    def _untranslated(self, side: Side) -> dict[str, Any]:
        """The source of a reply that the datapath translates back before it delivers it."""
        frontend = self.course.translation.frontend
        if frontend is None or side is not self.course.source or self.course.is_translated_on_way:
            return {}
        service = peer_of(
            side.agent, self.course.sent.destination, identity=self.peers(side)[1].identity,
            as_service=(frontend.namespace, frontend.service),
        )  # fmt: skip
        return {"source": service, "source_port": self.course.sent.destination_port}

    def l7(self, side: Side, record: L7Record, *, is_forwarded: bool, is_reply: bool) -> None:
        """Record a request or an answer that a side's proxy has seen."""
        verdict = Verdict.FORWARDED if is_forwarded else Verdict.DROPPED
        self._add(
            side,
            EventType.L7,
            verdict,
            is_backward=is_reply,
            is_reply=is_reply,
            l7=record,
            proxy_port=self._proxy_port(side),
        )

    def balanced(
        self,
        side: Side,
        record: L7Record,
        *,
        client: Peer,
        server: tuple[Peer, int],
        is_forwarded: bool,
        is_reply: bool,
    ) -> None:
        """Record a request that Envoy balanced over backends, or its answer.

        Args:
            side: Whose Envoy.
            record: What was said.
            client: The client, with the identity that Envoy stands for.
            server: The backend and its port; the service's address where no backend was reached.
            is_forwarded: Whether policy let it pass.
            is_reply: Whether it is the answer.
        """
        ends = (client, self.course.packet.source_port), server
        (source, source_port), (destination, port) = ends[::-1] if is_reply else ends
        verdict = Verdict.FORWARDED if is_forwarded else Verdict.DROPPED
        self._add(
            side, EventType.L7, verdict, source=source, destination=destination, source_port=source_port,
            destination_port=port, direction=Direction.EGRESS, is_reply=is_reply, l7=record,
            proxy_port=self._proxy_port(side),
        )  # fmt: skip

    def adopt(self, other: Recorder) -> None:
        """Take over what another connection left that was opened for this one, in its place in time."""
        self.events += other.events
        self.entries += other.entries
        other.events, other.entries = [], []
        other.commit()

    # ------------------------------------------------------------ connection tracking

    def track(self, flags: tuple[str, ...], packets: int, size: int, *, is_closing: bool = False) -> None:
        """Write the entries that both nodes keep of this connection."""
        course, packet = self.course, self.course.packet
        seen = sum(FLAG_BITS[flag] for flag in flags)
        if packet.protocol != "TCP":
            lifetime = ANY_LIFETIME_S
        elif is_closing:
            lifetime = TCP_CLOSE_LIFETIME_S
        else:
            lifetime = TCP_LIFETIME_S if "ACK" in flags else TCP_SYN_LIFETIME_S
        frontend = course.translation.frontend
        if course.is_loopback:
            return
        for side, direction in ((course.source, "OUT"), (course.destination, "IN")):
            if side is None or side.endpoint is None or (side.decision is not None and not side.decision.allowed):
                continue
            if self._lacks_authentication(side):
                continue
            key = CtKey(
                packet.protocol, direction, packet.source, packet.source_port, packet.destination,
                packet.destination_port if packet.icmp is None else 0,
            )  # fmt: skip
            entry = CtEntry(
                created_ns=self.now_ns,
                expires_ns=self.now_ns + lifetime * SECOND,
                packets=packets,
                bytes=size,
                flags_seen=seen,
                rev_nat=frontend.id
                if frontend is not None and direction == "OUT" and not side.agent.config.has_socket_lb
                else 0,
                source_identity=int(course.source_identity),
                is_closing=is_closing,
                is_proxy_redirect=side.l7 is not None or course.takeover is not None,
            )
            self.entries.append((side.agent, key, entry))

    def wait(self, duration_ns: int) -> None:
        """Let time pass between two packets."""
        self.now_ns += duration_ns

    def commit(self) -> None:
        """Hand events and entries to the agents. An agent that does not run records no events."""
        size = self.course.packet.size
        for agent, event in self.events:
            agent.counters.count(event, size)
            if agent.is_serving and agent.config.has_hubble:
                agent.ring.append(event)
        for agent, key, entry in self.entries:
            agent.conntrack.count(key, entry)
        chosen = self.course.translation
        if chosen.by is not None and chosen.frontend is not None and chosen.backend is not None:
            remember(chosen.by, chosen.frontend, self.course.sent.source, chosen.backend)
        self._commit_ipsec()

    def _commit_ipsec(self) -> None:
        """Raise the counters of the kernels that encrypted, or could not read, the packets."""
        course = self.course
        for cover in self.ipsec:
            if cover.error is not None:
                agent, name = cover.error
                agent.encryption = agent.encryption.with_error(name)
            is_reply = cover is course.path.reply_cover
            side = (course.gateway or course.destination) if is_reply else course.source
            if side is not None and (cover.error is None or cover.error[0] is not side.agent):
                side.agent.encryption = replace(side.agent.encryption, sent=side.agent.encryption.sent + 1)
