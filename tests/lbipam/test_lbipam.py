"""LB-IPAM: who gets which address, what is said where one gets none, and that the address works.

Expectations: reference kubectl.md, section 8, and goldens describe-ippool, get-svc-pending-lb-yaml.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

Manifest = Callable[..., str]


def ips(typed: Any, name: str) -> list[str]:
    found = json.loads(typed.out(f"kubectl get svc {name} -o json"))["status"]["loadBalancer"].get("ingress", [])
    return [str(each["ip"]) for each in found]


def request(typed: Any, name: str) -> tuple[str, str, str]:
    conditions = json.loads(typed.out(f"kubectl get svc {name} -o json"))["status"].get("conditions", [])
    [found] = [each for each in conditions if each["type"] == "cilium.io/IPAMRequestSatisfied"]
    return found["status"], found["reason"], found["message"]


def row(typed: Any, pool: str) -> list[str]:
    header, *rows = typed.out("kubectl get ippools").splitlines()
    assert header.split() == ["NAME", "DISABLED", "CONFLICTING", "IPS", "AVAILABLE", "AGE"]
    found: list[str] = next(each.split() for each in rows if each.startswith(f"{pool} "))
    return found[1:4]


def test_a_service_gets_an_address_and_the_pool_counts_it(typed: Any, pool: Manifest, service: Manifest) -> None:
    typed.apply(pool("blue", "[{cidr: 172.18.255.200/29}]") + service("web"))
    assert ips(typed, "web") == ["172.18.255.200"]
    assert request(typed, "web") == ("True", "satisfied", "")
    assert row(typed, "blue") == ["false", "False", "7"]
    assert "172.18.255.200 (VIP)" in typed.out("kubectl describe svc web")
    described = typed.out("kubectl describe ippool blue")
    assert [line.split(":")[1].strip() for line in described.splitlines() if line.startswith("    Type:")] == [
        "cilium.io/PoolConflict", "cilium.io/IPsTotal", "cilium.io/IPsAvailable", "cilium.io/IPsUsed"
    ]  # fmt: skip


def test_without_any_pool_nothing_is_said(typed: Any, service: Manifest) -> None:
    typed.apply(service("web"))
    assert "<pending>" in typed.out("kubectl get svc web")
    assert "conditions" not in json.loads(typed.out("kubectl get svc web -o json"))["status"]


def test_the_address_answers_pods_and_is_in_the_service_map(typed: Any, pool: Manifest, service: Manifest) -> None:
    typed.run("cilium upgrade --set kubeProxyReplacement=true")
    typed.apply(pool("blue", "[{cidr: 172.18.255.200/29}]") + service("web"))
    typed.world.advance(10)
    assert "LoadBalancer" in typed.out("kubectl -n kube-system exec ds/cilium -- cilium-dbg service list")
    assert "172.18.255.200:80" in typed.out("kubectl -n kube-system exec ds/cilium -- cilium-dbg service list")
    assert typed.run("kubectl exec client -- curl -s http://172.18.255.200/").exit == 0
    typed.run("kubectl delete ippool blue")
    assert "172.18.255.200:80" not in typed.out("kubectl -n kube-system exec ds/cilium -- cilium-dbg service list")
    assert typed.run("kubectl exec client -- curl -s --max-time 3 http://172.18.255.200/").exit != 0


def test_a_stopped_operator_assigns_nothing_until_it_is_back(typed: Any, pool: Manifest, service: Manifest) -> None:
    typed.run("kubectl -n kube-system scale deployment cilium-operator --replicas=0")
    typed.apply(pool("blue", "[{cidr: 10.9.0.0/24}]") + service("web"))
    assert "<pending>" in typed.out("kubectl get svc web")
    assert row(typed, "blue")[0] == "false"
    typed.run("kubectl -n kube-system scale deployment cilium-operator --replicas=1")
    typed.world.advance(20)
    assert ips(typed, "web") == ["10.9.0.0"]


def test_selectors_see_labels_names_and_namespaces(typed: Any, pool: Manifest, service: Manifest) -> None:
    typed.apply(
        pool("red", "[{cidr: 10.1.0.0/24}]", ", serviceSelector: {matchLabels: {color: red}}")
        + pool("named", "[{cidr: 10.2.0.0/24}]", ", serviceSelector: {matchLabels: {io.kubernetes.service.name: api}}")
        + service("plain") + service("web", labels="{color: red}") + service("api")
    )  # fmt: skip
    assert (ips(typed, "web"), ips(typed, "api"), ips(typed, "plain")) == (["10.1.0.0"], ["10.2.0.0"], [])
    message = "There are no enabled CiliumLoadBalancerIPPools that match this service"
    assert request(typed, "plain") == ("False", "no_pool", message)
    typed.run("kubectl label svc web color-")
    assert ips(typed, "web") == []


def test_an_empty_pool_is_refilled_when_a_service_goes(typed: Any, pool: Manifest, service: Manifest) -> None:
    typed.apply(pool("tiny", "[{start: 10.1.0.7}]") + service("a") + service("b"))
    assert (ips(typed, "a"), ips(typed, "b")) == (["10.1.0.7"], [])
    message = "All enabled CiliumLoadBalancerIPPools that match this service ran out of allocatable IPs"
    assert request(typed, "b") == ("False", "out_of_ips", message)
    assert row(typed, "tiny")[2] == "0"
    typed.run("kubectl delete svc a")
    assert ips(typed, "b") == ["10.1.0.7"]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("10.1.0.9", ("True", "satisfied", "")),
        ("10.3.0.1", ("False", "no_pool", "No pool exists with a CIDR containing '10.3.0.1'")),
        (
            "10.2.0.1",
            (
                "False",
                "pool_selector_mismatch",
                "The pool with the CIDR containing '10.2.0.1', doesn't select this service",
            ),
        ),
        ("10.1.0.5", ("False", "already_allocated", "The IP '10.1.0.5' is already allocated to another service")),
    ],
)
def test_a_wanted_address(
    typed: Any, pool: Manifest, service: Manifest, wanted: str, expected: tuple[str, str, str]
) -> None:
    typed.apply(
        pool("open", "[{cidr: 10.1.0.0/24}]")
        + pool("other", "[{cidr: 10.2.0.0/24}]", ", serviceSelector: {matchLabels: {color: red}}")
        + service("first", annotations='{"lbipam.cilium.io/ips": "10.1.0.5"}')
    )
    typed.apply(service("web", annotations=f'{{"lbipam.cilium.io/ips": "{wanted}"}}'))
    assert request(typed, "web") == expected
    assert ips(typed, "web") == ([wanted] if expected[0] == "True" else [])


def test_services_share_an_address_by_key_as_long_as_their_ports_differ(
    typed: Any, pool: Manifest, service: Manifest
) -> None:
    key = '{"lbipam.cilium.io/sharing-key": "k"}'
    typed.apply(pool("p", "[{cidr: 10.1.0.0/24}]") + service("a", annotations=key))
    typed.apply(service("b", annotations=key, port=443) + service("c", annotations=key, port=80))
    assert ips(typed, "a") == ips(typed, "b") == ["10.1.0.0"]
    assert ips(typed, "c") == ["10.1.0.1"]
    typed.apply(service("d", annotations='{"lbipam.cilium.io/sharing-key": k, "lbipam.cilium.io/ips": "10.1.0.0"}'))
    reason = "The IP '10.1.0.0' is already allocated to an incompatible service. Reason: same port"
    assert request(typed, "d") == ("False", "already_allocated_incompatible_service", reason)


def test_the_newer_of_two_overlapping_pools_conflicts(typed: Any, pool: Manifest, service: Manifest) -> None:
    typed.apply(pool("zulu", "[{cidr: 10.1.0.0/24}]"))
    typed.apply(pool("alpha", "[{start: 10.1.0.200, stop: 10.1.1.20}]"))
    assert (row(typed, "zulu")[1], row(typed, "alpha")[1]) == ("False", "True")
    text = (
        "Pool conflicts since range '10.1.0.200 - 10.1.1.20' overlaps range '10.1.0.0 - 10.1.0.255' from IP Pool 'zulu'"
    )
    assert text in typed.out("kubectl describe ippool alpha")
    typed.apply(service("web", annotations='{"lbipam.cilium.io/ips": "10.1.1.5"}'))
    assert request(typed, "web")[1] == "no_pool"
    typed.run("kubectl delete ippool zulu")
    assert row(typed, "alpha")[1] == "False"
    assert ips(typed, "web") == ["10.1.1.5"]


def test_a_disabled_pool_keeps_what_it_gave(typed: Any, pool: Manifest, service: Manifest) -> None:
    typed.apply(pool("p", "[{cidr: 10.1.0.0/24}]") + service("old"))
    typed.run("""kubectl patch ippool p --type merge -p '{"spec":{"disabled":true}}'""")
    typed.apply(service("young"))
    assert (ips(typed, "old"), ips(typed, "young")) == (["10.1.0.0"], [])
    assert row(typed, "p")[0] == "true"


def test_first_and_last_addresses_can_be_left_out(typed: Any, pool: Manifest, service: Manifest) -> None:
    typed.apply(pool("p", "[{cidr: 10.1.0.0/30}]", ', allowFirstLastIPs: "No"') + service("web"))
    assert ips(typed, "web") == ["10.1.0.1"]
    assert row(typed, "p")[2] == "1"


def test_a_changed_pool_moves_its_services(typed: Any, pool: Manifest, service: Manifest) -> None:
    typed.apply(pool("p", "[{cidr: 10.1.0.0/24}]") + service("web"))
    typed.apply(pool("p", "[{cidr: 10.7.0.0/24}]"))
    assert ips(typed, "web") == ["10.7.0.0"]


@pytest.mark.parametrize("change", ["type", "class"])
def test_a_service_of_another_kind_is_left_alone(typed: Any, pool: Manifest, service: Manifest, change: str) -> None:
    typed.apply(pool("p", "[{cidr: 10.1.0.0/24}]"))
    if change == "class":
        typed.apply(service("web", more=", loadBalancerClass: example.com/other"))
    else:
        typed.apply(service("web"))
        typed.run("""kubectl patch svc web -p '{"spec":{"type":"ClusterIP"}}'""")
    assert ips(typed, "web") == []
    assert "conditions" not in json.loads(typed.out("kubectl get svc web -o json"))["status"]
    assert row(typed, "p")[2] == "256"


def test_the_deprecated_version_warns_and_works(typed: Any, pool: Manifest) -> None:
    result = typed.apply(pool("p", "[{cidr: 10.1.0.0/24}]").replace("cilium.io/v2", "cilium.io/v2alpha1"))
    assert [line.text for line in result.stderr] == [
        "Warning: cilium.io/v2alpha1 CiliumLoadBalancerIPPool is deprecated; use cilium.io/v2 CiliumLoadBalancerIPPool"
    ]
    assert row(typed, "p") == ["false", "False", "256"]


def test_what_a_pool_is_shows_as_facts(typed: Any, pool: Manifest) -> None:
    typed.apply(pool("p", "[{cidr: 10.1.0.0/24}]"))
    facts = [fact for line in typed.run("kubectl get ippools").stdout for fact in line.facts]
    assert any(fact.matches({"kind": "CiliumLoadBalancerIPPool", "name": "p", "value": "256"}) for fact in facts), facts
