"""ReplicaSets: as many pods as wanted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from quizgame.cluster.apierror import ApiError
from quizgame.cluster.clock import parse_rfc3339
from quizgame.cluster.controllers.events import WARNING, record
from quizgame.cluster.controllers.pods import create_pod, deletion_order, is_active, is_ready, pods_of
from quizgame.cluster.objects import (
    KubeObject,
    condition_of,
    controller_of,
    dig,
    is_terminating,
    labels_of,
    with_condition,
)
from quizgame.cluster.objectstore import ADDED, Change, Key
from quizgame.goflags.times import SECOND

if TYPE_CHECKING:
    from quizgame.cluster.world import Cluster

RESOURCE = "replicasets.apps"
_COMPONENT = "replicaset-controller"

MAX_WAITING = 50
"""Pods of a set that may wait for a node before it makes more.

Simplified: a real controller goes on, 500 at a time, whether or not the cluster has room for them.
"""


class ReplicaSetController:
    """Creates and deletes pods; names are keyed by the set and the ordinal of the pod in it."""

    __slots__ = ("_due", "api", "cluster")

    name = "replicasets"

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.api = cluster.api
        self._due: dict[Key, int] = {}
        """When a ready pod of a set next becomes available (``minReadySeconds``)."""

    def next_due(self) -> int | None:
        """The next pod that becomes available."""
        return min(self._due.values(), default=None)

    def due_keys(self, now_ns: int) -> Iterable[Key]:
        """Sets with a pod that has been ready for long enough."""
        due = [key for key, instant in self._due.items() if instant <= now_ns]
        for key in due:
            del self._due[key]
        return due

    def keys(self, change: Change) -> Iterable[Key]:
        """Changed sets, owners of changed pods, sets of a namespace that got a service account."""
        if change.resource == RESOURCE:
            return () if _is_status_only(change) else [change.key]
        if change.resource == "pods":
            owner = controller_of(change.object)
            return [(change.key[0], owner["name"])] if owner and owner["kind"] == "ReplicaSet" else ()
        if change.resource == "serviceaccounts" and change.type == ADDED:
            return [key for key in self.all_keys() if key[0] == change.key[0]]
        return ()

    def all_keys(self) -> Iterable[Key]:
        """Every set."""
        return [(each["metadata"]["namespace"], each["metadata"]["name"]) for each in self.api.store.of(RESOURCE)]

    def reconcile(self, key: Key) -> None:
        """Bring one set to its number of pods and write its status."""
        owner = self.api.store.get(RESOURCE, key)
        if owner is None:
            return
        pods = pods_of(self.api, owner)
        active = [pod for pod in pods if is_active(pod)]
        problem = ""
        if not is_terminating(owner):
            surplus = len(active) - owner["spec"]["replicas"]
            if surplus < 0:
                waiting = sum(1 for pod in active if not dig(pod, "spec", "nodeName"))
                problem = self._create(owner, min(-surplus, MAX_WAITING - waiting))
            elif surplus:
                self._delete(owner, sorted(active, key=deletion_order)[:surplus])
        self._write_status(key, problem)

    def _create(self, owner: KubeObject, count: int) -> str:
        namespace, prefix = owner["metadata"]["namespace"], owner["metadata"]["name"] + "-"
        template = owner["spec"]["template"]
        labels = dig(template, "metadata", "labels", default={})
        for _ in range(count):
            name = self.api.generate_name("pods", namespace, prefix)
            try:
                create_pod(self.api, owner, labels=labels, spec=template["spec"], name=name, generate_name=prefix)
            except ApiError as refusal:
                text = f"Error creating: {refusal.message}"
                record(self.api, owner, "FailedCreate", text, component=_COMPONENT, kind=WARNING)
                return refusal.message
            record(self.api, owner, "SuccessfulCreate", f"Created pod: {name}", component=_COMPONENT)
        return ""

    def _delete(self, owner: KubeObject, pods: Iterable[KubeObject]) -> None:
        for pod in pods:
            name = pod["metadata"]["name"]
            self.api.delete("pods", name, pod["metadata"]["namespace"])
            record(self.api, owner, "SuccessfulDelete", f"Deleted pod: {name}", component=_COMPONENT)

    def _write_status(self, key: Key, problem: str) -> None:
        owner = self.api.store.get(RESOURCE, key)
        if owner is None:
            return
        pods = pods_of(self.api, owner)
        active = [pod for pod in pods if is_active(pod)]
        ready = [pod for pod in active if is_ready(pod)]
        available = self._available(key, owner, ready)
        wanted = dig(owner, "spec", "template", "metadata", "labels", default={}).items()
        status: KubeObject = {
            "observedGeneration": owner["metadata"]["generation"],
            "replicas": len(active),
            "terminatingReplicas": sum(map(is_terminating, pods)),
        }
        if active:
            status["fullyLabeledReplicas"] = sum(wanted <= labels_of(pod).items() for pod in active)
        if ready:
            status["readyReplicas"] = len(ready)
        if available:
            status["availableReplicas"] = available
        if problem:
            now = self.api.clock.timestamp()
            before = dig(owner, "status", "conditions", default=[])
            status["conditions"] = with_condition(
                before, "ReplicaFailure", "True", now, reason="FailedCreate", message=problem
            )
        self.api.update_status(RESOURCE, owner, status)

    def _available(self, key: Key, owner: KubeObject, ready: list[KubeObject]) -> int:
        """How many pods have been ready for ``minReadySeconds``; notes when the next one will have been."""
        span = int(owner["spec"].get("minReadySeconds", 0)) * SECOND
        since = (
            [parse_rfc3339((condition_of(pod, "Ready") or {})["lastTransitionTime"]) for pod in ready] if span else []
        )
        later = [instant + span for instant in since if instant + span > self.api.clock.now_ns]
        if later:
            self._due[key] = min(later)
        return len(ready) - len(later)

    def fork(self, cluster: Cluster) -> ReplicaSetController:
        """The same for a forked cluster."""
        twin = ReplicaSetController(cluster)
        twin._due = dict(self._due)
        return twin


def _is_status_only(change: Change) -> bool:
    """Whether a change is this controller's own report, after which there is nothing to do.

    A refused pod would otherwise be tried again for ever, each time under another name.
    """
    before = change.previous
    return (
        before is not None
        and before["metadata"]["generation"] == change.object["metadata"]["generation"]
        and is_terminating(before) == is_terminating(change.object)
    )
