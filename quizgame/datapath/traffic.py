"""Background traffic: what a world's clients do by themselves as the clock moves.

A connection happens at fixed multiples of its period, so the same traffic results whether time passes in one span
or in many. A long span plays only what a ring buffer could still hold of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from quizgame.addresses import is_ipv4
from quizgame.cluster.agent.pods import workload_of
from quizgame.cluster.clock import EPOCH_NS
from quizgame.cluster.fabric import Traffic, fabric_of
from quizgame.cluster.objects import name_of
from quizgame.datapath.exchange import tcp
from quizgame.datapath.names import NameOutcome, resolve
from quizgame.datapath.packet import Origin
from quizgame.datapath.servers import is_running
from quizgame.datapath.topology import outside_origin, pod_origin
from quizgame.policy.l7 import HttpRequest

if TYPE_CHECKING:
    from quizgame.cluster.world import World

MAX_ROUNDS = 300
"""Connections of one client that a single span plays at most: the newest ones."""
CLIENT_TIMEOUT_NS = 3_000_000_000
"""How long background clients wait for a connection."""


def run_traffic(world: World, from_ns: int, to_ns: int) -> None:
    """Play the background connections that fall into ``(from_ns, to_ns]`` (a world's stepper)."""
    for each in fabric_of(world).traffic:
        first = (from_ns - EPOCH_NS - each.offset_ns) // each.every_ns + 1
        last = (to_ns - EPOCH_NS - each.offset_ns) // each.every_ns
        for number in range(max(first, last - MAX_ROUNDS + 1), last + 1):
            _connect(world, each, EPOCH_NS + each.offset_ns + number * each.every_ns)


def _connect(world: World, traffic: Traffic, start_ns: int) -> None:
    for origin in _clients(world, traffic):
        at = start_ns
        ip = traffic.to
        if not is_ipv4(ip):
            found = resolve(world, origin, traffic.to, start_ns=at, timeout_ns=CLIENT_TIMEOUT_NS)
            if found.outcome is not NameOutcome.OK:
                continue
            ip, at = found.ips[0], at + found.elapsed_ns
        request = None
        if traffic.is_http:
            host = traffic.to if traffic.port == 80 else f"{traffic.to}:{traffic.port}"
            request = HttpRequest(traffic.method, traffic.path, host)
        tcp(world, origin, ip, traffic.port, request=request, timeout_ns=CLIENT_TIMEOUT_NS, start_ns=at)


def _clients(world: World, traffic: Traffic) -> Iterator[Origin]:
    if traffic.client_ip:
        yield outside_origin(traffic.client_ip)
        return
    for pod in world.clusters[traffic.context].api.list("pods", traffic.namespace):
        if traffic.workload in (workload_of(pod)[0], name_of(pod)) and is_running(pod):
            origin = pod_origin(world, traffic.context, traffic.namespace, name_of(pod))
            if origin is not None:
                yield origin
