"""Who announces which service: leases, their holders, and when they change hands.

A holder renews every retry period. That is worked out when somebody looks, not played, so that time passes fast;
only what changes (a lease that runs out, a holder that gives up) is a due instant of its own.
Source: k8s.io/client-go tools/leaderelection (acquire, renew, release on cancel); cilium/cilium v1.19
pkg/l2announcer/l2announcer.go; Documentation/network/l2-announcements.rst, leader election and failover.
Simplified: the agents' client-side rate limit delays no renewal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.keyed import keyed_int
from quizgame.cluster.l2.announcer import SWITCH, Announcer, Term, is_on, refresh
from quizgame.cluster.l2.devices import announcing_devices
from quizgame.cluster.l2.leases import (
    LEASES,
    NAMESPACE,
    PREFIX,
    Lease,
    find_lease,
    lease_name,
    read_lease,
    release_lease,
    timings_of,
    write_lease,
)
from quizgame.cluster.objects import name_of
from quizgame.goflags.durations import MINUTE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from quizgame.cluster.l2.policies import Key
    from quizgame.cluster.world import Cluster, World


def announce(world: World) -> bool:
    """Bring leases and the responders' maps of all clusters up to date; return whether anything changed."""
    changed = False
    for cluster in world.clusters.values():
        taking_part = [each for each in _agents(cluster) if is_on(each) or each.l2.started_ns >= 0]
        if taking_part:
            changed |= _announce(cluster, taking_part)
    return changed


def next_due(agents: Sequence[Agent]) -> int | None:
    """The next instant at which a lease changes hands, or is removed, by itself."""
    return min((due for each in agents if (due := each.l2.due_ns) is not None), default=None)


def _agents(cluster: Cluster) -> Iterator[Agent]:
    return (each for each in cluster.agents.values() if isinstance(each, Agent))


def _announce(cluster: Cluster, agents: Sequence[Agent]) -> bool:
    before = cluster.api.store.version
    changed = False
    for agent in agents:
        changed |= _follow_life(agent)
    candidates = [each for each in agents if is_on(each)]
    for agent in candidates:
        agent.l2.due_ns = None
        if refresh(agent, announcing_devices(agent)):
            changed = True
            _leave(agent)
    for key in sorted({key for each in candidates for key in (*each.l2.wanted, *each.l2.terms)}):
        changed |= _elect(key, candidates)
    changed |= _collect(cluster, candidates)
    for agent in candidates:
        changed |= agent.l2.realize(agent.now_ns)
    return changed or cluster.api.store.version != before


def _follow_life(agent: Agent) -> bool:
    """Note that an agent has ended, or runs anew; return whether it has."""
    announcer = agent.l2
    if announcer.started_ns >= 0 and announcer.ended_ns is None and announcer.started_ns != agent.started_ns:
        _end(agent)
    if agent.is_serving and announcer.started_ns != agent.started_ns:
        # A starting agent's map keeps nothing that it did not put there itself.
        agent.l2 = Announcer()
        if agent.config.is_on(SWITCH):
            agent.l2 = Announcer(agent.started_ns, timings=timings_of(agent.config))
            for warning in agent.l2.timings.warnings:
                agent.l2.note(agent.now_ns, "warn", warning, subsys="l2-announcer")
        return True
    if not agent.is_running and announcer.started_ns >= 0 and announcer.ended_ns is None:
        _end(agent)
        return True
    return False


def _end(agent: Agent) -> None:
    """An agent that ends gives its leases up, if it reaches the API server."""
    announcer = agent.l2
    if agent.is_connected:
        for key in announcer.terms:
            release_lease(agent.api, key, agent.node, agent.now_ns)
    announcer.terms, announcer.joined_ns, announcer.wanted = {}, {}, {}
    announcer.ended_ns, announcer.due_ns = agent.now_ns, None


def _leave(agent: Agent) -> None:
    """Give up the leases of services that are not selected any more."""
    for key in [each for each in agent.l2.terms if each not in agent.l2.wanted]:
        agent.l2.step_down(key)
        release_lease(agent.api, key, agent.node, agent.now_ns)


# ---------------------------------------------------------------- one service


def _elect(key: Key, candidates: Sequence[Agent]) -> bool:
    changed = False
    for agent in candidates:
        if key in agent.l2.terms:
            changed |= _go_on(agent, key)
    if any(key in each.l2.terms and each.is_connected for each in candidates):
        return changed
    reaching = [each for each in candidates if each.is_connected and key in each.l2.joined_ns]
    if not reaching:
        return changed
    lease = find_lease(reaching[0].api, key)
    at_ns, _, first = min(
        (each.l2.first_try(each, key, _free_ns(lease, each)), _rank(each, key), position)
        for position, each in enumerate(reaching)
    )
    winner = reaching[first]
    if at_ns > winner.now_ns:
        _wake(winner, at_ns)
        return changed
    _take(winner, key, lease)
    return True


def _rank(agent: Agent, key: Key) -> int:
    """Whose try the API server sees first of several at one instant."""
    return keyed_int(agent.seed, "l2-first", agent.context, agent.node, *key, below=1 << 32)


def _free_ns(lease: Lease | None, agent: Agent) -> int:
    """From when an agent may have the lease; its own, which an earlier run left, at once."""
    return 0 if lease is None or lease.holder == agent.node else lease.expires_ns


def _take(agent: Agent, key: Key, lease: Lease | None) -> None:
    now, node = agent.now_ns, agent.node
    acquired, transitions = now, 0
    if lease is not None:
        is_own = lease.holder == node
        acquired = lease.acquired_ns if is_own else now
        transitions = lease.transitions if is_own else lease.transitions + 1
    write_lease(agent.api, key, Lease(node, agent.l2.timings.duration, now, acquired, transitions))
    agent.l2.lead(key, Term(now, now))
    agent.l2.note(now, "info", "Successfully acquired lease", lock=f"{NAMESPACE}/{lease_name(key)}", subsys="klog")


def _go_on(agent: Agent, key: Key) -> bool:
    """Renew a leader's lease, or let it give up after having tried in vain; return whether anything changed."""
    announcer, term, timings = agent.l2, agent.l2.terms[key], agent.l2.timings
    if agent.is_connected:
        lease = find_lease(agent.api, key)
        if lease is None or lease.holder == agent.node:
            return _renew(agent, key, lease)
    gives_up_ns = term.renewed_ns + timings.retry + timings.deadline
    if agent.now_ns < gives_up_ns:
        _wake(agent, gives_up_ns)
        return False
    announcer.step_down(key)
    announcer.joined_ns = {**announcer.joined_ns, key: agent.now_ns}
    lock = f"{NAMESPACE}/{lease_name(key)}"
    announcer.note(
        agent.now_ns, "info", "Failed to renew lease", lock=lock, err="context deadline exceeded", subsys="klog"
    )
    announcer.note(agent.now_ns, "info", "Attempting to acquire leader lease...", lock=lock, subsys="klog")
    return True


def _renew(agent: Agent, key: Key, lease: Lease | None) -> bool:
    term, timings = agent.l2.terms[key], agent.l2.timings
    renewed = term.renewed_ns + (agent.now_ns - term.renewed_ns) // timings.retry * timings.retry
    if lease is None:
        write_lease(agent.api, key, Lease(agent.node, timings.duration, agent.now_ns, agent.now_ns, 0))
        agent.l2.lead(key, Term(agent.now_ns, agent.now_ns))
        return True
    if renewed == term.renewed_ns:
        return False
    write_lease(agent.api, key, Lease(agent.node, timings.duration, renewed, lease.acquired_ns, lease.transitions))
    agent.l2.lead(key, Term(term.acquired_ns, renewed))
    return True


def _wake(agent: Agent, at_ns: int) -> None:
    due = agent.l2.due_ns
    agent.l2.due_ns = at_ns if due is None else min(due, at_ns)


# ---------------------------------------------------------------- leases that nobody wants


def _collect(cluster: Cluster, candidates: Sequence[Agent]) -> bool:
    """Remove released leases that no agent tries for: each agent looks once a minute.

    Source: pkg/l2announcer/l2announcer.go leaseGC.
    """
    lookers = [each for each in candidates if each.is_connected]
    if not lookers:
        return False
    tried = {lease_name(key) for each in candidates for key in each.l2.joined_ns}
    changed = False
    for node in cluster.api.list(LEASES, NAMESPACE):
        if not name_of(node).startswith(PREFIX) or name_of(node) in tried or read_lease(node).holder:
            continue
        released = read_lease(node).renewed_ns
        at_ns, first = min((_next_look(each, released), position) for position, each in enumerate(lookers))
        if at_ns > lookers[first].now_ns:
            _wake(lookers[first], at_ns)
        else:
            cluster.api.delete(LEASES, name_of(node), NAMESPACE)
            changed = True
    return changed


def _next_look(agent: Agent, after_ns: int) -> int:
    return agent.started_ns + max(0, -(-(after_ns - agent.started_ns) // MINUTE)) * MINUTE
