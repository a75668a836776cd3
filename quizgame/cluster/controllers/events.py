"""Events as components record them: repeated ones are counted, not repeated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quizgame.cluster.apiserver import ApiServer
from quizgame.cluster.keyed import keyed_hex
from quizgame.cluster.objects import KubeObject
from quizgame.cluster.requests import FieldValidation

NORMAL, WARNING = "Normal", "Warning"


def record(
    api: ApiServer,
    about: Mapping[str, Any],
    reason: str,
    message: str,
    *,
    component: str,
    kind: str = NORMAL,
    host: str = "",
    field_path: str = "",
) -> None:
    """Write an event about an object, or count one up that says the same.

    Args:
        api: Where.
        about: The object.
        reason: ``Scheduled``.
        message: What a person reads.
        component: Who says it, ``default-scheduler``.
        kind: ``Normal`` or ``Warning``.
        host: The node of the component, for kubelets.
        field_path: Part of the object, ``spec.containers{web}``.
    """
    metadata = about["metadata"]
    namespace = metadata.get("namespace") or "default"
    holder = api.store.get("namespaces", ("", namespace))
    if holder is None or "deletionTimestamp" in holder["metadata"]:
        return
    involved: KubeObject = {
        "apiVersion": about["apiVersion"],
        "kind": about["kind"],
        "name": metadata["name"],
        "resourceVersion": metadata.get("resourceVersion", ""),
        "uid": metadata["uid"],
    }
    if metadata.get("namespace"):
        involved["namespace"] = metadata["namespace"]
    if field_path:
        involved["fieldPath"] = field_path
    # Source: client-go tools/record: the aggregation key is source, object, type, reason, reporter and message.
    digits = keyed_hex(api.seed, "event", api.name, metadata["uid"], reason, message, component, field_path, digits=16)
    name = f"{metadata['name']}.{digits}"
    now = api.clock.timestamp()
    known = api.store.get("events", (namespace, name))
    if known is not None:
        api.store.put("events", (namespace, name), {**known, "count": known["count"] + 1, "lastTimestamp": now})
        return
    source = {"component": component, **({"host": host} if host else {})}
    api.create(
        "events",
        {
            "metadata": {"name": name, "namespace": namespace},
            "involvedObject": involved,
            "reason": reason,
            "message": message,
            "source": source,
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
            "type": kind,
            "eventTime": None,
            "reportingComponent": component,
            "reportingInstance": host,
        },
        validate=FieldValidation.TRUSTED,
    )
