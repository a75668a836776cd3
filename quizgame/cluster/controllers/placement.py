"""Whether a pod may run on a node: selectors, affinity, taints, room. Pure functions over objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from quizgame.cluster.labelselect import Requirement, matches, selector_of
from quizgame.cluster.objects import KubeObject, dig, labels_of, name_of, namespace_of

_OPERATORS = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!", "Gt": "gt", "Lt": "lt"}
UNSCHEDULABLE = "node.kubernetes.io/unschedulable"


def tolerates(tolerations: Iterable[Mapping[str, Any]], taint: Mapping[str, Any]) -> bool:
    """Whether any toleration covers a taint."""
    for each in tolerations:
        if each.get("effect") and each["effect"] != taint["effect"]:
            continue
        if not each.get("key"):
            if each.get("operator") == "Exists":
                return True
            continue
        if each["key"] != taint["key"]:
            continue
        if each.get("operator", "Equal") == "Exists" or each.get("value", "") == taint.get("value", ""):
            return True
    return False


def untolerated(pod: Mapping[str, Any], node: Mapping[str, Any], effects: Sequence[str]) -> list[KubeObject]:
    """Taints of a node, with one of the effects, that a pod does not tolerate."""
    tolerations = dig(pod, "spec", "tolerations", default=())
    taints = dig(node, "spec", "taints", default=())
    return [each for each in taints if each["effect"] in effects and not tolerates(tolerations, each)]


def selects_node(pod: Mapping[str, Any], node: Mapping[str, Any]) -> bool:
    """Whether the pod's node selector and required node affinity accept a node."""
    spec = pod["spec"]
    labels = labels_of(node)
    if any(labels.get(key) != value for key, value in (spec.get("nodeSelector") or {}).items()):
        return False
    required = dig(spec, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    if required is None:
        return True
    return any(_term(term, node, labels) for term in required.get("nodeSelectorTerms") or ())


def _term(term: Mapping[str, Any], node: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    expressions, fields = term.get("matchExpressions") or (), term.get("matchFields") or ()
    if not expressions and not fields:
        return False
    by_field = {"metadata.name": name_of(node)}
    return all(_requirement(each).matches(labels) for each in expressions) and all(
        _requirement(each).matches(by_field) for each in fields
    )


def _requirement(expression: Mapping[str, Any]) -> Requirement:
    return Requirement(expression["key"], _OPERATORS[expression["operator"]], tuple(expression.get("values") or ()))


class Occupancy:
    """Who runs where, for the rules that look at other pods."""

    __slots__ = ("_by_node", "_nodes")

    def __init__(self, nodes: Sequence[KubeObject], pods: Iterable[KubeObject]) -> None:
        self._nodes = {name_of(node): node for node in nodes}
        self._by_node: dict[str, list[KubeObject]] = {}
        for pod in pods:
            place = dig(pod, "spec", "nodeName")
            if place and dig(pod, "status", "phase") not in ("Succeeded", "Failed"):
                self._by_node.setdefault(place, []).append(pod)

    def add(self, pod: KubeObject, node: str) -> None:
        """Count a pod that has just been placed."""
        self._by_node.setdefault(node, []).append(pod)

    def on(self, node: str) -> list[KubeObject]:
        """The pods of a node."""
        return self._by_node.get(node, [])

    def has_room(self, node: Mapping[str, Any]) -> bool:
        """Whether the node takes one more pod."""
        return len(self.on(name_of(node))) < int(dig(node, "status", "allocatable", "pods", default="110"))

    def has_free_ports(self, pod: Mapping[str, Any], node: Mapping[str, Any]) -> bool:
        """Whether the host ports that the pod wants are free on the node."""
        wanted = _host_ports(pod)
        return not wanted or not any(wanted & _host_ports(each) for each in self.on(name_of(node)))

    def violates_anti_affinity(self, pod: Mapping[str, Any], node: Mapping[str, Any]) -> bool:
        """Whether required pod anti-affinity keeps the pod off the node."""
        return any(self._has_match(term, pod, node) for term in _pod_terms(pod, "podAntiAffinity"))

    def violates_affinity(self, pod: Mapping[str, Any], node: Mapping[str, Any]) -> bool:
        """Whether required pod affinity is not met on the node."""
        terms = _pod_terms(pod, "podAffinity")
        return any(not self._has_match(term, pod, node) and not _is_first(term, pod, self) for term in terms)

    def _has_match(self, term: Mapping[str, Any], pod: Mapping[str, Any], node: Mapping[str, Any]) -> bool:
        key = term["topologyKey"]
        domain = labels_of(node).get(key)
        return any(
            _is_peer(term, pod, other)
            for name, others in self._by_node.items()
            if name in self._nodes and domain is not None and labels_of(self._nodes[name]).get(key) == domain
            for other in others
        )

    def has_any(self, term: Mapping[str, Any], pod: Mapping[str, Any]) -> bool:
        """Whether any placed pod matches a term."""
        return any(_is_peer(term, pod, other) for others in self._by_node.values() for other in others)


def _is_first(term: Mapping[str, Any], pod: Mapping[str, Any], occupancy: Occupancy) -> bool:
    # Source: interpodaffinity plug-in: a pod that matches its own term may be the first of its kind.
    return _is_peer(term, pod, pod) and not occupancy.has_any(term, pod)


def _pod_terms(pod: Mapping[str, Any], kind: str) -> Sequence[Mapping[str, Any]]:
    terms: Sequence[Mapping[str, Any]] = dig(
        pod, "spec", "affinity", kind, "requiredDuringSchedulingIgnoredDuringExecution", default=()
    )
    return terms


def _is_peer(term: Mapping[str, Any], pod: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    namespaces = term.get("namespaces") or [namespace_of(pod)]
    if "namespaceSelector" not in term and namespace_of(other) not in namespaces:
        return False
    return "labelSelector" in term and matches(selector_of(term["labelSelector"]), labels_of(other))


def _host_ports(pod: Mapping[str, Any]) -> set[tuple[int, str]]:
    return {
        (port["hostPort"], port.get("protocol", "TCP"))
        for container in pod["spec"].get("containers") or ()
        for port in container.get("ports") or ()
        if port.get("hostPort")
    }
