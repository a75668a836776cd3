"""The types that the chart's schema wants of values, and Helm's words where one has another.

Source: cilium/cilium v1.19 install/kubernetes/cilium/values.schema.json; helm pkg/chart/common/util/jsonschema.go with
santhosh-tekuri/jsonschema v6 for the words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from quizgame.cluster.install.values import Values, lookup

_HEAD = "values don't meet the specifications of the schema(s) in the following chart(s):\ncilium:"
# Simplified: of the schema, what would not fit where the chart uses it: numbers, lists and switches.
_WANTED: dict[str, tuple[str, ...]] = {
    "cluster.id": ("integer",),
    "clustermesh.apiserver.replicas": ("integer",),
    "clustermesh.apiserver.service.nodePort": ("integer",),
    "clustermesh.config.clusters": ("array", "object"),
    "clustermesh.maxConnectedClusters": ("integer",),
    "hubble.metrics.enabled": ("null", "array"),
    "hubble.relay.replicas": ("integer",),
    "hubble.ui.replicas": ("integer",),
    "ingressController.service.insecureNodePort": ("null", "integer"),
    "ingressController.service.secureNodePort": ("null", "integer"),
    "ipam.operator.clusterPoolIPv4MaskSize": ("integer",),
    "operator.replicas": ("integer",),
}
_SWITCH = "enabled"
_JSON_TYPES = ((bool, "boolean"), (int | float, "number"), (str, "string"), (list, "array"), (Mapping, "object"))


def schema_problem(values: Values) -> str:
    """What Helm says of values that the chart's schema refuses; empty where it takes them all."""
    problems = [
        f"- at '/{path.replace('.', '/')}': got {_type_of(value)}, want {' or '.join(wanted)}"
        for path, value, wanted in _typed(values)
        if not _fits(value, wanted)
    ]
    return "\n".join((_HEAD, *problems)) if problems else ""


def _typed(values: Values) -> Iterator[tuple[str, Any, tuple[str, ...]]]:
    for path, value in sorted(
        (*_switches(values), *((path, lookup(values, path)) for path in _WANTED)), key=lambda each: each[0]
    ):
        if value is not None:
            yield path, value, _WANTED.get(path, ("boolean",))


def _switches(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if key == _SWITCH and above:
            yield f"{above}{key}", value
        elif isinstance(value, Mapping):
            yield from _switches(value, f"{above}{key}.")


def _type_of(value: Any) -> str:
    return next((name for kind, name in _JSON_TYPES if isinstance(value, kind)), "null")


def _fits(value: Any, wanted: tuple[str, ...]) -> bool:
    found = _type_of(value)
    return found in wanted or (found == "number" and "integer" in wanted and value == int(value))
