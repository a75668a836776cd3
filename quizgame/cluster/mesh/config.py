"""What a cluster's configuration says of the mesh: its own name, whom it connects to, where, and whom it trusts."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from quizgame.cluster.install.mesh_config import API_SERVER, CONFIG_SECRET, MESH_DOMAIN, uses_mirror
from quizgame.cluster.install.release import apply_release
from quizgame.cluster.install.values import lookup, merge
from quizgame.cluster.links import MESH_NODE_PORT, MESH_PORT
from quizgame.cluster.objects import dig

if TYPE_CHECKING:
    from quizgame.cluster.apiserver import ApiServer
    from quizgame.cluster.world import Cluster

SYSTEM = "kube-system"
CA_SECRET = "cilium-ca"


def has_mirror(cluster: Cluster) -> bool:
    """Whether KVStoreMesh mirrors remote clusters for the agents. Source: facts F-51."""
    return uses_mirror(cluster.values)


def cluster_name_of(api: ApiServer) -> str:
    """``cluster-name`` of a cluster's ConfigMap."""
    return str(dig(api.find("configmaps", "cilium-config", SYSTEM), "data", "cluster-name", default="default"))


def cluster_of(clusters: Mapping[str, Cluster], name: str) -> Cluster | None:
    """The cluster that goes by a name in the mesh."""
    return next((each for each in clusters.values() if cluster_name_of(each.api) == name), None)


def remote_names(api: ApiServer, secret: str = CONFIG_SECRET) -> list[str]:
    """Names of the remote clusters that a cluster is configured to connect to, sorted."""
    data = (api.find("secrets", secret, SYSTEM) or {}).get("data") or {}
    own = cluster_name_of(api)
    return sorted(key for key in data if "." not in key and key != own)


def endpoint_of(api: ApiServer, name: str, secret: str = CONFIG_SECRET) -> str:
    """The URL by which a cluster is configured to reach a remote one; empty where it is not, or cannot be read."""
    data = dig(api.find("secrets", secret, SYSTEM), "data", name, default="")
    try:
        text = base64.b64decode(data, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return next((line.removeprefix("- ") for line in text.splitlines() if line.startswith("- ")), "")


def service_port(api: ApiServer) -> int:
    """The port on which other clusters reach a clustermesh-apiserver. Source: facts F-53."""
    service = api.find("services", API_SERVER, SYSTEM)
    if dig(service, "spec", "type") == "NodePort":
        return int(dig(service, "spec", "ports", 0, "nodePort", default=MESH_NODE_PORT))
    return MESH_PORT


def service_ips(cluster: Cluster) -> tuple[str, ...]:
    """The addresses by which others reach a cluster's clustermesh-apiserver, as ``cilium clustermesh`` finds them."""
    service = cluster.api.find("services", API_SERVER, SYSTEM)
    kind = dig(service, "spec", "type", default="ClusterIP")
    if kind == "NodePort":
        addresses = dig(cluster.nodes[0], "status", "addresses", default=[]) if cluster.nodes else []
        return tuple(address["address"] for address in addresses if address["type"] == "InternalIP")
    if kind == "LoadBalancer":
        entries = dig(service, "status", "loadBalancer", "ingress", default=[])
        return tuple(entry.get("ip") or entry.get("hostname") for entry in entries)
    ip = str(dig(service, "spec", "clusterIP", default=""))
    return (ip,) if ip else ()


def ca_of(api: ApiServer) -> str:
    """The CA certificate of a cluster's installation, as base64."""
    return str(dig(api.find("secrets", CA_SECRET, SYSTEM), "data", "ca.crt", default=""))


def trusts(api: ApiServer, remote: ApiServer, name: str, secret: str = CONFIG_SECRET) -> bool:
    """Whether a cluster accepts the certificates of another: the same CA, or the other one in its bundle."""
    if ca_of(api) == ca_of(remote):
        return True
    bundle = dig(api.find("secrets", secret, SYSTEM), "data", f"{name}.etcd-client-ca.crt", default="")
    return bool(bundle) and bundle == ca_of(remote)


def _connections(cluster: Cluster) -> dict[str, dict[str, Any]]:
    """The remote clusters in a release's values, by name."""
    given = lookup(cluster.values, "clustermesh.config.clusters", [])
    if isinstance(given, Mapping):
        return {str(name): dict(entry) for name, entry in given.items()}
    return {str(each["name"]): dict(each) for each in given}


def _upgrade(cluster: Cluster, connections: Mapping[str, Mapping[str, Any]]) -> None:
    clusters = [dict(entry) for _, entry in sorted(connections.items())]
    change = {"clustermesh": {"config": {"enabled": bool(clusters), "clusters": clusters, "domain": MESH_DOMAIN}}}
    apply_release(cluster, merge(cluster.values, change))


def connect(cluster: Cluster, remote: Cluster, *, adds_ca: bool = False) -> None:
    """Configure one cluster to connect to another (one way), by an upgrade of its release.

    Args:
        cluster: The cluster that connects.
        remote: The cluster it connects to.
        adds_ca: Also trust the remote cluster's CA.
    """
    name = cluster_name_of(remote.api)
    entry: dict[str, Any] = {"name": name, "ips": list(service_ips(remote)), "port": service_port(remote.api)}
    if adds_ca:
        entry["tls"] = {"caCert": ca_of(remote.api)}
    _upgrade(cluster, {**_connections(cluster), name: entry})


def disconnect(cluster: Cluster, name: str) -> bool:
    """Take the connection to a remote cluster out of the configuration; return whether there was one."""
    connections = _connections(cluster)
    if name not in connections:
        return False
    del connections[name]
    _upgrade(cluster, connections)
    return True
