"""The table of authenticated pairs of identities on one node, and what its agent holds of SPIRE.

The table is a pinned map: what it lets through outlives the agent's process.
Source: cilium/cilium v1.19 pkg/maps/authmap, bpf/lib/auth.h auth_lookup, pkg/auth/spire/delegate.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

NO_NODE = "0.0.0.0"
_ATTEMPTS = 64
"""So many of the latest attempts are kept for the log."""


@dataclass(frozen=True, slots=True, order=True)
class AuthKey:
    """Who authenticated whom, as seen by the node that asks for it."""

    local: int
    """Identity of the node's own endpoint."""
    remote: int
    node_ip: str = NO_NODE
    """Address of the node at the other end; unspecified for the own node."""


@dataclass(frozen=True, slots=True)
class AuthEntry:
    """One authenticated pair."""

    expires_ns: int
    """When the shorter-lived of both certificates ends."""
    tried_ns: int
    """The end of the certificates for which the agent has tried last."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request for authentication that the agent saw to."""

    at_ns: int
    key: AuthKey
    problem: str | None
    """In the agent's words; ``None`` where it succeeded, empty where a reserved identity takes part."""


@dataclass(frozen=True, slots=True)
class Authentication:
    """What one node has."""

    entries: Mapping[AuthKey, AuthEntry] = field(default_factory=dict)
    attempts: tuple[Attempt, ...] = ()
    """Of the present run, oldest first."""
    is_attached: bool = False
    """Whether the agent has a stream to the SPIRE agent of its node."""
    detached_ns: int = 0
    """Since when it has none."""
    kept: Mapping[int, int] = field(default_factory=dict)
    """While it has none: identities whose certificates it still holds → the instants at which these end."""
    collected_ns: int = 0
    """When the agent last cleaned up."""

    def lets(self, key: AuthKey, now_ns: int) -> bool:
        """Whether the datapath lets a pair talk."""
        entry = self.entries.get(key)
        return entry is not None and now_ns < entry.expires_ns

    def with_entry(self, key: AuthKey, expires_ns: int) -> Authentication:
        """The same with a pair authenticated."""
        return replace(self, entries={**self.entries, key: AuthEntry(expires_ns, expires_ns)})

    def with_attempt(self, attempt: Attempt) -> Authentication:
        """The same after one request more."""
        return replace(self, attempts=(*self.attempts, attempt)[-_ATTEMPTS:])

    def restarted(self, now_ns: int) -> Authentication:
        """What a starting agent has: the map, but nothing that the process before it held."""
        return Authentication(self.entries, detached_ns=now_ns, collected_ns=now_ns)
