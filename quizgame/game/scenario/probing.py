"""Tries a scenario's probes on a fork of a world, so that nothing of it shows in the learner's rings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from quizgame.addresses import is_ipv4
from quizgame.cluster.agent.pods import workload_of
from quizgame.cluster.objects import dig, name_of
from quizgame.cluster.world import World
from quizgame.content.scenario.parts import Probe, WorkloadName
from quizgame.datapath.datagrams import udp
from quizgame.datapath.exchange import Exchange, Outcome, tcp
from quizgame.datapath.names import DNS_PORT, NameOutcome, resolve
from quizgame.datapath.packet import Origin
from quizgame.datapath.servers import is_running, listener_of
from quizgame.datapath.topology import outside_origin, pod_origin
from quizgame.policy.l7 import HttpRequest
from quizgame.tools.naming import destination_name, workload_name

PATIENCE_NS = 3_000_000_000
"""How long a probe waits for a connection."""


@dataclass(frozen=True, slots=True)
class Try:
    """One pod's attempt to reach one address."""

    works: bool
    seen: str
    """What the client got, in words: ``200``, ``timeout``, ``403 from a proxy`` …"""
    names: frozenset[str] = frozenset()
    """How facts may name the destination."""
    ports: frozenset[int] = frozenset()
    """Ports under which facts may show it."""
    is_read: bool = False
    """Whether a proxy read the request, so that Hubble shows it."""


@dataclass(frozen=True, slots=True)
class Probed:
    """What became of a probe: all its tries."""

    probe: Probe
    tries: tuple[Try, ...]

    @property
    def works(self) -> bool:
        """Whether every try succeeded, and there was one."""
        return bool(self.tries) and all(each.works for each in self.tries)

    @property
    def fails(self) -> bool:
        """Whether no try succeeded."""
        return not any(each.works for each in self.tries)

    def seen(self, expected: bool) -> str:
        """What was seen that was not expected; what was seen at all where all was as expected."""
        if not self.tries:
            return "no such pod runs"
        odd = [each for each in self.tries if each.works is not expected]
        return (odd or list(self.tries))[0].seen


def probe_world(world: World, contexts: Mapping[str, str], probes: tuple[Probe, ...]) -> list[Probed]:
    """Try probes on a fork of a world.

    Args:
        world: The world; nothing in it changes.
        contexts: Name of a cluster in the scenario → its context.
        probes: What to try, in order.
    """
    twin = world.fork()
    return [try_probe(twin, contexts, probe) for probe in probes]


def try_probe(twin: World, contexts: Mapping[str, str], probe: Probe) -> Probed:
    """Try one probe on a fork that is thrown away: what it does stays in it."""
    return Probed(probe, tuple(_tries(twin, contexts, probe)))


def pods_of(world: World, contexts: Mapping[str, str], workload: WorkloadName) -> list[tuple[str, str, str]]:
    """Context, namespace and name of the running pods of a workload."""
    context = contexts.get(workload.cluster, "")
    if context not in world.clusters:
        return []
    return [
        (context, workload.namespace, name_of(pod))
        for pod in world.clusters[context].api.list("pods", workload.namespace)
        if workload.name in (workload_of(pod)[0], name_of(pod)) and is_running(pod)
    ]


def _tries(world: World, contexts: Mapping[str, str], probe: Probe) -> Iterator[Try]:
    target = probe.target
    for origin in _origins(world, contexts, probe):
        if target.workload is None:
            yield _try_host(world, origin, probe, target.host)
            continue
        for pod_context, pod_namespace, pod in pods_of(world, contexts, target.workload):
            found = world.clusters[pod_context].api.get("pods", pod, pod_namespace)
            yield _try_address(world, origin, probe, str(dig(found, "status", "podIP", default="")), pod)


def _origins(world: World, contexts: Mapping[str, str], probe: Probe) -> Iterator[Origin]:
    client = probe.client
    if client.workload is None:
        yield outside_origin(client.address)
        return
    for context, namespace, name in pods_of(world, contexts, client.workload):
        origin = pod_origin(world, context, namespace, name)
        if origin is not None:
            yield origin


def _try_host(world: World, origin: Origin, probe: Probe, host: str) -> Try:
    if is_ipv4(host):
        return _try_address(world, origin, probe, host, host)
    found = resolve(world, origin, host, timeout_ns=None, start_ns=world.clock.now_ns)
    if found.outcome is not NameOutcome.OK:
        return Try(False, f"the name {host} does not resolve ({found.outcome.value})")
    if probe.protocol == "UDP" and probe.target.port == DNS_PORT:
        return Try(True, "answered")
    return _try_address(world, origin, probe, found.ips[0], host)


def _try_address(world: World, origin: Origin, probe: Probe, ip: str, asked: str) -> Try:
    port = probe.target.port or 0
    start = world.clock.now_ns
    request = None
    if probe.http is not None:
        request = HttpRequest(probe.http.method, probe.http.path, asked if port == 80 else f"{asked}:{port}")
    if probe.protocol == "TCP":
        exchange = tcp(world, origin, ip, port, request=request, timeout_ns=PATIENCE_NS, start_ns=start)
    else:
        exchange = udp(
            world, origin, ip, port,
            at_server=lambda course, _recorder: listener_of(world, course) is not None,
            timeout_ns=PATIENCE_NS, start_ns=start,
        )  # fmt: skip
    works, seen = _verdict(exchange)
    names = {destination_name(world, exchange.course, asked), asked}
    side = (exchange.onward or exchange.course).destination
    if side is not None and side.endpoint is not None and side.endpoint.is_pod:
        names.add(workload_name(world, side.endpoint.namespace, side.endpoint.pod, side.agent.config.cluster_name))
    ports = frozenset({port, exchange.course.packet.destination_port})
    ends = (exchange.course.source, side)
    is_read = exchange.ends_at_envoy or any(each is not None and each.l7 is not None for each in ends)
    return Try(works, seen, frozenset(names), ports, is_read)


def _verdict(exchange: Exchange) -> tuple[bool, str]:
    if exchange.outcome is not Outcome.OK:
        return False, exchange.outcome.value
    answer = exchange.answer
    if answer is None:
        return True, "connected"
    if exchange.is_denied_by_proxy:
        return False, f"{answer.status} from a proxy"
    return answer.status < 400, str(answer.status)
