"""The BGP control plane of one agent: instances, sessions and when its routes came up. It ends with the agent."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from quizgame.cluster.bgp.desired import (
    ADVERTISEMENTS,
    NODE_CONFIGS,
    PEER_CONFIGS,
    Desired,
    Instance,
    Peer,
    read_desired,
)
from quizgame.cluster.bgp.peeringpolicy import PEERING_POLICIES, REMOVED_IN, read_peering_policy
from quizgame.cluster.bgp.routes import Route, family_routes
from quizgame.cluster.bgp.sessions import Session, next_session, outcome_of
from quizgame.cluster.crds import minor_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.bgp.router import Router
    from quizgame.cluster.links import Links

WATCHED = (
    NODE_CONFIGS, PEER_CONFIGS, ADVERTISEMENTS, PEERING_POLICIES, "secrets", "services", "nodes",
    "endpointslices.discovery.k8s.io", "ciliumnodes.cilium.io", "ciliumpodippools.cilium.io",
)  # fmt: skip
"""Resources that the control plane goes by."""
Key = tuple[str, str]
"""Names of an instance and of a peer."""


@dataclass(slots=True)
class Speaker:
    """What an agent's BGP control plane holds."""

    started_ns: int = -1
    """Start of the agent that it belongs to; an agent that has restarted begins anew."""
    version: int = -1
    """The API server's version up to which configuration and services are realized."""
    desired: Desired = field(default_factory=Desired)
    sessions: dict[Key, Session] = field(default_factory=dict)
    routes: dict[Key, tuple[tuple[Route, ...], ...]] = field(default_factory=dict)
    """What each peer is told in each of its families, or would be if its session were up."""
    since_ns: dict[tuple[str, str], int] = field(default_factory=dict)
    """Instance and prefix → when the instance got the route."""

    def fork(self) -> Speaker:
        """An independent copy."""
        return replace(self, sessions=dict(self.sessions), routes=dict(self.routes), since_ns=dict(self.since_ns))

    def peers(self) -> Iterator[tuple[Instance, Peer]]:
        """All peers with their instances."""
        return ((instance, peer) for instance in self.desired.instances for peer in instance.peers)

    def peer_routes(self, instance: Instance, peer: Peer) -> tuple[Route, ...]:
        """What a peer is told, in all families."""
        return tuple(route for family in self.routes.get((instance.name, peer.name), ()) for route in family)

    def own_routes(self, instance: Instance) -> list[Route]:
        """The routes that an instance has, whichever peer they are meant for."""
        found: dict[str, Route] = {}
        for peer in instance.peers:
            for route in self.peer_routes(instance, peer):
                found.setdefault(route.prefix, route)
        return list(found.values())

    def next_due(self) -> int | None:
        """When a session changes by itself; ``None``: none does."""
        return min((due for each in self.sessions.values() if (due := each.due_ns) is not None), default=None)

    def refresh(self, agent: Agent, routers: Mapping[str, Router], links: Links, gateway: str) -> None:
        """Take the configuration as far as the agent can read it, and let the sessions go on."""
        now = agent.now_ns
        if agent.is_connected and self._is_behind(agent):
            self.version = agent.cursor
            namespace = agent.config.get("bgp-secrets-namespace", "kube-system")
            before = {(i.name, p.name): (i.asn, i.router_id, p.session_key) for i, p in self.peers()}
            old = None
            if minor_of(agent.cluster.cilium_version) < REMOVED_IN:
                old = read_peering_policy(agent.api, agent.node, secrets_namespace=namespace)
            self.desired = old or read_desired(agent.api, agent.node, secrets_namespace=namespace, gateway=gateway)
            after = {(i.name, p.name): (i.asn, i.router_id, p.session_key) for i, p in self.peers()}
            self.sessions = {key: each for key, each in self.sessions.items() if after.get(key) == before.get(key)}
            self.routes = {
                (i.name, p.name): tuple(family_routes(agent, each) for each in p.families) for i, p in self.peers()
            }
            have = {(i.name, route.prefix) for i in self.desired.instances for route in self.own_routes(i)}
            self.since_ns = {key: self.since_ns.get(key, now) for key in have}
        for instance, peer in self.peers():
            key = (instance.name, peer.name)
            router = routers.get(peer.address)
            outcome = outcome_of(agent, instance, peer, router, links)
            self.sessions[key] = next_session(self.sessions.get(key), outcome, router, peer.hold_s, now)

    def _is_behind(self, agent: Agent) -> bool:
        """Whether anything that it goes by has changed since it was read."""
        is_behind = self.version < 0 or agent.api.has_changed(self.version, WATCHED)
        if not is_behind:
            self.version = agent.cursor
        return is_behind
