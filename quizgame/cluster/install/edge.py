"""What the Helm release brings for Gateway API and Ingress: configuration keys, classes, the shared load balancer.

Source: cilium/cilium v1.19 install/kubernetes/cilium/templates: cilium-configmap.yaml, cilium-gateway-api-class.yaml,
cilium-ingress-class.yaml, cilium-ingress-service.yaml.
Simplified: the host network mode of Ingress is a key without effect.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from quizgame.cluster.install.values import Values, lookup

if TYPE_CHECKING:
    from quizgame.cluster.apiserver import ApiServer
    from quizgame.cluster.objects import KubeObject

NODE_SELECTOR_KEY = "gateway-api-hostnetwork-nodelabelselector"
_NAMESPACE = "kube-system"
_SHARED = "cilium-ingress"
_PREFIXES = "lbipam.cilium.io nodeipam.cilium.io service.beta.kubernetes.io service.kubernetes.io cloud.google.com"

# Key, path of its value, default; written where the feature is on.
_GATEWAY_KEYS: tuple[tuple[str, str, Any], ...] = (
    ("enable-gateway-api-secrets-sync", "gatewayAPI.secretsNamespace.sync", True),
    ("enable-gateway-api-proxy-protocol", "gatewayAPI.enableProxyProtocol", False),
    ("enable-gateway-api-app-protocol", "gatewayAPI.enableAppProtocol", False),
    ("enable-gateway-api-alpn", "gatewayAPI.enableAlpn", False),
    ("gateway-api-hostnetwork-enabled", "gatewayAPI.hostNetwork.enabled", False),
    ("gateway-api-secrets-namespace", "gatewayAPI.secretsNamespace.name", "cilium-secrets"),
    ("gateway-api-service-externaltrafficpolicy", "gatewayAPI.externalTrafficPolicy", "Cluster"),
    ("gateway-api-xff-num-trusted-hops", "gatewayAPI.xffNumTrustedHops", 0),
)
_INGRESS_KEYS: tuple[tuple[str, str, Any], ...] = (
    ("enforce-ingress-https", "ingressController.enforceHttps", True),
    ("enable-ingress-proxy-protocol", "ingressController.enableProxyProtocol", False),
    ("enable-ingress-secrets-sync", "ingressController.secretsNamespace.sync", True),
    ("ingress-default-lb-mode", "ingressController.loadbalancerMode", "dedicated"),
    ("ingress-hostnetwork-enabled", "ingressController.hostNetwork.enabled", False),
    ("ingress-secrets-namespace", "ingressController.secretsNamespace.name", "cilium-secrets"),
    ("ingress-shared-lb-service-name", "ingressController.service.name", _SHARED),
)


def edge_data(values: Values) -> dict[str, str]:
    """The keys of ``cilium-config`` for the features that are on."""
    data: dict[str, str] = {}
    if lookup(values, "gatewayAPI.enabled", False):
        data |= {"enable-gateway-api": "true", "enable-envoy-config": "true", **_keys(values, _GATEWAY_KEYS)}
        chosen = lookup(values, "gatewayAPI.hostNetwork.nodes.matchLabels", None) or {}
        if chosen:
            data[NODE_SELECTOR_KEY] = ",".join(f"{key}={value}" for key, value in sorted(chosen.items()))
    if lookup(values, "ingressController.enabled", False):
        data |= {"enable-ingress-controller": "true", "enable-envoy-config": "true", **_keys(values, _INGRESS_KEYS)}
        prefixes = lookup(values, "ingressController.ingressLBAnnotationPrefixes", None)
        data["ingress-lb-annotation-prefixes"] = _PREFIXES if prefixes is None else " ".join(prefixes)
    return data


def _keys(values: Values, keys: tuple[tuple[str, str, Any], ...]) -> dict[str, str]:
    return {key: _text(lookup(values, path, default)) for key, path, default in keys}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def edge_objects(api: ApiServer, values: Values) -> list[tuple[str, KubeObject]]:
    """The classes, and the load balancer that Ingresses may share, with what stands behind it."""
    objects: list[tuple[str, KubeObject]] = []
    if lookup(values, "ingressController.enabled", False):
        metadata: KubeObject = {"name": "cilium"}
        if lookup(values, "ingressController.default", False):
            metadata["annotations"] = {"ingressclass.kubernetes.io/is-default-class": "true"}
        spec: KubeObject = {"controller": "cilium.io/ingress-controller"}
        objects += [("ingressclasses", {"metadata": metadata, "spec": spec}), *_shared_balancer(values)]
    if lookup(values, "gatewayAPI.enabled", False) and _wants_class(api, values):
        spec = {"controllerName": "io.cilium/gateway-controller", "description": "The default Cilium GatewayClass"}
        objects.append(("gatewayclasses", {"metadata": {"name": "cilium"}, "spec": spec}))
    return objects


def _wants_class(api: ApiServer, values: Values) -> bool:
    """Whether the class comes along: unless told otherwise, where its kind is defined at the time of the release."""
    return api.serves("gatewayclasses") and str(lookup(values, "gatewayAPI.gatewayClass.create", "auto")) != "false"


def _shared_balancer(values: Values) -> list[tuple[str, KubeObject]]:
    name = str(lookup(values, "ingressController.service.name", _SHARED))
    labels = {"app.kubernetes.io/part-of": "cilium", "cilium.io/ingress": "true"}
    metadata: KubeObject = {"name": name, "namespace": _NAMESPACE, "labels": labels}
    wanted: Mapping[str, Any] = lookup(values, "ingressController.service", {}) or {}
    ports: list[KubeObject] = [
        {"name": "http", "port": 80, "protocol": "TCP"},
        {"name": "https", "port": 443, "protocol": "TCP"},
    ]
    for port, key in zip(ports, ("insecureNodePort", "secureNodePort"), strict=True):
        if wanted.get(key):
            port["nodePort"] = int(wanted[key])
    spec: KubeObject = {"ports": ports, "type": wanted.get("type", "LoadBalancer")}
    if wanted.get("externalTrafficPolicy"):
        spec["externalTrafficPolicy"] = wanted["externalTrafficPolicy"]
    if wanted.get("loadBalancerClass"):
        spec["loadBalancerClass"] = wanted["loadBalancerClass"]
    service = {"metadata": {**metadata, "annotations": dict(wanted.get("annotations") or {})}, "spec": spec}
    subsets = [{"addresses": [{"ip": "192.192.192.192"}], "ports": [{"port": 9999, "protocol": "TCP"}]}]
    return [("services", service), ("endpoints", {"metadata": metadata, "subsets": subsets})]
