"""The agents' part of mutual authentication: the handshake, its renewal, and cleaning up.

The agent whose endpoint's policy asks for it connects to the agent at the other end. Both show the certificates of
the two endpoints' identities. Data never goes over that connection.
Source: cilium/cilium v1.19 pkg/auth/manager.go, mutual_authhandler.go, authmap_gc.go;
Documentation/network/servicemesh/mutual-authentication/mutual-authentication.rst.
Simplified: handshakes take no time of their own; meshed clusters have each their own SPIRE and do not trust another's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.auth.spire import MUTUAL
from quizgame.cluster.auth.table import NO_NODE, Attempt, AuthEntry, AuthKey
from quizgame.cluster.clock import rfc3339
from quizgame.goflags.durations import MINUTE, parse_duration
from quizgame.goflags.errors import GoValueError
from quizgame.policy.identity import ReservedIdentity
from quizgame.policy.model import AuthMode, Direction, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quizgame.cluster.links import Links
    from quizgame.cluster.world import Cluster, World

SWITCH = "mesh-auth-enabled"
_PORT, _DEFAULT_PORT = "mesh-auth-mutual-listener-port", "4250"
_GC_INTERVAL = "mesh-auth-gc-interval"
_LAST_RESERVED = 255


def authenticate(agent: Agent, links: Links, key: AuthKey, at_ns: int) -> bool:
    """Let an agent answer the datapath's request for authentication; return whether the pair may talk now."""
    if not agent.is_serving or not agent.config.is_on(SWITCH):
        return False
    expires_ns, problem = trial(agent, links, key, at_ns)
    agent.auth = agent.auth.with_attempt(Attempt(at_ns, key, problem if expires_ns is None else None))
    if expires_ns is not None:
        agent.auth = agent.auth.with_entry(key, expires_ns)
    return expires_ns is not None


def may_talk(agent: Agent, links: Links, key: AuthKey) -> bool:
    """Whether a pair may talk, after a handshake if one is needed; nothing is changed."""
    if agent.auth.lets(key, agent.now_ns):
        return True
    return agent.is_serving and agent.config.is_on(SWITCH) and trial(agent, links, key, agent.now_ns)[0] is not None


def trial(agent: Agent, links: Links, key: AuthKey, at_ns: int) -> tuple[int | None, str]:
    """What a handshake would bring: the instant up to which it holds, or ``None`` and the problem.

    The problem is empty where a reserved identity takes part.
    """
    if min(key.local, key.remote) <= _LAST_RESERVED:
        return None, ""
    if not agent.config.is_on(MUTUAL):
        return None, "unknown requested auth type: spire"
    prefix = "failed to authenticate with auth type spire: "
    own_end = certificate_end(agent, key.local)
    if own_end is None:
        return None, f"{prefix}failed to get certificate for local identity {key.local}: {_no_id(agent, key.local)}"
    peer = agent if key.node_ip == NO_NODE else _agent_at(agent.cluster, key.node_ip)
    problem = _dial(agent, links, peer, key)
    if problem:
        return None, f"{prefix}failed to dial {key.node_ip if peer is not agent else agent.node_ip}:{problem}"
    end, problem = _exchange(peer, key, own_end, at_ns)
    return (end, "") if not problem else (None, f"{prefix}failed to perform TLS handshake: {problem}")


def _exchange(peer: Agent | None, key: AuthKey, own_end: int, at_ns: int) -> tuple[int, str]:
    """Let both ends look at each other's certificate; return how long the result holds, or the problem."""
    if peer is None:
        return 0, "tls: failed to verify certificate: x509: certificate signed by unknown authority"
    end = certificate_end(peer, key.remote)
    if end is None:
        return 0, "remote error: tls: internal error"
    if end <= at_ns:
        return 0, (
            "tls: failed to verify certificate: x509: certificate has expired or is not yet valid: "
            f"current time {rfc3339(at_ns)} is after {rfc3339(end)}"
        )
    return (0, "remote error: tls: expired certificate") if own_end <= at_ns else (min(own_end, end), "")


def certificate_end(agent: Agent, identity: int) -> int | None:
    """When the certificate that an agent holds for an identity ends; ``None``: it holds none."""
    if agent.auth.is_attached:
        return agent.cluster.spire.not_after(identity, agent.now_ns)
    return agent.auth.kept.get(identity)


def trust_domain(agent: Agent) -> str:
    """The domain of the identities' names."""
    return agent.config.get("mesh-auth-spiffe-trust-domain", "spiffe.cilium")


def _no_id(agent: Agent, identity: int) -> str:
    return f"no SPIFFE ID for spiffe://{trust_domain(agent)}/identity/{identity}"


def _agent_at(cluster: Cluster, ip: str) -> Agent | None:
    return next((each for each in cluster.agents.values() if isinstance(each, Agent) and each.node_ip == ip), None)


def _dial(agent: Agent, links: Links, peer: Agent | None, key: AuthKey) -> str:
    """Why the other agent cannot be reached, from the port on; empty where it can."""
    port = agent.config.get(_PORT, _DEFAULT_PORT)
    ip = agent.node_ip if peer is agent else key.node_ip
    if peer is None:
        return ""
    if peer is not agent:
        lets = links.allows(agent.place, peer.place, "TCP", int(port)) and _host_firewalls_let(agent, peer, int(port))
        if not lets:
            return f"{port}: dial tcp {ip}:{port}: i/o timeout"
    listens = peer.is_serving and peer.config.is_on(SWITCH) and peer.config.is_on(MUTUAL)
    if not listens or peer.config.get(_PORT, _DEFAULT_PORT) != port:
        return f"{port}: dial tcp {ip}:{port}: connect: connection refused"
    return ""


def _host_firewalls_let(agent: Agent, peer: Agent, port: int) -> bool:
    for each, direction, ip in ((agent, Direction.EGRESS, peer.node_ip), (peer, Direction.INGRESS, agent.node_ip)):
        if each.repository.settings.host_firewall:
            policy = each.repository.endpoint_policy(ReservedIdentity.HOST)
            if not policy.lookup(direction, each.identity_of(ip), port, Protocol.TCP).allowed:
                return False
    return True


# ---------------------------------------------------------------- as time passes


def keep_authenticated(world: World, links: Links) -> bool:
    """Bring all agents' certificates and tables up to date; return whether anything changed."""
    changed = False
    for cluster in world.clusters.values():
        agents = list(_taking_part(cluster))
        if agents:
            changed |= cluster.spire.follow(cluster.api)
        for agent in agents:
            before = agent.auth
            _attach(agent)
            if agent.auth.entries and agent.is_serving and agent.config.is_on(SWITCH):
                _renew(agent, links)
                _collect(agent)
            changed |= agent.auth != before
    return changed


def next_due(world: World) -> int | None:
    """The next instant at which an agent renews an authentication or cleans up."""
    instants: list[int] = []
    for cluster in world.clusters.values():
        for agent in _taking_part(cluster):
            if not agent.auth.entries or not agent.is_serving or not agent.config.is_on(SWITCH):
                continue
            instants.append(agent.auth.collected_ns + _interval(agent))
            if agent.auth.is_attached:
                spire, now = cluster.spire, agent.now_ns
                identities = {each for key in agent.auth.entries for each in (key.local, key.remote)}
                instants += [due for each in identities if (due := spire.next_renewal(each, now)) is not None]
    return min(instants, default=None)


def _taking_part(cluster: Cluster) -> Iterator[Agent]:
    for agent in cluster.agents.values():
        if isinstance(agent, Agent) and (agent.auth.entries or agent.auth.is_attached or agent.config.is_on(MUTUAL)):
            yield agent


def _attach(agent: Agent) -> None:
    """Follow the SPIRE agent of the node: what it gave out stays with the agent when it goes."""
    spire = agent.cluster.spire
    is_attached = agent.is_serving and agent.config.is_on(MUTUAL) and agent.node in spire.ready_nodes
    if is_attached == agent.auth.is_attached:
        return
    kept: dict[int, int] = {}
    if not is_attached and agent.is_serving:
        ends = ((each, spire.not_after(each, agent.now_ns)) for each in spire.series)
        kept = {each: end for each, end in ends if end is not None}
    agent.auth = replace(agent.auth, is_attached=is_attached, detached_ns=agent.now_ns, kept=kept)


def _renew(agent: Agent, links: Links) -> None:
    """Authenticate pairs again whose certificates have been renewed."""
    if not agent.auth.is_attached:
        return
    for key, entry in list(agent.auth.entries.items()):
        ends = [agent.cluster.spire.not_after(each, agent.now_ns) for each in (key.local, key.remote)]
        known = [each for each in ends if each is not None]
        if len(known) < len(ends) or min(known) <= entry.tried_ns:
            continue
        if not authenticate(agent, links, key, agent.now_ns):
            tried = AuthEntry(entry.expires_ns, min(known))
            agent.auth = replace(agent.auth, entries={**agent.auth.entries, key: tried})


def _interval(agent: Agent) -> int:
    try:
        return max(MINUTE // 60, parse_duration(agent.config.get(_GC_INTERVAL, "5m0s")))
    except GoValueError:
        return 5 * MINUTE


def _collect(agent: Agent) -> None:
    """Remove what has expired, and what no identity, node or policy has a use for any more."""
    interval, last = _interval(agent), agent.auth.collected_ns
    ticks = (agent.now_ns - last) // interval
    if ticks <= 0:
        return
    wanted = {key: entry for key, entry in agent.auth.entries.items() if _is_wanted(agent, key, entry)}
    agent.auth = replace(agent.auth, entries=wanted, collected_ns=last + ticks * interval)


def _is_wanted(agent: Agent, key: AuthKey, entry: AuthEntry) -> bool:
    if entry.expires_ns <= agent.now_ns or key.local not in agent.identities or key.remote not in agent.identities:
        return False
    if key.node_ip != NO_NODE and all(each.ip != key.node_ip for each in agent.nodes.values()):
        return False
    endpoint = next((each for each in agent.endpoints.values() if each.identity == key.local), None)
    if endpoint is None:
        return False
    return any(
        each.auth is AuthMode.REQUIRED and each.identity in (0, key.remote)
        for each in agent.policy_of(endpoint).entries()
    )
