"""Whether a connection to a clustermesh-apiserver comes about, and what stands in its way."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from quizgame.addresses import is_ip
from quizgame.cluster.install.mesh_config import API_SERVER, CONFIG_SECRET, MIRROR_SECRET
from quizgame.cluster.mesh.config import SYSTEM, endpoint_of, service_ips, service_port, trusts
from quizgame.cluster.objects import dig

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quizgame.cluster.apiserver import ApiServer
    from quizgame.cluster.links import Links
    from quizgame.cluster.world import Cluster, World


class Obstacle(Enum):
    """Where a connection fails."""

    RESOLVE = "no such host"
    TIMEOUT = "i/o timeout"
    REFUSED = "connection refused"
    TLS = "unknown authority"


@dataclass(frozen=True, slots=True)
class Dialled:
    """An attempt to connect."""

    url: str
    """What the configuration says; empty where it says nothing."""
    ip: str = ""
    """What the host name stands for; empty where nobody knows it."""
    server: Cluster | None = None
    """The cluster whose API server is there."""
    obstacle: Obstacle | None = None

    @property
    def host(self) -> str:
        """The host in the address."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The port in the address."""
        return urlsplit(self.url).port or 0


def dial(world: World, links: Links, cluster: Cluster, place: str, name: str, *, as_mirror: bool = False) -> Dialled:
    """Connect to where a cluster's configuration says that a remote cluster's state is read.

    Args:
        world: The world.
        links: The network between nodes.
        cluster: The cluster that connects.
        place: The node that connects, as ``context/node``.
        name: The remote cluster's name.
        as_mirror: KVStoreMesh connects, not an agent: it has a configuration of its own.
    """
    secret = MIRROR_SECRET if as_mirror else CONFIG_SECRET
    tried = Dialled(endpoint_of(cluster.api, name, secret))
    if not tried.host:
        return tried
    if tried.host == f"{API_SERVER}.{SYSTEM}.svc":
        return _dial_local(cluster, tried.url)
    ip = tried.host if is_ip(tried.host) else _alias(cluster.api, tried.host, as_mirror=as_mirror)
    if not ip:
        return Dialled(tried.url, obstacle=Obstacle.RESOLVE)
    server, targets = _behind(world, ip)
    if server is None or not any(links.allows(place, target, "TCP", tried.port) for target in targets):
        return Dialled(tried.url, ip, server, Obstacle.TIMEOUT)
    if tried.port != service_port(server.api) or not is_available(server.api):
        return Dialled(tried.url, ip, server, Obstacle.REFUSED)
    # Simplified: only the connecting side looks at a certificate; that the remote one would refuse a client of another
    # authority is not asked.
    if not trusts(cluster.api, server.api, name, secret):
        return Dialled(tried.url, ip, server, Obstacle.TLS)
    return Dialled(tried.url, ip, server)


def _dial_local(cluster: Cluster, url: str) -> Dialled:
    # Simplified: an agent always reaches the copy in its own cluster, whatever is blocked between its nodes.
    service = cluster.api.find("services", API_SERVER, SYSTEM)
    if service is None:
        return Dialled(url, obstacle=Obstacle.RESOLVE)
    ip = str(dig(service, "spec", "clusterIP", default=""))
    return Dialled(url, ip, cluster, None if is_available(cluster.api) else Obstacle.REFUSED)


def _alias(api: ApiServer, host: str, *, as_mirror: bool) -> str:
    kind, name = ("deployments.apps", API_SERVER) if as_mirror else ("daemonsets.apps", "cilium")
    aliases = dig(api.find(kind, name, SYSTEM), "spec", "template", "spec", "hostAliases", default=())
    return next((str(each["ip"]) for each in aliases if host in each.get("hostnames", ())), "")


def _behind(world: World, ip: str) -> tuple[Cluster | None, tuple[str, ...]]:
    """The cluster that an address leads into, and the nodes by which."""
    for cluster in world.clusters.values():
        if ip in service_ips(cluster) and not _node_at(cluster, ip):
            return cluster, tuple(f"{cluster.context}/{name}" for name in cluster.agents)
        if node := _node_at(cluster, ip):
            return cluster, (f"{cluster.context}/{node}",)
    return None, ()


def _node_at(cluster: Cluster, ip: str) -> str:
    return next((name for name, address in _node_ips(cluster) if address == ip), "")


def _node_ips(cluster: Cluster) -> Iterator[tuple[str, str]]:
    for node in cluster.nodes:
        for address in dig(node, "status", "addresses", default=()):
            if address["type"] == "InternalIP":
                yield node["metadata"]["name"], address["address"]


def is_available(api: ApiServer) -> bool:
    """Whether the clustermesh-apiserver of a cluster has a ready replica."""
    return bool(dig(api.find("deployments.apps", API_SERVER, SYSTEM), "status", "readyReplicas", default=0))
