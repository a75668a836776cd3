"""The garbage collector: what a deleted owner owned, and pods whose node is gone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from quizgame.cluster.controllers.manager import Timeless
from quizgame.cluster.objects import dig, uid_of
from quizgame.cluster.objectstore import DELETED, Change, Key

if TYPE_CHECKING:
    from quizgame.cluster.world import Cluster

_OWNER, _NODE, _DEFINITION = "owner", "node", "definition"


class GarbageCollector(Timeless):
    """Deletes dependents of deleted objects in the background."""

    __slots__ = ()

    name = "garbage"

    def keys(self, change: Change) -> Iterable[Key]:
        """What was deleted: its uid, for nodes their name, for definitions the resource they defined."""
        if change.type != DELETED:
            return ()
        found = []
        uid = uid_of(change.object)
        if self.api.store.owned_by(uid):
            found.append((_OWNER, uid))
        if change.resource == "nodes":
            found.append((_NODE, change.key[1]))
        elif change.resource == "customresourcedefinitions.apiextensions.k8s.io":
            found.append((_DEFINITION, change.key[1]))
        return found

    def all_keys(self) -> Iterable[Key]:
        """Nothing: deletions cannot be told from what is there."""
        return ()

    def reconcile(self, key: Key) -> None:
        """Delete what depended on one deleted object."""
        kind, subject = key
        store = self.api.store
        if kind == _OWNER:
            for resource, (namespace, name) in store.owned_by(subject):
                dependent = store.get(resource, (namespace, name))
                if dependent is not None and len(dependent["metadata"]["ownerReferences"]) == 1:
                    self.api.delete(resource, name, namespace)
        elif kind == _NODE:
            for pod in store.of("pods"):
                if dig(pod, "spec", "nodeName") == subject:
                    self.api.delete("pods", pod["metadata"]["name"], pod["metadata"]["namespace"], grace_period=0)
        else:
            for node in store.of(subject):
                store.remove(subject, (node["metadata"].get("namespace", ""), node["metadata"]["name"]))

    def fork(self, cluster: Cluster) -> GarbageCollector:
        """The same for a forked cluster."""
        return GarbageCollector(cluster)
