"""The address translations that a node's datapath keeps: what pods send beyond the cluster, and the way back.

They are worked out from connection tracking, as every translated connection is tracked.
Source: cilium/cilium v1.19 bpf/lib/nat.h; golden ``cilium-dbg/bpf-nat-list``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quizgame.cluster.agent.egress import EXCLUDED, egress_rule
from quizgame.datapath.path import route
from quizgame.goflags.times import SECOND

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.agent.conntrack import CtEntry, CtKey
    from quizgame.cluster.world import World


NO_ADDRESS = "0.0.0.0"


@dataclass(frozen=True, slots=True)
class Translation:
    """One connection whose source is translated."""

    protocol: str
    source: str
    source_port: int
    destination: str
    destination_port: int
    translated_to: str
    age_s: int
    needs_ct: bool = True

    def lines(self) -> tuple[str, str]:
        """Both of its entries."""
        tail = f"Created={self.age_s}sec ago NeedsCT={int(self.needs_ct)}"
        there = f"{self.destination}:{self.destination_port}"
        own, seen = f"{self.source}:{self.source_port}", f"{self.translated_to}:{self.source_port}"
        return (
            f"{self.protocol} OUT {own} -> {there} XLATE_SRC {seen} {tail}",
            f"{self.protocol} IN {there} -> {seen} XLATE_DST {own} {tail}",
        )


def translations(world: World, agent: Agent) -> list[Translation]:
    """The translations of a node, oldest first."""
    found = [*_masqueraded(world, agent), *_through_gateway(agent)]
    return sorted(found, key=lambda each: (-each.age_s, each.source, each.source_port))


def _opened(agent: Agent) -> Iterator[tuple[CtKey, CtEntry]]:
    """What pods of a node have opened."""
    for key, entry in agent.conntrack.live(agent.now_ns):
        endpoint = agent.endpoint_at(key.source) if key.direction == "OUT" else None
        if endpoint is not None and endpoint.is_pod:
            yield key, entry


def _masqueraded(world: World, agent: Agent) -> Iterator[Translation]:
    if not agent.config.is_on("enable-ipv4-masquerade", default=True):
        return
    for key, entry in _opened(agent):
        rule = egress_rule(agent, key.source, key.destination)
        is_led = rule is not None and rule.gateway != EXCLUDED
        if not is_led and route(world, agent, key.destination, key.source).is_masqueraded:
            yield _translation(agent, key, entry, agent.node_ip)


def _through_gateway(agent: Agent) -> Iterator[Translation]:
    """What this node translates as an egress gateway, for pods of its own and of other nodes."""
    if not agent.egress_policies:
        return
    for other in (agent, *agent.neighbours()):
        for key, entry in _opened(other):
            rule = egress_rule(agent, key.source, key.destination)
            if rule is not None and rule.gateway == agent.node_ip and rule.egress_ip != NO_ADDRESS:
                yield _translation(agent, key, entry, rule.egress_ip)


def _translation(agent: Agent, key: CtKey, entry: CtEntry, to: str) -> Translation:
    protocol = "ICMP" if key.protocol == "ICMPv4" else key.protocol
    age = max((agent.now_ns - entry.created_ns) // SECOND, 0)
    return Translation(protocol, key.source, key.source_port, key.destination, key.destination_port, to, age)
