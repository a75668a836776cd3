"""What deletion means for an object: at once, after a grace period, held by finalizers; and for what it owns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quizgame.cluster.clock import rfc3339
from quizgame.cluster.objects import KubeObject, annotations_of, dig, is_terminating
from quizgame.cluster.requests import Propagation
from quizgame.cluster.resources import Resource
from quizgame.goflags.times import SECOND

if TYPE_CHECKING:
    from quizgame.cluster.apiserver import ApiServer

IMMORTAL_NAMESPACES = ("default", "kube-public", "kube-system")
# Source: kubernetes plugin/pkg/admission/namespace/lifecycle: namespaces that stay.


def grace_seconds(served: Resource, old: KubeObject, asked: int | None) -> int:
    """Seconds that an object gets to end: pods that run somewhere have some, everything else none."""
    # Source: pod strategy CheckGracefulDelete: unscheduled, finished and static pods go at once.
    if served.kind != "Pod" or not dig(old, "spec", "nodeName") or "kubernetes.io/config.mirror" in annotations_of(old):
        return 0
    if dig(old, "status", "phase") in ("Succeeded", "Failed"):
        return 0
    return int(dig(old, "spec", "terminationGracePeriodSeconds", default=30)) if asked is None else asked


def is_held(served: Resource, old: KubeObject) -> bool:
    """Whether somebody has to do something before the object may go."""
    return bool(old["metadata"].get("finalizers") or (served.kind == "Namespace" and dig(old, "spec", "finalizers")))


def marked(served: Resource, old: KubeObject, grace: int, now_ns: int) -> KubeObject:
    """The object with its deletion begun; the same where it has begun and this would not shorten it."""
    if is_terminating(old) and grace >= old["metadata"].get("deletionGracePeriodSeconds", 0):
        return old
    metadata = {
        **old["metadata"],
        "deletionTimestamp": rfc3339(now_ns + grace * SECOND),
        "deletionGracePeriodSeconds": grace,
    }
    if "generation" in metadata and not is_terminating(old):
        metadata["generation"] += 1
    fresh = {**old, "metadata": metadata}
    if served.kind == "Namespace":
        fresh["status"] = {**(old.get("status") or {}), "phase": "Terminating"}
    return fresh


def release_dependents(api: ApiServer, owner: KubeObject, propagation: Propagation) -> None:
    """Delete what an object owns (foreground), or take the owner off it (orphan)."""
    uid = owner["metadata"]["uid"]
    for resource, (namespace, name) in api.store.owned_by(uid):
        dependent = api.store.get(resource, (namespace, name))
        if dependent is None:
            continue
        if propagation is Propagation.FOREGROUND:
            api.delete(resource, name, namespace, propagation=propagation)
            continue
        references = [each for each in dependent["metadata"]["ownerReferences"] if each["uid"] != uid]
        metadata = {**dependent["metadata"], "ownerReferences": references}
        if not references:
            del metadata["ownerReferences"]
        api.store.put(resource, (namespace, name), {**dependent, "metadata": metadata})
