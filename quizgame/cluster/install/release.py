"""The Helm release ``cilium``: every object of it, rendered from values, and its installation, upgrade and removal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from quizgame.cluster.apiserver import ApiServer
from quizgame.cluster.crds import GATEWAY_CRDS, cilium_crds, crd_object
from quizgame.cluster.install import agent, components
from quizgame.cluster.install.certificates import authority, issued
from quizgame.cluster.install.config import config_data
from quizgame.cluster.install.edge import edge_objects
from quizgame.cluster.install.mesh_config import connection_secrets
from quizgame.cluster.install.spire import spire_objects
from quizgame.cluster.install.values import Values, lookup
from quizgame.cluster.objects import KubeObject, annotations_of, evolve, labels_of, name_of, namespace_of
from quizgame.cluster.requests import FieldValidation
from quizgame.cluster.resources import Resource
from quizgame.cluster.world import Cluster

_NAMESPACE = "kube-system"
RELEASE_ANNOTATIONS = {"meta.helm.sh/release-name": "cilium", "meta.helm.sh/release-namespace": _NAMESPACE}
_MANAGED = {"app.kubernetes.io/managed-by": "Helm"}
_RELEASE_SECRET = "sh.helm.release.v1.cilium.v"
_KINDS = (
    "secrets",
    "configmaps",
    "serviceaccounts",
    "services",
    "endpoints",
    "daemonsets.apps",
    "statefulsets.apps",
    "deployments.apps",
    "namespaces",
    "gatewayclasses",
    "ingressclasses",
)

Rendered = list[tuple[str, KubeObject]]
"""(plural, object) pairs in the order of installation."""


def apply_release(cluster: Cluster, values: Values, *, version: str | None = None) -> None:
    """Install or upgrade Cilium in a cluster: write what changed, remove what the values no longer ask for.

    Args:
        cluster: Where; its ``values`` and ``cilium_version`` are set.
        values: The complete values of the release.
        version: Cilium's version; ``None``: the cluster's present one.
    """
    release = version or cluster.cilium_version
    cluster.values, cluster.cilium_version = dict(values), release
    # Simplified: the operator registers the definitions on its first start; here they come with the release.
    install_definitions(cluster.api, cilium_crds(release))
    wanted = render(cluster, values, release)
    for plural, node in wanted:
        _write(cluster.api, plural, node)
    kept = {(plural, namespace_of(node), name_of(node)) for plural, node in wanted}
    _remove(cluster.api, kept)
    _record_release(cluster.api, values, release)


def remove_release(cluster: Cluster) -> bool:
    """Uninstall Cilium, definitions and custom resources excepted; whether there was anything to remove."""
    was_there = release_revision(cluster.api) > 0
    _remove(cluster.api, set())
    for secret in cluster.api.list("secrets", _NAMESPACE, label_selector="owner=helm,name=cilium"):
        cluster.api.delete("secrets", name_of(secret), _NAMESPACE)
    cluster.values = {}
    return was_there


def install_definitions(api: ApiServer, kinds: tuple[Resource, ...]) -> None:
    """Create the definitions that are not there yet and bring older ones up to date."""
    for kind in kinds:
        wanted = crd_object(kind)
        present = api.find("customresourcedefinitions", kind.qualified)
        if present is None:
            api.create("customresourcedefinitions", wanted, validate=FieldValidation.TRUSTED)
        elif present["spec"] != wanted["spec"]:
            api.update(
                "customresourcedefinitions", {**present, "spec": wanted["spec"]}, validate=FieldValidation.TRUSTED
            )
            _migrate(api, kind)


def _migrate(api: ApiServer, kind: Resource) -> None:
    """Store a kind's objects in its present storage version."""
    for node in api.list(kind):
        if node["apiVersion"] != kind.api_version:
            api.store.put(kind.qualified, (namespace_of(node), name_of(node)), {**node, "apiVersion": kind.api_version})


def install_gateway_api(api: ApiServer) -> None:
    """Create Gateway API's definitions."""
    install_definitions(api, GATEWAY_CRDS)


def release_revision(api: ApiServer) -> int:
    """The number of the release's last revision; 0: not installed."""
    secrets = api.list("secrets", _NAMESPACE, label_selector="owner=helm,name=cilium")
    return max((int(labels_of(each)["version"]) for each in secrets), default=0)


# ---------------------------------------------------------------- rendering


def render(cluster: Cluster, values: Values, version: str) -> Rendered:
    """Every object of the release for these values."""
    objects: Rendered = [
        ("namespaces", {"metadata": {"name": "cilium-secrets", "labels": {"app.kubernetes.io/part-of": "cilium"}}})
    ]
    has_relay = bool(lookup(values, "hubble.enabled", True) and lookup(values, "hubble.relay.enabled", False))
    has_ui = bool(lookup(values, "hubble.enabled", True) and lookup(values, "hubble.ui.enabled", False))
    has_mesh = bool(lookup(values, "clustermesh.useAPIServer", False))
    has_envoy = bool(lookup(values, "envoy.enabled", True))
    accounts = ["cilium", "cilium-operator"]
    accounts += [
        name
        for name, wanted in (
            ("cilium-envoy", has_envoy),
            ("hubble-relay", has_relay),
            ("hubble-ui", has_ui),
            ("clustermesh-apiserver", has_mesh),
        )
        if wanted
    ]
    for name in accounts:
        account: KubeObject = {"metadata": {"name": name, "namespace": _NAMESPACE}}
        if name == "hubble-relay":
            account["automountServiceAccountToken"] = False
        objects.append(("serviceaccounts", account))
    objects += _secrets(cluster, values, has_relay=has_relay, has_mesh=has_mesh)
    objects.append(("configmaps", _config_map("cilium-config", config_data(values, version))))
    if has_envoy:
        objects.append(("configmaps", _config_map("cilium-envoy-config", {"bootstrap-config.json": "{}"})))
        objects.append(("services", _envoy_service()))
    if lookup(values, "hubble.enabled", True):
        peer = _service("hubble-peer", "cilium", [_port(443, 4244, "peer-service")])
        objects.append(("services", evolve(peer, ("spec", "internalTrafficPolicy"), "Local")))
    objects.append(("daemonsets.apps", agent.agent(values, version, cluster.api_address)))
    if has_envoy:
        objects.append(("daemonsets.apps", agent.envoy(version, cluster.api_address, values)))
    objects.append(("deployments.apps", components.operator(values, version, cluster.api_address)))
    if has_relay:
        objects.append(
            ("configmaps", _config_map("hubble-relay-config", {"config.yaml": _relay_config(cluster, values)}))
        )
        objects.append(("deployments.apps", components.relay(values, version)))
        objects.append(("services", _service("hubble-relay", "hubble-relay", [_port(80, "grpc", "")])))
    if has_ui:
        objects.append(("configmaps", _config_map("hubble-ui-nginx", {"nginx.conf": "server { listen 8081; }\n"})))
        objects.append(("deployments.apps", components.hubble_ui(values, version)))
        objects.append(("services", _service("hubble-ui", "hubble-ui", [_port(80, 8081, "http")])))
    if has_mesh:
        objects.append(("deployments.apps", components.mesh_api_server(values, version)))
        objects.append(("services", _mesh_service(values)))
    objects += edge_objects(cluster.api, values)
    objects += spire_objects(values, str(lookup(values, "cluster.name", "default")))
    return [(plural, _managed(node)) for plural, node in objects]


def _managed(node: KubeObject) -> KubeObject:
    metadata = node["metadata"]
    if metadata["name"] == "cilium-ca":
        annotated = metadata
    else:
        annotated = {
            **metadata,
            "labels": {**_MANAGED, **(metadata.get("labels") or {})},
            "annotations": {**RELEASE_ANNOTATIONS, **(metadata.get("annotations") or {})},
        }
    return {**node, "metadata": annotated}


def _secrets(cluster: Cluster, values: Values, *, has_relay: bool, has_mesh: bool) -> Rendered:
    ca = _authority(cluster, values)
    name = lookup(values, "cluster.name", "default")
    objects: Rendered = [
        (
            "secrets",
            {
                "metadata": {
                    "name": "cilium-ca",
                    "namespace": _NAMESPACE,
                    "labels": {"app.kubernetes.io/part-of": "cilium"},
                },
                "data": ca,
            },
        )
    ]
    if lookup(values, "hubble.enabled", True):
        objects.append(("secrets", _tls("hubble-server-certs", issued(ca, f"*.{name}.hubble-grpc.cilium.io"))))
    if has_relay:
        objects.append(("secrets", _tls("hubble-relay-client-certs", issued(ca, "*.hubble-relay.cilium.io"))))
    if has_mesh:
        for purpose, subject in (
            ("server", "clustermesh-apiserver.cilium.io"),
            ("admin", f"admin-{name}"),
            ("remote", f"remote-{name}"),
            ("local", f"local-{name}"),
        ):
            objects.append(("secrets", _tls(f"clustermesh-apiserver-{purpose}-cert", issued(ca, subject))))
    objects += connection_secrets(values, _NAMESPACE)
    return objects


def _authority(cluster: Cluster, values: Values) -> dict[str, str]:
    """The release's authority: given in the values, found in the cluster (as Helm's look-up does), or new."""
    given = lookup(values, "tls.ca.cert", "")
    if given:
        return {"ca.crt": given, "ca.key": lookup(values, "tls.ca.key", "")}
    present = cluster.api.find("secrets", "cilium-ca", _NAMESPACE)
    if present is not None:
        data: dict[str, str] = present.get("data") or {}
        return data
    installation = cluster.api.store.incarnations.get(("secrets", _NAMESPACE, "cilium-ca"), 0)
    return authority(cluster.api.seed, cluster.context, installation)


def _tls(name: str, data: dict[str, str]) -> KubeObject:
    return {"metadata": {"name": name, "namespace": _NAMESPACE}, "data": data, "type": "kubernetes.io/tls"}


def _config_map(name: str, data: dict[str, str]) -> KubeObject:
    return {"metadata": {"name": name, "namespace": _NAMESPACE}, "data": data}


def _port(port: int, target: int | str, name: str) -> KubeObject:
    shown: KubeObject = {"port": port, "protocol": "TCP", "targetPort": target}
    return {"name": name, **shown} if name else shown


def _service(name: str, app: str, ports: list[KubeObject], *, headless: bool = False) -> KubeObject:
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "cilium", "k8s-app": app}
    spec: KubeObject = {"ports": ports, "selector": {"k8s-app": app}, "type": "ClusterIP"}
    if headless:
        spec["clusterIP"] = "None"
    return {"metadata": {"name": name, "namespace": _NAMESPACE, "labels": labels}, "spec": spec}


def _envoy_service() -> KubeObject:
    made = _service("cilium-envoy", "cilium-envoy", [_port(9964, 9964, "envoy-metrics")], headless=True)
    labels = {**made["metadata"]["labels"], "io.cilium/app": "proxy"}
    annotations = {"prometheus.io/port": "9964", "prometheus.io/scrape": "true"}
    return {**made, "metadata": {**made["metadata"], "labels": labels, "annotations": annotations}}


def _mesh_service(values: Values) -> KubeObject:
    made = _service("clustermesh-apiserver", "clustermesh-apiserver", [_port(2379, 2379, "")])
    kind = lookup(values, "clustermesh.apiserver.service.type", "NodePort")
    spec = {**made["spec"], "type": kind}
    if kind == "NodePort":
        spec["ports"] = [
            {**_port(2379, 2379, ""), "nodePort": int(lookup(values, "clustermesh.apiserver.service.nodePort", 32379))}
        ]
    return {**made, "spec": spec}


def _relay_config(cluster: Cluster, values: Values) -> str:
    lines = (
        f"cluster-name: {lookup(values, 'cluster.name', 'default')}",
        "peer-service: hubble-peer.kube-system.svc.cluster.local.:443",
        "listen-address: :4245",
        "gops: true",
        'gops-port: "9893"',
        "retry-timeout: 30s",
        "disable-server-tls: true",
    )
    return "\n".join(lines) + "\n"


# ---------------------------------------------------------------- writing


def _write(api: ApiServer, plural: str, node: KubeObject) -> None:
    name, namespace = name_of(node), namespace_of(node)
    present = api.find(plural, name, namespace)
    if present is None:
        api.create(plural, node, validate=FieldValidation.TRUSTED)
        return
    labels = {**labels_of(present), **labels_of(node)}
    annotations = {**annotations_of(present), **annotations_of(node)}
    metadata = {**node["metadata"], "labels": labels, "annotations": annotations}
    if not labels:
        del metadata["labels"]
    if not annotations:
        del metadata["annotations"]
    api.update(plural, {**node, "metadata": metadata}, validate=FieldValidation.TRUSTED)


def _remove(api: ApiServer, kept: set[tuple[str, str, str]]) -> None:
    for plural in _KINDS:
        if not api.serves(plural):
            continue
        for node in api.list(plural):
            is_ours = annotations_of(node).get("meta.helm.sh/release-name") == "cilium" or (
                plural == "secrets" and name_of(node) == "cilium-ca"
            )
            if is_ours and (plural, namespace_of(node), name_of(node)) not in kept:
                api.delete(plural, name_of(node), namespace_of(node))


def _record_release(api: ApiServer, values: Mapping[str, Any], version: str) -> None:
    """Helm's own record: one Secret for each revision."""
    import base64

    revision = release_revision(api)
    if revision:
        name = f"{_RELEASE_SECRET}{revision}"
        old = api.get("secrets", name, _NAMESPACE)
        api.store.put("secrets", (_NAMESPACE, name), evolve(old, ("metadata", "labels", "status"), "superseded"))
    content = json.dumps({"chart": f"cilium-{version}", "values": values}, sort_keys=True).encode()
    labels = {"name": "cilium", "owner": "helm", "status": "deployed", "version": str(revision + 1)}
    metadata = {"name": f"{_RELEASE_SECRET}{revision + 1}", "namespace": _NAMESPACE, "labels": labels}
    secret = {
        "metadata": metadata,
        "data": {"release": base64.b64encode(content).decode()},
        "type": "helm.sh/release.v1",
    }
    api.create("secrets", secret, validate=FieldValidation.TRUSTED)
