"""Replacing an object: what is kept of the old one, what a patch makes of it, when its generation counts up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from quizgame.cluster import apierror
from quizgame.cluster.objects import KubeObject, dig
from quizgame.cluster.patching import PatchType, json_patch, merge_patch, strategic_merge
from quizgame.cluster.resources import Resource
from quizgame.cluster.schema import builtin_schema

# Source: strategies in kubernetes pkg/registry: kinds whose generation is counted (all custom resources besides).
COUNTS_GENERATION = frozenset((
    "Pod", "Deployment", "DaemonSet", "ReplicaSet", "StatefulSet", "ReplicationController", "Job", "CronJob",
    "NetworkPolicy", "EndpointSlice", "Ingress", "IngressClass", "PodDisruptionBudget", "CustomResourceDefinition",
    "HorizontalPodAutoscaler", "FlowSchema", "PriorityLevelConfiguration", "PriorityClass",
    "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration",
))  # fmt: skip
SERVER_FIELDS = (
    "uid",
    "creationTimestamp",
    "generation",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
)


def kept_metadata(old: KubeObject, fresh: Mapping[str, Any]) -> KubeObject:
    """The metadata of a replacement: what only the server sets comes from the present object."""
    metadata = {key: value for key, value in fresh.items() if key not in (*SERVER_FIELDS, "resourceVersion")}
    for field in (*SERVER_FIELDS, "resourceVersion", "generateName"):
        if field in old["metadata"]:
            metadata[field] = old["metadata"][field]
    return metadata


def patched(
    served: Resource,
    old: KubeObject,
    patch: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    patch_type: PatchType,
) -> KubeObject:
    """The present object with a patch applied.

    Raises:
        PatchProblem: the patch cannot be applied.
        ApiError: ``BadRequest``: the body does not fit the kind of patch.
    """
    fresh: KubeObject
    if patch_type is PatchType.JSON:
        if not isinstance(patch, Sequence):
            raise apierror.bad_request("json: cannot unmarshal object into Go value of type jsonpatch.Patch")
        fresh = json_patch(old, patch)
    elif not isinstance(patch, Mapping):
        raise apierror.bad_request("json: cannot unmarshal array into Go value of type map[string]interface {}")
    elif patch_type is PatchType.MERGE:
        fresh = merge_patch(old, dict(patch))
    else:
        fresh = strategic_merge(old, dict(patch), builtin_schema(), served.kind)
    metadata = dict(fresh["metadata"])
    if isinstance(patch, Mapping) and not dig(patch, "metadata", "resourceVersion"):
        metadata.pop("resourceVersion", None)
    return {**fresh, "metadata": metadata}


def counted(old: KubeObject, fresh: KubeObject) -> KubeObject:
    """The new object with its generation one up, if anything but metadata and status differs."""
    if "generation" not in old["metadata"] or _content(fresh) == _content(old):
        return fresh
    return {**fresh, "metadata": {**fresh["metadata"], "generation": old["metadata"]["generation"] + 1}}


def _content(node: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if key not in ("metadata", "status")}
