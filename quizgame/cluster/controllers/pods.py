"""What the workload controllers share: making pods from a template, judging and choosing among them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from quizgame.cluster.apiserver import ApiServer
from quizgame.cluster.keyed import safe_hash
from quizgame.cluster.objects import (
    KubeObject,
    controller_of,
    dig,
    is_condition_true,
    is_terminating,
    owner_reference,
    uid_of,
)
from quizgame.cluster.requests import FieldValidation


def pods_of(api: ApiServer, owner: Mapping[str, Any]) -> list[KubeObject]:
    """Pods that an object controls, by order of creation."""
    uid = uid_of(owner)
    found = []
    for resource, key in api.store.owned_by(uid):
        pod = api.store.get("pods", key) if resource == "pods" else None
        if pod is not None and (controller_of(pod) or {}).get("uid") == uid:
            found.append(pod)
    return found


def is_active(pod: Mapping[str, Any]) -> bool:
    """Whether a pod counts: neither finished nor on its way out."""
    return not is_terminating(pod) and dig(pod, "status", "phase") not in ("Succeeded", "Failed")


def is_ready(pod: Mapping[str, Any]) -> bool:
    """Whether a pod's Ready condition holds."""
    return is_condition_true(pod, "Ready")


def template_hash(template: Mapping[str, Any]) -> str:
    """The hash of a pod template, as controllers put it into labels; equal templates have equal hashes."""
    return safe_hash(json.dumps(template, sort_keys=True, separators=(",", ":")))


def create_pod(
    api: ApiServer,
    owner: Mapping[str, Any],
    *,
    labels: Mapping[str, str],
    spec: KubeObject,
    name: str,
    generate_name: str = "",
) -> KubeObject:
    """Make a pod from an owner's template.

    Args:
        api: Where.
        owner: The controlling object; its ``spec.template`` gives the annotations.
        labels: All labels.
        spec: The pod's spec.
        name: Its name.
        generate_name: The prefix it was generated from; empty for fixed names.

    Raises:
        ApiError: admission refuses the pod.
    """
    metadata: KubeObject = {
        "name": name,
        "namespace": owner["metadata"]["namespace"],
        "labels": dict(labels),
        "ownerReferences": [owner_reference(owner)],
    }
    if generate_name:
        metadata["generateName"] = generate_name
    annotations = dig(owner, "spec", "template", "metadata", "annotations")
    if annotations:
        metadata["annotations"] = annotations
    finalizers = dig(owner, "spec", "template", "metadata", "finalizers")
    if finalizers:
        metadata["finalizers"] = finalizers
    return api.create("pods", {"metadata": metadata, "spec": spec}, validate=FieldValidation.TRUSTED)


def deletion_order(pod: Mapping[str, Any]) -> tuple[bool, bool, bool, str, str]:
    """A sort key: whoever comes first is deleted first when there are too many."""
    # Source: kubernetes controller ActivePods: unassigned, then pending, then not ready, then the youngest.
    phase_rank = dig(pod, "status", "phase") == "Running"
    created = pod["metadata"]["creationTimestamp"]
    younger_first = "".join(chr(0x7E - ord(letter) + 0x20) for letter in created)
    return bool(dig(pod, "spec", "nodeName")), phase_rank, is_ready(pod), younger_first, pod["metadata"]["name"]


def resolve_share(value: Any, total: int, *, rounds_up: bool) -> int:
    """A count that may be written as a percentage (``"25%"``) of a total."""
    if isinstance(value, str) and value.endswith("%"):
        product = int(value[:-1]) * total
        return -(-product // 100) if rounds_up else product // 100
    return int(value or 0)
