"""What lines of kubectl tell the game."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from quizgame.tools.derive import shows
from quizgame.tools.output import Line, Result

Kubectl = Callable[..., Result]

POLICY = """
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: postgres}
spec:
  endpointSelector: {matchLabels: {app: postgres}}
  ingress:
  - fromEndpoints: [{matchLabels: {io.cilium.k8s.policy.cluster: old}}]
    toPorts: [{ports: [{port: "5432", protocol: TCP}]}]
"""
LABEL = r".matchLabels.io\.cilium\.k8s\.policy\.cluster"
SELECTOR = (
    "object(cluster=kind-kind, field=spec.ingress[0].fromEndpoints[0].matchLabels.io.cilium.k8s.policy.cluster, "
    "kind=CiliumClusterwideNetworkPolicy, name=postgres, value=old)"
)


def told(lines: list[Line]) -> dict[str, str]:
    """Facts as text, with the line that tells each first."""
    found: dict[str, str] = {}
    for line in lines:
        for fact in line.facts:
            found.setdefault(str(fact), line.text)
    return found


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("get ccnp postgres -o yaml", "        io.cilium.k8s.policy.cluster: old"),
        ("get ccnp -o yaml", "          io.cilium.k8s.policy.cluster: old"),
        ("get ccnp postgres -o json", '                            "io.cilium.k8s.policy.cluster": "old"'),
        ("describe ccnp postgres", "        io.cilium.k8s.policy.cluster:  old"),
        (
            f"get ccnp postgres -o jsonpath={{.spec.ingress[0].fromEndpoints[0]{LABEL}}}",
            "old",
        ),
        (
            f"get ccnp -o custom-columns=C:.spec.ingress[*].fromEndpoints[*]{LABEL}",
            "old",
        ),
    ],
)
def test_a_selector_is_told_by_the_line_that_shows_it(kubectl: Kubectl, command: str, line: str) -> None:
    kubectl("apply -f -", stdin=POLICY)
    found = told(kubectl(command).stdout)
    assert found[SELECTOR] == line


def test_a_subtree_on_one_line_tells_all_of_it(kubectl: Kubectl) -> None:
    kubectl("apply -f -", stdin=POLICY)
    assert SELECTOR in told(kubectl("get ccnp postgres -o jsonpath={.spec}").stdout)


def test_the_last_applied_annotation_tells_nothing(kubectl: Kubectl) -> None:
    kubectl("apply -f -", stdin=POLICY)
    lines = kubectl("get ccnp postgres -o yaml").stdout
    annotation = next(line for line in lines if '"kind":"CiliumClusterwideNetworkPolicy"' in line.text)
    assert annotation.facts == ()


@pytest.mark.parametrize(
    ("command", "fact"),
    [
        ("get ccnp", "policy(cluster=kind-kind, kind=CiliumClusterwideNetworkPolicy, name=postgres, valid=True)"),
        ("get pods --show-labels", "labels(cluster=kind-kind, label=org=alliance, pod=default/xwing)"),
        ("get pods -L org", "labels(cluster=kind-kind, label=org=alliance, pod=default/xwing)"),
        ("describe pod xwing", "labels(cluster=kind-kind, label=org=alliance, pod=default/xwing)"),
        ("get nodes", "node(cluster=kind-kind, node=kind-worker, status=Ready)"),
        (
            "get node kind-worker -o jsonpath={.spec.podCIDR}",
            "node(cluster=kind-kind, node=kind-worker, pod_cidr=10.244.1.0/24)",
        ),
        ("get svc", "service(cluster=kind-kind, service=default/deathstar, type=ClusterIP)"),
        ("get deploy", "component(cluster=kind-kind, name=deathstar, status=2/2)"),
        ("-n kube-system get ds", "component(cluster=kind-kind, name=cilium, status=3/3)"),
        ("-n kube-system get cm cilium-config -o yaml", "config(cluster=kind-kind, key=enable-policy, value=default)"),
        ("-n kube-system describe cm cilium-config", "config(cluster=kind-kind, key=enable-policy, value=default)"),
        ("events --for pod/xwing", "event(cluster=kind-kind, object=default/xwing, reason=Scheduled, type=Normal)"),
        ("get events", "event(cluster=kind-kind, object=default/xwing, reason=Scheduled, type=Normal)"),
        ("describe pod xwing", "event(cluster=kind-kind, object=default/xwing, reason=Scheduled, type=Normal)"),
    ],
)
def test_views_tell_what_they_show(kubectl: Kubectl, command: str, fact: str) -> None:
    kubectl("apply -f -", stdin=POLICY)
    assert fact in told(kubectl(command).stdout)


def test_identities_are_told_by_endpoints_and_by_their_own_objects(kubectl: Kubectl) -> None:
    number = "".join(line.text for line in kubectl("get cep xwing -o jsonpath={.status.identity.id}").stdout)
    assert f"identity(cluster=kind-kind, identity={number}, pod=default/xwing)" in told(kubectl("get cep").stdout)
    found = told(kubectl(f"get ciliumid {number} -o yaml").stdout)
    assert f"identity(cluster=kind-kind, identity={number}, label=k8s:org=alliance)" in found


def test_backends_are_told_by_slices_and_services(kubectl: Kubectl) -> None:
    address = "".join(
        line.text for line in kubectl("get pod -l class=deathstar -o jsonpath={.items[0].status.podIP}").stdout
    )
    fact = f"service(backend={address}, cluster=kind-kind, service=default/deathstar)"
    assert fact in told(kubectl("get endpointslices").stdout)
    assert fact in told(kubectl("describe svc deathstar").stdout)


def test_marks_of_a_global_service_are_told(kubectl: Kubectl) -> None:
    kubectl("annotate svc deathstar service.cilium.io/global=true")
    fact = "service(cluster=kind-kind, global=true, service=default/deathstar)"
    assert fact in told(kubectl("get svc deathstar -o yaml").stdout)
    assert fact in told(kubectl("describe svc deathstar").stdout)


@pytest.mark.parametrize(
    "command",
    [
        "get pods -A -o wide",
        "get svc -A -o wide",
        "get nodes -o wide",
        "get cep -A",
        "get events -A",
        "get endpointslices -A",
        "get ds -A",
    ],
)
def test_witnesses_stand_on_the_line_that_tells(kubectl: Kubectl, command: str) -> None:
    lines = kubectl(command).stdout
    assert any(line.facts for line in lines)
    for line in lines:
        for fact in line.facts:
            assert shows(fact, line.text), (fact, fact.witnesses, line.text)
