"""The tests that are simulated: their policies, their scenarios, and what each probe should come to.

The policies are written for the simulation; what they allow and deny follows the tests of the same names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from quizgame.tools.cilium.connectivity.probes import Probe
from quizgame.tools.cilium.connectivity.workloads import ECHO_PORT, MAIN


class Expectation(Enum):
    """How a probe should end."""

    OK = "ok"
    DROP = "drop"
    """The packets are dropped."""
    DENIED = "denied"
    """A proxy answers 403."""


EXIT_CODES: dict[Expectation, tuple[int, ...]] = {
    Expectation.OK: (0,),
    Expectation.DROP: (28, 1, 6),
    Expectation.DENIED: (22,),
}
"""Exit statuses of curl and ping (and of a name that does not resolve) that fit an expectation."""


def _ok(probe: Probe) -> Expectation:
    del probe
    return Expectation.OK


def _drop(probe: Probe) -> Expectation:
    del probe
    return Expectation.DROP


@dataclass(frozen=True, slots=True)
class Test:
    """One test."""

    name: str
    scenarios: tuple[str, ...]
    policies: tuple[Mapping[str, Any], ...] = ()
    expect: Callable[[Probe], Expectation] = _ok


def _policy(name: str, kind: str = "CiliumNetworkPolicy", **spec: Any) -> dict[str, Any]:
    metadata = {"name": name}
    if kind != "CiliumClusterwideNetworkPolicy":
        metadata["namespace"] = MAIN
    version = "networking.k8s.io/v1" if kind == "NetworkPolicy" else "cilium.io/v2"
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


def _labels(**labels: str) -> dict[str, Any]:
    return {"matchLabels": labels}


def _peers(**labels: str) -> dict[str, Any]:
    # Since 1.19 a peer without a cluster label is one of the local cluster alone. Source: facts F-63.
    return {"matchLabels": labels, "matchExpressions": _CLUSTER_EXISTS}


_CLUSTER_EXISTS = [{"key": "k8s:io.cilium.k8s.policy.cluster", "operator": "Exists"}]
_ANY: dict[str, Any] = {}
_ECHO = [{"ports": [{"port": str(ECHO_PORT), "protocol": "TCP"}]}]
_DNS = {
    "toEndpoints": [{"matchLabels": {"k8s:io.kubernetes.pod.namespace": "kube-system", "k8s:k8s-app": "kube-dns"}}],
    "toPorts": [{"ports": [{"port": "53", "protocol": "ANY"}], "rules": {"dns": [{"matchPattern": "*"}]}}],
}
_HTTP = [
    {
        "ports": [{"port": str(ECHO_PORT), "protocol": "TCP"}],
        "rules": {"http": [{"method": "GET", "path": "/"}, {"method": "GET", "path": "/public"}]},
    }
]


def _is_other_client(labels: Mapping[str, str]) -> bool:
    return labels.get("other") == "client"


def _from_other_client(probe: Probe) -> Expectation:
    return Expectation.OK if _is_other_client(probe.source_labels) else Expectation.DROP


def _not_from_other_client(probe: Probe) -> Expectation:
    return Expectation.DROP if _is_other_client(probe.source_labels) else Expectation.OK


def _client_l7(probe: Probe) -> Expectation:
    if _is_other_client(probe.source_labels) and probe.path == "/private":
        return Expectation.DENIED
    return Expectation.OK


def _echo_l7(probe: Probe) -> Expectation:
    if not _is_other_client(probe.source_labels):
        return Expectation.DROP
    return Expectation.DENIED if probe.path == "/private" else Expectation.OK


def _local_cluster(probe: Probe) -> Expectation:
    return Expectation.OK if probe.target_cluster == probe.cluster.context else Expectation.DROP


def _except_world(probe: Probe) -> Expectation:
    return Expectation.DROP if probe.target_labels.get("kind") == "world" else Expectation.OK


def _world_only(probe: Probe) -> Expectation:
    return Expectation.OK if probe.target_labels.get("kind") == "world" else Expectation.DROP


_EVERY_CLUSTER = [{"matchExpressions": _CLUSTER_EXISTS}]

TESTS: dict[str, Test] = {
    test.name: test
    for test in (
        Test("no-policies", (
            "pod-to-pod", "client-to-client", "pod-to-service", "pod-to-hostport", "pod-to-world", "pod-to-host",
            "host-to-pod", "pod-to-cidr",
        )),
        Test("allow-all-except-world", (
            "pod-to-pod", "client-to-client", "pod-to-service", "pod-to-hostport", "pod-to-host",
        ), (
            _policy("allow-all-except-world", endpointSelector=_ANY,
                    ingress=[{"fromEntities": ["cluster", "remote-node", "host"]}, {"fromEndpoints": _EVERY_CLUSTER}],
                    egress=[{"toEntities": ["cluster", "remote-node", "host"]}, {"toEndpoints": _EVERY_CLUSTER}]),
        ), _except_world),
        Test("client-ingress", ("client-to-client",), (
            _policy("client-ingress-from-client2", endpointSelector=_labels(kind="client"),
                    ingress=[{"fromEndpoints": [_peers(other="client")]}]),
        ), _from_other_client),
        Test("client-ingress-knp", ("client-to-client",), (
            _policy("client-ingress-from-client2", "NetworkPolicy", podSelector=_labels(kind="client"),
                    policyTypes=["Ingress"], ingress=[{"from": [{"podSelector": _labels(other="client")}]}]),
        ), _from_other_client),
        Test("all-ingress-deny", ("pod-to-pod", "pod-to-cidr"), (
            _policy("all-ingress-deny", endpointSelector=_ANY, ingress=[{}]),
        ), _world_only),
        Test("all-ingress-deny-knp", ("pod-to-pod", "pod-to-cidr"), (
            _policy("all-ingress-deny", "NetworkPolicy", podSelector=_ANY, policyTypes=["Ingress"]),
        ), _world_only),
        Test("all-egress-deny", ("pod-to-pod", "pod-to-pod-with-endpoints"), (
            _policy("all-egress-deny", endpointSelector=_ANY, egress=[{}]),
        ), _drop),
        Test("all-egress-deny-knp", ("pod-to-pod", "pod-to-pod-with-endpoints"), (
            _policy("all-egress-deny", "NetworkPolicy", podSelector=_ANY, policyTypes=["Egress"]),
        ), _drop),
        Test("all-entities-deny", ("pod-to-pod", "pod-to-cidr"), (
            _policy("all-entities-deny", endpointSelector=_ANY, ingressDeny=[{"fromEntities": ["all"]}],
                    egressDeny=[{"toEntities": ["all"]}]),
        ), _drop),
        Test("cluster-entity", ("pod-to-pod",), (
            _policy("allow-cluster-entity", endpointSelector=_labels(kind="client"),
                    egress=[{"toEntities": ["cluster"]}]),
        ), _local_cluster),
        Test("echo-ingress", ("pod-to-pod",), (
            _policy("echo-ingress-from-other-client", endpointSelector=_labels(kind="echo"),
                    ingress=[{"fromEndpoints": [_peers(other="client")], "toPorts": _ECHO}]),
        ), _from_other_client),
        Test("echo-ingress-knp", ("pod-to-pod",), (
            _policy("echo-ingress-from-other-client", "NetworkPolicy", podSelector=_labels(kind="echo"),
                    policyTypes=["Ingress"], ingress=[{
                        "from": [{"podSelector": _labels(other="client")}],
                        "ports": [{"port": ECHO_PORT, "protocol": "TCP"}],
                    }]),
        ), _from_other_client),
        Test("client-egress", ("pod-to-pod",), (
            _policy("client-egress-to-echo", endpointSelector=_labels(kind="client"),
                    egress=[{"toEndpoints": [_peers(kind="echo")], "toPorts": _ECHO}, _DNS]),
        )),
        Test("client-egress-knp", ("pod-to-pod",), (
            _policy("client-egress-to-echo", "NetworkPolicy", podSelector=_labels(kind="client"),
                    policyTypes=["Egress"], egress=[{
                        "to": [{"podSelector": _labels(kind="echo")}],
                        "ports": [{"port": ECHO_PORT, "protocol": "TCP"}],
                    }]),
        )),
        Test("echo-ingress-from-other-client-deny", ("pod-to-pod",), (
            _policy("echo-ingress-from-other-client-deny", endpointSelector=_labels(kind="echo"),
                    ingress=[{"fromEntities": ["all"]}],
                    ingressDeny=[{"fromEndpoints": [_peers(other="client")], "toPorts": _ECHO}]),
        ), _not_from_other_client),
        Test("client-egress-to-echo-deny", ("pod-to-pod",), (
            _policy("client-egress-to-echo-deny", endpointSelector=_labels(kind="client", other="client"),
                    egress=[{"toEntities": ["all"]}],
                    egressDeny=[{"toEndpoints": [_peers(kind="echo")], "toPorts": _ECHO}]),
        ), _not_from_other_client),
        Test("echo-ingress-l7", ("pod-to-pod-with-endpoints",), (
            _policy("echo-ingress-l7-http", endpointSelector=_labels(kind="echo"),
                    ingress=[{"fromEndpoints": [_peers(other="client")], "toPorts": _HTTP}]),
        ), _echo_l7),
        Test("client-egress-l7", ("pod-to-pod-with-endpoints",), (
            _policy("client-egress-l7-http", endpointSelector=_labels(kind="client", other="client"),
                    egress=[{"toEndpoints": [_peers(kind="echo")], "toPorts": _HTTP}, _DNS]),
        ), _client_l7),
        Test("pod-to-itself-via-service", ("pod-to-itself-via-service",)),
        Test("dns-only", ("pod-to-pod", "pod-to-world"), (
            _policy("client-egress-only-dns", endpointSelector=_labels(kind="client"), egress=[_DNS]),
        ), _drop),
        Test("to-entities-world", ("pod-to-world",), (
            _policy("client-egress-to-entities-world", endpointSelector=_labels(kind="client"),
                    egress=[{"toEntities": ["world"]}, _DNS]),
        )),
        Test("to-cidr-external", ("pod-to-cidr",), (
            _policy("client-egress-to-cidr", endpointSelector=_labels(kind="client"),
                    egress=[{"toCIDR": ["1.0.0.0/8"]}]),
        )),
        Test("to-fqdns", ("pod-to-world",), (
            _policy("client-egress-to-fqdns", endpointSelector=_labels(kind="client"),
                    egress=[{"toFQDNs": [{"matchName": "one.one.one.one"}]}, _DNS]),
        )),
        Test("policy-local-cluster-egress", ("pod-to-pod",), (
            _policy("client-egress-to-local-cluster", endpointSelector=_labels(kind="client"),
                    egress=[{"toEndpoints": [_labels(kind="echo")]}]),
        ), _local_cluster),
    )
}  # fmt: skip
"""By name. The scenario ``pod-to-hostport`` exists in the real tests and is not simulated."""
