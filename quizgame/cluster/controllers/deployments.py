"""Deployments: ReplicaSets by revision, rolled out within the limits of surge and unavailability."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from quizgame.cluster.apiserver import ApiServer
from quizgame.cluster.clock import parse_rfc3339
from quizgame.cluster.controllers.deploymentstatus import deployment_status, is_complete
from quizgame.cluster.controllers.events import record
from quizgame.cluster.controllers.pods import resolve_share, template_hash
from quizgame.cluster.labelselect import matches, selector_of
from quizgame.cluster.objects import (
    KubeObject,
    annotations_of,
    condition_of,
    controller_of,
    dig,
    evolve,
    is_terminating,
    labels_of,
    owner_reference,
    uid_of,
)
from quizgame.cluster.objectstore import Change, Key
from quizgame.cluster.requests import FieldValidation
from quizgame.goflags.times import SECOND

if TYPE_CHECKING:
    from quizgame.cluster.world import Cluster

RESOURCE = "deployments.apps"
_SETS = "replicasets.apps"
HASH_LABEL = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
_DESIRED = "deployment.kubernetes.io/desired-replicas"
_MAXIMUM = "deployment.kubernetes.io/max-replicas"
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_COMPONENT = "deployment-controller"


class DeploymentController:
    """Rolls templates out. Source: kubernetes pkg/controller/deployment (rolling.go, recreate.go, sync.go)."""

    __slots__ = ("_deadlines", "api", "cluster")

    name = "deployments"

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.api: ApiServer = cluster.api
        self._deadlines: dict[Key, int] = {}

    def fork(self, cluster: Cluster) -> DeploymentController:
        """The same for a forked cluster."""
        twin = DeploymentController(cluster)
        twin._deadlines = dict(self._deadlines)
        return twin

    def keys(self, change: Change) -> Iterable[Key]:
        """Changed deployments and owners of changed sets."""
        if change.resource == RESOURCE:
            return [change.key]
        if change.resource == _SETS:
            owner = controller_of(change.object)
            return [(change.key[0], owner["name"])] if owner and owner["kind"] == "Deployment" else ()
        return ()

    def all_keys(self) -> Iterable[Key]:
        """Every deployment."""
        return [(each["metadata"]["namespace"], each["metadata"]["name"]) for each in self.api.store.of(RESOURCE)]

    def next_due(self) -> int | None:
        """The next progress deadline."""
        return min(self._deadlines.values(), default=None)

    def due_keys(self, now_ns: int) -> Iterable[Key]:
        """Deployments whose progress deadline has passed."""
        due = [key for key, instant in self._deadlines.items() if instant <= now_ns]
        for key in due:
            del self._deadlines[key]
        return due

    def reconcile(self, key: Key) -> None:
        """Move one deployment a step on and write its status."""
        deployment = self.api.store.get(RESOURCE, key)
        if deployment is None or is_terminating(deployment):
            self._deadlines.pop(key, None)
            return
        sets = self._sets(deployment)
        current = self._current_set(deployment, sets)
        if current is None and self._adopt(deployment):
            sets = self._sets(deployment)
            current = self._current_set(deployment, sets)
        is_paused = bool(deployment["spec"].get("paused"))
        if current is None and not is_paused:
            is_recreate = dig(deployment, "spec", "strategy", "type") == "Recreate"
            if not (is_recreate and self._retire(deployment, sets)):
                current = self._new_set(deployment, sets)
                self._note_revision(deployment, current)
        elif current is not None:
            current = self._refresh(deployment, current, sets)
            self._note_revision(deployment, current)
        if current is not None:
            self._scale(
                deployment, current, [each for each in self._sets(deployment) if uid_of(each) != uid_of(current)]
            )
        self._finish(key)

    # ------------------------------------------------------------ sets

    def _sets(self, deployment: KubeObject) -> list[KubeObject]:
        uid = uid_of(deployment)
        found = (self.api.store.get(_SETS, key) for resource, key in self.api.store.owned_by(uid) if resource == _SETS)
        alive = [each for each in found if each is not None and not is_terminating(each)]
        return sorted(alive, key=lambda each: (revision_of(each), each["metadata"]["name"]))

    def _adopt(self, deployment: KubeObject) -> bool:
        """Take over the sets that the selector takes and nobody owns; return whether there were any."""
        # Source: kubernetes pkg/controller/controller_ref_manager.go ClaimReplicaSets.
        selector = selector_of(deployment["spec"]["selector"])
        orphans = [
            each
            for each in self.api.store.of(_SETS, deployment["metadata"]["namespace"])
            if controller_of(each) is None and not is_terminating(each) and matches(selector, labels_of(each))
        ]
        for each in orphans:
            owned = evolve(each, ("metadata", "ownerReferences"), [owner_reference(deployment)])
            self.api.update(_SETS, owned, validate=FieldValidation.TRUSTED)
        return bool(orphans)

    @staticmethod
    def _current_set(deployment: KubeObject, sets: list[KubeObject]) -> KubeObject | None:
        wanted = deployment["spec"]["template"]
        return next((each for each in sets if plain_template(each) == _without_empty(wanted)), None)

    def _new_set(self, deployment: KubeObject, sets: list[KubeObject]) -> KubeObject:
        template = deployment["spec"]["template"]
        digest = template_hash(template)
        labels = {**dig(template, "metadata", "labels", default={}), HASH_LABEL: digest}
        selector = evolve(deployment["spec"]["selector"], ("matchLabels", HASH_LABEL), digest)
        metadata: KubeObject = {
            "name": f"{deployment['metadata']['name']}-{digest}",
            "namespace": deployment["metadata"]["namespace"],
            "labels": labels,
            "annotations": self._set_annotations(deployment, _last_revision(sets) + 1),
            "ownerReferences": [owner_reference(deployment)],
        }
        spec: KubeObject = {
            "replicas": 0,
            "selector": selector,
            "template": evolve(template, ("metadata", "labels"), labels),
        }
        if deployment["spec"].get("minReadySeconds"):
            spec["minReadySeconds"] = deployment["spec"]["minReadySeconds"]
        return self.api.create(_SETS, {"metadata": metadata, "spec": spec}, validate=FieldValidation.TRUSTED)

    def _refresh(self, deployment: KubeObject, current: KubeObject, sets: list[KubeObject]) -> KubeObject:
        others = [each for each in sets if uid_of(each) != uid_of(current)]
        last = _last_revision(others)
        revision = revision_of(current)
        if last >= revision:
            # Rolled back to: an old set that becomes current again gets a new revision.
            revision = last + 1
        annotations = {**annotations_of(current), **self._set_annotations(deployment, revision)}
        if annotations == annotations_of(current):
            return current
        return self.api.store.put(
            _SETS,
            (current["metadata"]["namespace"], current["metadata"]["name"]),
            {**current, "metadata": {**current["metadata"], "annotations": annotations}},
        )

    @staticmethod
    def _set_annotations(deployment: KubeObject, revision: int) -> dict[str, str]:
        replicas = deployment["spec"]["replicas"]
        surge, _ = _limits(deployment)
        kept = {key: value for key, value in annotations_of(deployment).items() if key not in (_LAST_APPLIED, REVISION)}
        return {**kept, _DESIRED: str(replicas), _MAXIMUM: str(replicas + surge), REVISION: str(revision)}

    def _note_revision(self, deployment: KubeObject, current: KubeObject) -> None:
        key = (deployment["metadata"]["namespace"], deployment["metadata"]["name"])
        present = self.api.store.get(RESOURCE, key)
        revision = annotations_of(current)[REVISION]
        if present is not None and annotations_of(present).get(REVISION) != revision:
            annotations = {**annotations_of(present), REVISION: revision}
            self.api.store.put(
                RESOURCE, key, {**present, "metadata": {**present["metadata"], "annotations": annotations}}
            )

    # ------------------------------------------------------------ scaling

    def _retire(self, deployment: KubeObject, sets: list[KubeObject]) -> bool:
        """Recreate: scale everything old to zero; whether old pods are still there."""
        for each in sets:
            self._set_replicas(deployment, each, 0)
        return any(
            dig(each, "status", "replicas", default=0) or dig(each, "status", "terminatingReplicas", default=0)
            for each in self._sets(deployment)
        )

    def _scale(self, deployment: KubeObject, current: KubeObject, old: list[KubeObject]) -> None:
        wanted = deployment["spec"]["replicas"]
        active = [each for each in old if each["spec"]["replicas"]]
        if not active:
            self._set_replicas(deployment, current, wanted)
            return
        if deployment["spec"].get("paused"):
            # Simplified: a paused roll-out scales its newest set alone, where the real one scales all in proportion.
            rest = sum(each["spec"]["replicas"] for each in active)
            self._set_replicas(deployment, current, max(0, wanted - rest))
            return
        if dig(deployment, "spec", "strategy", "type") == "Recreate":
            if not self._retire(deployment, old):
                self._set_replicas(deployment, current, wanted)
            return
        surge, unavailable = _limits(deployment)
        total = current["spec"]["replicas"] + sum(each["spec"]["replicas"] for each in active)
        room = wanted + surge - total
        if current["spec"]["replicas"] > wanted:
            current = self._set_replicas(deployment, current, wanted)
        elif room > 0 and current["spec"]["replicas"] < wanted:
            target = min(wanted, current["spec"]["replicas"] + room)
            current = self._set_replicas(deployment, current, target)
        self._shrink(deployment, current, active, wanted - unavailable)

    def _shrink(self, deployment: KubeObject, current: KubeObject, active: list[KubeObject], least: int) -> None:
        total = current["spec"]["replicas"] + sum(each["spec"]["replicas"] for each in active)
        budget = total - least - (current["spec"]["replicas"] - _available(current))
        shrunk: list[KubeObject] = []
        for each in active:  # first the pods that do not serve anyway
            useless = min(each["spec"]["replicas"] - _available(each), max(budget, 0))
            budget -= max(useless, 0)
            shrunk.append(self._set_replicas(deployment, each, each["spec"]["replicas"] - max(useless, 0)))
        spare = _available(current) + sum(map(_available, shrunk)) - least
        for each in shrunk:
            step = min(each["spec"]["replicas"], max(spare, 0))
            spare -= step
            self._set_replicas(deployment, each, each["spec"]["replicas"] - step)

    def _set_replicas(self, deployment: KubeObject, owned: KubeObject, count: int) -> KubeObject:
        before = owned["spec"]["replicas"]
        if before == count:
            return owned
        name = owned["metadata"]["name"]
        word = "up" if count > before else "down"
        text = f"Scaled {word} replica set {name} from {before} to {count}"
        record(self.api, deployment, "ScalingReplicaSet", text, component=_COMPONENT)
        fresh: KubeObject = evolve(owned, ("spec", "replicas"), count)
        metadata = {**fresh["metadata"], "generation": fresh["metadata"]["generation"] + 1}
        return self.api.store.put(_SETS, (owned["metadata"]["namespace"], name), {**fresh, "metadata": metadata})

    # ------------------------------------------------------------ the end of a pass

    def _finish(self, key: Key) -> None:
        deployment = self.api.store.get(RESOURCE, key)
        if deployment is None:
            return
        sets = self._sets(deployment)
        current = self._current_set(deployment, sets)
        status = deployment_status(self.api, deployment, sets, current)
        stored = self.api.update_status(RESOURCE, deployment, status)
        self._watch_deadline(key, stored)
        if is_complete(stored):
            self._forget_history(stored, sets, current)

    def _watch_deadline(self, key: Key, deployment: KubeObject) -> None:
        progressing = condition_of(deployment, "Progressing")
        self._deadlines.pop(key, None)
        if (
            progressing is None
            or progressing["status"] != "True"
            or is_complete(deployment)
            or deployment["spec"].get("paused")
        ):
            return
        limit = deployment["spec"].get("progressDeadlineSeconds", 600)
        self._deadlines[key] = parse_rfc3339(progressing["lastUpdateTime"]) + limit * SECOND

    def _forget_history(self, deployment: KubeObject, sets: list[KubeObject], current: KubeObject | None) -> None:
        idle = [
            each
            for each in sets
            if each is not current and not each["spec"]["replicas"] and not dig(each, "status", "replicas", default=0)
        ]
        surplus = len(idle) - deployment["spec"].get("revisionHistoryLimit", 10)
        for each in idle[: max(surplus, 0)]:
            self.api.delete(_SETS, each["metadata"]["name"], each["metadata"]["namespace"])


def revision_of(owned: KubeObject) -> int:
    """The revision that a ReplicaSet stands for; 0 if it says none."""
    text = annotations_of(owned).get(REVISION, "0")
    return int(text) if text.isdigit() else 0


def plain_template(owned: KubeObject) -> KubeObject:
    """A ReplicaSet's template as its deployment wrote it: without the hash label."""
    template = owned["spec"]["template"]
    labels = {key: value for key, value in dig(template, "metadata", "labels", default={}).items() if key != HASH_LABEL}
    fresh: KubeObject = evolve(template, ("metadata", "labels"), labels)
    return _without_empty(fresh)


def _without_empty(template: KubeObject) -> KubeObject:
    metadata = {key: value for key, value in (template.get("metadata") or {}).items() if value not in (None, {}, [])}
    return {**template, "metadata": metadata}


def _last_revision(sets: Iterable[KubeObject]) -> int:
    return max(map(revision_of, sets), default=0)


def _available(owned: KubeObject) -> int:
    return int(dig(owned, "status", "availableReplicas", default=0))


def _limits(deployment: KubeObject) -> tuple[int, int]:
    replicas = deployment["spec"]["replicas"]
    rolling = dig(deployment, "spec", "strategy", "rollingUpdate", default={})
    surge = resolve_share(rolling.get("maxSurge"), replicas, rounds_up=True)
    unavailable = resolve_share(rolling.get("maxUnavailable"), replicas, rounds_up=False)
    if dig(deployment, "spec", "strategy", "type") == "Recreate":
        return 0, replicas
    # Source: deployment/util ResolveFenceposts: with neither, nothing could ever move.
    return (surge, 1) if not surge and not unavailable else (surge, unavailable)
