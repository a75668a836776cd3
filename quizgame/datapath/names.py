"""Resolving names from inside the world: queries are packets, and whoever must answer must be reachable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from quizgame.cluster.agent.fqdn import FqdnEntry
from quizgame.cluster.agent.monitor import DnsRecord, L7Record, L7Type
from quizgame.cluster.fabric import fabric_of
from quizgame.cluster.keyed import keyed_int
from quizgame.cluster.objects import dig, labels_of
from quizgame.datapath.datagrams import udp
from quizgame.datapath.exchange import Outcome
from quizgame.datapath.packet import Origin
from quizgame.datapath.path import Ending
from quizgame.datapath.payloads import dns_answer, dns_query
from quizgame.datapath.recorder import HOP_NS, Recorder
from quizgame.datapath.servers import is_running
from quizgame.datapath.topology import pod_origin
from quizgame.datapath.zone import (
    CLUSTER_TTL_S,
    DOMAIN,
    NO_ERROR,
    NXDOMAIN,
    REFUSED,
    answer_of,
    is_cluster_name,
)
from quizgame.goflags.times import SECOND
from quizgame.policy.l7 import DnsRequest
from quizgame.policy.model import L7Kind

if TYPE_CHECKING:
    from quizgame.cluster.agent.endpoints import Endpoint
    from quizgame.cluster.world import World
    from quizgame.datapath.course import Course, Side

ATTEMPT_NS = 5 * SECOND
ATTEMPTS = 2
# Source: resolv.conf(5): timeout 5 s, two attempts.
NDOTS = 5
NO_TTL = (1 << 32) - 1
"""What the DNS proxy logs where an answer holds no record. Source: cilium/cilium v1.19 pkg/fqdn/dnsproxy."""
DNS_PORT = 53


class NameOutcome(Enum):
    """How a look-up ended."""

    OK = "ok"
    NXDOMAIN = "nxdomain"
    REFUSED = "refused"
    """A DNS proxy's policy refused the question."""
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a client got for a name."""

    outcome: NameOutcome
    name: str
    """The name that was answered, with its final dot; the one asked for where none was."""
    ips: tuple[str, ...] = ()
    elapsed_ns: int = 0
    server: str = ""
    """The name server asked."""
    ttl_s: int = 0
    alias: str = ""


@dataclass(slots=True)
class _Reply:
    """What came back for one question; ``rcode`` -1: nothing."""

    rcode: int = -1
    ips: tuple[str, ...] = ()
    ttl_s: int = 0
    alias: str = ""


@dataclass(frozen=True, slots=True)
class ResolverConfig:
    """What ``/etc/resolv.conf`` of a client says."""

    server: str
    search: tuple[str, ...]
    ndots: int


def resolver_config(world: World, origin: Origin) -> ResolverConfig:
    """The resolver configuration of a client: the cluster's DNS for pods, the network's for nodes."""
    upstream = fabric_of(world).outside.resolver_ip
    if not origin.is_pod:
        return ResolverConfig(upstream, (), 1)
    api = world.clusters[origin.context].api
    pod = api.find("pods", origin.pod, origin.namespace)
    if dig(pod, "spec", "dnsPolicy") == "Default":
        return ResolverConfig(upstream, (), 1)
    service = api.find("services", "kube-dns", "kube-system")
    server = dig(service, "spec", "clusterIP", default="")
    return ResolverConfig(server, (f"{origin.namespace}.svc.{DOMAIN}", f"svc.{DOMAIN}", DOMAIN), NDOTS)


def candidates(name: str, config: ResolverConfig) -> list[str]:
    """The full names that a resolver tries, in order, each with its final dot."""
    if name.endswith("."):
        return [name]
    searched = [f"{name}.{domain}." for domain in config.search]
    return [f"{name}.", *searched] if name.count(".") >= config.ndots else [*searched, f"{name}."]


def resolve(
    world: World, origin: Origin, name: str, *, timeout_ns: int | None = None, start_ns: int | None = None
) -> Resolution:
    """Look a name up as a program's resolver does: search list, two attempts of five seconds.

    Args:
        world: The settled world; events and learned names are written.
        origin: The client.
        name: What the program asked for.
        timeout_ns: When the client gives up before the resolver does.
        start_ns: When it starts; the world's present instant if left out.
    """
    start = world.clock.now_ns if start_ns is None else start_ns
    config = resolver_config(world, origin)
    limit = timeout_ns if timeout_ns is not None else 1 << 62
    elapsed = 0
    last = NameOutcome.NXDOMAIN
    for candidate in candidates(name, config):
        reply, spent = _attempts(world, origin, config.server, candidate, start + elapsed, limit - elapsed)
        elapsed += spent
        if reply.rcode < 0:
            return Resolution(NameOutcome.TIMEOUT, candidate, elapsed_ns=min(elapsed, limit), server=config.server)
        if reply.rcode == NO_ERROR and reply.ips:
            return Resolution(NameOutcome.OK, candidate, reply.ips, elapsed, config.server, reply.ttl_s, reply.alias)
        last = NameOutcome.REFUSED if reply.rcode == REFUSED else NameOutcome.NXDOMAIN
    return Resolution(last, candidates(name, config)[-1], elapsed_ns=elapsed, server=config.server)


def ask(
    world: World, origin: Origin, server: str, name: str, *, qtype: str = "A", start_ns: int | None = None
) -> Resolution:
    """Put one question to one server, without a search list (``dig``, ``nslookup``); two attempts."""
    start = world.clock.now_ns if start_ns is None else start_ns
    reply, spent = _attempts(world, origin, server, name, start, 1 << 62, qtypes=(qtype,))
    if reply.rcode < 0:
        return Resolution(NameOutcome.TIMEOUT, name, elapsed_ns=spent, server=server)
    outcome = {NO_ERROR: NameOutcome.OK, NXDOMAIN: NameOutcome.NXDOMAIN}.get(reply.rcode, NameOutcome.REFUSED)
    return Resolution(outcome, name, reply.ips, spent, server, reply.ttl_s, reply.alias)


def _attempts(
    world: World,
    origin: Origin,
    server: str,
    name: str,
    start: int,
    limit: int,
    qtypes: tuple[str, ...] = ("A", "AAAA"),
) -> tuple[_Reply, int]:
    elapsed = 0
    for number in range(ATTEMPTS):
        number_on_wire = keyed_int(world.seed, "dns-id", origin.ip, name, start + elapsed, number, below=1 << 16)
        question = _Question(world, name, qtypes, number_on_wire)
        exchange = udp(
            world,
            origin,
            server,
            DNS_PORT,
            at_server=question.ask_server,
            proxy=question,
            timeout_ns=ATTEMPT_NS,
            start_ns=start + elapsed,
            number=number,
            payload=question.payload(),
        )
        elapsed += exchange.elapsed_ns
        if exchange.outcome is Outcome.OK:
            return question.reply, elapsed
        if exchange.outcome is Outcome.REFUSED or elapsed >= limit:
            break
    return _Reply(), elapsed


@dataclass(slots=True)
class _Question:
    """One question on its way: what DNS proxies and the server do with it (a ``DatagramProxy``)."""

    world: World
    name: str
    qtypes: tuple[str, ...]
    number: int
    """The message's id."""
    reply: _Reply = field(default_factory=_Reply)

    def payload(self) -> bytes:
        """The question on the wire."""
        return dns_query(self.number, self.name, self.qtypes[0])

    def _put_answer(self, recorder: Recorder) -> None:
        told = self.reply
        recorder.answer = dns_answer(self.number, self.name, self.qtypes[0], told.rcode, told.ips, told.ttl_s)

    def passes(self, side: Side, recorder: Recorder) -> bool:
        """Let a DNS proxy look at the question."""
        if side.l7 is None or side.l7.kind is not L7Kind.DNS:
            return True
        passes = side.l7.decide(DnsRequest(self.name)) is not False
        for qtype in self.qtypes:
            record = L7Record(L7Type.REQUEST, dns=DnsRecord(self.name, (qtype,)))
            recorder.l7(side, record, is_forwarded=passes, is_reply=False)
        recorder.wait(HOP_NS)
        if not passes:
            # Source: config ``tofqdns-dns-reject-response-code: refused``.
            self.reply.rcode = REFUSED
            self._put_answer(recorder)
        return passes

    def returns(self, side: Side, recorder: Recorder) -> None:
        """Let a DNS proxy see the answer and learn from it."""
        if side.l7 is None or side.l7.kind is not L7Kind.DNS:
            return
        _record_answers(recorder, side, self.name, self.qtypes, self.reply)
        if self.reply.ips and side.endpoint is not None:
            _learn(side, side.endpoint, self.name, self.reply, recorder.now_ns)

    def ask_server(self, course: Course, recorder: Recorder) -> bool:
        """Let the server at the end of the path answer; return whether it does."""
        answer = _server_answer(self.world, course, self.name, recorder)
        recorder.wait(HOP_NS)
        if answer is None:
            return False
        self.reply = answer
        if "A" not in self.qtypes:
            self.reply.ips = ()
        self._put_answer(recorder)
        return True


def _record_answers(recorder: Recorder, side: Side, name: str, qtypes: tuple[str, ...], reply: _Reply) -> None:
    for qtype in qtypes:
        ips = reply.ips if qtype == "A" else ()
        record = L7Record(
            L7Type.RESPONSE,
            dns=DnsRecord(
                name,
                (qtype,),
                ips=ips,
                ttl=reply.ttl_s if ips else NO_TTL,
                rcode=reply.rcode,
                rrtypes=(qtype,) if ips else (),
                cnames=(f"{reply.alias}.",) if ips and reply.alias else (),
            ),
            latency_ns=2 * HOP_NS,
        )
        recorder.l7(side, record, is_forwarded=True, is_reply=True)


def _learn(side: Side, endpoint: Endpoint, name: str, reply: _Reply, now_ns: int) -> None:
    side.agent.learn_names(FqdnEntry(endpoint.id, name.lower(), reply.ips, reply.ttl_s, now_ns + reply.ttl_s * SECOND))


def _server_answer(world: World, course: Course, name: str, recorder: Recorder) -> _Reply | None:
    """What the server at the end of the path says; ``None`` where nothing there speaks DNS."""
    outside = fabric_of(world).outside
    if course.path.ending is Ending.OUTSIDE:
        if course.path.host is None or course.path.host.ip != outside.resolver_ip:
            return None
        ips = outside.resolve(name)
        return _Reply(NO_ERROR if ips else NXDOMAIN, ips, outside.ttl_s if ips else 0)
    side = course.destination
    if side is None or side.endpoint is None or not side.endpoint.is_pod:
        return None
    pod = side.agent.api.find("pods", side.endpoint.pod, side.endpoint.namespace)
    if pod is None or not is_running(pod):
        return None
    upstream = _cached_service(pod)
    bare = name.rstrip(".")
    if upstream and is_cluster_name(bare):
        service = side.agent.api.find("services", upstream, side.endpoint.namespace)
        return _forward(world, side, name, recorder, dig(service, "spec", "clusterIP", default=""))
    if not upstream and not _is_coredns(pod):
        return None
    if not is_cluster_name(bare):
        return _forward(world, side, name, recorder)
    answer = answer_of(side.agent.api, bare)
    if answer.alias and is_cluster_name(answer.alias.rstrip(".").lower()):
        inside = answer_of(side.agent.api, answer.alias.rstrip("."))
        return _Reply(inside.rcode, inside.ips, CLUSTER_TTL_S if inside.ips else 0, answer.alias.rstrip("."))
    if answer.alias:
        onward = _forward(world, side, f"{answer.alias.rstrip('.')}.", recorder)
        if onward is not None:
            onward.alias = answer.alias.rstrip(".")
        return onward
    return _Reply(answer.rcode, answer.ips, CLUSTER_TTL_S if answer.ips else 0)


def _is_coredns(pod: Mapping[str, Any]) -> bool:
    return labels_of(pod).get("k8s-app") == "kube-dns"


def _cached_service(pod: Mapping[str, Any]) -> str:
    """The service that a node-local DNS cache asks for names of the cluster; empty where the pod is none.

    Source: k8s.io/dns node-cache, option ``-upstreamsvc``.
    Simplified: the cache keeps nothing, so that it answers as long as what it asks does.
    """
    for container in dig(pod, "spec", "containers", default=()):
        if "node-cache" in container.get("image", "").rpartition("/")[2]:
            words = [str(each) for each in (*(container.get("command") or ()), *(container.get("args") or ()))]
            given = [words[place + 1] for place, word in enumerate(words[:-1]) if word.lstrip("-") == "upstreamsvc"]
            return given[0] if given else "kube-dns-upstream"
    return ""


def _forward(world: World, side: Side, name: str, recorder: Recorder, server: str = "") -> _Reply | None:
    """A name server asks another, the network's resolver by default; its own policy and path decide whether it can."""
    endpoint = side.endpoint
    origin = None if endpoint is None else pod_origin(world, side.agent.context, endpoint.namespace, endpoint.pod)
    if origin is None:
        return None
    number_on_wire = keyed_int(world.seed, "dns-id", origin.ip, name, recorder.now_ns, below=1 << 16)
    question = _Question(world, name, ("A",), number_on_wire)
    exchange = udp(
        world,
        origin,
        server or fabric_of(world).outside.resolver_ip,
        DNS_PORT,
        at_server=question.ask_server,
        proxy=question,
        timeout_ns=ATTEMPT_NS,
        start_ns=recorder.now_ns,
        number=recorder.course.packet.source_port,
        payload=question.payload(),
    )
    recorder.wait(exchange.elapsed_ns)
    return question.reply if exchange.outcome is Outcome.OK else None
