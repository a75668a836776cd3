"""Turning a connection's packets into monitor events and connection-tracking entries.

With the default monitor aggregation (``medium``) an agent reports a connection's first packet and each change of
its flags, and nothing that merely arrives (``from-…``). Source: reference cilium-dbg, section 10.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from quizgame.cluster.agent.conntrack import (
    ANY_LIFETIME_S,
    TCP_CLOSE_LIFETIME_S,
    TCP_LIFETIME_S,
    TCP_SYN_LIFETIME_S,
    CtEntry,
    CtKey,
)
from quizgame.cluster.agent.monitor import (
    Direction,
    DropReason,
    EventType,
    L7Record,
    MonitorEvent,
    Peer,
    SockPoint,
    TracePoint,
    TraceReason,
    Verdict,
)
from quizgame.cluster.keyed import keyed_int
from quizgame.datapath.peers import peer_of, policy_refs
from quizgame.goflags.times import SECOND
from quizgame.policy.decision import Decision, PolicyVerdict

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.datapath.walk import Course, Side

HOP_NS = 60_000
"""Time that a packet takes inside one node."""
WIRE_NS = 240_000
"""Time that a packet takes between two nodes."""
FLAG_BITS = {"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16}
PROXY_PORT_BASE = 10_000
PROXY_PORTS = 10_000
# Source: reference cilium-dbg, section 3: redirects use ports 10000-20000.

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
    connection: int = 0
    _client: dict[int, tuple[Peer, Peer]] = field(default_factory=dict)

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
        known = self._client.get(id(side.agent))
        if known is None:
            course, agent = self.course, side.agent
            asked_by = side.endpoint.id if side.endpoint is not None else 0
            is_source = course.source is not None and agent is course.source.agent
            client_identity = None if is_source else course.source_identity
            client = peer_of(agent, course.packet.source, identity=client_identity)
            server = peer_of(agent, course.packet.destination, asked_by=asked_by)
            known = self._client[id(agent)] = (client, server)
        return known

    # ------------------------------------------------------------ events

    def _event(self, side: Side, kind: EventType, verdict: Verdict, *, is_reply: bool | None) -> MonitorEvent:
        course = self.course
        client, server = self.peers(side)
        packet = course.packet
        is_client_side = course.source is not None and side is course.source
        event = MonitorEvent(
            time_ns=self.now_ns,
            type=kind,
            node=side.agent.node,
            cluster=side.agent.config.cluster_name,
            source=client,
            destination=server,
            protocol=packet.protocol,
            verdict=verdict,
            source_port=packet.source_port,
            destination_port=packet.destination_port,
            icmp=packet.icmp,
            direction=Direction.EGRESS if is_client_side else Direction.INGRESS,
            is_reply=is_reply,
            is_encrypted=False,
            connection=self.connection,
        )
        if is_reply:
            event = replace(
                event,
                source=server,
                destination=client,
                source_port=packet.destination_port,
                destination_port=packet.source_port,
            )
        return event

    def _add(self, side: Side, event: MonitorEvent) -> None:
        self.events.append((side.agent, event))

    def socket_translation(self, side: Side) -> None:
        """Record the translation of a service address when a socket connects."""
        course = self.course
        frontend, backend = course.translation.frontend, course.translation.backend
        if frontend is None or side.endpoint is None or not side.agent.config.has_socket_lb:
            return
        client = replace(peer_of(side.agent, course.sent.source), mac="")
        service = peer_of(side.agent, frontend.ip, as_service=True)
        before = replace(
            self._event(side, EventType.TRACE_SOCK, Verdict.TRACED, is_reply=None),
            source=client, destination=service, source_port=0, destination_port=frontend.port,
            sock_point=SockPoint.PRE_FWD, direction=Direction.UNKNOWN,
        )  # fmt: skip
        self._add(side, before)
        if backend is not None:
            chosen = peer_of(side.agent, backend.ip)
            self._add(
                side,
                replace(
                    before, destination=chosen, destination_port=backend.port,
                    verdict=Verdict.TRANSLATED, sock_point=SockPoint.POST_FWD,
                ),
            )  # fmt: skip

    def policy_verdict(self, side: Side, flags: tuple[str, ...]) -> None:
        """Record what a side's policy decides about a new connection, where policy is enforced there."""
        decision = side.decision
        if decision is None or not (decision.enforced or not decision.allowed):
            return
        verdict = _VERDICTS[decision.verdict]
        is_denied = verdict in (Verdict.DROPPED, Verdict.AUDIT)
        refs = policy_refs(decision.policies)
        event = self._event(side, EventType.POLICY_VERDICT, verdict, is_reply=None if is_denied else False)
        self._add(
            side,
            replace(
                event,
                flags=flags,
                match_type=int(decision.match),
                drop_reason=DropReason(decision.drop_reason) if decision.drop_reason and is_denied else None,
                allowed_by=() if is_denied else refs,
                denied_by=refs if is_denied else (),
                proxy_port=self._proxy_port(side, decision),
            ),
        )

    def _proxy_port(self, side: Side, decision: Decision) -> int:
        if decision.l7 is None or decision.verdict is not PolicyVerdict.REDIRECTED:
            return 0
        is_client_side = side is self.course.source
        return proxy_port(side.agent, decision.l7.kind.value, Direction.EGRESS if is_client_side else Direction.INGRESS)

    def drop(self, side: Side, reason: DropReason, flags: tuple[str, ...]) -> None:
        """Record a drop."""
        event = self._event(side, EventType.DROP, Verdict.DROPPED, is_reply=None)
        self._add(side, replace(event, flags=flags, drop_reason=reason))

    def trace(
        self, side: Side, point: TracePoint, flags: tuple[str, ...], *, is_reply: bool = False, is_first: bool = False
    ) -> None:
        """Record a packet that passes a trace point."""
        reason = TraceReason.REPLY if is_reply else TraceReason.NEW if is_first else TraceReason.ESTABLISHED
        event = self._event(side, EventType.TRACE, Verdict.FORWARDED, is_reply=is_reply)
        icmp = event.icmp
        if is_reply and icmp == (8, 0):
            icmp = (0, 0)
        self._add(side, replace(event, point=point, reason=reason, flags=flags, icmp=icmp))

    def l7(self, side: Side, record: L7Record, *, is_forwarded: bool, is_reply: bool) -> None:
        """Record a request or an answer that a side's proxy has seen."""
        verdict = Verdict.FORWARDED if is_forwarded else Verdict.DROPPED
        event = self._event(side, EventType.L7, verdict, is_reply=is_reply)
        port = self._proxy_port(side, side.decision) if side.decision is not None else 0
        self._add(side, replace(event, l7=record, proxy_port=port))

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
        for side, direction in ((course.source, "OUT"), (course.destination, "IN")):
            if side is None or (side.decision is not None and not side.decision.allowed):
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
                rev_nat=frontend.id if frontend is not None and direction == "OUT" else 0,
                source_identity=int(course.source_identity),
                is_closing=is_closing,
                is_proxy_redirect=side.l7 is not None,
            )
            self.entries.append((side.agent, key, entry))

    def wait(self, duration_ns: int) -> None:
        """Let time pass between two packets."""
        self.now_ns += duration_ns

    def commit(self) -> None:
        """Hand events and entries to the agents. An agent that does not run records no events."""
        for agent, event in self.events:
            if agent.is_serving and agent.config.has_hubble:
                agent.ring.append(event)
        for agent, key, entry in self.entries:
            agent.conntrack.count(key, entry)
