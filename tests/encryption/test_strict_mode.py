"""Strict mode: what would leave, or has come, in the clear is dropped with reason 195.

Expectations: versions.md, encryption; reference cilium-dbg section 10; cilium/cilium v1.19 bpf/lib/encrypt.h
strict_allow, bpf/bpf_overlay.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.encryption.conftest import Build, Lab

NATIVE: dict[str, Any] = {
    "routingMode": "native",
    "autoDirectNodeRoutes": True,
    "ipv4NativeRoutingCIDR": "10.244.0.0/16",
}
PLAIN = {
    "apiVersion": "cilium.io/v2",
    "kind": "CiliumNodeConfig",
    "metadata": {"name": "plain", "namespace": "kube-system"},
    "spec": {
        "nodeSelector": {"matchLabels": {"kubernetes.io/hostname": "kind-worker2"}},
        "defaults": {"enable-wireguard": "false", "enable-encryption-strict-mode-egress": "false"},
    },
}
REASON = "UNENCRYPTED_TRAFFIC"


def strict(**how: Any) -> dict[str, Any]:
    """Values for WireGuard in strict mode."""
    return {"encryption": {"enabled": True, "type": "wireguard", "strictMode": how}}


EGRESS = strict(egress={"enabled": True, "cidr": "10.244.0.0/16"})


@pytest.fixture(scope="module")
def split(build: Build) -> Lab:
    """Native routing; one node does not encrypt, the others are strict."""
    lab = build({**EGRESS, **NATIVE}, [PLAIN])
    lab.restart("worker2")
    return lab


@pytest.fixture
def lab(split: Lab) -> Lab:
    return type(split)(split.world.fork())


def test_all_is_well_while_everybody_encrypts(build: Build) -> None:
    lab = build({**EGRESS, **NATIVE})
    assert lab.reaches("one", "two")
    assert lab.reaches("one", "near")
    assert lab.asks("one", "203.0.113.10")
    assert lab.drops() == []


def test_what_would_leave_in_the_clear_is_dropped_at_its_node(lab: Lab) -> None:
    assert not lab.reaches("one", "two")
    assert set(lab.drops()) == {(REASON, "kind-worker")}
    assert lab.reaches("one", "top")
    assert lab.asks("one", "203.0.113.10")  # outside the range
    shown = lab.run("hubble observe --verdict DROPPED --last 5")
    assert "Traffic is unencrypted DROPPED" in shown
    dropped = [event for event in lab.agent("worker").ring.newest() if event.drop_reason is not None]
    assert {int(event.drop_reason or 0) for event in dropped} == {195}


def test_the_answer_of_a_strict_node_is_dropped_where_the_question_came_in_the_clear(lab: Lab) -> None:
    assert not lab.reaches("two", "one")
    assert set(lab.drops()) == {(REASON, "kind-worker")}
    flows = lab.flows("--to-pod default/one --verdict FORWARDED")
    assert any(each["trace_observation_point"] == "TO_ENDPOINT" for each in flows)


def test_range_without_a_slash_ends_the_agents(build: Build) -> None:
    lab = build({**strict(egress={"enabled": True}), **NATIVE})
    assert "CrashLoopBackOff" in lab.run("kubectl -n kube-system get pods -l k8s-app=cilium")
    shown = lab.run("kubectl -n kube-system get pods -l k8s-app=cilium -o json")
    assert "from --encryption-strict-egress-cidr option" in shown


def test_range_that_holds_the_nodes_needs_the_exception(build: Build) -> None:
    wide = {"enabled": True, "cidr": "0.0.0.0/0"}
    lab = build({**strict(egress=wide), **NATIVE})
    assert "CrashLoopBackOff" in lab.run("kubectl -n kube-system get pods -l k8s-app=cilium")
    lab = build({**strict(egress={**wide, "allowRemoteNodeIdentities": True}), **NATIVE})
    assert "CrashLoopBackOff" not in lab.run("kubectl -n kube-system get pods -l k8s-app=cilium")
    assert lab.reaches("one", "two")


def test_strict_ingress_refuses_tunnels_that_came_in_the_clear(build: Build) -> None:
    lab = build(strict(ingress={"enabled": True}), [PLAIN])
    assert lab.reaches("one", "top")
    lab.restart("worker2")
    assert not lab.reaches("two", "one")
    assert set(lab.drops()) == {(REASON, "kind-worker")}
    assert lab.reaches("one", "top")


def test_strict_ingress_is_for_wireguard_alone(build: Build) -> None:
    lab = build({"encryption": {"enabled": True, "type": "ipsec", "strictMode": {"ingress": {"enabled": True}}}})
    lab.run("cilium encryption create-key")
    lab.world.advance(90)
    assert "CrashLoopBackOff" in lab.run("kubectl -n kube-system get pods -l k8s-app=cilium")
