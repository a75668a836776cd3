"""Connections that policies ask mutual authentication for.

The first packet is dropped and the handshake begins; what the client sends again gets through.
Source: cilium/cilium v1.19 bpf/lib/auth.h auth_lookup; pkg/auth/manager.go.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import TYPE_CHECKING

from quizgame.cluster.auth.handshake import authenticate, may_talk
from quizgame.cluster.auth.table import NO_NODE, AuthKey
from quizgame.cluster.fabric import fabric_of

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.world import World
    from quizgame.datapath.course import Course

Admits = Callable[["Agent", AuthKey], bool]
"""Whether a node lets a pair of identities talk for which policy asks for authentication."""


def auth_key(agent: Agent, local: int, remote: int, ip: str) -> AuthKey:
    """What a node looks up for one of its endpoints and the other end, which has this address."""
    entry = agent.ipcache.lookup(ip)
    return AuthKey(local, remote, NO_NODE if entry is None else entry.tunnel_endpoint)


def is_authenticated(agent: Agent, key: AuthKey) -> bool:
    """What the datapath goes by: the entry is there and holds."""
    return agent.auth.lets(key, agent.now_ns)


def after_handshakes(world: World) -> Admits:
    """What will be let through once the agents have had the time for handshakes."""
    links = fabric_of(world).links
    return lambda agent, key: may_talk(agent, links, key)


def shake_hands(world: World, course: Course, at_ns: int) -> bool:
    """Let the node that has dropped a packet for want of authentication see to it; return whether that helped."""
    if course.unauthenticated is None:
        return False
    agent, key = course.unauthenticated
    return authenticate(agent, fabric_of(world).links, key, at_ns)


def take_new_course(course: Course, decided: Course) -> None:
    """Let a connection whose first packet was dropped go on as decided for its next one."""
    is_known = course.drop_at is not None and not course.is_denied_at_source
    for each in fields(course):
        setattr(course, each.name, getattr(decided, each.name))
    course.is_known_to_source = is_known
