"""StatefulSets: numbered pods, made and replaced in order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from quizgame.cluster.apierror import ApiError
from quizgame.cluster.controllers.events import WARNING, record
from quizgame.cluster.controllers.manager import Timeless
from quizgame.cluster.controllers.pods import create_pod, is_ready, pods_of, template_hash
from quizgame.cluster.controllers.replicasets import MAX_WAITING
from quizgame.cluster.objects import KubeObject, controller_of, dig, is_terminating, labels_of, name_of
from quizgame.cluster.objectstore import Change, Key

if TYPE_CHECKING:
    from quizgame.cluster.world import Cluster

RESOURCE = "statefulsets.apps"
HASH_LABEL = "controller-revision-hash"
_COMPONENT = "statefulset-controller"


class StatefulSetController(Timeless):
    """Keeps pods ``NAME-0`` to ``NAME-(n-1)``. Simplified: volume claims are kept in the spec, not made."""

    __slots__ = ()

    name = "statefulsets"

    def keys(self, change: Change) -> Iterable[Key]:
        """Changed sets and owners of changed pods."""
        if change.resource == RESOURCE:
            return [change.key]
        if change.resource == "pods":
            owner = controller_of(change.object)
            return [(change.key[0], owner["name"])] if owner and owner["kind"] == "StatefulSet" else ()
        return ()

    def all_keys(self) -> Iterable[Key]:
        """Every set."""
        return [(each["metadata"]["namespace"], name_of(each)) for each in self.api.store.of(RESOURCE)]

    def reconcile(self, key: Key) -> None:
        """Move one set a step on and write its status."""
        owner = self.api.store.get(RESOURCE, key)
        if owner is None or is_terminating(owner):
            return
        revision = f"{key[1]}-{template_hash(owner['spec']['template'])}"
        pods = {name_of(pod): pod for pod in pods_of(self.api, owner)}
        self._step(owner, revision, pods)
        self._write_status(key, revision)

    def _step(self, owner: KubeObject, revision: str, pods: dict[str, KubeObject]) -> None:
        wanted = owner["spec"]["replicas"]
        in_order = owner["spec"].get("podManagementPolicy", "OrderedReady") == "OrderedReady"
        names = [f"{name_of(owner)}-{ordinal}" for ordinal in range(wanted)]
        room = MAX_WAITING - sum(1 for pod in pods.values() if not dig(pod, "spec", "nodeName"))
        for ordinal, name in enumerate(names):
            pod = pods.get(name)
            room -= pod is None
            if room < 0:
                return
            if pod is None and not self._create(owner, revision, name, ordinal):
                return
            if in_order and (pod is None or is_terminating(pod) or not is_ready(pod)):
                return
        surplus = sorted(pods.keys() - set(names), key=_ordinal, reverse=True)
        for name in surplus:
            if not is_terminating(pods[name]):
                self._delete(owner, name)
            if in_order:
                return
        if dig(owner, "spec", "updateStrategy", "type") == "RollingUpdate":
            self._roll(owner, revision, pods, names)

    def _roll(self, owner: KubeObject, revision: str, pods: dict[str, KubeObject], names: list[str]) -> None:
        partition = dig(owner, "spec", "updateStrategy", "rollingUpdate", "partition", default=0)
        for name in reversed(names[partition:]):
            pod = pods.get(name)
            if pod is None or is_terminating(pod) or not is_ready(pod):
                return
            if labels_of(pod).get(HASH_LABEL) != revision:
                self._delete(owner, name)
                return

    def _create(self, owner: KubeObject, revision: str, name: str, ordinal: int) -> bool:
        template = owner["spec"]["template"]
        labels = {
            **dig(template, "metadata", "labels", default={}),
            HASH_LABEL: revision,
            "apps.kubernetes.io/pod-index": str(ordinal),
            "statefulset.kubernetes.io/pod-name": name,
        }
        spec = {**template["spec"], "hostname": name}
        if owner["spec"].get("serviceName"):
            spec["subdomain"] = owner["spec"]["serviceName"]
        claims = [dig(each, "metadata", "name", default="") for each in owner["spec"].get("volumeClaimTemplates") or ()]
        if claims:
            added = [{"name": each, "persistentVolumeClaim": {"claimName": f"{each}-{name}"}} for each in claims]
            spec["volumes"] = [*added, *(each for each in spec.get("volumes") or () if each["name"] not in claims)]
        try:
            create_pod(self.api, owner, labels=labels, spec=spec, name=name, generate_name=name_of(owner) + "-")
        except ApiError as refusal:
            text = f"create Pod {name} in StatefulSet {name_of(owner)} failed error: {refusal.message}"
            record(self.api, owner, "FailedCreate", text, component=_COMPONENT, kind=WARNING)
            return False
        text = f"create Pod {name} in StatefulSet {name_of(owner)} successful"
        record(self.api, owner, "SuccessfulCreate", text, component=_COMPONENT)
        return True

    def _delete(self, owner: KubeObject, name: str) -> None:
        self.api.delete("pods", name, owner["metadata"]["namespace"])
        text = f"delete Pod {name} in StatefulSet {name_of(owner)} successful"
        record(self.api, owner, "SuccessfulDelete", text, component=_COMPONENT)

    def _write_status(self, key: Key, revision: str) -> None:
        owner = self.api.store.get(RESOURCE, key)
        if owner is None:
            return
        pods = [pod for pod in pods_of(self.api, owner) if not is_terminating(pod)]
        ready = sum(map(is_ready, pods))
        updated = sum(labels_of(pod).get(HASH_LABEL) == revision for pod in pods)
        before = dig(owner, "status", "currentRevision", default=revision)
        is_through = updated == len(pods) == ready == owner["spec"]["replicas"]
        status: KubeObject = {
            "availableReplicas": ready,
            "collisionCount": 0,
            "currentRevision": revision if is_through else before,
            "observedGeneration": owner["metadata"]["generation"],
            "replicas": len(pods),
            "updateRevision": revision,
        }
        old = sum(labels_of(pod).get(HASH_LABEL) == status["currentRevision"] for pod in pods)
        for field, count in (("currentReplicas", old), ("readyReplicas", ready), ("updatedReplicas", updated)):
            if count:
                status[field] = count
        self.api.update_status(RESOURCE, owner, status)

    def fork(self, cluster: Cluster) -> StatefulSetController:
        """The same for a forked cluster."""
        return StatefulSetController(cluster)


def _ordinal(name: str) -> int:
    tail = name.rpartition("-")[2]
    return int(tail) if tail.isdigit() else 0
