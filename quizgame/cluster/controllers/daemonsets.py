"""DaemonSets: a pod on every node that fits, replaced in turn when the template changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from quizgame.cluster.admission import NOT_READY, TEMPLATE_GENERATION, UNREACHABLE
from quizgame.cluster.apierror import ApiError
from quizgame.cluster.controllers.events import WARNING, record
from quizgame.cluster.controllers.manager import Timeless
from quizgame.cluster.controllers.placement import selects_node, untolerated
from quizgame.cluster.controllers.pods import create_pod, is_active, is_ready, pods_of, resolve_share, template_hash
from quizgame.cluster.objects import (
    KubeObject,
    annotations_of,
    controller_of,
    dig,
    evolve,
    is_terminating,
    labels_of,
    name_of,
    owner_reference,
)
from quizgame.cluster.objectstore import ADDED, Change, Key
from quizgame.cluster.requests import FieldValidation

if TYPE_CHECKING:
    from quizgame.cluster.world import Cluster

RESOURCE = "daemonsets.apps"
HASH_LABEL = "controller-revision-hash"
_REVISIONS = "controllerrevisions.apps"
_COMPONENT = "daemonset-controller"
# Source: kubernetes pkg/controller/daemon/util AddOrUpdateDaemonPodTolerations.
_TOLERATIONS: list[KubeObject] = [
    *({"effect": "NoExecute", "key": key, "operator": "Exists"} for key in (NOT_READY, UNREACHABLE)),
    *(
        {"effect": "NoSchedule", "key": f"node.kubernetes.io/{pressure}", "operator": "Exists"}
        for pressure in ("disk-pressure", "memory-pressure", "pid-pressure", "unschedulable")
    ),
]
_HOST_NETWORK_TOLERATION = {
    "effect": "NoSchedule",
    "key": "node.kubernetes.io/network-unavailable",
    "operator": "Exists",
}


class DaemonSetController(Timeless):
    """Keeps daemons running; names are keyed by set and node."""

    __slots__ = ()

    name = "daemonsets"

    def keys(self, change: Change) -> Iterable[Key]:
        """Changed sets, owners of changed pods, every set when nodes come, go or change."""
        if change.resource == RESOURCE:
            return [change.key]
        if change.resource == "pods":
            owner = controller_of(change.object)
            return [(change.key[0], owner["name"])] if owner and owner["kind"] == "DaemonSet" else ()
        if change.resource == "nodes":
            return self.all_keys() if _matters(change) else ()
        if change.resource == "serviceaccounts" and change.type == ADDED:
            return [key for key in self.all_keys() if key[0] == change.key[0]]
        return ()

    def all_keys(self) -> Iterable[Key]:
        """Every set."""
        return [(each["metadata"]["namespace"], name_of(each)) for each in self.api.store.of(RESOURCE)]

    def reconcile(self, key: Key) -> None:
        """Place, remove and replace one set's pods and write its status."""
        owner = self.api.store.get(RESOURCE, key)
        if owner is None:
            return
        digest = template_hash(owner["spec"]["template"])
        if not is_terminating(owner):
            self._keep_revision(owner, digest)
            self._place(owner, digest)
            self._roll(owner, digest)
        self._write_status(key, digest)

    def _wanted_on(self, owner: KubeObject) -> dict[str, bool]:
        """Nodes on which the set has pods, each with whether a missing pod shall be made there."""
        probe = {"spec": self._pod_spec(owner, ""), "metadata": {"namespace": owner["metadata"]["namespace"]}}
        wanted = {}
        for node in self.api.store.of("nodes"):
            if not selects_node(probe, node):
                continue
            if untolerated(probe, node, ("NoExecute",)):
                continue
            wanted[name_of(node)] = not untolerated(probe, node, ("NoSchedule",))
        return wanted

    @staticmethod
    def _pod_spec(owner: KubeObject, node: str) -> KubeObject:
        spec: KubeObject = owner["spec"]["template"]["spec"]
        tolerations = [*(spec.get("tolerations") or ()), *_TOLERATIONS]
        if spec.get("hostNetwork"):
            tolerations.append(_HOST_NETWORK_TOLERATION)
        spec = {**spec, "tolerations": tolerations}
        if not node:
            return spec
        term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
        path = ("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
        pinned: KubeObject = evolve(spec, path, [term])
        return pinned

    def _by_node(self, owner: KubeObject) -> dict[str, list[KubeObject]]:
        found: dict[str, list[KubeObject]] = {}
        for pod in pods_of(self.api, owner):
            found.setdefault(node_of(pod), []).append(pod)
        return found

    def _place(self, owner: KubeObject, digest: str) -> None:
        wanted = self._wanted_on(owner)
        present = self._by_node(owner)
        for node, pods in present.items():
            active = [pod for pod in pods if is_active(pod)]
            for pod in active if node not in wanted else active[1:]:
                self._delete(owner, pod)
        for node, may_create in wanted.items():
            # A node's old daemon has to be gone before its successor comes: both would use the same host ports.
            if may_create and not present.get(node):
                self._create(owner, node, digest)

    def _create(self, owner: KubeObject, node: str, digest: str) -> None:
        namespace, prefix = owner["metadata"]["namespace"], name_of(owner) + "-"
        labels = {
            **dig(owner, "spec", "template", "metadata", "labels", default={}),
            HASH_LABEL: digest,
            "pod-template-generation": annotations_of(owner).get(TEMPLATE_GENERATION, "1"),
        }
        name = self.api.generate_name("pods", namespace, prefix, node)
        try:
            create_pod(
                self.api, owner, labels=labels, spec=self._pod_spec(owner, node), name=name, generate_name=prefix
            )
        except ApiError as refusal:
            text = f"Error creating: {refusal.message}"
            record(self.api, owner, "FailedCreate", text, component=_COMPONENT, kind=WARNING)
            return
        record(self.api, owner, "SuccessfulCreate", f"Created pod: {name}", component=_COMPONENT)

    def _delete(self, owner: KubeObject, pod: KubeObject) -> None:
        self.api.delete("pods", name_of(pod), pod["metadata"]["namespace"])
        record(self.api, owner, "SuccessfulDelete", f"Deleted pod: {name_of(pod)}", component=_COMPONENT)

    def _roll(self, owner: KubeObject, digest: str) -> None:
        strategy = owner["spec"].get("updateStrategy") or {}
        if strategy.get("type", "RollingUpdate") != "RollingUpdate":
            return
        wanted = self._wanted_on(owner)
        present = self._by_node(owner)
        old = [
            pod
            for node in sorted(wanted)
            for pod in present.get(node, ())
            if is_active(pod) and not _is_updated(pod, digest)
        ]
        if not old:
            return
        # Simplified: maxSurge is not used; a daemon is replaced by deleting it first.
        share = dig(strategy, "rollingUpdate", "maxUnavailable", default=1)
        limit = max(1, resolve_share(share, len(wanted), rounds_up=True))
        for pod in old:
            if not is_ready(pod):
                self._delete(owner, pod)
        unavailable = sum(not any(is_active(pod) and is_ready(pod) for pod in present.get(node, ())) for node in wanted)
        for pod in [pod for pod in old if is_ready(pod)][: max(0, limit - unavailable)]:
            self._delete(owner, pod)

    def _keep_revision(self, owner: KubeObject, digest: str) -> None:
        """The history of templates, as ControllerRevision objects."""
        namespace, name = owner["metadata"]["namespace"], f"{name_of(owner)}-{digest}"
        owned = [
            found
            for resource, key in self.api.store.owned_by(owner["metadata"]["uid"])
            if resource == _REVISIONS and (found := self.api.store.get(resource, key)) is not None
        ]
        newest = max((each["revision"] for each in owned), default=0)
        present = self.api.store.get(_REVISIONS, (namespace, name))
        if present is not None:
            if present["revision"] < newest:
                self.api.store.put(_REVISIONS, (namespace, name), {**present, "revision": newest + 1})
            return
        kept = {
            key: value
            for key, value in annotations_of(owner).items()
            if not key.startswith("kubectl.kubernetes.io/last")
        }
        template = {**owner["spec"]["template"], "$patch": "replace"}
        self.api.create(
            _REVISIONS,
            {
                "metadata": {
                    "name": name,
                    "namespace": namespace,
                    "labels": {**dig(owner, "spec", "template", "metadata", "labels", default={}), HASH_LABEL: digest},
                    "annotations": kept,
                    "ownerReferences": [owner_reference(owner)],
                },
                "data": {"spec": {"template": template}},
                "revision": newest + 1,
            },
            validate=FieldValidation.TRUSTED,
        )

    def _write_status(self, key: Key, digest: str) -> None:
        owner = self.api.store.get(RESOURCE, key)
        if owner is None:
            return
        wanted = self._wanted_on(owner)
        present = {node: [pod for pod in pods if is_active(pod)] for node, pods in self._by_node(owner).items()}
        on_wanted = {node: pods for node, pods in present.items() if node in wanted and pods}
        ready = sum(any(map(is_ready, pods)) for pods in on_wanted.values())
        updated = sum(any(_is_updated(pod, digest) for pod in pods) for pods in on_wanted.values())
        status: dict[str, Any] = {
            "currentNumberScheduled": len(on_wanted),
            "desiredNumberScheduled": len(wanted),
            "numberMisscheduled": sum(bool(pods) for node, pods in present.items() if node and node not in wanted),
            "numberReady": ready,
            "observedGeneration": owner["metadata"]["generation"],
        }
        counts = {"updatedNumberScheduled": updated, "numberAvailable": ready, "numberUnavailable": len(wanted) - ready}
        status |= {field: count for field, count in counts.items() if count}
        self.api.update_status(RESOURCE, owner, status)

    def fork(self, cluster: Cluster) -> DaemonSetController:
        """The same for a forked cluster."""
        return DaemonSetController(cluster)


def node_of(pod: KubeObject) -> str:
    """The node a daemon is bound to or meant for."""
    bound = dig(pod, "spec", "nodeName")
    if bound:
        return str(bound)
    path = ("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms", 0)
    return str(dig(pod, "spec", *path, "matchFields", 0, "values", 0, default=""))


def _is_updated(pod: KubeObject, digest: str) -> bool:
    return labels_of(pod).get(HASH_LABEL) == digest


def _matters(change: Change) -> bool:
    if change.previous is None:
        return True
    old, new = change.previous, change.object
    return labels_of(old) != labels_of(new) or old.get("spec") != new.get("spec")
