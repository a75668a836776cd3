"""Applying a manifest as ``kubectl apply`` does on the client's side: last-applied annotation and three-way merge."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from typing import Any

from quizgame.cluster.apiserver import ApiServer
from quizgame.cluster.objects import KubeObject, annotations_of, evolve
from quizgame.cluster.patching import PatchType, three_way_merge, three_way_strategic
from quizgame.cluster.requests import FieldValidation, Warn
from quizgame.cluster.resources import Resource
from quizgame.cluster.schema import builtin_schema

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


class Applied(Enum):
    """What applying did; the value is kubectl's word for it."""

    CREATED = "created"
    CONFIGURED = "configured"
    UNCHANGED = "unchanged"


def with_last_applied(manifest: Mapping[str, Any], namespace: str = "") -> KubeObject:
    """The manifest with the annotation that remembers it, as kubectl writes it.

    Args:
        manifest: The manifest; an older annotation in it is dropped.
        namespace: Its namespace, if it is namespaced.
    """
    metadata = dict(manifest.get("metadata") or {})
    annotations = {key: value for key, value in (metadata.get("annotations") or {}).items() if key != LAST_APPLIED}
    metadata["annotations"] = annotations
    if namespace:
        metadata["namespace"] = namespace
    plain = {**manifest, "metadata": metadata}
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"
    marked: KubeObject = evolve(plain, ("metadata", "annotations", LAST_APPLIED), text)
    return marked


def last_applied(live: Mapping[str, Any]) -> dict[str, Any]:
    """What was applied before, from the annotation; empty if never."""
    text = annotations_of(live).get(LAST_APPLIED, "")
    try:
        found = json.loads(text) if text else {}
    except json.JSONDecodeError:  # written by hand: as good as absent
        return {}
    return found if isinstance(found, dict) else {}


def apply_patch(resource: Resource, marked: Mapping[str, Any], live: KubeObject) -> tuple[dict[str, Any], PatchType]:
    """What ``apply`` sends for an object that is there; empty where nothing has to change.

    Args:
        resource: The kind.
        marked: The manifest ``with_last_applied``.
        live: The object as stored.
    """
    last = last_applied(live)
    last.pop("apiVersion", None)
    wanted = {**marked, "apiVersion": resource.api_version}
    if resource.is_custom:
        return three_way_merge(last, wanted, live), PatchType.MERGE
    return three_way_strategic(last, wanted, live, builtin_schema(), resource.kind), PatchType.STRATEGIC


def apply_object(
    api: ApiServer,
    resource: Resource,
    manifest: Mapping[str, Any],
    namespace: str = "",
    *,
    version: str = "",
    validate: FieldValidation = FieldValidation.STRICT,
    dry_run: bool = False,
    warn: Warn | None = None,
) -> tuple[KubeObject, Applied]:
    """Create an object or merge a manifest into the one that is there.

    Args:
        api: The server.
        resource: The manifest's kind.
        manifest: The manifest.
        namespace: Where, if it does not say.
        version: The API version it is written in.
        validate: What to do about unknown fields.
        dry_run: Let the server do everything but store.
        warn: Receives the server's warnings.

    Returns:
        The object, and what was done.

    Raises:
        ApiError: the server's refusal.
    """
    place = ((manifest.get("metadata") or {}).get("namespace") or namespace or "default") if resource.namespaced else ""
    marked = with_last_applied(manifest, place)
    name = marked["metadata"].get("name") or ""
    tell = warn or (lambda text: None)
    live = api.find(resource, name, place)
    if live is None:
        made = api.create(resource, marked, place, version=version, validate=validate, dry_run=dry_run, warn=tell)
        return made, Applied.CREATED
    patch, patch_type = apply_patch(resource, marked, live)
    if not patch:
        return live, Applied.UNCHANGED
    fresh = api.patch(
        resource, name, patch, patch_type, place, version=version, validate=validate, dry_run=dry_run, warn=tell
    )
    is_same = fresh["metadata"].get("resourceVersion") == live["metadata"]["resourceVersion"] and not dry_run
    return fresh, Applied.UNCHANGED if is_same else Applied.CONFIGURED
