"""What a cluster's clustermesh-apiserver publishes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from quizgame.cluster.agent.config import number_in
from quizgame.cluster.agent.nodes import known_node
from quizgame.cluster.agent.remote import DEFAULT_LIMIT, RemoteEndpoint, RemoteView
from quizgame.cluster.agent.service_build import SERVICE_NAME_LABEL, SharedBackend, is_shared, slice_backends
from quizgame.cluster.mesh.config import SYSTEM, cluster_name_of
from quizgame.cluster.objects import dig, labels_of, name_of, namespace_of
from quizgame.policy.identity import ReservedIdentity, parse_numeric_identity

if TYPE_CHECKING:
    from quizgame.cluster.world import Cluster


def publish(cluster: Cluster) -> RemoteView:
    """Compute what a cluster's clustermesh-apiserver serves. Source: facts F-11, F-12."""
    api = cluster.api
    name = cluster_name_of(api)
    identities = {
        number: tuple(sorted(f"{key}={value}" if value else key for key, value in each["security-labels"].items()))
        for each in api.store.of("ciliumidentities.cilium.io")
        if (number := parse_numeric_identity(name_of(each))) is not None
    }
    endpoints = {
        address["ipv4"]: RemoteEndpoint(
            dig(each, "status", "identity", "id", default=int(ReservedIdentity.INIT)),
            dig(each, "status", "networking", "node", default=""),
            namespace_of(each),
            name_of(each),
            dig(each, "status", "encryption", "key", default=0),
        )
        for each in api.store.of("ciliumendpoints.cilium.io")
        for address in dig(each, "status", "networking", "addressing", default=())
    }
    nodes = {name_of(each): known_node(each, name, "clustermesh") for each in api.store.of("ciliumnodes.cilium.io")}
    slices: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for each in api.store.of("endpointslices.discovery.k8s.io"):
        owner = labels_of(each).get(SERVICE_NAME_LABEL)
        if owner is not None:
            slices.setdefault((namespace_of(each), owner), []).append(each)
    services = {}
    for each in api.store.of("services"):
        if not is_shared(each):
            continue
        key = (namespace_of(each), name_of(each))
        services[key] = tuple(
            SharedBackend(
                name, port_name, backend.ip, backend.port, protocol, backend.node, backend.namespace, backend.pod
            )
            for (port_name, protocol), backends in slice_backends(slices.get(key, ())).items()
            for backend in backends
        )
    config = dig(api.find("configmaps", "cilium-config", SYSTEM), "data", default={})
    limit = config.get("max-connected-clusters", "")
    return RemoteView(
        name, number_in(config, "cluster-id"), identities, endpoints, nodes, services,
        int(limit) if limit.isdecimal() else DEFAULT_LIMIT,
    )  # fmt: skip
