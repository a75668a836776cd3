"""Static pods: the kubelet puts back the mirror of a pod that it runs from a file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from quizgame.cluster.objects import KubeObject, annotations_of, dig
from quizgame.cluster.objectstore import DELETED, Change, Key
from quizgame.cluster.requests import FieldValidation

if TYPE_CHECKING:
    from quizgame.cluster.world import Cluster

MIRROR = "kubernetes.io/config.mirror"


class StaticPodController:
    """Recreates deleted mirror pods as long as their node is there."""

    __slots__ = ("_deleted", "api", "cluster")

    name = "staticpods"

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.api = cluster.api
        self._deleted: dict[Key, KubeObject] = {}

    def keys(self, change: Change) -> Iterable[Key]:
        """Deleted mirror pods."""
        if change.resource != "pods" or change.type != DELETED or MIRROR not in annotations_of(change.object):
            return ()
        self._deleted[change.key] = change.object
        return [change.key]

    def all_keys(self) -> Iterable[Key]:
        """Those that wait."""
        return list(self._deleted)

    def next_due(self) -> int | None:
        """It never wakes by itself."""
        return None

    def due_keys(self, now_ns: int) -> Iterable[Key]:
        """No timers."""
        return ()

    def reconcile(self, key: Key) -> None:
        """Put one mirror back."""
        last = self._deleted.pop(key, None)
        if last is None or self.api.store.get("nodes", ("", dig(last, "spec", "nodeName", default=""))) is None:
            return
        kept = ("name", "namespace", "labels", "annotations")
        metadata = {field: last["metadata"][field] for field in kept if field in last["metadata"]}
        self.api.create("pods", {"metadata": metadata, "spec": last["spec"]}, validate=FieldValidation.TRUSTED)

    def fork(self, cluster: Cluster) -> StaticPodController:
        """The same for a forked cluster."""
        twin = StaticPodController(cluster)
        twin._deleted = dict(self._deleted)
        return twin
