"""Replacing an object: what is kept of the old one, what a patch makes of it, when its generation counts up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quizgame.cluster import apierror
from quizgame.cluster.objects import KubeObject, dig
from quizgame.cluster.patching import PatchType, json_patch, merge_patch, strategic_merge
from quizgame.cluster.resources import Resource
from quizgame.cluster.schema import builtin_schema
from quizgame.goflags.quoting import quote

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
    patch: Any,
    patch_type: PatchType,
) -> KubeObject:
    """The present object with a patch applied.

    Raises:
        PatchProblem: the patch cannot be applied.
        ApiError: ``BadRequest``: the body does not fit the kind of patch.
    """
    require_fitting(patch, patch_type)
    fresh: KubeObject
    if patch_type is PatchType.JSON:
        fresh = json_patch(old, patch)
    elif patch_type is PatchType.MERGE:
        fresh = merge_patch(old, dict(patch))
    else:
        fresh = strategic_merge(old, dict(patch), builtin_schema(), served.kind)
    require_same_name(old, fresh)
    if patch_type is not PatchType.STRATEGIC:
        require_same_kind(served, old, fresh)
    metadata = dict(fresh["metadata"])
    if isinstance(patch, Mapping) and not dig(patch, "metadata", "resourceVersion"):
        metadata.pop("resourceVersion", None)
    return {**fresh, "metadata": metadata}


def require_fitting(patch: Any, patch_type: PatchType) -> None:
    """Refuse a body that has not the shape of its kind of patch.

    Raises:
        ApiError: ``BadRequest``.
    """
    if patch_type is not PatchType.JSON:
        if not isinstance(patch, Mapping):
            raise _unfit(patch, "map[string]interface {}")
        return
    if not isinstance(patch, list):
        raise _unfit(patch, "jsonpatch.Patch")
    for operation in patch:
        if not isinstance(operation, Mapping):
            raise _unfit(operation, "jsonpatch.Operation")


def require_same_name(old: KubeObject, fresh: Any) -> None:
    """Refuse what a patch has made of an object where that is none any more, or one of another name.

    Raises:
        ApiError: ``BadRequest``.
    """
    # Source: Kubernetes apiserver endpoints/handlers checkName.
    if not isinstance(fresh, Mapping):
        raise _unfit(fresh, "map[string]interface {}")
    metadata = fresh.get("metadata") or {}
    if not isinstance(metadata, Mapping):
        raise _unfit(metadata, "v1.ObjectMeta")
    wanted, name = old["metadata"]["name"], metadata.get("name")
    if not name:
        message = f"the name of the object ({wanted} based on URL) was undeterminable: name must be provided"
        raise apierror.bad_request(message)
    if name != wanted:
        message = f"the name of the object ({name}) does not match the name on the URL ({wanted})"
        raise apierror.bad_request(message)
    namespace, place = metadata.get("namespace"), old["metadata"].get("namespace")
    if place and namespace and namespace != place:
        message = f"the namespace of the object ({namespace}) does not match the namespace on the request ({place})"
        raise apierror.bad_request(message)


def require_same_kind(served: Resource, old: KubeObject, fresh: KubeObject) -> None:
    """Refuse what a patch has made an object of another kind of; strategic merges do not heed it.

    Raises:
        ApiError: ``BadRequest``; ``Invalid`` for a custom resource.
    """
    # Source: Kubernetes apiserver endpoints/handlers/patch.go (DecodeInto); apiextensions customresource validator.
    causes = [
        apierror.Cause(field, f"Invalid value: {quote(str(fresh.get(field)))}: must be {old[field]}")
        for field in ("kind", "apiVersion")
        if fresh.get(field) != old[field] and not (field == "apiVersion" and _is_served(served, fresh.get(field)))
    ]
    if not causes:
        return
    if served.is_custom:
        raise apierror.invalid(served, old["metadata"]["name"], causes[:1])
    kind, version = fresh.get("kind", ""), fresh.get("apiVersion", "")
    scheme = '"pkg/api/legacyscheme/scheme.go:30"'
    raise apierror.bad_request(f'no kind "{kind}" is registered for version "{version}" in scheme {scheme}')


def _is_served(served: Resource, api_version: Any) -> bool:
    group, _, version = str(api_version).rpartition("/")
    return group == served.group and version in served.versions


def _unfit(value: Any, wanted: str) -> apierror.ApiError:
    """What Go's decoder says of a body of another shape."""
    # Source: Go encoding/json UnmarshalTypeError.
    found = _GO_NAMES.get(type(value), "number")
    return apierror.bad_request(f"json: cannot unmarshal {found} into Go value of type {wanted}")


_GO_NAMES = {dict: "object", list: "array", str: "string", bool: "bool", type(None): "null"}


def counted(old: KubeObject, fresh: KubeObject) -> KubeObject:
    """The new object with its generation one up, if anything but metadata and status differs."""
    if "generation" not in old["metadata"] or _content(fresh) == _content(old):
        return fresh
    return {**fresh, "metadata": {**fresh["metadata"], "generation": old["metadata"]["generation"] + 1}}


def _content(node: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if key not in ("metadata", "status")}
