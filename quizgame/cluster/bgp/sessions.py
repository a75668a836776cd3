"""BGP sessions: their states, and what causes them.

A session comes up when the router answers, expects this neighbour with this AS number and password, and is the AS that
it is taken for. An established session outlives silence until its hold time is over; a closed connection or a
NOTIFICATION ends it at once. Source: RFC 4271, section 8 (states, hold timer); RFC 2385 (with a wrong password a
connection never comes up); GoBGP: no connection within reach is ``active``, a session refused in OPEN goes back to
``idle``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from quizgame.cluster.bgp.router import Router, RouterState
from quizgame.goflags.times import SECOND

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.bgp.desired import Instance, Peer
    from quizgame.cluster.links import Links

CONNECT_NS = 5 * SECOND
"""How long a session that can come up takes. Source: GoBGP waits up to 5 s before the first attempt."""


class SessionState(Enum):
    """Source: reference cilium-cli.md, section 8 (words)."""

    IDLE = "idle"
    ACTIVE = "active"
    OPEN_SENT = "open_sent"
    ESTABLISHED = "established"


class Outcome(Enum):
    """What comes of trying to talk to a peer."""

    AGREES = "agrees"
    NO_ANSWER = "nothing answers"
    NO_CONNECTION = "no connection comes up"
    MUTE = "the connection stays mute"
    REFUSED = "the other side refuses"


_STATES = {
    Outcome.NO_ANSWER: SessionState.ACTIVE,
    Outcome.NO_CONNECTION: SessionState.ACTIVE,
    Outcome.MUTE: SessionState.OPEN_SENT,
    Outcome.REFUSED: SessionState.IDLE,
}


@dataclass(frozen=True, slots=True)
class Session:
    """One peer's session, as its node's agent sees it."""

    outcome: Outcome
    since_ns: int
    """When this outcome began."""
    established_ns: int | None = None
    """Since when it is up; ``None`` while it is not."""
    received: int = 0
    """Routes that the router announces."""
    peer_asn: int = 0
    """The AS number that the router said."""
    hold_s: int = 0
    """Hold time agreed on; 0 while it is not up."""

    @property
    def state(self) -> SessionState:
        """Its state."""
        if self.established_ns is not None:
            return SessionState.ESTABLISHED
        return _STATES.get(self.outcome, SessionState.ACTIVE)

    @property
    def is_up(self) -> bool:
        """Whether it is established."""
        return self.established_ns is not None

    @property
    def due_ns(self) -> int | None:
        """When its state changes by itself; ``None``: not."""
        if self.established_ns is None:
            return self.since_ns + CONNECT_NS if self.outcome is Outcome.AGREES else None
        return self.since_ns + self.hold_s * SECOND if self.outcome is Outcome.NO_ANSWER else None


def next_session(known: Session | None, outcome: Outcome, router: Router | None, hold_s: int, now_ns: int) -> Session:
    """What becomes of a session.

    Args:
        known: Its last state; ``None`` where it has just been configured.
        outcome: What comes of talking now.
        router: The peer; ``None`` where nobody has the address.
        hold_s: The hold time that is offered.
        now_ns: The present instant.
    """
    session = known if known is not None and known.outcome is outcome else None
    if session is None:
        is_kept = known is not None and known.is_up and outcome in (Outcome.AGREES, Outcome.NO_ANSWER)
        session = replace(known, outcome=outcome, since_ns=now_ns) if is_kept and known else Session(outcome, now_ns)
    if session.is_up:
        is_over = session.due_ns is not None and now_ns >= session.due_ns
        session = Session(outcome, session.since_ns) if is_over else session
    elif router is not None and session.due_ns is not None and now_ns >= session.due_ns:
        session = replace(session, established_ns=now_ns, hold_s=min(hold_s, router.hold_time_s))
    if session.is_up and router is not None and outcome is Outcome.AGREES:
        session = replace(session, received=len(router.announces), peer_asn=router.asn)
    return session


def outcome_of(agent: Agent, instance: Instance, peer: Peer, router: Router | None, links: Links) -> Outcome:
    """What comes of a node's talking to a peer at present."""
    if router is None or router.state is RouterState.DOWN or not _reaches(agent, instance, peer, router, links):
        return Outcome.NO_ANSWER
    local = peer.local_address or agent.node_ip
    if router.state is RouterState.NO_BGP or peer.port != router.port or local not in (agent.node_ip, agent.router_ip):
        return Outcome.NO_CONNECTION
    is_external = peer.asn != instance.asn
    if is_external and router.hops > peer.multihop:
        return Outcome.NO_CONNECTION
    expected = router.neighbor(local)
    if expected is not None and expected.password != peer.password:
        return Outcome.NO_CONNECTION
    if router.state is RouterState.SILENT:
        return Outcome.MUTE
    if expected is None or expected.asn not in (0, instance.asn) or peer.asn not in (0, router.asn):
        return Outcome.REFUSED
    return Outcome.AGREES


def _reaches(agent: Agent, instance: Instance, peer: Peer, router: Router, links: Links) -> bool:
    outward = all(links.allows(agent.place, place, "TCP", peer.port) for place in ("outside", router.place))
    if outward or not instance.local_port:
        return outward
    return all(links.allows(place, agent.place, "TCP", instance.local_port) for place in ("outside", router.place))
