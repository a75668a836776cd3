"""Events are forgotten an hour after they were last seen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from quizgame.cluster.clock import parse_rfc3339
from quizgame.cluster.objectstore import DELETED, Change, Key
from quizgame.goflags.times import SECOND

if TYPE_CHECKING:
    from quizgame.cluster.world import Cluster

LIFETIME_NS = 3600 * SECOND
"""Source: kube-apiserver --event-ttl, default 1h."""


class EventExpiry:
    """Removes old events."""

    __slots__ = ("_expiries", "api", "cluster")

    name = "eventexpiry"

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.api = cluster.api
        self._expiries: dict[Key, int] = {}

    def keys(self, change: Change) -> Iterable[Key]:
        """Nothing is done at a change; only the expiry is noted."""
        if change.resource == "events":
            if change.type == DELETED:
                self._expiries.pop(change.key, None)
            else:
                self._expiries[change.key] = self.api.clock.now_ns + LIFETIME_NS
        return ()

    def all_keys(self) -> Iterable[Key]:
        """Every event, to note its expiry anew."""
        for event in self.api.store.of("events"):
            metadata = event["metadata"]
            seen = parse_rfc3339(event.get("lastTimestamp") or metadata["creationTimestamp"])
            self._expiries[metadata["namespace"], metadata["name"]] = seen + LIFETIME_NS
        return ()

    def next_due(self) -> int | None:
        """Nobody waits for an event to go: expired ones are removed when time moves for another reason."""
        return None

    def due_keys(self, now_ns: int) -> Iterable[Key]:
        """Events whose hour is over."""
        return [key for key, instant in self._expiries.items() if instant <= now_ns]

    def reconcile(self, key: Key) -> None:
        """Remove one event."""
        self._expiries.pop(key, None)
        self.api.finish_deletion("events", key[1], key[0])

    def fork(self, cluster: Cluster) -> EventExpiry:
        """The same for a forked cluster."""
        twin = EventExpiry(cluster)
        twin._expiries = dict(self._expiries)
        return twin
