"""How other clusters reach a cluster's clustermesh-apiserver. Source: reference cilium-cli, section 7."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quizgame.cluster.install.mesh_config import API_SERVER
from quizgame.cluster.mesh.config import ca_of, service_ips, service_port
from quizgame.cluster.objects import dig

if TYPE_CHECKING:
    from quizgame.cluster.world import Cluster

NODE_PORT_WARNING = "⚠️  Service type NodePort detected! Service may fail when nodes are removed from the cluster!"
_SECRETS = (
    "clustermesh-apiserver-remote-cert", "clustermesh-apiserver-client-cert", "clustermesh-apiserver-client-certs",
)  # fmt: skip


class AccessProblem(Exception):
    """A cluster's access information cannot be had; the text says why."""


@dataclass(frozen=True, slots=True)
class Access:
    """Where a clustermesh-apiserver is, and what tells its cluster apart."""

    cluster_name: str
    cluster_id: int
    service_type: str
    ips: tuple[str, ...]
    port: int
    ca: str
    tunnel: str
    max_connected: int


def need_config(cluster: Cluster, namespace: str) -> None:
    """Check that Cilium is there.

    Raises:
        AccessProblem: the ConfigMap is missing.
    """
    if cluster.api.find("configmaps", "cilium-config", namespace) is None:
        raise AccessProblem('unable to retrieve ConfigMap "cilium-config": configmaps "cilium-config" not found')


def access_of(cluster: Cluster, namespace: str, say: Callable[[str], None]) -> Access:
    """Read a cluster's access information.

    Args:
        cluster: Which cluster.
        namespace: Where Cilium is.
        say: Prints what the tool says on the way.

    Raises:
        AccessProblem: something is missing.
    """
    need_config(cluster, namespace)
    api, config = cluster.api, cluster.config
    for number, name in enumerate(_SECRETS):
        if api.find("secrets", name, namespace) is not None:
            break
        if number + 1 < len(_SECRETS):
            say(f"Trying to get secret {name} by deprecated name {_SECRETS[number + 1]}")
    else:
        raise AccessProblem(
            f'unable to get client secret to access clustermesh service: unable to get secret "{_SECRETS[-1]}" and '
            "no deprecated names to try"
        )
    service = api.find("services", API_SERVER, namespace)
    if service is None:
        raise AccessProblem(missing_service())
    kind = dig(service, "spec", "type", default="ClusterIP")
    if kind == "NodePort":
        say(NODE_PORT_WARNING)
    ips = service_ips(cluster)
    if not ips:
        raise AccessProblem("unable to derive service IPs automatically")
    limit = config.get("max-connected-clusters", "255")
    tunnel = config.get("tunnel-protocol", "vxlan") if config.get("routing-mode", "tunnel") == "tunnel" else ""
    return Access(
        cluster.cluster_name, cluster.cluster_id, kind, ips, service_port(api), ca_of(api), tunnel,
        int(limit) if limit.isdecimal() else 255,
    )  # fmt: skip


def missing_service() -> str:
    """What is said where the mesh is not enabled."""
    return f'unable to get clustermesh service "{API_SERVER}": services "{API_SERVER}" not found'
