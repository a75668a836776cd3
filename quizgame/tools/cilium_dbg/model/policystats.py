"""How much traffic met each entry of an endpoint's policy map.

Simplified: what is counted are the connections that the node still tracks, and the denials that its agent still has
in its ring; the real map counts since the entry was made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quizgame.cluster.agent.monitor import Direction as EventDirection
from quizgame.cluster.agent.monitor import DropReason, EventType
from quizgame.policy.model import Direction, Protocol

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.agent.endpoints import Endpoint
    from quizgame.policy.decision import MapEntry

_PROTOCOLS = {"TCP": Protocol.TCP, "UDP": Protocol.UDP, "SCTP": Protocol.SCTP, "ICMPv4": Protocol.ICMP}
_DENIED_BYTES = 74


@dataclass(frozen=True, slots=True)
class _Traffic:
    direction: Direction
    peer: int
    protocol: int
    port: int
    is_denied: bool
    packets: int
    bytes: int


def policy_counts(agent: Agent, endpoint: Endpoint, entries: list[MapEntry]) -> list[tuple[int, int]]:
    """Packets and bytes of each entry, in the order of the entries."""
    counts = [(0, 0)] * len(entries)
    for traffic in (*_tracked(agent, endpoint), *_denied(agent, endpoint)):
        met = [place for place, entry in enumerate(entries) if _meets(traffic, entry)]
        if met:
            best = max(met, key=lambda place: _narrowness(entries[place]))
            packets, size = counts[best]
            counts[best] = (packets + traffic.packets, size + traffic.bytes)
    return counts


def _tracked(agent: Agent, endpoint: Endpoint) -> Iterator[_Traffic]:
    for key, entry in agent.conntrack.live(agent.now_ns):
        protocol = int(_PROTOCOLS.get(key.protocol, Protocol.ANY))
        if key.direction == "IN" and key.destination == endpoint.ip:
            direction, peer = Direction.INGRESS, entry.source_identity
        elif key.direction == "OUT" and key.source == endpoint.ip:
            direction, peer = Direction.EGRESS, agent.identity_of(key.destination)
        else:
            continue
        yield _Traffic(direction, int(peer), protocol, key.destination_port, False, entry.packets, entry.bytes)


def _denied(agent: Agent, endpoint: Endpoint) -> Iterator[_Traffic]:
    for event in agent.ring.newest():
        if event.type is not EventType.DROP or event.drop_reason is not DropReason.POLICY_DENY:
            continue
        is_ingress = event.direction is EventDirection.INGRESS
        own, peer = (event.destination, event.source) if is_ingress else (event.source, event.destination)
        if own.endpoint_id == endpoint.id:
            direction = Direction.INGRESS if is_ingress else Direction.EGRESS
            protocol = int(_PROTOCOLS.get(event.protocol, Protocol.ANY))
            yield _Traffic(direction, peer.identity, protocol, event.destination_port, True, 1, _DENIED_BYTES)


def _meets(traffic: _Traffic, entry: MapEntry) -> bool:
    shift = 16 - entry.port_bits
    return (
        entry.direction is traffic.direction
        and entry.is_deny is traffic.is_denied
        and entry.identity in (0, traffic.peer)
        and entry.protocol in (0, traffic.protocol)
        and entry.port >> shift == traffic.port >> shift
    )


def _narrowness(entry: MapEntry) -> tuple[int, bool]:
    return entry.prefix_length, entry.identity != 0
