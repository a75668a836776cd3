"""EndpointSlices (and the deprecated Endpoints) of services, from the pods they select."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from quizgame.cluster.controllers.manager import Timeless
from quizgame.cluster.controllers.pods import is_ready
from quizgame.cluster.objects import KubeObject, dig, is_terminating, labels_of, name_of, owner_reference, uid_of
from quizgame.cluster.objectstore import Change, Key
from quizgame.cluster.requests import FieldValidation

if TYPE_CHECKING:
    from quizgame.cluster.world import Cluster

RESOURCE = "endpointslices.discovery.k8s.io"
SERVICE_LABEL = "kubernetes.io/service-name"
_MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
_TRIGGER = "endpoints.kubernetes.io/last-change-trigger-time"
SLICE_SIZE = 100
"""Endpoints in one slice. Source: kube-controller-manager --max-endpoints-per-slice."""

Ports = tuple[tuple[str, int, str, str], ...]
"""(name, port, protocol, app protocol) as pods offer them."""


class EndpointSliceController(Timeless):
    """Keeps slices of services that have a selector."""

    __slots__ = ("_selectors",)

    name = "endpointslices"

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        self._selectors: dict[str, list[tuple[str, Mapping[str, str]]]] = {}
        """Namespace → (service, selector): what is looked through at every change of a pod."""

    def keys(self, change: Change) -> Iterable[Key]:
        """Changed services and those that select a changed pod, before or after."""
        if change.resource == "services":
            self._selectors.pop(change.key[0], None)
            return [change.key]
        if change.resource != "pods" or not _matters(change):
            return ()
        states = [labels_of(change.object)] + ([labels_of(change.previous)] if change.previous else [])
        return [
            (change.key[0], name)
            for name, selector in self._selectors_in(change.key[0])
            if any(selector.items() <= labels.items() for labels in states)
        ]

    def _selectors_in(self, namespace: str) -> list[tuple[str, Mapping[str, str]]]:
        known = self._selectors.get(namespace)
        if known is None:
            services = self.api.store.of("services", namespace)
            pairs = [(name_of(each), dig(each, "spec", "selector", default={})) for each in services]
            known = self._selectors[namespace] = [pair for pair in pairs if pair[1]]
        return known

    def all_keys(self) -> Iterable[Key]:
        """Every service."""
        return [(each["metadata"]["namespace"], name_of(each)) for each in self.api.store.of("services")]

    def reconcile(self, key: Key) -> None:
        """Write one service's slices and Endpoints."""
        service = self.api.store.get("services", key)
        if service is None or is_terminating(service):
            if service is None:
                self._remove("endpoints", key)
            return
        selector = dig(service, "spec", "selector", default={})
        if not selector or dig(service, "spec", "type") == "ExternalName":
            return
        groups: dict[Ports, list[KubeObject]] = {}
        for pod in self.api.store.of("pods", key[0]):
            if selector.items() <= labels_of(pod).items() and _is_endpoint(pod):
                groups.setdefault(_ports(service, pod), []).append(_endpoint(service, pod))
        self._write_slices(service, groups)
        self._write_endpoints(service, groups)

    def _write_slices(self, service: KubeObject, groups: Mapping[Ports, list[KubeObject]]) -> None:
        wanted = [
            (ports, endpoints[start : start + SLICE_SIZE])
            for ports, endpoints in sorted(groups.items())
            for start in range(0, len(endpoints), SLICE_SIZE)
        ] or [((), [])]
        present = [
            each
            for resource, key in self.api.store.owned_by(uid_of(service))
            if resource == RESOURCE and (each := self.api.store.get(RESOURCE, key)) is not None
        ]
        for position, (ports, endpoints) in enumerate(wanted):
            content = _slice_content(service, ports, endpoints)
            if position < len(present):
                self._update(present[position], content)
            else:
                self._create(service, content)
        for surplus in present[len(wanted) :]:
            self._remove(RESOURCE, (surplus["metadata"]["namespace"], name_of(surplus)))

    def _create(self, service: KubeObject, content: KubeObject) -> None:
        namespace, prefix = service["metadata"]["namespace"], name_of(service) + "-"
        metadata = {
            "name": self.api.generate_name(RESOURCE, namespace, prefix),
            "generateName": prefix,
            "namespace": namespace,
            "labels": content["labels"],
            "annotations": {_TRIGGER: self.api.clock.timestamp()},
            "ownerReferences": [owner_reference(service)],
        }
        node = {
            "metadata": metadata,
            "addressType": "IPv4",
            "endpoints": content["endpoints"],
            "ports": content["ports"],
        }
        self.api.create(RESOURCE, node, validate=FieldValidation.TRUSTED)

    def _update(self, present: KubeObject, content: KubeObject) -> None:
        if (present.get("endpoints"), present.get("ports"), labels_of(present)) == (
            content["endpoints"],
            content["ports"],
            content["labels"],
        ):
            return
        metadata = {
            **present["metadata"],
            "labels": content["labels"],
            "annotations": {_TRIGGER: self.api.clock.timestamp()},
            "generation": present["metadata"]["generation"] + 1,
        }
        fresh = {**present, "metadata": metadata, "endpoints": content["endpoints"], "ports": content["ports"]}
        self.api.store.put(RESOURCE, (metadata["namespace"], metadata["name"]), fresh)

    def _write_endpoints(self, service: KubeObject, groups: Mapping[Ports, list[KubeObject]]) -> None:
        key = (service["metadata"]["namespace"], name_of(service))
        subsets = []
        for ports, endpoints in sorted(groups.items()):
            subset: KubeObject = {}
            for field, wanted in (("addresses", True), ("notReadyAddresses", False)):
                chosen = [_address(each) for each in endpoints if each["conditions"]["ready"] is wanted]
                if chosen:
                    subset[field] = chosen
            if subset:
                subsets.append({**subset, "ports": [_named(port) for port in ports]})
        labels = {**labels_of(service), "endpoints.kubernetes.io/managed-by": "endpoint-controller"}
        node: KubeObject = {"metadata": {"name": key[1], "namespace": key[0], "labels": labels}}
        if subsets:
            node["subsets"] = subsets
        present = self.api.store.get("endpoints", key)
        if present is None:
            self.api.create("endpoints", node, validate=FieldValidation.TRUSTED)
        elif present.get("subsets") != node.get("subsets") or labels_of(present) != labels:
            fresh = {name: value for name, value in present.items() if name != "subsets"}
            fresh["metadata"] = {**present["metadata"], "labels": labels}
            self.api.store.put("endpoints", key, {**fresh, **({"subsets": subsets} if subsets else {})})

    def _remove(self, resource: str, key: Key) -> None:
        if self.api.store.get(resource, key) is not None:
            self.api.delete(resource, key[1], key[0])

    def fork(self, cluster: Cluster) -> EndpointSliceController:
        """The same for a forked cluster."""
        return EndpointSliceController(cluster)


def _matters(change: Change) -> bool:
    old, new = change.previous, change.object
    if old is None or change.type != "MODIFIED":
        return True
    return (
        labels_of(old) != labels_of(new)
        or dig(old, "status", "podIP") != dig(new, "status", "podIP")
        or dig(old, "status", "phase") != dig(new, "status", "phase")
        or is_ready(old) != is_ready(new)
        or is_terminating(old) != is_terminating(new)
    )


def _is_endpoint(pod: KubeObject) -> bool:
    return bool(dig(pod, "status", "podIP")) and dig(pod, "status", "phase") not in ("Succeeded", "Failed")


def _ports(service: KubeObject, pod: KubeObject) -> Ports:
    """Target ports as this pod offers them; a named port that it lacks is left out."""
    found = []
    for port in dig(service, "spec", "ports", default=()):
        protocol = port.get("protocol", "TCP")
        target = port.get("targetPort", port["port"])
        number = target if isinstance(target, int) else _named_port(pod, target, protocol)
        if number:
            found.append((port.get("name", ""), number, protocol, port.get("appProtocol", "")))
    return tuple(found)


def _named_port(pod: KubeObject, name: str, protocol: str) -> int:
    for container in pod["spec"].get("containers") or ():
        for port in container.get("ports") or ():
            if port.get("name") == name and port.get("protocol", "TCP") == protocol:
                return int(port["containerPort"])
    return 0


def _endpoint(service: KubeObject, pod: KubeObject) -> KubeObject:
    serving, terminating = is_ready(pod), is_terminating(pod)
    publishes = bool(dig(service, "spec", "publishNotReadyAddresses"))
    endpoint: KubeObject = {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {
            "ready": publishes or (serving and not terminating),
            "serving": serving,
            "terminating": terminating,
        },
        "nodeName": pod["spec"]["nodeName"],
        "targetRef": {
            "kind": "Pod",
            "name": name_of(pod),
            "namespace": pod["metadata"]["namespace"],
            "uid": uid_of(pod),
        },
    }
    # Source: endpointslice reconciler ShouldSetHostname: the pod's subdomain must name the service.
    if dig(pod, "spec", "hostname") and dig(pod, "spec", "subdomain") == name_of(service):
        endpoint["hostname"] = pod["spec"]["hostname"]
    return endpoint


def _slice_content(service: KubeObject, ports: Ports, endpoints: list[KubeObject]) -> KubeObject:
    labels = {**labels_of(service), SERVICE_LABEL: name_of(service), _MANAGED_BY: "endpointslice-controller.k8s.io"}
    if dig(service, "spec", "clusterIP") == "None":
        labels["service.kubernetes.io/headless"] = ""
    return {"labels": labels, "endpoints": endpoints, "ports": [_named(port, keep_empty=True) for port in ports]}


def _named(port: tuple[str, int, str, str], *, keep_empty: bool = False) -> dict[str, Any]:
    name, number, protocol, app_protocol = port
    shown: dict[str, Any] = {"name": name} if name or keep_empty else {}
    shown |= {"port": number, "protocol": protocol}
    return shown | ({"appProtocol": app_protocol} if app_protocol else {})


def _address(endpoint: KubeObject) -> KubeObject:
    return {"ip": endpoint["addresses"][0], "nodeName": endpoint["nodeName"], "targetRef": endpoint["targetRef"]}
