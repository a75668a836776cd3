"""Lets the agents of a world and the routers outside talk: sessions, tables, and what agents report of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.bgp.report import write_status
from quizgame.cluster.bgp.speaker import Speaker
from quizgame.goflags.times import SECOND

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quizgame.cluster.bgp.router import Router
    from quizgame.cluster.bgp.tables import RouteTables
    from quizgame.cluster.links import Links
    from quizgame.cluster.world import World


def speaks_bgp(agent: Agent) -> bool:
    """Whether an agent runs the BGP control plane."""
    return agent.is_serving and agent.config.is_on("enable-bgp-control-plane")


def exchange_routes(
    world: World, routers: Mapping[str, Router], links: Links, tables: RouteTables, gateway: str
) -> bool:
    """Bring all sessions and tables up to date; return whether anything changed.

    Args:
        world: The clusters.
        routers: Routers outside by address.
        links: Which node reaches which.
        tables: What the routers learned; changed in place.
        gateway: The nodes' default gateway.
    """
    changed = False
    for cluster in world.clusters.values():
        for agent in cluster.agents.values():
            if not isinstance(agent, Agent) or not (speaks_bgp(agent) or agent.bgp.sessions):
                continue
            before = agent.bgp
            if not speaks_bgp(agent) or before.started_ns != agent.started_ns:
                agent.bgp = Speaker(agent.started_ns)
                changed |= _close(agent, before, tables)
            if speaks_bgp(agent):
                known = dict(agent.bgp.sessions)
                agent.bgp.refresh(agent, routers, links, gateway)
                changed |= agent.bgp.sessions != known
                changed |= _tell(agent, before, routers, tables)
                changed |= write_status(agent)
    return changed


def _close(agent: Agent, ended: Speaker, tables: RouteTables) -> bool:
    """The agent's process has ended, and its connections with it.

    Source: RFC 4724, section 4.2: with graceful restart a peer keeps the routes of a closed session for a while.
    """
    changed = False
    for instance, peer in ended.peers():
        stale = agent.now_ns + peer.restart_s * SECOND if peer.restart_s else None
        changed |= tables.lose(peer.address, (agent.place, f"{instance.name}/{peer.name}"), stale)
    return changed


def _tell(agent: Agent, before: Speaker, routers: Mapping[str, Router], tables: RouteTables) -> bool:
    changed = False
    speaker = agent.bgp
    for instance, peer in speaker.peers():
        teller = (agent.place, f"{instance.name}/{peer.name}")
        router, session = routers.get(peer.address), speaker.sessions[instance.name, peer.name]
        if session.is_up and router is not None:
            routes = speaker.peer_routes(instance, peer)
            next_hop = peer.local_address or agent.node_ip
            changed |= tables.tell(router, teller, routes, next_hop=next_hop, asn=instance.asn)
        elif before is speaker:
            # Stale routes of a restarted agent stay until it is back or their time is over.
            changed |= _withdraw(tables, peer.address, teller)
    own = {(peer.address, f"{instance.name}/{peer.name}") for instance, peer in speaker.peers()}
    for router_ip, told in tables.learned.items():
        for teller in [key for key in told if key[0] == agent.place and (router_ip, key[1]) not in own]:
            if all(each.stale_until_ns is None for each in told[teller]):
                changed |= tables.lose(router_ip, teller, None)
    return changed


def _withdraw(tables: RouteTables, router_ip: str, teller: tuple[str, str]) -> bool:
    told = tables.learned.get(router_ip, {}).get(teller, ())
    if not told or any(each.stale_until_ns is not None for each in told):
        return False
    return tables.lose(router_ip, teller, None)
