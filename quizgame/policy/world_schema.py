"""The parts of plain Kubernetes objects that a world of policy reads, and their shapes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from quizgame.policy.schema import ANYTHING, BOOLEAN, Schema, array, integer, mapping, obj, string, violations

_METADATA = obj({"name": string(), "namespace": string(), "labels": mapping(string())})
_CONTAINER_PORT = obj(
    {"name": string(), "containerPort": integer(1, 65535), "protocol": string("TCP", "UDP", "SCTP")},
    required=("containerPort",),
)
_POD_SPEC = obj(
    {
        "nodeName": string(),
        "hostNetwork": BOOLEAN,
        "serviceAccountName": string(),
        "serviceAccount": string(),
        "containers": array(obj({"ports": array(_CONTAINER_PORT)})),
    }
)
_POD_STATUS = obj({"podIP": string(), "podIPs": array(obj({"ip": string()}))})
_ADDRESS = obj({"address": string()})

_SHAPES: Final[dict[str, Schema]] = {
    "Namespace": obj({"metadata": _METADATA}),
    "Node": obj({"metadata": _METADATA, "status": obj({"addresses": array(_ADDRESS)})}),
    "Pod": obj({"metadata": _METADATA, "spec": _POD_SPEC, "status": _POD_STATUS}),
    "Service": obj({"metadata": _METADATA, "spec": obj({"selector": mapping(string())})}),
    "EndpointSlice": obj({"metadata": _METADATA, "endpoints": array(obj({"addresses": array(string())}))}),
}
_ANY_KIND: Final = obj({"metadata": obj({"name": string(), "namespace": string(), "labels": ANYTHING})})


def shape_problems(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the fields of an object that a world reads; other fields are no matter."""
    schema = _SHAPES.get(str(manifest.get("kind")), _ANY_KIND)
    for name, part in schema.properties.items():
        if name in manifest:
            yield from violations(manifest[name], part, name)


def without_nulls(value: Any) -> Any:
    """Return a copy without nulls, which Kubernetes reads as if nothing stood there."""
    if isinstance(value, dict):
        return {key: without_nulls(child) for key, child in value.items() if child is not None}
    if isinstance(value, list):
        return [without_nulls(child) for child in value if child is not None]
    return value
