"""The policies of the tests. They are written for the simulation; what they allow and deny follows the real ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from quizgame.tools.cilium.connectivity.workloads import ECHO_PORT

Policy = dict[str, Any]
Rule = dict[str, Any]
ANYBODY: dict[str, Any] = {}
OTHER_CLIENT = {"other": "client"}
SERVICE_ACCOUNT = "io.cilium.k8s.policy.serviceaccount"
_CLUSTER_EXISTS = [{"key": "io.cilium.k8s.policy.cluster", "operator": "Exists"}]
EVERY_CLUSTER: dict[str, Any] = {"matchExpressions": _CLUSTER_EXISTS}
PORT_RANGE = (8000, 8100)
"""Ports around the servers' own, for the variants of tests that give a range."""


def cilium(name: str, selector: Mapping[str, Any], **spec: Any) -> Policy:
    """A CiliumNetworkPolicy; it lands in the namespace of the test."""
    return _object("CiliumNetworkPolicy", "cilium.io/v2", name, {"endpointSelector": dict(selector), **spec})


def clusterwide(name: str, selector: Mapping[str, Any], **spec: Any) -> Policy:
    """A CiliumClusterwideNetworkPolicy."""
    return _object("CiliumClusterwideNetworkPolicy", "cilium.io/v2", name, {"endpointSelector": dict(selector), **spec})


def kubernetes(name: str, selector: Mapping[str, Any], **spec: Any) -> Policy:
    """A NetworkPolicy; its types are those of the rules that are given, empty ones included."""
    types = [each for each in ("Ingress", "Egress") if each.lower() in spec]
    rules = {key: value for key, value in spec.items() if value}
    return _object(
        "NetworkPolicy", "networking.k8s.io/v1", name, {"podSelector": dict(selector), "policyTypes": types, **rules}
    )


def cidr_group(name: str, cidrs: Sequence[str], labels: Mapping[str, str] | None = None) -> Policy:
    """A CiliumCIDRGroup."""
    made = _object("CiliumCIDRGroup", "cilium.io/v2", name, {"externalCIDRs": list(cidrs)})
    made["metadata"]["labels"] = dict(labels or {})
    return made


def _object(kind: str, version: str, name: str, spec: Mapping[str, Any]) -> Policy:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": dict(spec)}


def labelled(**labels: str) -> dict[str, Any]:
    """A selector of what has these labels, in the local cluster."""
    return {"matchLabels": labels}


def with_label(key: str, value: str) -> dict[str, Any]:
    """A selector of what has a label whose key is no identifier."""
    return {"matchLabels": {key: value}}


def expressed(key: str, *values: str) -> dict[str, Any]:
    """The same by an expression."""
    return {"matchExpressions": [{"key": key, "operator": "In", "values": list(values)}]}


def anywhere(selector: Mapping[str, Any]) -> dict[str, Any]:
    """The same in every cluster: since 1.19 a peer without a cluster label is one of the local cluster alone."""
    # Source: facts F-63.
    return {**selector, "matchExpressions": [*selector.get("matchExpressions", ()), *_CLUSTER_EXISTS]}


def ports(port: str, *, end: int = 0, protocol: str = "TCP", **rest: Any) -> list[Rule]:
    """A ``toPorts`` item for one port or range."""
    entry: dict[str, Any] = {"port": port, "protocol": protocol, **({"endPort": end} if end else {})}
    return [{"ports": [entry], **rest}]


def echo_ports(*, is_range: bool = False, **rest: Any) -> list[Rule]:
    """A ``toPorts`` item for the servers' port, by itself or in a range."""
    if is_range:
        return ports(str(PORT_RANGE[0]), end=PORT_RANGE[1], **rest)
    return ports(str(ECHO_PORT), **rest)


def http(*rules: Mapping[str, Any]) -> dict[str, Any]:
    """Rules for requests."""
    return {"rules": {"http": [dict(rule) for rule in rules]}}


GET_ROOT = {"method": "GET", "path": "/"}
NAME_SERVERS = [labelled(**{"k8s:io.kubernetes.pod.namespace": "kube-system", "k8s:k8s-app": "kube-dns"})]
DNS_PORTS = [{"ports": [{"port": "53", "protocol": "UDP"}, {"port": "53", "protocol": "TCP"}]}]
_DNS_RULE = {"toEndpoints": NAME_SERVERS,
             "toPorts": [{**DNS_PORTS[0], "rules": {"dns": [{"matchPattern": "*"}]}}]}  # fmt: skip
CLIENTS = labelled(kind="client")
ECHOES = labelled(kind="echo")
ALLOW_ALL_EGRESS = cilium("allow-all-egress", ANYBODY, egress=[{"toEntities": ["all"]}])
ALLOW_ALL_INGRESS = cilium("allow-all-ingress", ANYBODY, ingress=[{"fromEntities": ["all"]}])
ONLY_DNS = cilium("client-egress-only-dns", CLIENTS, egress=[_DNS_RULE])
ONLY_PORT_53 = cilium("client-egress-only-port-53", CLIENTS, egress=[
    {"toEndpoints": NAME_SERVERS, "toPorts": DNS_PORTS},
])  # fmt: skip
TO_NAME_SERVERS: Rule = {"toEndpoints": NAME_SERVERS, "toPorts": DNS_PORTS}
"""Egress to the cluster's DNS, without a look at the names."""
