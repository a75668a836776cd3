"""Cluster Mesh: how clusters learn each other's nodes, endpoints, identities and shared services.

A cluster publishes its state through the Deployment ``clustermesh-apiserver``; who connects is written in the Secret
``kube-system/cilium-clustermesh``, a key for each remote cluster. A connection needs the remote side to publish, the
network to let it through, and a certificate that the local CA bundle trusts. What was received is kept when a
connection is lost. Source: facts F-11, F-12, F-50 to F-57, F-68.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.agent.nodes import known_node
from quizgame.cluster.agent.remote import RemoteCluster, RemoteEndpoint, RemoteView
from quizgame.cluster.agent.service_build import SERVICE_NAME_LABEL, SharedBackend, is_shared, slice_backends
from quizgame.cluster.agent.sync import apply_remote_addresses, forget_node_addresses, rebuild_service
from quizgame.cluster.apiserver import FieldValidation
from quizgame.cluster.links import MESH_NODE_PORT, MESH_PORT, Links
from quizgame.cluster.objects import dig, labels_of, name_of, namespace_of
from quizgame.policy.labels import parse_labels

if TYPE_CHECKING:
    from quizgame.cluster.apiserver import ApiServer
    from quizgame.cluster.world import Cluster, World

SYSTEM = "kube-system"
CONFIG_SECRET = "cilium-clustermesh"
CA_SECRET = "cilium-ca"
API_SERVER = "clustermesh-apiserver"
WAITING = "Waiting for initial connection to be established"
# Source: reference cilium-dbg, section 3, ClusterMesh detail.


@dataclass(slots=True)
class Mesh:
    """Published views of the world's clusters, computed once for each state of a cluster."""

    views: dict[str, tuple[int, RemoteView]] = field(default_factory=dict)
    """Context → API server's version and the view that it publishes at that version."""

    def fork(self) -> Mesh:
        """An independent copy."""
        return Mesh(dict(self.views))

    def view_of(self, cluster: Cluster) -> RemoteView:
        """What a cluster publishes at present."""
        version = cluster.api.store.version
        known = self.views.get(cluster.context)
        if known is not None and known[0] == version:
            return known[1]
        fresh = publish(cluster)
        if known is not None and known[1] == fresh:
            fresh = known[1]
        self.views[cluster.context] = (version, fresh)
        return fresh

    def sync(self, world: World, links: Links) -> bool:
        """Let every agent receive what its connections carry; return whether any agent changed."""
        changed = False
        for cluster in world.clusters.values():
            remotes = remote_names(cluster.api)
            for agent in _agents(cluster):
                if not agent.is_serving or (not remotes and not agent.remotes):
                    continue
                for name in [each for each in agent.remotes if each not in remotes]:
                    _forget(agent, name)
                    changed = True
                for name in remotes:
                    changed |= self._receive(world, links, cluster, agent, name)
        return changed

    def _receive(self, world: World, links: Links, cluster: Cluster, agent: Agent, name: str) -> bool:
        known = agent.remotes.get(name) or RemoteCluster(name, is_ready=False, problem=WAITING)
        remote, problem = connection(world, links, cluster, name)
        if remote is None or problem:
            lost = RemoteCluster(
                name, False, problem, known.view, known.retrieved_config,
                known.failures + (known.is_ready or name not in agent.remotes),
                world.clock.now_ns if known.is_ready or name not in agent.remotes else known.last_failure_ns,
            )  # fmt: skip
            agent.remotes[name] = lost
            return lost != known
        view = self.view_of(remote)
        if known.is_ready and known.view is view:
            return False
        agent.remotes[name] = RemoteCluster(name, True, "", view, True, known.failures, known.last_failure_ns)
        _realize(agent, name, known.view, view)
        return True


def _agents(cluster: Cluster) -> list[Agent]:
    return [agent for agent in cluster.agents.values() if isinstance(agent, Agent)]


def remote_names(api: ApiServer) -> list[str]:
    """Names of the remote clusters that a cluster is configured to connect to, sorted."""
    secret = api.find("secrets", CONFIG_SECRET, SYSTEM)
    data = (secret or {}).get("data") or {}
    own = cluster_name_of(api)
    return sorted(key for key in data if "." not in key and key != own)


def cluster_name_of(api: ApiServer) -> str:
    """``cluster-name`` of a cluster's ConfigMap."""
    return str(dig(api.find("configmaps", "cilium-config", SYSTEM), "data", "cluster-name", default="default"))


def publish(cluster: Cluster) -> RemoteView:
    """Compute what a cluster's clustermesh-apiserver serves."""
    api = cluster.api
    name = cluster_name_of(api)
    identities = {
        int(name_of(each)): tuple(
            sorted(f"{key}={value}" if value else key for key, value in each["security-labels"].items())
        )
        for each in api.store.of("ciliumidentities.cilium.io")
    }
    endpoints = {
        address["ipv4"]: RemoteEndpoint(
            each["status"]["identity"]["id"],
            each["status"]["networking"]["node"],
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
    return RemoteView(name, int(config.get("cluster-id", "0")), identities, endpoints, nodes, services)


def connection(world: World, links: Links, cluster: Cluster, name: str) -> tuple[Cluster | None, str]:
    """The remote cluster behind a configured name, and what is wrong with the connection (empty: nothing)."""
    remote = next((each for each in world.clusters.values() if cluster_name_of(each.api) == name), None)
    if remote is None:
        return None, WAITING
    if not is_available(cluster.api) or not is_available(remote.api):
        return remote, WAITING
    if not trusts(cluster.api, remote.api, name):
        return remote, WAITING
    port = service_port(remote.api)
    sources = [agent.place for agent in _agents(cluster)]
    targets = [agent.place for agent in _agents(remote)]
    if not any(links.allows(source, target, "TCP", port) for source in sources for target in targets):
        return remote, WAITING
    return remote, ""


def is_available(api: ApiServer) -> bool:
    """Whether the clustermesh-apiserver of a cluster has a ready replica."""
    return bool(dig(api.find("deployments.apps", API_SERVER, SYSTEM), "status", "readyReplicas", default=0))


def service_port(api: ApiServer) -> int:
    """The port on which other clusters reach a clustermesh-apiserver. Source: facts F-53."""
    service = api.find("services", API_SERVER, SYSTEM)
    if dig(service, "spec", "type") == "NodePort":
        return int(dig(service, "spec", "ports", 0, "nodePort", default=MESH_NODE_PORT))
    return MESH_PORT


def ca_of(api: ApiServer) -> str:
    """The CA certificate of a cluster's installation, as base64."""
    return str(dig(api.find("secrets", CA_SECRET, SYSTEM), "data", "ca.crt", default=""))


def trusts(api: ApiServer, remote: ApiServer, name: str) -> bool:
    """Whether a cluster accepts the certificates of another: the same CA, or the other one in its bundle."""
    if ca_of(api) == ca_of(remote):
        return True
    bundle = dig(api.find("secrets", CONFIG_SECRET, SYSTEM), "data", f"{name}.ca.crt", default="")
    return bool(bundle) and bundle == ca_of(remote)


def connect(cluster: Cluster, remote: Cluster, *, adds_ca: bool = False) -> None:
    """Write the configuration by which one cluster connects to another (one way).

    Args:
        cluster: The cluster that connects.
        remote: The cluster it connects to.
        adds_ca: Also trust the remote cluster's CA.
    """
    name = cluster_name_of(remote.api)
    endpoint = f"endpoints:\n- https://{name}.mesh.cilium.io:{service_port(remote.api)}\n"
    data = {name: base64.b64encode(endpoint.encode()).decode()}
    if adds_ca:
        data[f"{name}.ca.crt"] = ca_of(remote.api)
    secret = cluster.api.find("secrets", CONFIG_SECRET, SYSTEM)
    if secret is None:
        body = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": CONFIG_SECRET, "namespace": SYSTEM},
            "type": "Opaque",
            "data": data,
        }
        cluster.api.create("secrets", body, validate=FieldValidation.TRUSTED)
    else:
        merged = {**secret, "data": {**(secret.get("data") or {}), **data}}
        cluster.api.update("secrets", merged, validate=FieldValidation.TRUSTED)


def disconnect(cluster: Cluster, name: str) -> bool:
    """Take the connection to a remote cluster out of the configuration; return whether there was one."""
    secret = cluster.api.find("secrets", CONFIG_SECRET, SYSTEM)
    data = (secret or {}).get("data") or {}
    if secret is None or name not in data:
        return False
    kept = {key: value for key, value in data.items() if key != name and not key.startswith(f"{name}.")}
    cluster.api.update("secrets", {**secret, "data": kept}, validate=FieldValidation.TRUSTED)
    return True


def endpoint_of(api: ApiServer, name: str) -> str:
    """The URL that a cluster is configured to reach a remote one by; empty where it is not, or cannot be read."""
    data = dig(api.find("secrets", CONFIG_SECRET, SYSTEM), "data", name, default="")
    try:
        text = base64.b64decode(data, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return next((line.removeprefix("- ") for line in text.splitlines() if line.startswith("- ")), "")


def _realize(agent: Agent, name: str, old: RemoteView | None, new: RemoteView) -> None:
    before = old or RemoteView(name, new.cluster_id)
    for number in [each for each in before.identities if each not in new.identities]:
        agent.identities.pop(number, None)
        agent.repository.remove_identity(number)
    for number, labels in new.identities.items():
        if agent.identities.get(number) != labels:
            agent.identities[number] = labels
            agent.repository.add_identity(number, parse_labels(labels))
    for ip in [each for each in before.endpoints if each not in new.endpoints]:
        entry = agent.ipcache.entries.get(f"{ip}/32")
        if entry is not None and entry.source == "clustermesh":
            agent.ipcache.delete(f"{ip}/32")
    for node_name in [each for each in before.nodes if each not in new.nodes]:
        agent.nodes.pop(f"{name}/{node_name}", None)
        forget_node_addresses(agent, before.nodes[node_name])
    apply_remote_addresses(agent, name)
    for key in sorted({*before.services, *new.services}):
        if before.services.get(key) != new.services.get(key):
            rebuild_service(agent, key)


def _forget(agent: Agent, name: str) -> None:
    remote = agent.remotes[name]
    if remote.view is not None:
        # An empty view takes everything away again, before the connection itself is forgotten.
        empty = RemoteView(name, remote.view.cluster_id)
        agent.remotes[name] = replace(remote, view=empty)
        _realize(agent, name, remote.view, empty)
    del agent.remotes[name]
