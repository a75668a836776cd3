"""Runs a cluster's controllers: changes become work, work becomes changes, until there are none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from quizgame.cluster.apierror import ApiError
from quizgame.cluster.objectstore import Change, Key
from quizgame.goflags.times import SECOND

if TYPE_CHECKING:
    from quizgame.cluster.world import Cluster


class Controller(Protocol):
    """One controller. It keeps no state of the cluster; what it needs to remember over time it forks."""

    name: str

    def keys(self, change: Change) -> Iterable[Key]:
        """What has to be looked at after a change."""
        ...  # pragma: no cover

    def reconcile(self, key: Key) -> None:
        """Bring what this key names to what it should be."""
        ...  # pragma: no cover

    def all_keys(self) -> Iterable[Key]:
        """Everything it looks after, for when the log no longer reaches back."""
        ...  # pragma: no cover

    def next_due(self) -> int | None:
        """The instant (ns) of its next timer; ``None``: none is set."""
        ...  # pragma: no cover

    def due_keys(self, now_ns: int) -> Iterable[Key]:
        """Keys whose timers have run out; the timers are spent."""
        ...  # pragma: no cover

    def fork(self, cluster: Cluster) -> Controller:
        """The same controller in a forked world."""
        ...  # pragma: no cover


MAX_PASSES = 200
"""Passes over all controllers at one instant, after which what is left waits."""
LONGEST_PAUSE_S = 300


class Timeless:
    """The part of a controller that has no timers and no memory: most of them."""

    __slots__ = ("api", "cluster")

    name = ""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.api = cluster.api

    def next_due(self) -> int | None:
        """It never wakes by itself."""
        return None

    def due_keys(self, now_ns: int) -> Iterable[Key]:
        """No timers."""
        return ()


class ControllerManager:
    """The controllers of one cluster with their cursor into the change log and the work that waits."""

    __slots__ = ("_api", "_controllers", "_cursor", "_pauses", "_queues", "_resume_ns")

    def __init__(self, cluster: Cluster, controllers: Iterable[Controller]) -> None:
        self._api = cluster.api
        self._pauses = 0
        """How many times in a row work was put off."""
        self._resume_ns: int | None = None
        """When work that was put off goes on; ``None``: none was."""
        self._controllers = tuple(controllers)
        self._cursor = 0
        self._queues: tuple[set[Key], ...] = tuple(set() for _ in self._controllers)

    def fork(self, cluster: Cluster) -> ControllerManager:
        """The same manager in a forked world."""
        twin = ControllerManager(cluster, (each.fork(cluster) for each in self._controllers))
        twin._cursor = self._cursor
        twin._queues = tuple(set(queue) for queue in self._queues)
        twin._pauses, twin._resume_ns = self._pauses, self._resume_ns
        return twin

    def sync(self) -> bool:
        """Work until the log brings nothing new; returns whether anything was written.

        Controllers that undo each other's work for ever (pods for a node that is not there) are put off for longer
        and longer, as their rate-limited queues do it in a real cluster.
        """
        before = self._api.store.version
        if self._resume_ns is not None:
            return False
        for _ in range(MAX_PASSES):
            self._take_changes()
            if not any(self._queues):
                self._pauses = 0
                return self._api.store.version != before
            # Each controller sees what those before it wrote in the same pass; keys in order, so that runs are equal.
            for controller, queue in zip(self._controllers, self._queues, strict=True):
                self._take_changes()
                keys = sorted(queue)
                queue.clear()
                for key in keys:
                    controller.reconcile(key)
        self._resume_ns = self._api.clock.now_ns + min(SECOND << self._pauses, LONGEST_PAUSE_S * SECOND)
        self._pauses += 1
        return self._api.store.version != before

    def next_due(self) -> int | None:
        """The next timer of any controller."""
        instants = [due for each in self._controllers if (due := each.next_due()) is not None]
        if self._resume_ns is not None:
            instants.append(self._resume_ns)
        return min(instants, default=None)

    def run_timers(self) -> None:
        """Queue what timers ask for at the present instant."""
        now = self._api.clock.now_ns
        if self._resume_ns is not None and self._resume_ns <= now:
            self._resume_ns = None
        for controller, queue in zip(self._controllers, self._queues, strict=True):
            queue.update(controller.due_keys(now))

    def enqueue_all(self) -> None:
        """Look at everything again (after a change outside the API, such as a declared fault)."""
        for controller, queue in zip(self._controllers, self._queues, strict=True):
            queue.update(controller.all_keys())

    def _take_changes(self) -> None:
        store = self._api.store
        if self._cursor == store.version:
            return
        try:
            changes = store.changes_since(self._cursor)
        except ApiError:
            self.enqueue_all()
            changes = []
        self._cursor = store.version
        for change in changes:
            for controller, queue in zip(self._controllers, self._queues, strict=True):
                if keys := controller.keys(change):
                    queue.update(keys)
