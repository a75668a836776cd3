"""CiliumPodIPPools as typed values, and which of them a pod gets its address from.

Source: cilium/cilium v1.19 pkg/ipam/metadata/manager.go; facts F-25.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

from quizgame.cluster.labelselect import Selector, matches, selector_of
from quizgame.cluster.objects import annotations_of, dig, labels_of, name_of, namespace_of

POOLS = "ciliumpodippools.cilium.io"
POOL_ANNOTATION = "ipam.cilium.io/ip-pool"
_POOL_ANNOTATIONS = ("ipam.cilium.io/ipv4-pool", POOL_ANNOTATION)
"""The first one that is set counts."""
REQUIRE_MATCH = "ipam.cilium.io/require-pool-match"
SKIP_MASQUERADE = "ipam.cilium.io/skip-masquerade"
_NAMESPACE_LABEL, _NAME_LABEL = "io.kubernetes.pod.namespace", "io.kubernetes.pod.name"


class PoolRefused(Exception):
    """No pool can be chosen for a pod. The text is the agent's."""


@dataclass(frozen=True, slots=True)
class PodPool:
    """A CiliumPodIPPool, as far as IPv4 is concerned."""

    name: str
    cidrs: tuple[str, ...] = ()
    mask_size: int = 0
    pod_selector: Selector | None = None
    namespace_selector: Selector | None = None
    skips_masquerade: bool = False
    """Whether its annotation keeps its addresses from being masqueraded."""

    @property
    def has_selectors(self) -> bool:
        """Whether it picks pods by itself."""
        return self.pod_selector is not None or self.namespace_selector is not None

    def picks(self, pod_labels: Mapping[str, str], namespace_labels: Mapping[str, str]) -> bool:
        """Whether its selectors, those that it has, select a pod and its namespace."""
        return (self.pod_selector is None or matches(self.pod_selector, pod_labels)) and (
            self.namespace_selector is None or matches(self.namespace_selector, namespace_labels)
        )


def read_pool(node: Mapping[str, Any]) -> PodPool:
    """Read a CiliumPodIPPool object; ranges that are none are left out."""
    pods, namespaces = dig(node, "spec", "podSelector"), dig(node, "spec", "namespaceSelector")
    return PodPool(
        name_of(node),
        tuple(prefix for each in dig(node, "spec", "ipv4", "cidrs", default=()) if (prefix := _prefix(each))),
        int(dig(node, "spec", "ipv4", "maskSize", default=0)),
        None if pods is None else selector_of(pods),
        None if namespaces is None else selector_of(namespaces),
        annotations_of(node).get(SKIP_MASQUERADE) == "true",
    )


def _prefix(text: Any) -> str:
    try:
        return str(IPv4Network(str(text), strict=False))
    except ValueError:
        return ""


def pool_of_annotations(annotations: Mapping[str, str]) -> str:
    """The pool that annotations name for IPv4; empty where they name none."""
    return next((annotations[key] for key in _POOL_ANNOTATIONS if annotations.get(key)), "")


@dataclass(frozen=True, slots=True)
class NamespaceWish:
    """What the annotations of a namespace say of the addresses of its pods."""

    pool: str = ""
    requires_match: bool = False


def wish_of(namespace: Mapping[str, Any]) -> NamespaceWish:
    """Read the annotations of a Namespace object."""
    found = annotations_of(namespace)
    return NamespaceWish(pool_of_annotations(found), found.get(REQUIRE_MATCH) == "true")


def pool_for(
    pod: Mapping[str, Any],
    wish: NamespaceWish,
    namespace_labels: Mapping[str, str],
    pools: Iterable[PodPool],
    default: str,
) -> str:
    """The pool that a pod's address comes from: by its annotation, its namespace's, the pools' selectors, or default.

    Args:
        pod: The pod.
        wish: What its namespace's annotations say.
        namespace_labels: Labels of its namespace.
        pools: The pools that the agent knows.
        default: The pool of whoever none is chosen for.

    Raises:
        PoolRefused: several pools select the pod, or none does although one is required.
    """
    annotations = annotations_of(pod)
    named = pool_of_annotations(annotations) or wish.pool
    if named:
        return named
    labels = {**labels_of(pod), _NAMESPACE_LABEL: namespace_of(pod), _NAME_LABEL: name_of(pod)}
    found = sorted(
        pool.name for pool in pools if pool.has_selectors and pool.cidrs and pool.picks(labels, namespace_labels)
    )
    owner = f"{namespace_of(pod)}/{name_of(pod)}"
    if len(found) > 1:
        raise PoolRefused(f"multiple CiliumPodIPPools match pod {owner} (family=ipv4): [{' '.join(found)}]")
    if found:
        return found[0]
    if annotations.get(REQUIRE_MATCH) == "true" or wish.requires_match:
        place = "pod" if annotations.get(REQUIRE_MATCH) == "true" else "namespace"
        raise PoolRefused(
            f"no matching CiliumPodIPPool found for pod {owner} (family=ipv4) and require-pool-match annotation is "
            f"set on {place}"
        )
    return default
