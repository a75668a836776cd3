"""Labels with a source, and which labels of a pod make its identity.

A label prints as ``source:key=value``, or ``source:key`` where it has no value. Label sets are sorted tuples, so that
they compare, hash and print the same way everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

SOURCE_K8S: Final = "k8s"
SOURCE_RESERVED: Final = "reserved"
SOURCE_CIDR: Final = "cidr"
SOURCE_FQDN: Final = "fqdn"
SOURCE_NODE: Final = "node"
SOURCE_ANY: Final = "any"
"""Only in selectors: any source will do."""

NAMESPACE_KEY: Final = "io.kubernetes.pod.namespace"
CLUSTER_KEY: Final = "io.cilium.k8s.policy.cluster"
SERVICE_ACCOUNT_KEY: Final = "io.cilium.k8s.policy.serviceaccount"
NAMESPACE_LABELS_PREFIX: Final = "io.cilium.k8s.namespace.labels"
METADATA_NAME_KEY: Final = "kubernetes.io/metadata.name"


@dataclass(frozen=True, slots=True, order=True)
class Label:
    """One label, as part of an identity."""

    key: str
    source: str
    value: str = ""

    def __str__(self) -> str:
        return f"{self.source}:{self.key}={self.value}" if self.value else f"{self.source}:{self.key}"


Labels = tuple[Label, ...]
"""Sorted by key, then source."""


def parse_label(text: str, default_source: str = "unspec") -> Label:
    """Parse ``source:key=value``; without a source, ``default_source``.

    A colon counts as the end of the source only before the first ``=``.
    """
    head, _, value = text.partition("=")
    source, colon, key = head.partition(":")
    if not colon:
        source, key = default_source, head
    return Label(key, source, value)


def parse_labels(texts: Iterable[str], default_source: str = SOURCE_K8S) -> Labels:
    """Parse several labels and sort them."""
    return tuple(sorted(parse_label(text, default_source) for text in texts))


def reserved(*names: str) -> Labels:
    """Return the labels ``reserved:NAME`` of these names."""
    return tuple(Label(name, SOURCE_RESERVED) for name in sorted(names))


# Source: cilium/cilium v1.19 pkg/labelsfilter/filter.go: defaults; an expression matches from the start of the key.
_INCLUDED = (NAMESPACE_KEY, NAMESPACE_LABELS_PREFIX, "app.kubernetes.io")
_IGNORED = tuple(
    re.compile(pattern)
    for pattern in (
        r"io\.kubernetes",
        r"kubernetes\.io",
        r"statefulset\.kubernetes\.io/pod-name",
        r"apps\.kubernetes\.io/pod-index",
        r"batch\.kubernetes\.io/job-completion-index",
        r"batch\.kubernetes\.io/controller-uid",
        r"topology\.kubernetes\.io",
        r".*beta\.kubernetes\.io",
        r"k8s\.io",
        r"pod-template-generation",
        r"pod-template-hash",
        r"controller-revision-hash",
        r"annotation.*",
        r"controller-uid",
        r"etcd_node",
    )
)


@lru_cache(maxsize=4096)
def is_identity_relevant(key: str) -> bool:
    """Say whether a pod label with this key becomes part of the identity under the default label filter.

    The longest matching include must be longer than the shortest matching exclude; a key that matches neither counts.
    """
    ignored = [match.end() for pattern in _IGNORED if (match := pattern.match(key))]
    if not ignored:
        return True
    included = [len(prefix) for prefix in _INCLUDED if key.startswith(prefix)]
    return bool(included) and max(included) > min(ignored)


def pod_labels(
    labels: Mapping[str, str],
    *,
    namespace: str,
    namespace_labels: Mapping[str, str],
    service_account: str = "default",
    cluster_name: str = "default",
) -> Labels:
    """Return the identity labels of a pod.

    Args:
        labels: ``metadata.labels`` of the pod.
        namespace: Its namespace.
        namespace_labels: ``metadata.labels`` of the namespace; ``kubernetes.io/metadata.name`` is added if missing.
        service_account: ``spec.serviceAccountName``; an empty name means ``default``.
        cluster_name: The name of the cluster that the pod runs in.
    """
    # Source: cilium/cilium v1.19 pkg/k8s/labels.go GetPodMetadata: Cilium's own keys override the pod's.
    merged = dict(labels)
    for key, value in {METADATA_NAME_KEY: namespace, **namespace_labels}.items():
        merged[f"{NAMESPACE_LABELS_PREFIX}.{key}"] = value
    merged[NAMESPACE_KEY] = namespace
    merged[SERVICE_ACCOUNT_KEY] = service_account or "default"
    merged[CLUSTER_KEY] = cluster_name
    return tuple(
        sorted(Label(key, SOURCE_K8S, str(value)) for key, value in merged.items() if is_identity_relevant(key))
    )
