"""Rules of the built-in kinds that a table of fields cannot state."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from quizgame.cluster import allocation
from quizgame.cluster.apierror import Cause
from quizgame.cluster.labelselect import matches, selector_of
from quizgame.cluster.names import NAME_RULES
from quizgame.cluster.objects import KubeObject, dig, prune
from quizgame.cluster.resources import Resource

if TYPE_CHECKING:
    from quizgame.cluster.apiserver import ApiServer

Rule = Callable[["ApiServer", KubeObject, "KubeObject | None"], list[Cause]]


def violations(api: ApiServer, resource: Resource, node: KubeObject, old: KubeObject | None) -> list[Cause]:
    """What the rules of the kind say against an object."""
    rule = _RULES.get(resource.kind)
    return rule(api, node, old) if rule is not None else []


# Source: kubernetes pkg/apis/{core,apps,networking}/validation.


def _pod(_api: ApiServer, node: KubeObject, old: KubeObject | None) -> list[Cause]:
    causes = _pod_spec(node.get("spec") or {}, "spec")
    if old is not None and not causes:
        causes = _pod_update(node, old)
    return causes


def _pod_spec(spec: Mapping[str, Any], path: str, claims: Iterable[str] = ()) -> list[Cause]:
    """What is wrong with a pod's spec; volumes that a controller adds from claims count as there."""
    causes: list[Cause] = []
    seen: set[str] = set()
    volumes = {each.get("name") for each in spec.get("volumes") or ()} | set(claims)
    for key in ("initContainers", "containers"):
        for position, container in enumerate(spec.get(key) or ()):
            causes += _container(container, f"{path}.{key}[{position}]", seen, volumes)
    for position, toleration in enumerate(spec.get("tolerations") or ()):
        if not toleration.get("key") and toleration.get("operator") != "Exists":
            text = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
            causes.append(
                Cause(
                    f"{path}.tolerations[{position}].operator",
                    f"Invalid value: {json.dumps(toleration.get('operator', ''))}: {text}",
                )
            )
    return causes


def _container(container: Mapping[str, Any], path: str, seen: set[str], volumes: set[Any]) -> list[Cause]:
    causes: list[Cause] = []
    name = container.get("name") or ""
    rule = NAME_RULES["label"]
    if name and not re.fullmatch(rule.pattern, name):
        causes.append(Cause(f"{path}.name", f'Invalid value: "{name}": {rule.message}'))
    if name and name in seen:
        causes.append(Cause(f"{path}.name", f'Duplicate value: "{name}"'))
    seen.add(name)
    if not container.get("image"):
        causes.append(Cause(f"{path}.image", "Required value"))
    for position, mount in enumerate(container.get("volumeMounts") or ()):
        if mount.get("name") and mount["name"] not in volumes:
            causes.append(Cause(f"{path}.volumeMounts[{position}].name", f'Not found: "{mount["name"]}"'))
    for position, variable in enumerate(container.get("env") or ()):
        if variable.get("value") and variable.get("valueFrom"):
            text = 'Invalid value: "": may not be specified when `value` is not empty'
            causes.append(Cause(f"{path}.env[{position}].valueFrom", text))
    return causes


_POD_UPDATE = (
    "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


def _pod_update(node: KubeObject, old: KubeObject) -> list[Cause]:
    if _fixed(node.get("spec") or {}) == _fixed(old["spec"]):
        return []
    return [Cause("spec", _POD_UPDATE)]


def _fixed(spec: Mapping[str, Any]) -> dict[str, Any]:
    changeable = ("activeDeadlineSeconds", "tolerations", "ephemeralContainers", "nodeName")
    kept = {key: value for key, value in spec.items() if key not in changeable}
    for key in ("containers", "initContainers"):
        if key in kept:
            kept[key] = [prune(each, ("image",)) for each in kept[key]]
    return kept


def _workload(api: ApiServer, node: KubeObject, old: KubeObject | None) -> list[Cause]:
    spec = node.get("spec") or {}
    causes: list[Cause] = []
    selector = spec.get("selector") or {}
    labels = dig(spec, "template", "metadata", "labels", default={})
    if selector == {} and "selector" in spec:
        causes.append(
            Cause("spec.selector", "Invalid value: {}: empty selector is invalid for " + _PLURAL[node["kind"]])
        )
    elif selector and not matches(selector_of(selector), labels):
        shown = json.dumps(labels, separators=(",", ":"), sort_keys=True) if labels else "null"
        text = f"Invalid value: {shown}: `selector` does not match template `labels`"
        causes.append(Cause("spec.template.metadata.labels", text))
    replicas = spec.get("replicas", 0)
    if replicas < 0:
        causes.append(Cause("spec.replicas", f"Invalid value: {replicas}: must be greater than or equal to 0"))
    if "template" in spec:
        claims = [dig(each, "metadata", "name", default="") for each in spec.get("volumeClaimTemplates") or ()]
        causes += _pod_spec(dig(spec, "template", "spec", default={}), "spec.template.spec", claims)
        policy = dig(spec, "template", "spec", "restartPolicy", default="Always")
        if policy in ("OnFailure", "Never"):
            text = f'Unsupported value: "{policy}": supported values: "Always"'
            causes.append(Cause("spec.template.spec.restartPolicy", text))
    if old is not None and dig(old, "spec", "selector") != spec.get("selector"):
        shown = json.dumps(spec.get("selector"), separators=(",", ":"), sort_keys=True)
        causes.append(Cause("spec.selector", f"Invalid value: {shown}: field is immutable"))
    return causes


_PLURAL = {
    "Deployment": "deployment",
    "ReplicaSet": "deployment",
    "DaemonSet": "daemonset",
    "StatefulSet": "statefulset",
}


def _service(api: ApiServer, node: KubeObject, old: KubeObject | None) -> list[Cause]:
    spec = node.get("spec") or {}
    ports = spec.get("ports") or []
    causes: list[Cause] = []
    kind = spec.get("type")
    if not ports and kind != "ExternalName" and spec.get("clusterIP") != "None":
        causes.append(Cause("spec.ports", "Required value"))
    if kind == "ExternalName" and not spec.get("externalName"):
        causes.append(Cause("spec.externalName", "Required value"))
    names: set[str] = set()
    pairs: set[tuple[int, str]] = set()
    for position, port in enumerate(ports):
        path = f"spec.ports[{position}]"
        name = port.get("name") or ""
        if not name and len(ports) > 1:
            causes.append(Cause(f"{path}.name", "Required value"))
        if name and name in names:
            causes.append(Cause(f"{path}.name", f'Duplicate value: "{name}"'))
        names.add(name)
        pair = (port.get("port") or 0, port.get("protocol", "TCP"))
        if pair in pairs:
            shown = json.dumps({"port": pair[0], "protocol": pair[1]}, separators=(",", ":"))
            causes.append(Cause(path, f"Duplicate value: {shown}"))
        pairs.add(pair)
        causes += _port_or_name(port.get("targetPort"), f"{path}.targetPort")
    return causes + allocation.violations(api, node, old)


def _port_or_name(value: Any, path: str) -> list[Cause]:
    if isinstance(value, int) and not 1 <= value <= 65535:
        return [Cause(path, f"Invalid value: {value}: must be between 1 and 65535, inclusive")]
    if isinstance(value, str) and not re.fullmatch(r"(?=.*[a-z])[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?", value):
        return [Cause(path, f'Invalid value: "{value}": {_port_name_problem(value)}')]
    return []


def _port_name_problem(value: str) -> str:
    if len(value) > 15:
        return "must be no more than 15 characters"
    if not re.search("[a-z]", value):
        return "must contain at least one letter (a-z)"
    return "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"


def _config_map(_api: ApiServer, node: KubeObject, _old: KubeObject | None) -> list[Cause]:
    return [
        Cause(f"data[{key}]", f'Invalid value: "{key}": {_KEY_RULE}')
        for key in node.get("data") or ()
        if not re.fullmatch(r"[-._a-zA-Z0-9]+", key)
    ]


_KEY_RULE = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  "
    "or 'key-name', "
    "regex used for validation is '[-._a-zA-Z0-9]+')"
)


def _node(_api: ApiServer, node: KubeObject, _old: KubeObject | None) -> list[Cause]:
    return _unique(
        ((each.get("key"), each.get("effect")) for each in dig(node, "spec", "taints", default=())), "metadata.taints"
    )


def _unique(keys: Iterable[tuple[Any, Any]], path: str) -> list[Cause]:
    seen: set[tuple[Any, Any]] = set()
    causes = []
    for position, pair in enumerate(keys):
        if pair in seen:
            shown = json.dumps({"key": pair[0], "effect": pair[1]}, separators=(",", ":"))
            causes.append(
                Cause(f"{path}[{position}]", f"Duplicate value: {shown}: taints must be unique by key and effect pair")
            )
        seen.add(pair)
    return causes


_RULES: dict[str, Rule] = {
    "Pod": _pod,
    "Deployment": _workload,
    "ReplicaSet": _workload,
    "DaemonSet": _workload,
    "StatefulSet": _workload,
    "Service": _service,
    "ConfigMap": _config_map,
    "Secret": _config_map,
    "Node": _node,
}
