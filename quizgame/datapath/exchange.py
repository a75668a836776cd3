"""Whole exchanges over the datapath: TCP connections with HTTP in them.

Each exchange decides its course once, plays the packets on both nodes, and leaves events and entries with the
agents. Time inside an exchange is its own: the caller advances the clock by ``elapsed_ns``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from quizgame.cluster.agent.monitor import HttpRecord, L7Record, L7Type
from quizgame.cluster.keyed import keyed_int
from quizgame.datapath.authentication import shake_hands, take_new_course
from quizgame.datapath.course import Course, Side
from quizgame.datapath.legs import Leg, Stop, legs, reaches_end, reply, send
from quizgame.datapath.packet import ACK, FIN_ACK, PSH_ACK, RST_ACK, SYN, SYN_ACK, Origin, Packet
from quizgame.datapath.payloads import http_request, http_response, tls_client_hello, tls_data
from quizgame.datapath.recorder import HOP_NS, Recorder
from quizgame.datapath.servers import Answer, Listener, envoy_is_up, listener_of
from quizgame.datapath.takeover import takeover
from quizgame.datapath.throttling import transfer_ns
from quizgame.datapath.trace import Disposition, StepKind
from quizgame.datapath.walk import decide, decide_again
from quizgame.goflags.times import SECOND
from quizgame.policy.l7 import HttpRequest, TlsHello
from quizgame.policy.model import L7Kind

if TYPE_CHECKING:
    from quizgame.cluster.world import World

SYN_TIMEOUT_NS = 134_000_000_000
"""After how long a Linux client gives a connection up: 127 s of retransmissions, and what curl adds."""
_RETRIES_S = (0, 1, 3, 7, 15, 31, 63, 127)
AGGREGATION_INTERVAL_S = 5
"""Seconds after which a quiet entry is reported again. Source: config ``monitor-aggregation-interval``."""
PROXY_CONNECT_TIMEOUT_NS = 2 * SECOND
"""How long Envoy waits for its own connection. Source: config ``proxy-connect-timeout``."""
_UPSTREAM_FAILED = "upstream connect error or disconnect/reset before headers. reset reason: "
_REFUSED_UPSTREAM = "remote connection failure, transport failure reason: delayed connect error: Connection refused"
# Source: Envoy's local replies to failed upstream connections (status 503).
FIRST_EPHEMERAL_PORT = 32768
EPHEMERAL_PORTS = 28232


class Outcome(Enum):
    """How an exchange ended for the client."""

    OK = "ok"
    TIMEOUT = "timeout"
    REFUSED = "refused"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a client got."""

    outcome: Outcome
    course: Course
    elapsed_ns: int
    connect_ns: int = 0
    """Until the connection was up; 0 where it never was."""
    answer: Answer | None = None
    """The HTTP answer, the proxy's own 403 included."""
    is_denied_by_proxy: bool = False
    listener: Listener | None = None
    onward: Course | None = None
    """The connection to a backend that Envoy opened for it, where a gateway, an Ingress or an L7 service was asked."""

    @property
    def ends_at_envoy(self) -> bool:
        """Whether a node's Envoy took the connection, for a service or on the node's own address."""
        return self.course.takeover is not None or (self.listener is not None and self.listener.envoy is not None)


def ephemeral_port(seed: int, origin: Origin, destination: str, port: int, start_ns: int) -> int:
    """The source port of a new connection."""
    return FIRST_EPHEMERAL_PORT + keyed_int(
        seed, "port", origin.context, origin.ip, destination, port, start_ns, below=EPHEMERAL_PORTS
    )


def first_packet(
    world: World, origin: Origin, destination: str, port: int, protocol: str, start_ns: int, number: int = 0
) -> Packet:
    """The packet that opens a connection; ``number`` tells simultaneous ones apart."""
    source_port = ephemeral_port(world.seed, origin, destination, port, start_ns + number)
    flags = SYN if protocol == "TCP" else ()
    return Packet(origin.ip, destination, protocol, source_port, port, flags)


def tcp(
    world: World,
    origin: Origin,
    destination: str,
    port: int,
    *,
    request: HttpRequest | None = None,
    sni: str | None = None,
    timeout_ns: int = SYN_TIMEOUT_NS,
    start_ns: int | None = None,
) -> Exchange:
    """Open a TCP connection, send an HTTP request over it if there is one, and close it.

    Args:
        world: The settled world; agents' rings and tables are written.
        origin: The client.
        destination: An address (names are resolved before).
        port: Destination port.
        request: What to ask; ``None`` only connects.
        sni: Server name of a TLS handshake before the request, which proxies then cannot read; ``None``: plain text.
        timeout_ns: How long the client waits for the connection.
        start_ns: When it starts; the world's present instant if left out.
    """
    start = world.clock.now_ns if start_ns is None else start_ns
    packet, ask = first_packet(world, origin, destination, port, "TCP", start), Ask(request, sni)
    taken = takeover(world, origin, packet)
    if taken is not None:
        # late: it needs this module, and only worlds with Envoy configurations need it
        from quizgame.datapath.l7lb import play

        return play(world, taken, packet, ask, timeout_ns=timeout_ns, start_ns=start)
    course = decide(world, origin, packet)
    recorder = Recorder(course, start)
    played = play_tcp(world, course, recorder, ask, timeout_ns)
    recorder.commit()
    return played


@dataclass(frozen=True, slots=True)
class Ask:
    """What a client says once it is connected."""

    request: HttpRequest | None
    sni: str | None
    """Server name of a TLS handshake; ``None``: plain text, empty: a handshake without a name."""

    def payload(self, seed: int) -> bytes:
        """What the client writes first."""
        if self.request is None:
            return b""
        return http_request(self.request) if self.sni is None else tls_client_hello(seed, self.sni)

    def answered(self, seed: int, answer: Answer) -> bytes:
        """What the client is sent."""
        return http_response(answer) if self.sni is None else tls_data(seed, http_response(answer))

    def is_let_through(self, side: Side) -> bool:
        """Whether a side's proxy lets it pass. A proxy for HTTP cannot read TLS and refuses it."""
        if side.l7 is None or self.request is None:
            return True
        return side.l7.decide(TlsHello(self.sni) if self.sni is not None else self.request) is True


def play_tcp(world: World, course: Course, recorder: Recorder, ask: Ask, timeout_ns: int) -> Exchange:
    """Play a decided connection; the caller commits what the recorder holds."""
    start, request = recorder.now_ns, ask.request
    if course.source is not None:
        recorder.socket_translation(course.source)
    if course.disposition is Disposition.REFUSED:
        reject(course, recorder, SYN)
        return Exchange(Outcome.REFUSED, course, HOP_NS)
    first, *onward = legs(course)
    if course.is_told_unreachable:
        send(course, recorder, first, SYN, is_first=True)
        return Exchange(Outcome.REFUSED, course, HOP_NS)
    if course.unauthenticated is not None:
        await_authentication(world, course, recorder, first, timeout_ns)
        first, *onward = legs(course)
    if not can_open(world, course, first):
        retransmit(course, recorder, first, timeout_ns - (recorder.now_ns - start))
        recorder.now_ns = start
        recorder.track(SYN, 1, 60)
        return Exchange(Outcome.TIMEOUT, course, timeout_ns)
    listener = listener_of(world, course)
    send(course, recorder, first, SYN, is_first=True)
    if listener is None and first.ends_at is Stop.SERVER:
        reply(course, recorder, first, RST_ACK)
        recorder.track((*SYN, *RST_ACK), 2, 114, is_closing=True)
        return Exchange(Outcome.REFUSED, course, recorder.now_ns - start)
    reply(course, recorder, first, SYN_ACK)
    send(course, recorder, first, ACK)
    connected_ns = recorder.now_ns - start
    answer, is_denied = None, False
    if request is not None:
        recorder.request = ask.payload(world.seed)
        send(course, recorder, first, PSH_ACK)
        answer, is_denied = _request(world, course, recorder, ask, [first, *onward], listener)
    if request is not None and answer is None:
        reply(course, recorder, first, RST_ACK)
        recorder.track(("SYN", "ACK", "RST"), 6, 480, is_closing=True)
        return Exchange(
            Outcome.RESET,
            course,
            recorder.now_ns - start,
            connected_ns,
            is_denied_by_proxy=is_denied,
            listener=listener,
        )
    if answer is not None:
        recorder.answer = ask.answered(world.seed, answer)
        recorder.wait(transfer_ns(course, len(recorder.request), len(recorder.answer)))
        reply(course, recorder, first, PSH_ACK)
    send(course, recorder, first, FIN_ACK)
    reply(course, recorder, first, FIN_ACK)
    size = 400 + (len(answer.body) if answer is not None else 0)
    recorder.track(("SYN", "ACK", "PSH", "FIN") if request else ("SYN", "ACK", "FIN"), 10, size, is_closing=True)
    return Exchange(Outcome.OK, course, recorder.now_ns - start, connected_ns, answer, is_denied, listener)


def reject(course: Course, recorder: Recorder, flags: tuple[str, ...]) -> None:
    """Report the drop of a packet whose sender is told at once that it cannot get there."""
    if course.source is not None and course.drop_reason is not None:
        recorder.drop(course.source, course.drop_reason, flags)


def await_authentication(world: World, course: Course, recorder: Recorder, leg: Leg, limit_ns: int) -> None:
    """Play the attempts that are dropped until the nodes have authenticated both ends, if they can.

    Afterwards the course is that of the next attempt, and the recorder's time the one at which it is made.
    """
    start, attempts = recorder.now_ns, [each * SECOND for each in _RETRIES_S if each * SECOND < limit_ns]
    for number, after in enumerate(attempts):
        if course.unauthenticated is None:
            return
        if not shake_hands(world, course, start + after):
            for later in attempts[number + 1 :]:
                shake_hands(world, course, start + later)
            return
        if number + 1 == len(attempts):
            return
        send(course, recorder, leg, SYN, is_first=True, is_again=number > 0 and course.is_known_to_source)
        take_new_course(course, decide_again(world, course))
        recorder.now_ns = start + attempts[number + 1]


def can_open(world: World, course: Course, leg: Leg) -> bool:
    """Whether the first packet of a leg reaches the leg's end, and somebody is there."""
    if not reaches_end(course, leg):
        return False
    side = {Stop.SOURCE_PROXY: course.source, Stop.DESTINATION_PROXY: course.destination}.get(leg.ends_at)
    return side is None or proxy_is_up(world, side)


def retransmit(course: Course, recorder: Recorder, leg: Leg, limit_ns: int) -> None:
    """Play the first packet of a connection that never comes up, again and again.

    Where a node let the packet pass, its connection-tracking entry is there from then on: no second verdict, and a
    further report only after the aggregation interval. Source: cilium/cilium v1.19 bpf/lib/conntrack.h
    __ct_update_timeout, CT_REPORT_INTERVAL.
    """
    start, reported_s = recorder.now_ns, 0
    for seconds in _RETRIES_S:
        if seconds * SECOND >= limit_ns:
            break
        recorder.now_ns = start + seconds * SECOND
        is_report_due = seconds == 0 or seconds - reported_s >= AGGREGATION_INTERVAL_S
        if is_report_due:
            reported_s = seconds
        send(course, recorder, leg, SYN, is_first=True, is_again=seconds > 0, is_report_due=is_report_due)


def _request(
    world: World, course: Course, recorder: Recorder, ask: Ask, over: list[Leg], listener: Listener | None
) -> tuple[Answer | None, bool]:
    """Hand a request from leg to leg and take the answer back.

    The client's own packets are the caller's. Returns the answer, and whether a proxy denied the request.
    """
    request, leg, *onward = ask.request, *over
    if request is None:
        return None, False
    if leg.ends_at is Stop.SERVER:
        if listener is None:
            return None, False
        if listener.envoy is not None:
            # late: it needs this module, and only worlds with listeners on nodes need it
            from quizgame.datapath.l7lb import serve_on_host

            return serve_on_host(world, course, recorder, ask, listener.envoy)
        served = listener.answer(request) if listener.speaks_http else None
        if served is not None:
            recorder.wait(served.latency_ns)
        return served, False
    side = course.source if leg.ends_at is Stop.SOURCE_PROXY else course.destination
    if side is None or side.l7 is None:
        return None, False
    started = recorder.now_ns
    passes = ask.is_let_through(side)
    is_read = side.l7.kind is L7Kind.HTTP and ask.sni is None
    http = HttpRecord(request.method, request_url(request), headers=tuple(sorted(request.headers.items())))
    if is_read:
        recorder.l7(side, L7Record(L7Type.REQUEST, http=http), is_forwarded=passes, is_reply=False)
        course.step(side.agent.place, StepKind.L7_POLICY, detail="allowed" if passes else "denied")
    recorder.wait(HOP_NS)
    answer: Answer | None = None
    is_denied = not passes
    if passes:
        answer, is_denied = _upstream(world, course, recorder, ask, onward, listener)
    elif is_read:
        answer = Answer(403, "Access denied\r\n", latency_ns=0)
    if is_read and answer is not None:
        record = L7Record(L7Type.RESPONSE, http=replace(http, code=answer.status), latency_ns=recorder.now_ns - started)
        recorder.l7(side, record, is_forwarded=True, is_reply=True)
    return answer, is_denied


def _upstream(
    world: World, course: Course, recorder: Recorder, ask: Ask, over: list[Leg], listener: Listener | None
) -> tuple[Answer | None, bool]:
    """A proxy's own connection onwards, seen by the datapath with the client's identity."""
    leg, opened_ns = over[0], recorder.now_ns
    if course.unauthenticated is not None:
        await_authentication(world, course, recorder, leg, PROXY_CONNECT_TIMEOUT_NS)
    if not can_open(world, course, leg):
        retransmit(course, recorder, leg, PROXY_CONNECT_TIMEOUT_NS)
        recorder.now_ns = opened_ns + PROXY_CONNECT_TIMEOUT_NS
        return Answer(503, _UPSTREAM_FAILED + "connection timeout", latency_ns=0), False
    send(course, recorder, leg, SYN, is_first=True)
    if leg.ends_at is Stop.SERVER and listener is None:
        reply(course, recorder, leg, RST_ACK)
        return Answer(503, _UPSTREAM_FAILED + _REFUSED_UPSTREAM, latency_ns=0), False
    reply(course, recorder, leg, SYN_ACK)
    send(course, recorder, leg, ACK)
    send(course, recorder, leg, PSH_ACK)
    answer, is_denied = _request(world, course, recorder, ask, over, listener)
    if answer is not None:
        recorder.answer = ask.answered(world.seed, answer)
    reply(course, recorder, leg, PSH_ACK if answer is not None else RST_ACK)
    return answer, is_denied


def request_url(request: HttpRequest) -> str:
    """The URL as the proxy logs it."""
    return f"http://{request.host}{request.path}"


def proxy_is_up(world: World, side: Side) -> bool:
    """Whether the proxy that a side's policy sends traffic to runs on its node.

    Source: facts F-08, F-18: DNS rules are the agent's own, everything else is Envoy's, a DaemonSet of its own.
    """
    l7 = side.l7
    if l7 is None:
        return True
    return side.agent.is_serving if l7.kind is L7Kind.DNS else envoy_is_up(side.agent)
