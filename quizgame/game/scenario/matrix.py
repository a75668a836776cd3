"""Connectivity matrices: who reaches what in a world, and how two worlds differ.

One running pod stands for its workload. A pair is a client and a port that something listens on; where a proxy looks
into HTTP, each of a set of requests counts for itself. Nothing is sent: the matrix asks the datapath for decisions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from quizgame.cluster.agent.pods import is_host_network, workload_of
from quizgame.cluster.fabric import agents_of, fabric_of
from quizgame.cluster.objects import dig, name_of, namespace_of
from quizgame.cluster.world import Cluster, World
from quizgame.datapath.authentication import after_handshakes
from quizgame.datapath.course import Course
from quizgame.datapath.exchange import proxy_is_up
from quizgame.datapath.packet import SYN, Origin, Packet
from quizgame.datapath.servers import is_running, listener_of, open_ports
from quizgame.datapath.topology import pod_origin
from quizgame.datapath.trace import Disposition
from quizgame.datapath.walk import decide
from quizgame.policy import l7

METHODS = ("GET", "POST", "PUT", "DELETE")
CONNECTION = ""
"""The part of an entry that says that a connection comes about, whatever is asked over it."""


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """A client and something to reach."""

    client: str
    """``namespace/workload``, with ``cluster:`` before it where there are several."""
    destination: str
    """The same, or an address outside."""
    port: int
    protocol: str

    def __str__(self) -> str:
        return f"{self.client} -> {self.destination}:{self.port}/{self.protocol}"


Matrix = Mapping[Pair, frozenset[str]]
"""Pair → what gets through: ``CONNECTION``, and ``METHOD /path`` for each request that does."""


@dataclass(frozen=True, slots=True)
class _Host:
    """A pod that stands for its workload."""

    name: str
    origin: Origin
    ports: tuple[tuple[int, str], ...] = field(default=())


def asks_for(paths: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """The requests that are tried where a proxy looks: each method on each path, and on ``/``."""
    return tuple((method, path) for path in sorted({"/", *paths}) for method in METHODS)


def matrix_of(world: World, asks: Iterable[tuple[str, str]] = asks_for(())) -> Matrix:
    """Work out who reaches what.

    Args:
        world: The settled world; nothing in it changes.
        asks: Method and path of the requests to try.
    """
    requests = tuple(asks)
    hosts = [host for cluster in world.clusters.values() for host in _hosts(world, cluster)]
    outside = [(ip, port) for ip, host in fabric_of(world).outside.hosts.items() for port in host.ports]
    found: dict[Pair, frozenset[str]] = {}
    for client in hosts:
        for server in hosts:
            if server is client:
                continue
            for port, protocol in server.ports:
                pair = Pair(client.name, server.name, port, protocol)
                found[pair] = _reach(world, client.origin, server.origin.ip, port, protocol, requests)
        for ip, port in outside:
            found[Pair(client.name, ip, port, "TCP")] = _reach(world, client.origin, ip, port, "TCP", requests)
    return found


def opened(before: Matrix, after: Matrix) -> frozenset[Pair]:
    """The pairs of ``before`` that let through in ``after`` something that they did not; new workloads do not count."""
    return frozenset(pair for pair, through in before.items() if after.get(pair, frozenset()) - through)


def closed(before: Matrix, after: Matrix) -> frozenset[Pair]:
    """The pairs that no longer let through something that they did; what is gone altogether counts, too."""
    return frozenset(pair for pair, through in before.items() if through - after.get(pair, frozenset()))


def changed_requests(before: Matrix, after: Matrix, pair: Pair) -> tuple[frozenset[str], frozenset[str]]:
    """What a pair lets through in addition, and no longer."""
    old, new = before.get(pair, frozenset()), after.get(pair, frozenset())
    return new - old, old - new


def _hosts(world: World, cluster: Cluster) -> Iterator[_Host]:
    prefix = f"{cluster.cluster_name}:" if len(world.clusters) > 1 else ""
    agents = {agent.node: agent for agent in agents_of(cluster)}
    seen: set[str] = set()
    for pod in cluster.api.list("pods"):
        name = f"{prefix}{namespace_of(pod)}/{workload_of(pod)[0]}"
        agent = agents.get(dig(pod, "spec", "nodeName", default=""))
        if name in seen or agent is None or is_host_network(pod) or not is_running(pod):
            continue
        origin = pod_origin(world, cluster.context, namespace_of(pod), name_of(pod))
        if origin is None:
            continue
        seen.add(name)
        server = next((each for each in fabric_of(world).servers if each.serves(namespace_of(pod), name_of(pod))), None)
        if server is not None and server.ports:
            ports = {(port, "TCP") for port in server.ports}
        else:
            ports = open_ports(agent, pod)
        yield _Host(name, origin, tuple(sorted(ports)))


def _reach(
    world: World, origin: Origin, ip: str, port: int, protocol: str, requests: tuple[tuple[str, str], ...]
) -> frozenset[str]:
    flags = SYN if protocol == "TCP" else ()
    packet = Packet(origin.ip, ip, protocol, 40_000, port, flags)
    course = decide(world, origin, packet, admits=after_handshakes(world))
    is_answered = course.disposition is Disposition.DELIVERED and not course.is_answer_lost
    if not is_answered or listener_of(world, course) is None:
        return frozenset()
    if any(side is not None and not proxy_is_up(world, side) for side in (course.source, course.destination)):
        return frozenset()
    if protocol != "TCP":
        return frozenset((CONNECTION,))
    return frozenset((CONNECTION, *(f"{method} {path}" for method, path in requests if _passes(course, method, path))))


def _passes(course: Course, method: str, path: str) -> bool:
    request = l7.HttpRequest(method, path, "", {})
    return all(
        side is None or side.l7 is None or side.l7.decide(request) is not False
        for side in (course.source, course.destination)
    )
