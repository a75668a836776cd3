"""What the server fills into an object that leaves it out."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from quizgame.cluster.decoding import schema_for
from quizgame.cluster.objects import KubeObject, dig, evolve
from quizgame.cluster.resources import Resource
from quizgame.cluster.schema import Schema


def apply_defaults(resource: Resource, node: KubeObject) -> KubeObject:
    """The object with every default of its kind; shares what is unchanged."""
    schema = schema_for(resource)
    if resource.kind in schema.types:
        node = _fill(node, resource.kind, schema)
    special = _SPECIAL.get(resource.kind)
    return special(node) if special is not None else node


def _fill(node: Any, type_name: str, schema: Schema) -> Any:
    shape = schema.type_of(type_name)
    inner = schema.filled_in.get(type_name, ())
    if shape is None or not isinstance(node, dict) or not (inner or shape.defaulted):
        return node
    filled = dict(node)
    for known in shape.defaulted:
        if known.name not in filled and not known.is_list:
            filled[known.name] = known.default
    for known in inner:
        value = filled.get(known.name)
        kind = known.item_type or known.type
        if isinstance(value, list):
            filled[known.name] = [_fill(item, kind, schema) for item in value]
        elif isinstance(value, dict):
            filled[known.name] = (
                {name: _fill(item, kind, schema) for name, item in value.items()}
                if known.is_map
                else _fill(value, kind, schema)
            )
    return filled


# Source: kubernetes pkg/apis/{core,apps,networking}/v1/defaults.go.


def _pod_spec(spec: KubeObject) -> KubeObject:
    filled = dict(spec)
    account = filled.get("serviceAccountName") or filled.get("serviceAccount")
    if account:
        filled["serviceAccountName"] = filled["serviceAccount"] = account
    is_host_network = bool(filled.get("hostNetwork"))
    for key in ("initContainers", "containers"):
        if key in filled:
            filled[key] = [_container(each, is_host_network) for each in filled[key]]
    if "volumes" in filled:
        filled["volumes"] = [each if len(each) > 1 else {**each, "emptyDir": {}} for each in filled["volumes"]]
    return filled


def _container(container: KubeObject, is_host_network: bool) -> KubeObject:
    filled = dict(container)
    if "imagePullPolicy" not in filled:
        filled["imagePullPolicy"] = "Always" if _is_latest(filled.get("image", "")) else "IfNotPresent"
    if is_host_network and "ports" in filled:
        filled["ports"] = [
            each if "hostPort" in each else {**each, "hostPort": each.get("containerPort")} for each in filled["ports"]
        ]
    if "env" in filled:
        filled["env"] = [_env(each) for each in filled["env"]]
    return filled


def _env(variable: KubeObject) -> KubeObject:
    if dig(variable, "valueFrom", "fieldRef") and not dig(variable, "valueFrom", "fieldRef", "apiVersion"):
        filled: KubeObject = evolve(variable, ("valueFrom", "fieldRef", "apiVersion"), "v1")
        return filled
    if dig(variable, "valueFrom", "resourceFieldRef") and not dig(variable, "valueFrom", "resourceFieldRef", "divisor"):
        filled = evolve(variable, ("valueFrom", "resourceFieldRef", "divisor"), "0")
        return filled
    return variable


def _is_latest(image: str) -> bool:
    if "@" in image:
        return False
    _, colon, tag = image.rpartition("/")[2].partition(":")
    return not colon or tag == "latest"


def _pod(node: KubeObject) -> KubeObject:
    spec = _pod_spec(node.get("spec") or {})
    spec.setdefault("enableServiceLinks", True)
    if "containers" in spec:
        spec["containers"] = [_requests(each) for each in spec["containers"]]
    return {**node, "spec": spec}


def _requests(container: KubeObject) -> KubeObject:
    limits = dig(container, "resources", "limits", default={})
    if not limits:
        return container
    requests = {**limits, **dig(container, "resources", "requests", default={})}
    filled: KubeObject = evolve(container, ("resources", "requests"), requests)
    return filled


def _templated(node: KubeObject) -> KubeObject:
    spec = dig(node, "spec", "template", "spec")
    if spec is None:
        return node
    filled: KubeObject = evolve(node, ("spec", "template", "spec"), _pod_spec(spec))
    return filled


def _with_rolling(strategy_field: str, rolling: KubeObject) -> Callable[[KubeObject], KubeObject]:
    def fill(node: KubeObject) -> KubeObject:
        node = _templated(node)
        strategy = dig(node, "spec", strategy_field, default={})
        if strategy.get("type") == "RollingUpdate":
            given = strategy.get("rollingUpdate") or {}
            node = evolve(node, ("spec", strategy_field, "rollingUpdate"), {**rolling, **given})
        return node

    return fill


def _service(node: KubeObject) -> KubeObject:
    spec = dict(node.get("spec") or {})
    kind = spec.get("type")
    if spec.get("sessionAffinity") == "ClientIP":
        spec.setdefault("sessionAffinityConfig", {"clientIP": {"timeoutSeconds": 10800}})
    if "ports" in spec:
        spec["ports"] = [
            each if each.get("targetPort") not in (None, 0, "") else {**each, "targetPort": each.get("port")}
            for each in spec["ports"]
        ]
    if kind in ("NodePort", "LoadBalancer"):
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if kind == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    if kind in ("ClusterIP", "NodePort", "LoadBalancer"):
        spec.setdefault("internalTrafficPolicy", "Cluster")
    return {**node, "spec": spec}


def _network_policy(node: KubeObject) -> KubeObject:
    spec = dict(node.get("spec") or {})
    spec.setdefault("podSelector", {})
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]
    return {**node, "spec": spec}


def _secret(node: KubeObject) -> KubeObject:
    plain = node.get("stringData")
    if not plain:
        return node
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in plain.items()}
    filled = {**node, "data": {**(node.get("data") or {}), **encoded}}
    del filled["stringData"]
    return filled


def _endpoint_slice(node: KubeObject) -> KubeObject:
    if "ports" not in node:
        return node
    return {**node, "ports": [{"name": "", **each} for each in node["ports"]]}


def _http_route(node: KubeObject) -> KubeObject:
    """Rules without a match take all paths. Source: Gateway API 1.4.1 CRD, defaults of ``rules`` and ``matches``."""
    everything = [{"path": {"type": "PathPrefix", "value": "/"}}]
    spec = node.get("spec") or {}
    given = spec.get("rules") or [{}]
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        return node
    rules = [each if each.get("matches") else {**each, "matches": everything} for each in given]
    return {**node, "spec": {**spec, "rules": rules}}


def _definition(node: KubeObject) -> KubeObject:
    names = dict(dig(node, "spec", "names", default={}))
    if names.get("kind"):
        names.setdefault("singular", names["kind"].lower())
        names.setdefault("listKind", names["kind"] + "List")
    spec = {"conversion": {"strategy": "None"}, **node["spec"], "names": names}
    return {**node, "spec": spec}


_SPECIAL: dict[str, Callable[[KubeObject], KubeObject]] = {
    "Pod": _pod,
    "Deployment": _with_rolling("strategy", {"maxSurge": "25%", "maxUnavailable": "25%"}),
    "DaemonSet": _with_rolling("updateStrategy", {"maxSurge": 0, "maxUnavailable": 1}),
    "StatefulSet": _with_rolling("updateStrategy", {"partition": 0}),
    "ReplicaSet": _templated,
    "Service": _service,
    "NetworkPolicy": _network_policy,
    "Secret": _secret,
    "EndpointSlice": _endpoint_slice,
    "CustomResourceDefinition": _definition,
    "HTTPRoute": _http_route,
}
