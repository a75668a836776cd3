"""What a release's values say of the mesh, rendered: the Secrets with the connections, and the names of remote nodes.

Source: chart 1.19, templates/clustermesh-config (Secrets ``cilium-clustermesh`` and ``cilium-kvstoremesh``),
hostAliases of the clustermesh-apiserver's Deployment and, without KVStoreMesh, of the agent's DaemonSet.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from quizgame.cluster.install.values import Values, lookup
from quizgame.cluster.objects import KubeObject

API_SERVER = "clustermesh-apiserver"
CONFIG_SECRET = "cilium-clustermesh"
"""Read by the agents."""
MIRROR_SECRET = "cilium-kvstoremesh"
"""Read by KVStoreMesh."""
MESH_DOMAIN = "mesh.cilium.io"
_PATH = "/var/lib/cilium/clustermesh"


def uses_mirror(values: Values) -> bool:
    """Whether KVStoreMesh runs beside the clustermesh-apiserver."""
    return bool(lookup(values, "clustermesh.apiserver.kvstoremesh.enabled", True))


def connections(values: Values) -> list[dict[str, Any]]:
    """The remote clusters that a release connects to: name, port, ips or address, tls."""
    if not lookup(values, "clustermesh.config.enabled", False):
        return []
    given = lookup(values, "clustermesh.config.clusters", [])
    if isinstance(given, Mapping):
        return [{"name": name, **entry} for name, entry in sorted(given.items()) if isinstance(entry, Mapping)]
    return [dict(each) for each in given if isinstance(each, Mapping) and each.get("name")]


def connection_secrets(values: Values, namespace: str) -> list[tuple[str, KubeObject]]:
    """The Secrets; where KVStoreMesh runs, the agents are sent to its copy, and it alone to the remote clusters."""
    clusters = connections(values)
    if not clusters:
        return []
    found = []
    if lookup(values, "clustermesh.useAPIServer", False) and uses_mirror(values):
        local = f"https://{API_SERVER}.{namespace}.svc:2379"
        found.append(_secret(CONFIG_SECRET, namespace, dict(_entries(clusters, values, local))))
        found.append(_secret(MIRROR_SECRET, namespace, dict(_entries(clusters, values, ""))))
    else:
        found.append(_secret(CONFIG_SECRET, namespace, dict(_entries(clusters, values, ""))))
    return found


def _entries(clusters: list[dict[str, Any]], values: Values, override: str) -> Iterator[tuple[str, str]]:
    for each in clusters:
        name = each["name"]
        authority = lookup(each, "tls.caCert", "")
        prefix = "common-" if override or not authority else f"{name}."
        text = (
            f"endpoints:\n- {override or _url(each, values)}\n"
            f"trusted-ca-file: {_PATH}/{prefix}etcd-client-ca.crt\n"
            f"key-file: {_PATH}/{prefix}etcd-client.key\n"
            f"cert-file: {_PATH}/{prefix}etcd-client.crt\n"
        )
        yield name, base64.b64encode(text.encode()).decode()
        if authority and not override:
            yield f"{name}.etcd-client-ca.crt", authority


def _url(entry: Mapping[str, Any], values: Values) -> str:
    host = entry.get("address") or ""
    if entry.get("ips") or not host:
        host = f"{entry['name']}.{lookup(values, 'clustermesh.config.domain', MESH_DOMAIN)}"
    return f"https://{host}:{entry.get('port', 2379)}"


def _secret(name: str, namespace: str, data: dict[str, str]) -> tuple[str, KubeObject]:
    return "secrets", {"metadata": {"name": name, "namespace": namespace}, "data": data, "type": "Opaque"}


def host_aliases(values: Values) -> list[KubeObject]:
    """Entries for ``/etc/hosts`` of whoever connects to the remote clusters, in the order of the values."""
    domain = lookup(values, "clustermesh.config.domain", MESH_DOMAIN)
    return [
        {"ip": ip, "hostnames": [f"{each['name']}.{domain}"]}
        for each in connections(values)
        for ip in each.get("ips") or ()
    ]
