"""Whole exchanges over the datapath: TCP with HTTP in it, UDP questions, echo requests.

Each exchange decides its course once, plays the packets on both nodes, and leaves events and entries with the
agents. Time inside an exchange is its own: the caller advances the clock by ``elapsed_ns``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from quizgame.cluster.agent.monitor import HttpRecord, L7Record, L7Type, TracePoint
from quizgame.cluster.keyed import keyed_int
from quizgame.cluster.objects import dig
from quizgame.datapath.packet import ACK, FIN_ACK, PSH_ACK, RST_ACK, SYN, SYN_ACK, HttpRequest, Origin, Packet
from quizgame.datapath.recorder import HOP_NS, WIRE_NS, Recorder
from quizgame.datapath.servers import Answer, Listener, is_running, listener_of
from quizgame.datapath.trace import Disposition, StepKind
from quizgame.datapath.walk import Course, Side, decide
from quizgame.goflags.times import SECOND
from quizgame.policy import l7 as policy_l7
from quizgame.policy.model import Direction, L7Kind

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.world import World

SYN_TIMEOUT_NS = 134_000_000_000
"""After how long a Linux client gives a connection up: 127 s of retransmissions, and what curl adds."""
_RETRIES_S = (0, 1, 3, 7, 15, 31, 63, 127)
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
    course = decide(world, origin, first_packet(world, origin, destination, port, "TCP", start))
    recorder = Recorder(course, start)
    played = _play_tcp(world, course, recorder, _Ask(request, sni), timeout_ns)
    recorder.commit()
    return played


@dataclass(frozen=True, slots=True)
class _Ask:
    """What a client says once it is connected."""

    request: HttpRequest | None
    sni: str | None

    def is_let_through(self, side: Side) -> bool:
        """Whether a side's proxy lets it pass. A proxy for HTTP cannot read TLS and refuses it."""
        if side.l7 is None or self.request is None:
            return True
        if self.sni is not None:
            verdict = side.l7.decide(policy_l7.TlsHello(self.sni))
        else:
            asked = self.request
            verdict = side.l7.decide(policy_l7.HttpRequest(asked.method, asked.path, asked.host, dict(asked.headers)))
        return verdict is True


def _play_tcp(world: World, course: Course, recorder: Recorder, ask: _Ask, timeout_ns: int) -> Exchange:
    start, request = recorder.now_ns, ask.request
    if course.source is not None:
        recorder.socket_translation(course.source)
    if course.disposition is Disposition.REFUSED:
        return Exchange(Outcome.REFUSED, course, HOP_NS)
    if course.disposition in (Disposition.DROPPED, Disposition.LOST):
        return _retransmit(course, recorder, timeout_ns, start)
    for side in (course.source, course.destination):
        if side is not None and side.l7 is not None and not proxy_is_up(world, side):
            return _retransmit(course, recorder, timeout_ns, start)
    listener = listener_of(world, course)
    _send(course, recorder, SYN, is_first=True)
    if listener is None and not _is_proxied(course):
        _answer(course, recorder, RST_ACK)
        recorder.track((*SYN, *RST_ACK), 2, 114, is_closing=True)
        return Exchange(Outcome.REFUSED, course, recorder.now_ns - start)
    _answer(course, recorder, SYN_ACK)
    _send(course, recorder, ACK)
    connected_ns = recorder.now_ns - start
    answer, is_denied = None, False
    if request is not None:
        answer, is_denied = _request(course, recorder, request, ask, listener)
    if request is not None and answer is None:
        _answer(course, recorder, RST_ACK)
        recorder.track(("SYN", "ACK", "RST"), 6, 480, is_closing=True)
        return Exchange(Outcome.RESET, course, recorder.now_ns - start, connected_ns, listener=listener)
    _send(course, recorder, FIN_ACK)
    _answer(course, recorder, FIN_ACK)
    size = 400 + (len(answer.body) if answer is not None else 0)
    recorder.track(("SYN", "ACK", "PSH", "FIN") if request else ("SYN", "ACK", "FIN"), 10, size, is_closing=True)
    return Exchange(Outcome.OK, course, recorder.now_ns - start, connected_ns, answer, is_denied, listener)


def _is_proxied(course: Course) -> bool:
    return any(side is not None and side.l7 is not None for side in (course.source, course.destination))


def _retransmit(course: Course, recorder: Recorder, timeout_ns: int, start: int) -> Exchange:
    """Play the first packet of a connection that never comes up, again and again."""
    for seconds in _RETRIES_S:
        if seconds * SECOND >= timeout_ns:
            break
        recorder.now_ns = start + seconds * SECOND
        _send(course, recorder, SYN, is_first=True)
    recorder.now_ns = start
    recorder.track(SYN, 1, 60)
    return Exchange(Outcome.TIMEOUT, course, timeout_ns)


def _send(course: Course, recorder: Recorder, flags: tuple[str, ...], *, is_first: bool = False) -> None:
    """One packet from client to server, as far as it gets."""
    source, destination = course.source, course.destination
    if source is not None:
        if is_first:
            recorder.policy_verdict(source, flags)
        if course.drop_at is Direction.EGRESS and course.drop_reason is not None:
            recorder.drop(source, course.drop_reason, flags)
            return
        if source.l7 is not None:
            recorder.trace(source, TracePoint.TO_PROXY, flags, is_first=is_first)
            recorder.wait(HOP_NS)
        if course.path.point is not None:
            recorder.trace(source, course.path.point, flags, is_first=is_first)
    recorder.wait(HOP_NS if course.is_same_node else WIRE_NS)
    if destination is None or course.disposition is Disposition.LOST:
        return
    if is_first:
        recorder.policy_verdict(destination, flags)
    if course.drop_reason is not None:
        recorder.drop(destination, course.drop_reason, flags)
        return
    if destination.l7 is not None:
        recorder.trace(destination, TracePoint.TO_PROXY, flags, is_first=is_first)
    elif destination.endpoint is not None:
        recorder.trace(destination, TracePoint.TO_ENDPOINT, flags, is_first=is_first)
    elif not course.is_same_node:
        recorder.trace(destination, TracePoint.TO_HOST, flags, is_first=is_first)
    recorder.wait(HOP_NS)


def _answer(course: Course, recorder: Recorder, flags: tuple[str, ...]) -> None:
    """One packet from server to client; replies of a known connection pass every policy."""
    source, destination = course.source, course.destination
    if destination is not None and course.path.reply_point is not None and not course.is_same_node:
        recorder.trace(destination, course.path.reply_point, flags, is_reply=True)
    recorder.wait(HOP_NS if course.is_same_node else WIRE_NS)
    if source is not None and source.endpoint is not None:
        recorder.trace(source, TracePoint.TO_ENDPOINT, flags, is_reply=True)
    recorder.wait(HOP_NS)


def _request(
    course: Course, recorder: Recorder, request: HttpRequest, ask: _Ask, listener: Listener | None
) -> tuple[Answer | None, bool]:
    """Send the request and take the answer; returns it, and whether a proxy gave it instead of the server."""
    _send(course, recorder, PSH_ACK)
    started = recorder.now_ns
    asked: list[Side] = []
    answer: Answer | None = None
    is_denied = False
    for side in (course.source, course.destination):
        if side is None or side.l7 is None:
            continue
        passes = ask.is_let_through(side)
        record = L7Record(L7Type.REQUEST, http=HttpRecord(request.method, request_url(request)))
        if side.l7.kind is L7Kind.HTTP and ask.sni is None:
            recorder.l7(side, record, is_forwarded=passes, is_reply=False)
            asked.append(side)
            course.step(side.agent.place, StepKind.L7_POLICY, detail="allowed" if passes else "denied")
        if not passes:
            is_denied = True
            if side.l7.kind is L7Kind.HTTP and ask.sni is None:
                answer = Answer(403, "Access denied\r\n", latency_ns=0)
            break
        recorder.wait(HOP_NS)
    if not is_denied:
        answer = _from_server(course, recorder, request, listener)
    if answer is None:
        return None, is_denied
    recorder.wait(answer.latency_ns)
    for side in reversed(asked):
        record = L7Record(
            L7Type.RESPONSE,
            http=HttpRecord(request.method, request_url(request), answer.status),
            latency_ns=recorder.now_ns - started,
        )
        recorder.l7(side, record, is_forwarded=True, is_reply=True)
    _answer(course, recorder, PSH_ACK)
    return answer, is_denied


def _from_server(course: Course, recorder: Recorder, request: HttpRequest, listener: Listener | None) -> Answer | None:
    destination = course.destination
    if destination is not None and destination.l7 is not None:
        # The proxy's own connection to the pod, seen at the pod with the client's identity.
        for position, flags in enumerate((SYN, ACK, PSH_ACK)):
            recorder.trace(destination, TracePoint.TO_ENDPOINT, flags, is_first=position == 0)
            recorder.wait(HOP_NS)
    if listener is None:
        # Source: Envoy answers 503 with this body where its upstream refuses the connection.
        return Answer(
            503, "upstream connect error or disconnect/reset before headers. reset reason: connection failure"
        )
    return listener.answer(request) if listener.speaks_http else None


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
    if l7.kind is L7Kind.DNS or not side.agent.config.is_on("external-envoy-proxy", default=True):
        return side.agent.is_serving
    return _envoy_runs(side.agent)


def _envoy_runs(agent: Agent) -> bool:
    pods = agent.api.list("pods", "kube-system", label_selector="k8s-app=cilium-envoy")
    return any(dig(pod, "spec", "nodeName") == agent.node and is_running(pod) for pod in pods)


def udp(
    world: World,
    origin: Origin,
    destination: str,
    port: int,
    *,
    at_server: Callable[[Course, Recorder], bool],
    timeout_ns: int,
    start_ns: int,
    number: int = 0,
) -> Exchange:
    """Send one datagram and wait for the answer.

    Args:
        world: The settled world.
        origin: The client.
        destination: An address.
        port: Destination port.
        at_server: Called when the datagram has been delivered; plays what the proxies and the server do with it and
            returns whether an answer comes back.
        timeout_ns: How long the client waits.
        start_ns: When it starts.
        number: Tells datagrams of one instant apart.
    """
    course = decide(world, origin, first_packet(world, origin, destination, port, "UDP", start_ns, number))
    recorder = Recorder(course, start_ns)
    if course.source is not None:
        recorder.socket_translation(course.source)
    if course.disposition is Disposition.REFUSED:
        recorder.commit()
        return Exchange(Outcome.REFUSED, course, HOP_NS)
    _send(course, recorder, (), is_first=True)
    is_lost = course.disposition in (Disposition.DROPPED, Disposition.LOST)
    is_lost = is_lost or any(
        side is not None and side.l7 is not None and not proxy_is_up(world, side)
        for side in (course.source, course.destination)
    )
    is_answered = not is_lost and at_server(course, recorder)
    if is_answered:
        _answer(course, recorder, ())
    recorder.track((), 2 if is_answered else 1, 180 if is_answered else 90)
    recorder.commit()
    if not is_answered:
        return Exchange(Outcome.TIMEOUT, course, timeout_ns)
    return Exchange(Outcome.OK, course, recorder.now_ns - start_ns)


def ping(world: World, origin: Origin, destination: str, *, timeout_ns: int, start_ns: int | None = None) -> Exchange:
    """Send one echo request and wait for the reply."""
    start = world.clock.now_ns if start_ns is None else start_ns
    packet = Packet(origin.ip, destination, "ICMPv4", icmp=(8, 0), size=84)
    course = decide(world, origin, packet)
    recorder = Recorder(course, start)
    if course.disposition is not Disposition.REFUSED:
        _send(course, recorder, (), is_first=True)
    is_answered = course.disposition is Disposition.DELIVERED
    if is_answered:
        _answer(course, recorder, ())
    recorder.track((), 2 if is_answered else 1, 168 if is_answered else 84)
    recorder.commit()
    if not is_answered:
        return Exchange(Outcome.TIMEOUT, course, timeout_ns)
    return Exchange(Outcome.OK, course, recorder.now_ns - start)
