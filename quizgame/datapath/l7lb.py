"""Connections that end at a node's Envoy because it balances a service: gateways, Ingresses, L7 services.

Envoy reads the request, decides by its routes, asks policy, and connects to a backend from the node's ingress address
with the identity ``ingress``; policy is met twice, at Envoy and at the backend.
Source: cilium/cilium v1.19 Documentation/network/servicemesh/{ingress,gateway-api/gateway-api}.rst; cilium/proxy
cilium/network_policy and bpf_metadata (which policies Envoy asks).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from quizgame.cluster.agent.envoy import CLUSTER, LISTENER
from quizgame.cluster.agent.monitor import Direction, HttpRecord, L7Record, L7Type, Peer
from quizgame.cluster.keyed import keyed_int
from quizgame.datapath.course import Course, Side, Takeover
from quizgame.datapath.exchange import (
    Ask,
    Exchange,
    Outcome,
    ephemeral_port,
    play_tcp,
    request_url,
    retransmit,
)
from quizgame.datapath.legs import Leg, Stop, reply, send
from quizgame.datapath.packet import ACK, FIN_ACK, PSH_ACK, RST_ACK, SYN, SYN_ACK, Packet
from quizgame.datapath.path import Ending, Path
from quizgame.datapath.peers import peer_of
from quizgame.datapath.proxyroutes import (
    Forwarding,
    LocalReply,
    decide_route,
    filter_chain,
    network_filter,
    route_configuration,
    secret_names,
)
from quizgame.datapath.recorder import HOP_NS, Recorder, proxy_port
from quizgame.datapath.servers import Answer, envoy_is_up
from quizgame.datapath.takeover import TakenOver
from quizgame.datapath.trace import StepKind
from quizgame.datapath.walk import decide_from_proxy
from quizgame.goflags.times import SECOND
from quizgame.policy.decision import Decision, PolicyVerdict
from quizgame.policy.identity import ReservedIdentity
from quizgame.policy.l7 import HttpRequest
from quizgame.policy.model import Direction as PolicyDirection
from quizgame.policy.model import Protocol

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.agent.envoy import Taken
    from quizgame.cluster.agent.services import Backend
    from quizgame.cluster.world import World
    from quizgame.policy.endpoint_policy import EndpointPolicy

CONNECT_TIMEOUT_NS = 5 * SECOND
"""How long Envoy waits for a connection to a backend. Source: Envoy's default of ``connect_timeout``."""
SECRETS_NAMESPACE = "cilium-secrets"
_UPSTREAM_FAILED = "upstream connect error or disconnect/reset before headers. reset reason: "
_REASONS = {
    Outcome.TIMEOUT: "connection timeout",
    Outcome.REFUSED: ("remote connection failure, transport failure reason: delayed connect error: Connection refused"),
    Outcome.RESET: "connection termination",
}
# Source: Envoy's local replies to failed upstream connections (status 503).
_DENIED = "Access denied\r\n"


def play(world: World, taken: TakenOver, packet: Packet, ask: Ask, *, timeout_ns: int, start_ns: int) -> Exchange:
    """Play a connection that a node's Envoy takes over.

    Args:
        world: The settled world; agents' rings and tables are written.
        taken: Who takes it over.
        packet: The first packet, as the client sent it.
        ask: What the client says.
        timeout_ns: How long the client waits for the connection.
        start_ns: When it starts.
    """
    course = _course(taken, packet)
    recorder = Recorder(course, start_ns)
    leg = Leg(Stop.CLIENT, Stop.DESTINATION_PROXY if taken.is_from_outside else Stop.SOURCE_PROXY)
    if not envoy_is_up(taken.agent):
        retransmit(course, recorder, leg, timeout_ns)
        recorder.commit()
        return Exchange(Outcome.TIMEOUT, course, timeout_ns)
    send(course, recorder, leg, SYN, is_first=True)
    reply(course, recorder, leg, SYN_ACK)
    send(course, recorder, leg, ACK)
    connected_ns = recorder.now_ns - start_ns
    told = _Told()
    if ask.request is not None:
        recorder.request = ask.payload(world.seed)
        send(course, recorder, leg, PSH_ACK)
        told = _Envoy(world, taken, course, recorder).serve(ask, ask.request)
    if ask.request is not None and told.answer is None:
        reply(course, recorder, leg, RST_ACK)
        outcome = Outcome.RESET
    else:
        if told.answer is not None:
            recorder.answer = ask.answered(world.seed, told.answer)
            reply(course, recorder, leg, PSH_ACK)
        send(course, recorder, leg, FIN_ACK)
        reply(course, recorder, leg, FIN_ACK)
        outcome = Outcome.OK
    flags = ("SYN", "ACK", "RST") if outcome is Outcome.RESET else ("SYN", "ACK", "PSH", "FIN")
    recorder.track(flags, 10, 400 + len(told.answer.body if told.answer else ""), is_closing=True)
    recorder.commit()
    return Exchange(
        outcome,
        course,
        recorder.now_ns - start_ns,
        connected_ns,
        told.answer,
        told.is_denied,
        onward=told.onward,
    )


def serve_on_host(
    world: World, course: Course, recorder: Recorder, ask: Ask, heard: Taken
) -> tuple[Answer | None, bool]:
    """Let a node's Envoy answer a connection that came to the node's own address.

    Returns what it answers, and whether it denied the request.
    """
    if course.destination is None or ask.request is None:
        return None, False
    taken = TakenOver(course.origin, course.destination.agent, None, None, heard)
    told = _Envoy(world, taken, course, recorder).serve(ask, ask.request)
    return told.answer, told.is_denied


def _course(taken: TakenOver, packet: Packet) -> Course:
    agent = taken.agent
    course = Course(taken.origin, packet, packet)
    port = proxy_port(agent, taken.taken.place, Direction.INGRESS)
    course.takeover = Takeover(taken.service or ("", ""), port)
    course.source_identity = agent.identity_of(packet.source)
    if taken.endpoint is not None:
        course.source_identity = taken.endpoint.identity
    elif not taken.is_from_outside:
        course.source_identity = ReservedIdentity.HOST
    course.path = Path(Ending.NODE, agent)
    course.destination = Side(agent, None, course.source_identity)
    if not taken.is_from_outside:
        course.source = Side(agent, taken.endpoint, ReservedIdentity.WORLD)
    course.step(agent.place, StepKind.PROXY, f"CiliumEnvoyConfig {taken.taken.place}", f"port {port}")
    return course


@dataclass(slots=True)
class _Told:
    """What Envoy told its client; no answer: it closed the connection."""

    answer: Answer | None = None
    is_denied: bool = False
    onward: Course | None = None


@dataclass(slots=True)
class _Envoy:
    """A node's Envoy at work on one connection."""

    world: World
    taken: TakenOver
    course: Course
    recorder: Recorder
    client: Peer = field(init=False)
    """The client, with the identity that Envoy's own connections carry."""

    def __post_init__(self) -> None:
        identity = None if self.taken.keeps_source else int(ReservedIdentity.INGRESS)
        self.client = peer_of(self.agent, self.course.packet.source, identity=identity)

    @property
    def agent(self) -> Agent:
        """The node's agent."""
        return self.taken.agent

    @property
    def side(self) -> Side:
        """The node as events are told of it."""
        if self.taken.frontend is None:
            return self.course.destination or Side(self.agent)
        return self.course.source or self.course.destination or Side(self.agent)

    @property
    def service(self) -> tuple[Peer, int]:
        """The address that was asked as the other end, by the name of its service."""
        packet = self.course.packet
        return peer_of(self.agent, packet.destination, as_service=self.taken.service), packet.destination_port

    # ------------------------------------------------------------ listener

    def serve(self, ask: Ask, request: HttpRequest) -> _Told:
        """Take what the client says, and answer it."""
        config = self.taken.taken.config
        listener = config.find(LISTENER, self.taken.taken.listener)
        chain = None if listener is None else filter_chain(listener, ask.sni)
        if chain is None or not self._has_secrets(secret_names(chain)):
            return _Told()
        kind, settings = network_filter(chain)
        if kind == "TcpProxy":
            return self._pass_through(str(settings.get("cluster", "")), ask)
        if kind != "HttpConnectionManager":
            return _Told()
        scheme = "http" if ask.sni is None else "https"
        routes = route_configuration(config, settings)
        decided = decide_route(routes, request, scheme=scheme, pick=self._pick)
        if isinstance(decided, LocalReply):
            return self._reply(decided, request)
        for number, mirror in enumerate(decided.mirrors, start=1):
            self._mirror(mirror, decided, number)
        return self._forward(decided, request)

    def _has_secrets(self, names: Sequence[str]) -> bool:
        """Whether the operator has put the certificates where Envoy gets them from."""
        parts = [name.partition("/") for name in names]
        return all(self.agent.api.find("secrets", name, namespace) is not None for namespace, _, name in parts)

    def _pick(self, weights: Sequence[int]) -> int:
        spot = self._keyed("weighted-cluster", below=sum(weights))
        for position, weight in enumerate(weights):
            spot -= weight
            if spot < 0:
                return position
        return len(weights) - 1

    def _keyed(self, purpose: str, *parts: str | int, below: int) -> int:
        packet = self.course.packet
        return keyed_int(self.world.seed, purpose, packet.source, packet.source_port, packet.destination,
                         packet.destination_port, self.recorder.connection, *parts, below=below)  # fmt: skip

    # ------------------------------------------------------------ answers

    def _reply(self, told: LocalReply, request: HttpRequest) -> _Told:
        answer = Answer(told.status, told.body, dict(told.headers), latency_ns=0, is_local=True)
        self.course.step(self.agent.place, StepKind.L7_POLICY, "Envoy's routes", f"{told.status} {told.body}".strip())
        self._log(request, answer, self.service, is_forwarded=True)
        self.recorder.wait(HOP_NS)
        return _Told(answer)

    def _log(self, request: HttpRequest, answer: Answer, server: tuple[Peer, int], *, is_forwarded: bool) -> None:
        self._log_request(request, server, is_forwarded=is_forwarded)
        self._log_answer(request, answer, server, 0)

    def _log_request(self, request: HttpRequest, server: tuple[Peer, int], *, is_forwarded: bool) -> None:
        record = L7Record(L7Type.REQUEST, http=_record(request))
        self.recorder.balanced(
            self.side, record, client=self.client, server=server, is_forwarded=is_forwarded, is_reply=False
        )

    def _log_answer(self, request: HttpRequest, answer: Answer, server: tuple[Peer, int], latency_ns: int) -> None:
        http = replace(_record(request), code=answer.status)
        record = L7Record(L7Type.RESPONSE, http=http, latency_ns=latency_ns)
        self.recorder.balanced(self.side, record, client=self.client, server=server, is_forwarded=True, is_reply=True)

    # ------------------------------------------------------------ backends

    def _forward(self, decided: Forwarding, request: HttpRequest) -> _Told:
        backend = self._backend(decided.cluster)
        if backend is None:
            return self._reply(LocalReply(503, "no healthy upstream"), request)
        if not self._is_allowed(backend, decided.request):
            answer = Answer(403, _DENIED, latency_ns=0, is_local=True)
            self._log(request, answer, self.service, is_forwarded=False)
            self.course.step(self.agent.place, StepKind.L7_POLICY, detail="denied")
            return _Told(answer, is_denied=True)
        self.course.step(self.agent.place, StepKind.SERVICE, decided.cluster, f"{backend.ip}:{backend.port}")
        server = (peer_of(self.agent, backend.ip), backend.port)
        self._log_request(request, server, is_forwarded=True)
        started = self.recorder.now_ns
        self.recorder.wait(HOP_NS)
        exchange = self._connect(backend, Ask(decided.request, None), 0)
        self.recorder.wait(exchange.elapsed_ns)
        answer = self._answer_of(exchange, decided)
        self._log_answer(request, answer, server, self.recorder.now_ns - started)
        return _Told(answer, exchange.is_denied_by_proxy, exchange.course)

    def _answer_of(self, exchange: Exchange, decided: Forwarding) -> Answer:
        if exchange.outcome is not Outcome.OK or exchange.answer is None:
            return Answer(503, _UPSTREAM_FAILED + _REASONS[exchange.outcome], latency_ns=0, is_local=True)
        answer = exchange.answer
        return replace(answer, headers=decided.headers(answer.headers or {}))

    def _pass_through(self, cluster: str, ask: Ask) -> _Told:
        """Hand a TLS connection on as it is."""
        backend = self._backend(cluster)
        if backend is None or not self._is_allowed(backend, None):
            return _Told(is_denied=backend is not None)
        exchange = self._connect(backend, ask, 0)
        self.recorder.wait(exchange.elapsed_ns)
        return _Told(exchange.answer, exchange.is_denied_by_proxy, exchange.course)

    def _mirror(self, cluster: str, decided: Forwarding, number: int) -> None:
        """Send a copy whose answer nobody waits for."""
        backend = self._backend(cluster, number)
        if backend is not None and self._is_allowed(backend, decided.request):
            copied = replace(decided.request, host=f"{decided.request.host}-shadow")
            self._connect(backend, Ask(copied, None), number)

    def _backend(self, cluster: str, number: int = 0) -> Backend | None:
        """A backend of a cluster; ``None`` where it has none."""
        settings = self.taken.taken.config.find(CLUSTER, cluster) or {}
        name = str((settings.get("edsClusterConfig") or {}).get("serviceName") or cluster)
        usable = _endpoints(self.agent, name)
        if not usable:
            return None
        return usable[self._keyed("upstream", cluster, number, below=len(usable))]

    def _is_allowed(self, backend: Backend, request: HttpRequest | None) -> bool:
        """Ask the policies that Envoy asks before it connects.

        Source: cilium/proxy cilium/filter_state_cilium_policy: that of a local client for its way out, then those of
        the ingress identity for the way in and the way out.
        """
        agent, peer = self.agent, self.agent.identity_of(backend.ip)
        questions: list[tuple[str, EndpointPolicy, PolicyDirection, int, int]] = []
        if self.taken.endpoint is not None:
            own = agent.policy_of(self.taken.endpoint)
            questions.append(("the client", own, PolicyDirection.EGRESS, peer, backend.port))
        if not self.taken.keeps_source:
            ingress = agent.repository.endpoint_policy(ReservedIdentity.INGRESS)
            port, client = self.course.packet.destination_port, int(self.course.source_identity)
            questions.append(("the identity ingress", ingress, PolicyDirection.INGRESS, client, port))
            questions.append(("the identity ingress", ingress, PolicyDirection.EGRESS, peer, backend.port))
        return all(self._asks(*each, request) for each in questions)

    def _asks(
        self,
        whose: str,
        policy: EndpointPolicy,
        direction: PolicyDirection,
        peer: int,
        port: int,
        request: HttpRequest | None,
    ) -> bool:
        decision = policy.lookup(direction, peer, port, Protocol.TCP)
        kind = StepKind.EGRESS_POLICY if direction is PolicyDirection.EGRESS else StepKind.INGRESS_POLICY
        passes = _passes(decision, request)
        word = decision.verdict.value if passes is decision.allowed else "request denied"
        names = ", ".join(map(str, decision.policies))
        self.course.step(self.agent.place, kind, names, f"{word} at Envoy, for {whose}")
        return passes

    def _connect(self, backend: Backend, ask: Ask, number: int) -> Exchange:
        """Open Envoy's own connection, say what is to be said, and close it."""
        agent, now = self.agent, self.recorder.now_ns
        keeps = self.taken.keeps_source
        source = self.course.packet.source if keeps else agent.ingress_ip or agent.node_ip
        origin = replace(self.taken.origin, context=agent.context, node=agent.node, ip=source)
        port = ephemeral_port(self.world.seed, origin, backend.ip, backend.port, now + number)
        packet = Packet(source, backend.ip, "TCP", port, backend.port, SYN)
        identity = int(self.course.source_identity) if keeps else int(ReservedIdentity.INGRESS)
        side = Side(agent, self.taken.endpoint if keeps else None, agent.identity_of(backend.ip))
        onward = decide_from_proxy(self.world, side, packet, identity, origin=origin)
        recorder = Recorder(onward, now)
        played = play_tcp(self.world, onward, recorder, ask, CONNECT_TIMEOUT_NS)
        self.recorder.adopt(recorder)
        return played


def _record(request: HttpRequest) -> HttpRecord:
    return HttpRecord(request.method, request_url(request), headers=tuple(sorted(request.headers.items())))


def _passes(decision: Decision, request: HttpRequest | None) -> bool:
    if decision.verdict is not PolicyVerdict.REDIRECTED or decision.l7 is None or request is None:
        return decision.allowed
    return decision.l7.decide(request) is not False


def _endpoints(agent: Agent, name: str) -> Sequence[Backend]:
    """The usable backends behind an endpoint discovery name: ``namespace/service``, with ``:port`` or without."""
    address, _, port = name.partition(":")
    namespace, _, service = address.partition("/")
    found: Mapping[str, Sequence[Backend]] = {
        each: frontend.usable
        for key in agent.services.by_service.get((namespace, service), ())
        if (frontend := agent.services.frontends[key]).type == "ClusterIP"
        for each in (str(frontend.port), frontend.port_name)
        if each
    }
    if port:
        return found.get(port, ())
    return next(iter(found.values()), ())
