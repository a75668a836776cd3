"""Who answers ARP on the nodes' network.

A host of the network asks for an address of its own network only; everything else goes to its router, which asks for
the addresses of the networks that it stands in. Source: RFC 826; facts F-99 (ARP crosses no router);
cilium/cilium v1.19 bpf/lib/l2_responder.h.
Simplified: a neighbour entry is asked for anew with every connection; one that has become wrong is never used on.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.agent.egress import DEVICE, device_addresses

if TYPE_CHECKING:
    from quizgame.cluster.links import Links
    from quizgame.cluster.world import Cluster, World


def is_on_link(world: World, *ips: str) -> bool:
    """Whether addresses all lie in one network of nodes."""
    return any(
        all(IPv4Address(ip) in IPv4Network(network) for ip in ips)
        for cluster in world.clusters.values()
        for network in cluster.networks
    )


def owner_of(world: World, links: Links, ip: str, asker: str) -> Agent | None:
    """The agent of the node whose answer an asker goes by; ``None`` where none answers.

    Of several that answer the one that began last has told the network last, by a gratuitous ARP.

    Args:
        world: The settled world.
        links: What firewalls let through.
        ip: The address asked for.
        asker: ``context/node``, or ``outside``.
    """
    found = [
        (since, agent.place, agent)
        for agent in _on_link_with(world, ip)
        if agent.place != asker
        and (since := _answers_since(agent, ip)) is not None
        and links.allows(asker, agent.place, "*", 0)
    ]
    return max(found, key=lambda each: each[:2])[2] if found else None


def _answers_since(agent: Agent, ip: str) -> int | None:
    if ip in device_addresses(agent)[DEVICE]:
        return agent.now_ns
    return agent.l2.answers_since(ip, DEVICE, agent.now_ns)


def _on_link_with(world: World, ip: str) -> Iterator[Agent]:
    for cluster in world.clusters.values():
        for network in cluster.networks:
            if IPv4Address(ip) in IPv4Network(network):
                yield from (each for each in _agents(cluster) if cluster.network_of(each.node_ip) == network)


def _agents(cluster: Cluster) -> Iterator[Agent]:
    return (each for each in cluster.agents.values() if isinstance(each, Agent))
