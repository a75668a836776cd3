"""What an agent reads from a Pod object."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from quizgame.cluster.objects import controller_of, dig, labels_of, name_of, namespace_of
from quizgame.policy.labels import pod_labels

HASH_LABEL = "pod-template-hash"


def is_host_network(pod: Mapping[str, Any]) -> bool:
    """Whether the pod lives in the network namespace of its node."""
    return bool(dig(pod, "spec", "hostNetwork", default=False))


def identity_labels(pod: Mapping[str, Any], namespace_labels: Mapping[str, str], cluster: str) -> tuple[str, ...]:
    """Identity labels of a pod as text, sorted."""
    return _identity_labels(
        tuple(labels_of(pod).items()),
        namespace_of(pod),
        tuple(namespace_labels.items()),
        dig(pod, "spec", "serviceAccountName", default="default"),
        cluster,
    )


@lru_cache(maxsize=4096)
def _identity_labels(
    labels: tuple[tuple[str, str], ...],
    namespace: str,
    namespace_labels: tuple[tuple[str, str], ...],
    service_account: str,
    cluster: str,
) -> tuple[str, ...]:
    # Every change of a pod asks for them, and the pods of a workload have the same.
    found = pod_labels(
        dict(labels),
        namespace=namespace,
        namespace_labels=dict(namespace_labels),
        service_account=service_account,
        cluster_name=cluster,
    )
    return tuple(str(label) for label in found)


def container_ports(pod: Mapping[str, Any]) -> tuple[tuple[str, int, str], ...]:
    """Declared ports: name (may be empty), number, protocol."""
    return tuple(
        (port.get("name", ""), port["containerPort"], port.get("protocol", "TCP"))
        for container in dig(pod, "spec", "containers", default=())
        for port in container.get("ports") or ()
    )


def named_ports(pod: Mapping[str, Any]) -> dict[str, tuple[int, str]]:
    """Port name → number and protocol."""
    return {name: (number, protocol) for name, number, protocol in container_ports(pod) if name}


def workload_of(pod: Mapping[str, Any]) -> tuple[str, str]:
    """Name and kind of the workload as flows show it: a ReplicaSet of a Deployment counts as the Deployment."""
    owner = controller_of(pod)
    if owner is None:
        return name_of(pod), "Pod"
    template_hash = labels_of(pod).get(HASH_LABEL)
    if owner["kind"] == "ReplicaSet" and template_hash and owner["name"].endswith(f"-{template_hash}"):
        return owner["name"].removesuffix(f"-{template_hash}"), "Deployment"
    return owner["name"], owner["kind"]
