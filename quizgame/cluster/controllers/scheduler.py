"""The scheduler: which node a pod gets, and why none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from quizgame.cluster.controllers.events import WARNING, record
from quizgame.cluster.controllers.placement import UNSCHEDULABLE, Occupancy, selects_node, tolerates, untolerated
from quizgame.cluster.keyed import keyed_int
from quizgame.cluster.objects import KubeObject, controller_of, dig, evolve, is_terminating, name_of, with_condition
from quizgame.cluster.objectstore import DELETED, Change, Key

if TYPE_CHECKING:
    from quizgame.cluster.world import Cluster

_COMPONENT = "default-scheduler"
_NOT_HELPFUL = "Preemption is not helpful for scheduling"
_NO_VICTIMS = "No preemption victims found for incoming pod"


class Scheduler:
    """Binds pods to nodes. Source: kubernetes pkg/scheduler: the filter plug-ins and their messages.

    Simplified: among the nodes that fit, the one with the fewest pods of the same owner wins; ties are broken by a
    keyed
    order of the owner's own. So a pod's place does not depend on pods of other owners, and one more workload moves
    nobody.
    """

    __slots__ = ("_waiting", "api", "cluster")

    name = "scheduler"

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.api = cluster.api
        self._waiting: set[Key] = set()

    def fork(self, cluster: Cluster) -> Scheduler:
        """The same for a forked cluster."""
        twin = Scheduler(cluster)
        twin._waiting = set(self._waiting)
        return twin

    def keys(self, change: Change) -> Iterable[Key]:
        """Pods without a node; all that wait when nodes change or a pod is placed or goes away."""
        if change.resource == "pods":
            if change.type == DELETED:
                self._waiting.discard(change.key)
                return sorted(self._waiting)
            if not dig(change.object, "spec", "nodeName"):
                return [change.key]
            was_bound = change.previous is not None and dig(change.previous, "spec", "nodeName")
            return () if was_bound else sorted(self._waiting)
        return sorted(self._waiting) if change.resource == "nodes" else ()

    def all_keys(self) -> Iterable[Key]:
        """Every pod without a node."""
        pods = self.api.store.of("pods")
        return [(pod["metadata"]["namespace"], name_of(pod)) for pod in pods if not dig(pod, "spec", "nodeName")]

    def next_due(self) -> int | None:
        """It never wakes by itself."""
        return None

    def due_keys(self, now_ns: int) -> Iterable[Key]:
        """No timers."""
        return ()

    def reconcile(self, key: Key) -> None:
        """Place one pod, or say why not; siblings that wait are placed in the order of their creation."""
        pod = self.api.store.get("pods", key)
        owner = controller_of(pod) if pod is not None and not dig(pod, "spec", "nodeName") else None
        siblings = self.api.store.owned_by(owner["uid"]) if owner else ()
        for each in [place for resource, place in siblings if resource == "pods"] or [key]:
            self._place(each)

    def _place(self, key: Key) -> None:
        pod = self.api.store.get("pods", key)
        if pod is None or dig(pod, "spec", "nodeName") or is_terminating(pod):
            self._waiting.discard(key)
            return
        nodes = self.api.store.of("nodes")
        occupancy = Occupancy(nodes, self.api.store.of("pods")) if _looks_around(pod) else self._peers(nodes, pod)
        fitting: list[KubeObject] = []
        reasons: Counter[str] = Counter()
        preemption: Counter[str] = Counter()
        for node in nodes:
            reason, is_helpful = self._obstacle(pod, node, occupancy)
            if not reason:
                fitting.append(node)
            else:
                reasons[reason] += 1
                preemption[_NO_VICTIMS if is_helpful else _NOT_HELPFUL] += 1
        if fitting:
            self._waiting.discard(key)
            self._bind(pod, self._choose(pod, fitting, occupancy))
        else:
            self._waiting.add(key)
            self._refuse(pod, len(nodes), reasons, preemption)

    def _peers(self, nodes: list[KubeObject], pod: KubeObject) -> Occupancy:
        owner = controller_of(pod)
        owned = self.api.store.owned_by(owner["uid"]) if owner else ()
        found = (self.api.store.get("pods", each) for resource, each in owned if resource == "pods")
        return Occupancy(nodes, (each for each in found if each is not None))

    @staticmethod
    def _obstacle(pod: KubeObject, node: KubeObject, occupancy: Occupancy) -> tuple[str, bool]:
        """Why a node does not fit (empty: it does), and whether evicting others could help."""
        cordon = {"key": UNSCHEDULABLE, "effect": "NoSchedule"}
        if dig(node, "spec", "unschedulable") and not tolerates(dig(pod, "spec", "tolerations", default=()), cordon):
            return "node(s) were unschedulable", False
        if untolerated(pod, node, ("NoSchedule", "NoExecute")):
            return "node(s) had untolerated taint(s)", False
        if not selects_node(pod, node):
            return "node(s) didn't match Pod's node affinity/selector", False
        if not occupancy.has_free_ports(pod, node):
            return "node(s) didn't have free ports for the requested pod ports", True
        if not occupancy.has_room(node):
            return "Too many pods", True
        if occupancy.violates_affinity(pod, node):
            return "node(s) didn't match pod affinity rules", False
        if occupancy.violates_anti_affinity(pod, node):
            return "node(s) didn't match pod anti-affinity rules", True
        return "", False

    def _choose(self, pod: KubeObject, fitting: list[KubeObject], occupancy: Occupancy) -> str:
        owner = controller_of(pod)
        uid = owner["uid"] if owner else ""
        key = (pod["metadata"]["namespace"], owner["kind"] if owner else "", owner["name"] if owner else name_of(pod))

        def rank(node: Mapping[str, Any]) -> tuple[int, int]:
            name = name_of(node)
            siblings = sum((controller_of(each) or {}).get("uid") == uid for each in occupancy.on(name)) if uid else 0
            return siblings, keyed_int(self.api.seed, "placement", self.api.name, *key, name, below=1 << 32)

        return name_of(min(fitting, key=rank))

    def _bind(self, pod: KubeObject, node: str) -> None:
        key = (pod["metadata"]["namespace"], name_of(pod))
        now = self.api.clock.timestamp()
        conditions = with_condition(
            dig(pod, "status", "conditions", default=[]), "PodScheduled", "True", now, lastProbeTime=None
        )
        bound = evolve(evolve(pod, ("spec", "nodeName"), node), ("status", "conditions"), conditions)
        stored = self.api.store.put("pods", key, bound)
        text = f"Successfully assigned {key[0]}/{key[1]} to {node}"
        record(self.api, stored, "Scheduled", text, component=_COMPONENT)

    def _refuse(self, pod: KubeObject, total: int, reasons: Counter[str], preemption: Counter[str]) -> None:
        if total:
            why = ", ".join(sorted(f"{count} {reason}" for reason, count in reasons.items()))
            helps = ", ".join(sorted(f"{count} {reason}" for reason, count in preemption.items()))
            text = (
                f"0/{total} nodes are available: {why}. no new claims to deallocate, "
                f"preemption: 0/{total} nodes are available: {helps}."
            )
        else:
            text = "no nodes available to schedule pods"
        before = dig(pod, "status", "conditions", default=[])
        if any(each["type"] == "PodScheduled" and each.get("message") == text for each in before):
            return
        now = self.api.clock.timestamp()
        conditions = with_condition(
            before, "PodScheduled", "False", now, reason="Unschedulable", message=text, lastProbeTime=None
        )
        self.api.update_status("pods", pod, {**(pod.get("status") or {}), "conditions": conditions})
        record(self.api, pod, "FailedScheduling", text, component=_COMPONENT, kind=WARNING)


def _looks_around(pod: KubeObject) -> bool:
    """Whether placing this pod needs a view of all pods rather than of its siblings."""
    has_ports = any(
        port.get("hostPort")
        for container in pod["spec"].get("containers") or ()
        for port in container.get("ports") or ()
    )
    affinity = pod["spec"].get("affinity") or {}
    return has_ports or "podAntiAffinity" in affinity or "podAffinity" in affinity
