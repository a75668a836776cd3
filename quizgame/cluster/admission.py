"""What admission and the kinds' own strategies do to an object between defaults and validation."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from quizgame.cluster import allocation
from quizgame.cluster.apierror import forbidden
from quizgame.cluster.keyed import keyed_suffix
from quizgame.cluster.objects import KubeObject, dig
from quizgame.cluster.resources import Resource

if TYPE_CHECKING:
    from quizgame.cluster.apiserver import ApiServer

_TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
_SYSTEM_PRIORITIES = {"system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000}
TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"
NOT_READY, UNREACHABLE = "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"


def on_create(api: ApiServer, resource: Resource, node: KubeObject) -> KubeObject:
    """The object as admission leaves it on its way in.

    Raises:
        ApiError: ``Forbidden``.
    """
    step = _ON_CREATE.get(resource.kind)
    return step(api, resource, node) if step is not None else node


def on_update(api: ApiServer, resource: Resource, node: KubeObject, old: KubeObject) -> KubeObject:
    """The object as admission leaves it when it replaces another."""
    if resource.kind == "Service" and not resource.is_custom:
        return allocation.allocate(api, node, old)
    if resource.kind == "Namespace":
        return _namespace_label(node)
    if resource.kind == "DaemonSet":
        before = int((old["metadata"].get("annotations") or {}).get(TEMPLATE_GENERATION, "1"))
        has_changed = dig(node, "spec", "template") != dig(old, "spec", "template")
        return _template_generation(node, before + has_changed)
    return node


# Source: kubernetes plugin/pkg/admission: serviceaccount, defaulttolerationseconds, priority.


def _pod(api: ApiServer, resource: Resource, node: KubeObject) -> KubeObject:
    spec = dict(node["spec"])
    namespace, name = node["metadata"]["namespace"], node["metadata"].get("name") or ""
    if "kubernetes.io/config.mirror" not in (node["metadata"].get("annotations") or {}):
        _service_account(api, resource, namespace, name, spec)
    _tolerations(spec)
    _priority(api, resource, name, spec)
    status = {"phase": "Pending", "qosClass": qos_class(spec)}
    return {**node, "spec": spec, "status": status}


def _service_account(api: ApiServer, resource: Resource, namespace: str, name: str, spec: KubeObject) -> None:
    account_name = spec.setdefault("serviceAccountName", "default")
    spec["serviceAccount"] = account_name
    account = api.find("serviceaccounts", account_name, namespace)
    if account is None:
        text = f'error looking up service account {namespace}/{account_name}: serviceaccount "{account_name}" not found'
        raise forbidden(resource, name, text)
    wants_token = spec.get("automountServiceAccountToken", account.get("automountServiceAccountToken", True))
    volumes = spec.get("volumes") or []
    if not wants_token or any(each["name"].startswith("kube-api-access-") for each in volumes):
        return
    volume = "kube-api-access-" + keyed_suffix(api.seed, "token-volume", api.name, namespace, name)
    spec["volumes"] = [*volumes, _token_volume(volume)]
    mount = {"mountPath": _TOKEN_PATH, "name": volume, "readOnly": True}
    for key in ("initContainers", "containers"):
        if key in spec:
            spec[key] = [_mounted(each, mount) for each in spec[key]]


def _mounted(container: KubeObject, mount: KubeObject) -> KubeObject:
    mounts = container.get("volumeMounts") or []
    if any(each.get("mountPath") == _TOKEN_PATH for each in mounts):
        return container
    return {**container, "volumeMounts": [*mounts, mount]}


def _token_volume(name: str) -> KubeObject:
    namespace_item = {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}, "path": "namespace"}
    sources = [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"items": [{"key": "ca.crt", "path": "ca.crt"}], "name": "kube-root-ca.crt"}},
        {"downwardAPI": {"items": [namespace_item]}},
    ]
    return {"name": name, "projected": {"defaultMode": 420, "sources": sources}}


def _tolerations(spec: KubeObject) -> None:
    tolerations = list(spec.get("tolerations") or ())
    for key in (NOT_READY, UNREACHABLE):
        covered = any(
            each.get("key") in (key, None) and each.get("effect") in ("NoExecute", None) for each in tolerations
        )
        if not covered:
            tolerations.append({"effect": "NoExecute", "key": key, "operator": "Exists", "tolerationSeconds": 300})
    if tolerations:
        spec["tolerations"] = tolerations


def _priority(api: ApiServer, resource: Resource, name: str, spec: KubeObject) -> None:
    class_name = spec.get("priorityClassName", "")
    value = _SYSTEM_PRIORITIES.get(class_name, 0)
    if class_name and class_name not in _SYSTEM_PRIORITIES:
        known = api.find("priorityclasses", class_name)
        if known is None:
            raise forbidden(resource, name, f"no PriorityClass with name {class_name} was found")
        value = known.get("value", 0)
    spec["priority"] = value
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")


def qos_class(spec: KubeObject) -> str:
    """Guaranteed, Burstable or BestEffort, from the containers' requests and limits."""
    # Source: kubernetes pkg/apis/core/v1/helper/qos.
    containers = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    wanted = [
        (dig(each, "resources", "requests", default={}), dig(each, "resources", "limits", default={}))
        for each in containers
    ]
    if not any(requests or limits for requests, limits in wanted):
        return "BestEffort"
    if all(limits.keys() >= {"cpu", "memory"} and (not requests or requests == limits) for requests, limits in wanted):
        return "Guaranteed"
    return "Burstable"


def _namespace_label(node: KubeObject) -> KubeObject:
    metadata = node["metadata"]
    labels = {**(metadata.get("labels") or {}), "kubernetes.io/metadata.name": metadata.get("name", "")}
    return {**node, "metadata": {**metadata, "labels": labels}}


def _namespace(_api: ApiServer, _resource: Resource, node: KubeObject) -> KubeObject:
    return {**_namespace_label(node), "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}


def _service(api: ApiServer, _resource: Resource, node: KubeObject) -> KubeObject:
    return {**allocation.allocate(api, node, None), "status": {"loadBalancer": {}}}


def _empty_status(_api: ApiServer, _resource: Resource, node: KubeObject) -> KubeObject:
    return {**node, "status": {}}


def _daemon_set(api: ApiServer, resource: Resource, node: KubeObject) -> KubeObject:
    return _template_generation(_empty_status(api, resource, node), 1)


def _template_generation(node: KubeObject, generation: int) -> KubeObject:
    """Source: daemonset strategy: the annotation counts changes of the template."""
    metadata = node["metadata"]
    annotations = {**(metadata.get("annotations") or {}), TEMPLATE_GENERATION: str(generation)}
    return {**node, "metadata": {**metadata, "annotations": annotations}}


def _definition(api: ApiServer, _resource: Resource, node: KubeObject) -> KubeObject:
    now = api.clock.timestamp()
    spec = node["spec"]
    conditions = [
        {"lastTransitionTime": now, "message": message, "reason": reason, "status": "True", "type": kind}
        for kind, reason, message in (
            ("NamesAccepted", "NoConflicts", "no conflicts found"),
            ("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        )
    ]
    stored = [each.get("name", "") for each in spec.get("versions") or () if each.get("storage")]
    status = {"acceptedNames": spec["names"], "conditions": conditions, "storedVersions": stored}
    return {**node, "status": status}


def _waiting(*types: str) -> Callable[[ApiServer, Resource, KubeObject], KubeObject]:
    """The status that a definition gives an object until a controller looks at it.

    Source: Gateway API 1.4.1 CRDs, default of ``status.conditions``.
    """
    conditions = [
        {
            "lastTransitionTime": "1970-01-01T00:00:00Z",
            "message": "Waiting for controller",
            "reason": "Pending",
            "status": "Unknown",
            "type": kind,
        }
        for kind in types
    ]

    def fill(_api: ApiServer, _resource: Resource, node: KubeObject) -> KubeObject:
        return node if node.get("status") else {**node, "status": {"conditions": conditions}}

    return fill


_ON_CREATE: dict[str, Callable[[ApiServer, Resource, KubeObject], KubeObject]] = {
    "Pod": _pod,
    "Namespace": _namespace,
    "Service": _service,
    "Deployment": _empty_status,
    "DaemonSet": _daemon_set,
    "ReplicaSet": _empty_status,
    "StatefulSet": _empty_status,
    "Ingress": lambda api, resource, node: {**node, "status": {"loadBalancer": {}}},
    "CustomResourceDefinition": _definition,
    "GatewayClass": _waiting("Accepted"),
    "Gateway": _waiting("Accepted", "Programmed"),
}
