"""Nodes: their pod ranges, and the taints that say why pods should stay away."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_network
from typing import TYPE_CHECKING

from quizgame.cluster.admission import NOT_READY
from quizgame.cluster.controllers.manager import Timeless
from quizgame.cluster.controllers.placement import UNSCHEDULABLE, untolerated
from quizgame.cluster.objects import KubeObject, dig, evolve, is_condition_true, is_terminating, name_of
from quizgame.cluster.objectstore import DELETED, Change, Key

if TYPE_CHECKING:
    from quizgame.cluster.world import Cluster

RANGE_BITS = 24
"""Prefix length of a node's pod range; the controller manager's default."""


class NodeController(Timeless):
    """Allocates ``spec.podCIDR`` and keeps taints in step.

    Source: kubernetes node IPAM and node lifecycle controllers.
    """

    __slots__ = ()

    name = "nodes"

    def keys(self, change: Change) -> Iterable[Key]:
        """Changed nodes."""
        return [change.key] if change.resource == "nodes" and change.type != DELETED else ()

    def all_keys(self) -> Iterable[Key]:
        """Every node."""
        return [("", name_of(node)) for node in self.api.store.of("nodes")]

    def reconcile(self, key: Key) -> None:
        """Bring one node's range and taints to what they should be, and evict whom its taints do not bear."""
        node = self.api.store.get("nodes", key)
        if node is None:
            return
        fresh = self._with_taints(self._with_range(node))
        if fresh is not node and fresh != node:
            node = self.api.store.put("nodes", key, fresh)
        self._evict(node)

    def _with_range(self, node: KubeObject) -> KubeObject:
        if dig(node, "spec", "podCIDR") or not self.cluster.pod_cidr:
            return node
        taken = {dig(each, "spec", "podCIDR") for each in self.api.store.of("nodes")}
        for candidate in ip_network(self.cluster.pod_cidr).subnets(new_prefix=RANGE_BITS):
            if str(candidate) not in taken:
                spec = {**(node.get("spec") or {}), "podCIDR": str(candidate), "podCIDRs": [str(candidate)]}
                return {**node, "spec": spec}
        return node

    def _with_taints(self, node: KubeObject) -> KubeObject:
        taints = list(dig(node, "spec", "taints", default=()))
        is_ready = is_condition_true(node, "Ready")
        for key, effects, holds in (
            (NOT_READY, ("NoSchedule", "NoExecute"), not is_ready),
            (UNSCHEDULABLE, ("NoSchedule",), bool(dig(node, "spec", "unschedulable"))),
        ):
            present = [each for each in taints if each["key"] == key]
            if holds and not present:
                now = self.api.clock.timestamp()
                taints += [
                    {
                        "effect": effect,
                        "key": key,
                        **({"timeAdded": now} if effect == "NoExecute" or key == UNSCHEDULABLE else {}),
                    }
                    for effect in effects
                ]
            elif not holds and present:
                taints = [each for each in taints if each["key"] != key]
        if taints == list(dig(node, "spec", "taints", default=())):
            return node
        fresh: KubeObject = evolve(node, ("spec", "taints"), taints)
        if not taints:
            del fresh["spec"]["taints"]
        return fresh

    def _evict(self, node: KubeObject) -> None:
        """Delete pods that do not tolerate a NoExecute taint.

        Simplified: a toleration with a time bears the taint for good.
        """
        if not any(each["effect"] == "NoExecute" for each in dig(node, "spec", "taints", default=())):
            return
        for pod in self.api.list("pods", field_selector=f"spec.nodeName={name_of(node)}"):
            if not is_terminating(pod) and untolerated(pod, node, ("NoExecute",)):
                self.api.delete("pods", name_of(pod), pod["metadata"]["namespace"])

    def fork(self, cluster: Cluster) -> NodeController:
        """The same for a forked cluster."""
        return NodeController(cluster)
