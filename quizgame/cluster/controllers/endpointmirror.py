"""Slices of hand-made Endpoints: services without a selector."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from quizgame.cluster.controllers.endpointslices import RESOURCE, SERVICE_LABEL
from quizgame.cluster.controllers.manager import Timeless
from quizgame.cluster.objects import KubeObject, dig, labels_of, name_of, owner_reference, uid_of
from quizgame.cluster.objectstore import Change, Key
from quizgame.cluster.requests import FieldValidation

if TYPE_CHECKING:
    from quizgame.cluster.world import Cluster

_MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
_SKIP = "endpointslice.kubernetes.io/skip-mirror"


class EndpointMirrorController(Timeless):
    """Copies Endpoints into slices. Source: kubernetes pkg/controller/endpointslicemirroring."""

    __slots__ = ()

    name = "endpointmirror"

    def keys(self, change: Change) -> Iterable[Key]:
        """Changed Endpoints, and services of the same name."""
        return [change.key] if change.resource in ("endpoints", "services") else ()

    def all_keys(self) -> Iterable[Key]:
        """Every Endpoints object."""
        return [(each["metadata"]["namespace"], name_of(each)) for each in self.api.store.of("endpoints")]

    def reconcile(self, key: Key) -> None:
        """Write the slices of one Endpoints object."""
        source = self.api.store.get("endpoints", key)
        service = self.api.store.get("services", key)
        if (
            source is None
            or service is None
            or dig(service, "spec", "selector")
            or labels_of(source).get(_SKIP) == "true"
        ):
            return
        wanted = [_content(source, subset) for subset in source.get("subsets") or ()]
        present = [
            found
            for resource, place in self.api.store.owned_by(uid_of(source))
            if resource == RESOURCE and (found := self.api.store.get(RESOURCE, place)) is not None
        ]
        for position, content in enumerate(wanted):
            if position >= len(present):
                self._create(source, content)
            elif any(present[position].get(field) != content[field] for field in content):
                place = (key[0], name_of(present[position]))
                self.api.store.put(RESOURCE, place, {**present[position], **content})
        for surplus in present[len(wanted) :]:
            self.api.delete(RESOURCE, name_of(surplus), key[0])

    def _create(self, source: KubeObject, content: KubeObject) -> None:
        namespace, prefix = source["metadata"]["namespace"], name_of(source) + "-"
        metadata = {
            "name": self.api.generate_name(RESOURCE, namespace, prefix),
            "generateName": prefix,
            "namespace": namespace,
            "labels": {
                **labels_of(source),
                SERVICE_LABEL: name_of(source),
                _MANAGED_BY: "endpointslicemirroring-controller.k8s.io",
            },
            "ownerReferences": [owner_reference(source)],
        }
        node = {"metadata": metadata, "addressType": "IPv4", **content}
        self.api.create(RESOURCE, node, validate=FieldValidation.TRUSTED)

    def fork(self, cluster: Cluster) -> EndpointMirrorController:
        """The same for a forked cluster."""
        return EndpointMirrorController(cluster)


def _content(source: KubeObject, subset: KubeObject) -> KubeObject:
    endpoints = []
    for field, is_ready in (("addresses", True), ("notReadyAddresses", False)):
        for address in subset.get(field) or ():
            endpoint: KubeObject = {"addresses": [address["ip"]], "conditions": {"ready": is_ready}}
            for name in ("hostname", "nodeName", "targetRef"):
                if name in address:
                    endpoint[name] = address[name]
            endpoints.append(endpoint)
    ports = [{"name": "", "protocol": "TCP", **port} for port in subset.get("ports") or ()]
    return {"endpoints": endpoints, "ports": ports}
