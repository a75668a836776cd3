"""Facts about objects: what a reader learns from a value at a path, or from a row of a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from quizgame.cluster.agent.pods import workload_of
from quizgame.cluster.apiserver import ApiServer
from quizgame.cluster.objects import controller_of, dig, is_condition_true, labels_of
from quizgame.tools.facts import Fact, fact
from quizgame.tools.kubectl.formats.tree import Path, field_text, scalar_text
from quizgame.tools.kubectl.tables.network import slice_addresses
from quizgame.tools.kubectl.tables.nodes import node_status

POLICY_KINDS = frozenset(("NetworkPolicy", "CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy"))
WORKLOAD_KINDS = frozenset(("Deployment", "DaemonSet", "ReplicaSet", "StatefulSet"))
_NOISE = frozenset(("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "name", "namespace"))
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_SHORTEST_WITNESS = 4
"""Shorter values (and ``true``, ``false``) prove nothing in a derived line without their key beside them."""


@dataclass(frozen=True, slots=True)
class View:
    """Where the objects are that facts are about."""

    context: str
    """The ``cluster`` attribute of facts."""
    api: ApiServer

    def workload(self, namespace: str, pod: str) -> str:
        """How facts name a pod: ``namespace/workload``."""
        found = self.api.find("pods", pod, namespace)
        return f"{namespace}/{workload_of(found)[0]}" if found is not None else f"{namespace}/{pod}"


def full_name(node: Mapping[str, Any]) -> str:
    """``namespace/name``, or the name alone for a cluster-scoped object."""
    metadata = node["metadata"]
    return f"{metadata['namespace']}/{metadata['name']}" if metadata.get("namespace") else str(metadata["name"])


def _workload(view: View, node: Mapping[str, Any]) -> str:
    """The workload of a pod, or of the pod that a CiliumEndpoint stands for."""
    metadata = node["metadata"]
    return view.workload(metadata.get("namespace", ""), metadata["name"])


def value_witnesses(value: str, key: str) -> tuple[str, ...]:
    """The texts by which a derived line still shows a value."""
    if not value or "\n" in value or len(value) > 120:
        return ()
    return (key, value) if len(value) < _SHORTEST_WITNESS or value in ("true", "false") else (value,)


def object_fact(view: View, node: Mapping[str, Any], field: str, value: str, witnesses: tuple[str, ...]) -> Fact:
    """A field of an object and its value."""
    # Put together from parts that are kept, in order of keys: a long list has a hundred thousand of these.
    metadata = node["metadata"]
    before, after = _object_attributes(
        view.context, node.get("kind", ""), metadata.get("name", ""), metadata.get("namespace") or ""
    )
    return Fact("object", (before, ("field", field), *after, ("value", value)), witnesses)


@lru_cache(maxsize=1024)
def _object_attributes(
    context: str, kind: str, name: str, namespace: str
) -> tuple[tuple[str, str], tuple[tuple[str, str], ...]]:
    """Which object it is: the attributes that come before and after its field."""
    place = (("namespace", namespace),) if namespace else ()
    return ("cluster", context), (("kind", kind), ("name", name), *place)


def policy_fact(view: View, node: Mapping[str, Any], witnesses: tuple[str, ...], valid: str | None = None) -> Fact:
    """That a policy is there, and whether it is valid."""
    metadata = node["metadata"]
    return fact(
        "policy",
        witnesses=witnesses,
        cluster=view.context,
        kind=node["kind"],
        namespace=metadata.get("namespace"),
        name=metadata["name"],
        valid=valid,
    )


def value_facts(view: View, node: Mapping[str, Any], path: Path, value: Any) -> list[Fact]:
    """What a line tells that shows the value at a path of an object."""
    if not path or "kind" not in node or not isinstance(node.get("metadata"), dict):
        return []
    kind = node["kind"]
    if path == ("metadata", "name"):
        return [policy_fact(view, node, (scalar_text(value),))] if kind in POLICY_KINDS else []
    if _is_noise(path):
        return []
    if isinstance(value, (dict, list)) and value:
        return _subtree_facts(view, node, path, value)
    text = "" if isinstance(value, (dict, list)) else scalar_text(value)
    witnesses = value_witnesses(text, str(path[-1]))
    shown = [object_fact(view, node, field_text(path), text, witnesses)]
    special = _SPECIAL.get(kind)
    if special is not None:
        shown += special(view, node, path, text, witnesses)
    if kind in POLICY_KINDS:
        shown += _validity(view, node, path, text, witnesses)
    return shown


@lru_cache(maxsize=4096)
def _is_noise(path: Path) -> bool:
    """Whether what stands at a path tells nothing of use about any object."""
    return (
        path[0] in ("kind", "apiVersion")
        or (len(path) == 2 and path[0] == "metadata" and path[1] in _NOISE)
        or _LAST_APPLIED in path
    )


def _subtree_facts(view: View, node: Mapping[str, Any], path: Path, value: Any) -> list[Fact]:
    """A mapping or list printed on one line shows everything in it."""
    children = value.items() if isinstance(value, Mapping) else enumerate(value)
    return [shown for key, child in children for shown in value_facts(view, node, (*path, key), child)]


def _validity(view: View, node: Mapping[str, Any], path: Path, text: str, witnesses: tuple[str, ...]) -> list[Fact]:
    is_status = len(path) == 4 and path[:2] == ("status", "conditions") and path[3] == "status"
    if is_status and dig(node, *path[:3], "type") == "Valid":
        return [policy_fact(view, node, witnesses, text)]
    return []


def _pod_value(view: View, node: Mapping[str, Any], path: Path, text: str, witnesses: tuple[str, ...]) -> list[Fact]:
    if path[:2] == ("metadata", "labels") and len(path) == 3:
        return [
            fact(
                "labels",
                witnesses=witnesses,
                cluster=view.context,
                pod=_workload(view, node),
                label=f"{path[2]}={text}",
            )
        ]
    return []


def _endpoint_value(
    view: View, node: Mapping[str, Any], path: Path, text: str, witnesses: tuple[str, ...]
) -> list[Fact]:
    identity = dig(node, "status", "identity", "id")
    if path[:3] == ("status", "identity", "labels"):
        return [fact("identity", witnesses=(text,), cluster=view.context, identity=identity, label=text)]
    if path == ("status", "identity", "id"):
        return [fact("identity", witnesses=(text,), cluster=view.context, identity=text, pod=_workload(view, node))]
    return []


def _identity_value(
    view: View, node: Mapping[str, Any], path: Path, text: str, witnesses: tuple[str, ...]
) -> list[Fact]:
    if path[0] == "security-labels" and len(path) == 2:
        label = f"{path[1]}={text}"
        return [
            fact("identity", witnesses=witnesses, cluster=view.context, identity=node["metadata"]["name"], label=label)
        ]
    return []


def _node_value(view: View, node: Mapping[str, Any], path: Path, text: str, witnesses: tuple[str, ...]) -> list[Fact]:
    name = node["metadata"]["name"]
    if path == ("spec", "podCIDR") or path[:2] == ("spec", "podCIDRs") or path[-2:-1] == ("podCIDRs",):
        return [fact("node", witnesses=(text,), cluster=view.context, node=name, pod_cidr=text)]
    is_condition = len(path) == 4 and path[:2] == ("status", "conditions") and path[3] == "status"
    if is_condition and dig(node, *path[:3], "type") == "Ready":
        return [fact("node", witnesses=witnesses, cluster=view.context, node=name, status=node_status(node))]
    return []


def _config_value(view: View, node: Mapping[str, Any], path: Path, text: str, witnesses: tuple[str, ...]) -> list[Fact]:
    if node["metadata"]["name"] == "cilium-config" and path[0] == "data" and len(path) == 2:
        return [fact("config", witnesses=witnesses, cluster=view.context, key=path[1], value=text)]
    return []


_SERVICE_MARKS = {"service.cilium.io/global": "global", "service.cilium.io/affinity": "affinity"}


def _service_value(
    view: View, node: Mapping[str, Any], path: Path, text: str, witnesses: tuple[str, ...]
) -> list[Fact]:
    attributes: dict[str, str] = {}
    if path == ("spec", "type"):
        attributes = {"type": text}
    elif path[:2] == ("metadata", "annotations") and path[2] in _SERVICE_MARKS:
        attributes = {_SERVICE_MARKS[str(path[2])]: text}
    if not attributes:
        return []
    return [fact("service", witnesses=witnesses, cluster=view.context, service=full_name(node), **attributes)]


def service_of_slice(node: Mapping[str, Any]) -> str:
    """The service whose backends an EndpointSlice or Endpoints object holds, ``namespace/name``."""
    metadata = node["metadata"]
    name = labels_of(node).get("kubernetes.io/service-name") or metadata["name"]
    return f"{metadata.get('namespace')}/{name}"


def _slice_value(view: View, node: Mapping[str, Any], path: Path, text: str, witnesses: tuple[str, ...]) -> list[Fact]:
    if path[0] == "endpoints" and len(path) == 4 and path[2] == "addresses":
        return [fact("service", witnesses=(text,), cluster=view.context, service=service_of_slice(node), backend=text)]
    return []


def _event_value(view: View, node: Mapping[str, Any], path: Path, text: str, witnesses: tuple[str, ...]) -> list[Fact]:
    return [event_fact(view, node, (text,))] if path == ("reason",) else []


def event_fact(view: View, event: Mapping[str, Any], witnesses: tuple[str, ...]) -> Fact:
    """That something was reported of an object."""
    about = event.get("involvedObject") or {}
    name, namespace = str(about.get("name", "")), about.get("namespace")
    if about.get("kind") == "Pod":
        name = view.workload(str(namespace), name)
    elif namespace:
        name = f"{namespace}/{name}"
    return fact(
        "event",
        witnesses=witnesses,
        cluster=view.context,
        object=name,
        reason=event.get("reason"),
        type=event.get("type"),
    )


_SPECIAL = {
    "Pod": _pod_value,
    "CiliumEndpoint": _endpoint_value,
    "CiliumIdentity": _identity_value,
    "Node": _node_value,
    "CiliumNode": _node_value,
    "ConfigMap": _config_value,
    "Service": _service_value,
    "EndpointSlice": _slice_value,
    "Event": _event_value,
}


# ---------------------------------------------------------------- rows of tables


def row_facts(view: View, node: Mapping[str, Any], cells: Sequence[tuple[str, str, str]]) -> list[Fact]:
    """What a row of a table tells.

    Args:
        view: Where the object is.
        node: The object.
        cells: Name of the column, text of the cell and the field it shows (empty: none), in the order of the table.
    """
    kind = str(node.get("kind", ""))
    name = str(node["metadata"]["name"])
    shown = [object_fact(view, node, field, text, (name, text)) for _, text, field in cells if field and text]
    texts = {column: text for column, text, _ in cells}
    if kind in POLICY_KINDS:
        valid = texts.get("VALID")
        shown.append(policy_fact(view, node, (name,)))
        if valid:
            shown.append(policy_fact(view, node, (name, valid), valid))
    if kind in WORKLOAD_KINDS:
        shown.append(_workload_fact(view, node, texts))
    special = _ROWS.get(kind)
    if special is not None:
        shown += special(view, node, texts)
    return shown


def _workload_fact(view: View, node: Mapping[str, Any], texts: Mapping[str, str]) -> Fact:
    name, ready = str(node["metadata"]["name"]), texts.get("READY", "")
    wanted = texts.get("DESIRED")
    status = f"{ready}/{wanted}" if wanted is not None else ready
    witnesses = (name, ready) if wanted is None else (name, wanted, ready)
    return fact("component", witnesses=witnesses, cluster=view.context, name=name, status=status)


def _endpoint_row(view: View, node: Mapping[str, Any], texts: Mapping[str, str]) -> list[Fact]:
    identity = texts.get("SECURITY IDENTITY", "")
    if not identity:
        return []
    witnesses = (str(node["metadata"]["name"]), identity)
    return [fact("identity", witnesses=witnesses, cluster=view.context, identity=identity, pod=_workload(view, node))]


def _identity_row(view: View, node: Mapping[str, Any], texts: Mapping[str, str]) -> list[Fact]:
    name, namespace = str(node["metadata"]["name"]), texts.get("NAMESPACE", "")
    label = f"k8s:io.kubernetes.pod.namespace={namespace}"
    return [fact("identity", witnesses=(name, namespace), cluster=view.context, identity=name, label=label)]


def _node_row(view: View, node: Mapping[str, Any], texts: Mapping[str, str]) -> list[Fact]:
    name, status = str(node["metadata"]["name"]), texts.get("STATUS", "")
    return [fact("node", witnesses=(name, status), cluster=view.context, node=name, status=status)]


def _service_row(view: View, node: Mapping[str, Any], texts: Mapping[str, str]) -> list[Fact]:
    witnesses = (str(node["metadata"]["name"]), texts["TYPE"])
    return [fact("service", witnesses=witnesses, cluster=view.context, service=full_name(node), type=texts["TYPE"])]


def _slice_row(view: View, node: Mapping[str, Any], texts: Mapping[str, str]) -> list[Fact]:
    service = service_of_slice(node)
    addresses = slice_addresses(node)[:3]
    if not addresses:
        return [fact("service", witnesses=(texts["ENDPOINTS"],), cluster=view.context, service=service, backend="none")]
    return [
        fact("service", witnesses=(each,), cluster=view.context, service=service, backend=each) for each in addresses
    ]


def _event_row(view: View, node: Mapping[str, Any], texts: Mapping[str, str]) -> list[Fact]:
    return [event_fact(view, node, (texts["OBJECT"], texts["REASON"]))]


def readiness_fact(view: View, pod: Mapping[str, Any], witnesses: tuple[str, ...]) -> Fact:
    """Whether a pod of a workload is ready, and on which node."""
    status = "ready" if is_condition_true(pod, "Ready") else "not ready"
    node, name = dig(pod, "spec", "nodeName"), workload_of(pod)[0]
    return fact("component", witnesses=witnesses, cluster=view.context, node=node, name=name, status=status)


def _pod_row(view: View, node: Mapping[str, Any], texts: Mapping[str, str]) -> list[Fact]:
    if controller_of(node) is None or "READY" not in texts:
        return []
    return [readiness_fact(view, node, (str(node["metadata"]["name"]), texts["READY"]))]


_ROWS = {
    "CiliumEndpoint": _endpoint_row,
    "CiliumIdentity": _identity_row,
    "Node": _node_row,
    "Service": _service_row,
    "EndpointSlice": _slice_row,
    "Event": _event_row,
    "Pod": _pod_row,
}


def label_facts(view: View, node: Mapping[str, Any], keys: Iterable[str], *, with_keys: bool) -> list[Fact]:
    """What a row tells that shows labels of an object (pods and others alike).

    Args:
        view: Where the object is.
        node: The object.
        keys: Labels that are shown.
        with_keys: Whether the row shows ``key=value``, or the value alone.
    """
    labels = labels_of(node)
    name = str(node["metadata"]["name"])
    shown = []
    for key in keys:
        if key not in labels:
            continue
        text = f"{key}={labels[key]}"
        witnesses = (name, text if with_keys else labels[key])
        if node.get("kind") == "Pod":
            shown.append(
                fact("labels", witnesses=witnesses, cluster=view.context, pod=_workload(view, node), label=text)
            )
        shown.append(object_fact(view, node, f"metadata.labels.{key}", labels[key], witnesses))
    return shown
