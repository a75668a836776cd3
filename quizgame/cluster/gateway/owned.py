"""The objects that the operator makes for a Gateway or an Ingress: a Service, an EndpointSlice, an Envoy configuration.

They carry an owner reference, so that they go with their owner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from quizgame.cluster.agent.envoy import KEEPS_SOURCE
from quizgame.cluster.gateway.naming import (
    DUMMY_BACKEND,
    DUMMY_PORT,
    ENVOY_CONFIGS,
    SERVICE_NAME_LABEL,
    SERVICES,
    SLICES,
)
from quizgame.cluster.objects import KubeObject, annotations_of, controller_of, labels_of, name_of, namespace_of, uid_of
from quizgame.cluster.requests import FieldValidation

if TYPE_CHECKING:
    from quizgame.cluster.apiserver import ApiServer

RESOURCES = (SERVICES, SLICES, ENVOY_CONFIGS)


def metadata_of(
    owner: Mapping[str, Any] | None,
    namespace: str,
    name: str,
    labels: Mapping[str, str],
    annotations: Mapping[str, str] | None = None,
) -> KubeObject:
    """The metadata of an object of an owner; without one it belongs to nobody."""
    found: KubeObject = {"name": name, "namespace": namespace}
    if labels:
        found["labels"] = dict(sorted(labels.items()))
    if annotations:
        found["annotations"] = dict(sorted(annotations.items()))
    if owner is not None:
        reference = {"apiVersion": owner["apiVersion"], "controller": True, "kind": owner["kind"]}
        found["ownerReferences"] = [{**reference, "name": name_of(owner), "uid": uid_of(owner)}]
    return found


def dummy_slice(metadata: KubeObject, service: str) -> KubeObject:
    """The EndpointSlice of a service that Envoy serves."""
    labels = {**(metadata.get("labels") or {}), SERVICE_NAME_LABEL: service}
    return {
        "addressType": "IPv4",
        "endpoints": [{"addresses": [DUMMY_BACKEND], "conditions": {"ready": True}}],
        "metadata": {**metadata, "labels": dict(sorted(labels.items()))},
        "ports": [{"name": "", "port": DUMMY_PORT, "protocol": "TCP"}],
    }


def envoy_config(metadata: KubeObject, spec: KubeObject) -> KubeObject:
    """A CiliumEnvoyConfig for traffic that comes in: Envoy connects to backends from its own address."""
    annotations = {**(metadata.get("annotations") or {}), KEEPS_SOURCE: "false"}
    return {"metadata": {**metadata, "annotations": annotations}, "spec": spec}


def ensure(api: ApiServer, resource: str, wanted: KubeObject, content: Sequence[str]) -> None:
    """Create an object, or bring it back to what it should be; one of a kind that is not served is left out.

    Args:
        api: The API server.
        resource: Its kind.
        wanted: It, as it should be.
        content: Names of its fields beside the metadata that are the operator's.
    """
    namespace, name = namespace_of(wanted), name_of(wanted)
    present = api.store.get(resource, (namespace, name))
    if present is None:
        if api.serves(resource):
            api.create(resource, wanted, validate=FieldValidation.TRUSTED)
        return
    metadata = {
        **present["metadata"],
        "labels": {**labels_of(present), **(wanted["metadata"].get("labels") or {})},
        "annotations": {**annotations_of(present), **(wanted["metadata"].get("annotations") or {})},
    }
    if "ownerReferences" in wanted["metadata"]:
        metadata["ownerReferences"] = wanted["metadata"]["ownerReferences"]
    metadata = {key: value for key, value in metadata.items() if value != {}}
    fresh = {**present, "metadata": metadata, **{key: wanted[key] for key in content if key in wanted}}
    if "spec" in wanted and resource == SERVICES:
        fresh["spec"] = _kept_allocations(present["spec"], wanted["spec"])
    if fresh != present:
        api.update(resource, fresh, validate=FieldValidation.TRUSTED)


def _kept_allocations(present: Mapping[str, Any], wanted: Mapping[str, Any]) -> KubeObject:
    """A service's spec as it is, with what the operator says; addresses and node ports stay."""
    ports = {(each["port"], each.get("protocol", "TCP")): each for each in present.get("ports") or ()}
    merged = [
        {**ports.get((each["port"], each.get("protocol", "TCP")), {}), **each} for each in wanted.get("ports") or ()
    ]
    return {**present, **wanted, "ports": merged}


def remove(api: ApiServer, resource: str, namespace: str, name: str) -> None:
    """Delete an object if it is there."""
    if api.store.get(resource, (namespace, name)) is not None:
        api.delete(resource, name, namespace)


def remove_owned(api: ApiServer, owner: Mapping[str, Any]) -> None:
    """Delete whatever of an owner's objects is there."""
    for resource in RESOURCES:
        for each in api.store.of(resource, namespace_of(owner)):
            reference = controller_of(each)
            if reference is not None and reference.get("uid") == uid_of(owner):
                api.delete(resource, name_of(each), namespace_of(each))


def external_addresses(service: Mapping[str, Any] | None) -> list[KubeObject]:
    """The addresses at which a load balancer answers for a service."""
    found: list[KubeObject] = (((service or {}).get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    return found
