"""What the connectivity test deploys, and its removal. Names and labels: reference cilium-cli, section 6, goldens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from quizgame.cluster.apierror import ApiError
from quizgame.cluster.apiserver import FieldValidation
from quizgame.cluster.objects import dig

if TYPE_CHECKING:
    from quizgame.cluster.world import Cluster

PREFIX = "cilium-test"
"""What the names of the test's namespaces begin with, unless told otherwise."""
ECHO_PORT = 8080
HOST_NETNS, CLUSTERWIDE_CLIENT = "host-netns", "client-ccnp"
_CURL_IMAGE = "cr.test/cilium/alpine-curl:v1.10.0"
_ECHO_IMAGE = "img-k8s.example/gateway-api/echo-advanced:v20240412-v1.0.0-394-g40c666fd"

LABELS: dict[str, dict[str, str]] = {
    "client": {"name": "client", "kind": "client"},
    "client2": {"name": "client2", "kind": "client", "other": "client"},
    "client3": {"name": "client3", "kind": "client"},
    "echo-same-node": {"name": "echo-same-node", "kind": "echo", "other": "echo"},
    "echo-other-node": {"name": "echo-other-node", "kind": "echo", "first": "echo"},
    CLUSTERWIDE_CLIENT: {"name": CLUSTERWIDE_CLIENT, "kind": "ccnp"},
}
"""Labels of the pods of each deployment."""
CLIENTS, ECHOES = ("client", "client2", "client3"), ("echo-same-node", "echo-other-node")


def namespace(name: str, labels: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A Namespace object."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": dict(labels or {})}}


def _near(name: str, *, is_away: bool) -> dict[str, Any]:
    term = {
        "labelSelector": {"matchExpressions": [{"key": "name", "operator": "In", "values": [name]}]},
        "topologyKey": "kubernetes.io/hostname",
    }
    kind = "podAntiAffinity" if is_away else "podAffinity"
    return {kind: {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}


def deployment(name: str, where: str, affinity: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """One of the test's Deployments."""
    labels = LABELS[name]
    container: dict[str, Any] = {"name": name, "image": _CURL_IMAGE, "command": ["/usr/bin/pause"]}
    if name in ECHOES:
        container = {
            "name": name,
            "image": _ECHO_IMAGE,
            "ports": [{"containerPort": ECHO_PORT, "name": f"http-{ECHO_PORT}"}],
        }
    spec: dict[str, Any] = {"containers": [container], "serviceAccountName": name}
    if affinity:
        spec["affinity"] = affinity
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": where, "labels": labels},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"name": name}},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }


def echo_service(name: str, where: str, *, is_global: bool) -> dict[str, Any]:
    """The NodePort service of an echo deployment; global ones are shared over the mesh."""
    annotations = {"service.cilium.io/global": "true"} if is_global else {}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": where, "labels": {"kind": "echo"}, "annotations": annotations},
        "spec": {
            "type": "NodePort",
            "selector": {"name": name},
            "ports": [{"name": f"http-{ECHO_PORT}", "port": ECHO_PORT, "targetPort": ECHO_PORT}],
        },
    }


def l7_service(name: str, where: str, *, is_l7: bool) -> dict[str, Any]:
    """A service whose requests Envoy balances where that is asked for, and its plain counterpart."""
    annotations = {"service.cilium.io/lb-l7": "enabled"} if is_l7 else {}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": where, "labels": {"kind": name}, "annotations": annotations},
        "spec": {
            "selector": {"name": "echo-same-node"},
            "ports": [{"name": "http", "port": ECHO_PORT, "targetPort": ECHO_PORT}],
        },
    }


def host_netns(where: str) -> dict[str, Any]:
    """The DaemonSet in the nodes' own network."""
    labels = {"name": HOST_NETNS, "kind": HOST_NETNS}
    container = {"name": HOST_NETNS, "image": _CURL_IMAGE, "command": ["/usr/bin/pause"]}
    spec = {
        "containers": [container], "hostNetwork": True, "tolerations": [{"operator": "Exists"}],
    }  # fmt: skip
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": HOST_NETNS, "namespace": where, "labels": labels},
        "spec": {
            "selector": {"matchLabels": {"name": HOST_NETNS}},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }


AFFINITIES: dict[str, dict[str, Any]] = {
    "client2": _near("client", is_away=False),
    "echo-same-node": _near("client", is_away=False),
    "client3": _near("client", is_away=True),
    "echo-other-node": _near("client", is_away=True),
}


def ensure(cluster: Cluster, plural: str, node: Mapping[str, Any]) -> bool:
    """Create an object unless it is there; whether it was created."""
    meta = node["metadata"]
    if cluster.api.find(plural, meta["name"], meta.get("namespace", "")) is not None:
        return False
    cluster.api.create(
        plural, dict(node), meta.get("namespace", ""), validate=FieldValidation.WARN, warn=lambda _text: None
    )
    return True


def ensure_deployment(cluster: Cluster, name: str, where: str, affinity: Mapping[str, Any] | None = None) -> bool:
    """Create a deployment of the test and the account it runs under, unless it is there."""
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": where}}
    ensure(cluster, "serviceaccounts", account)
    return ensure(cluster, "deployments.apps", deployment(name, where, affinity))


def is_ready(cluster: Cluster, plural: str, name: str, where: str) -> bool:
    """Whether all pods of a workload are available."""
    found = cluster.api.find(plural, name, where)
    if plural == "daemonsets.apps":
        wanted = dig(found, "status", "desiredNumberScheduled", default=0)
        return bool(wanted) and dig(found, "status", "numberAvailable", default=0) >= wanted
    wanted = dig(found, "spec", "replicas", default=1)
    return found is not None and dig(found, "status", "availableReplicas", default=0) >= wanted


def namespaces(prefix: str) -> tuple[str, ...]:
    """All namespaces of the test with this prefix."""
    return f"{prefix}-1", f"{prefix}-ccnp1", f"{prefix}-ccnp2"


def remove_namespaces(cluster: Cluster, names: Iterable[str]) -> list[str]:
    """Delete those of the test's namespaces that are there; returns them."""
    found = []
    for name in names:
        try:
            cluster.api.delete("namespaces", name)
        except ApiError:
            continue
        found.append(name)
    return found
