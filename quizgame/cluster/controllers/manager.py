"""Runs a cluster's controllers: changes become work, work becomes changes, until there are none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from quizgame.cluster.apierror import ApiError
from quizgame.cluster.objectstore import Change, Key

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

    __slots__ = ("_api", "_controllers", "_cursor", "_queues")

    def __init__(self, cluster: Cluster, controllers: Iterable[Controller]) -> None:
        self._api = cluster.api
        self._controllers = tuple(controllers)
        self._cursor = 0
        self._queues: tuple[set[Key], ...] = tuple(set() for _ in self._controllers)

    def fork(self, cluster: Cluster) -> ControllerManager:
        """The same manager in a forked world."""
        twin = ControllerManager(cluster, (each.fork(cluster) for each in self._controllers))
        twin._cursor = self._cursor
        twin._queues = tuple(set(queue) for queue in self._queues)
        return twin

    def sync(self) -> bool:
        """Work until the log brings nothing new; returns whether anything was written."""
        before = self._api.store.version
        while True:
            self._take_changes()
            if not any(self._queues):
                return self._api.store.version != before
            # Each controller sees what those before it wrote in the same pass; keys in order, so that runs are equal.
            for controller, queue in zip(self._controllers, self._queues, strict=True):
                self._take_changes()
                keys = sorted(queue)
                queue.clear()
                for key in keys:
                    controller.reconcile(key)

    def next_due(self) -> int | None:
        """The next timer of any controller."""
        instants = [due for each in self._controllers if (due := each.next_due()) is not None]
        return min(instants, default=None)

    def run_timers(self) -> None:
        """Queue what timers ask for at the present instant."""
        now = self._api.clock.now_ns
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
                queue.update(controller.keys(change))
