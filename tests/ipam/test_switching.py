"""Changing the mode of a cluster that lives.

Expectations: facts F-27; cilium/cilium v1.19 Documentation/network/concepts/ipam/index.rst ("Don't change the IPAM
mode of an existing cluster"), daemon endpoint restoration ("Failed to re-allocate IP of endpoint").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.ipam.conftest import APod, Build, Lab


@pytest.fixture(scope="module")
def living(build: Build, a_pod: APod) -> Lab:
    return build({"ipam": {"mode": "kubernetes"}}, a_pod("old"))


def test_from_kubernetes_to_cluster_pool_nothing_moves(living: Lab, a_pod: APod) -> None:
    """CiliumNodes keep their ranges; the operator, whose pool they are not in, complains of them."""
    lab = living.fork()
    before = lab.ip("old")
    ranges = lab.node("kind-worker")["spec"]["ipam"]["podCIDRs"]
    lab.configure({"ipam": "cluster-pool", "cluster-pool-ipv4-cidr": "10.0.0.0/8", "cluster-pool-ipv4-mask-size": "24"})
    assert lab.ip("old") == before
    assert lab.agent("kind-worker").endpoint_at(before) is not None
    assert lab.node("kind-worker")["spec"]["ipam"]["podCIDRs"] == ranges
    lab.apply(a_pod("new"))
    lab.wait(15)
    assert lab.ip("new").rpartition(".")[0] == before.rpartition(".")[0]


def test_a_pool_elsewhere_is_an_error_of_every_node(living: Lab) -> None:
    lab = living.fork()
    lab.configure({"ipam": "cluster-pool", "cluster-pool-ipv4-cidr": "192.168.0.0/16"})
    cidr = lab.node("kind-worker")["spec"]["ipam"]["podCIDRs"][0]
    assert lab.operator_error("kind-worker") == f"allocator not configured for the requested CIDR {cidr}"


def test_to_multi_pool_endpoints_outside_the_pools_are_lost(living: Lab) -> None:
    """The pods run on with addresses that no agent knows; only pods made anew get one that works."""
    lab = living.fork()
    before = lab.ip("old")
    lab.apply(
        """
apiVersion: cilium.io/v2alpha1
kind: CiliumPodIPPool
metadata: {name: default}
spec: {ipv4: {cidrs: [10.10.0.0/16], maskSize: 27}}
"""
    )
    lab.configure({"ipam": "multi-pool"})
    agent = lab.agent("kind-worker")
    assert agent.endpoint_at(before) is None
    logged = lab.out(f"kubectl -n kube-system logs {agent.pod_name}")
    assert "Failed to re-allocate IP of endpoint. Not restoring endpoint." in logged
    assert f"unable to reallocate {before} IPv4 address" in logged
    assert before not in lab.dbg("kind-worker", "endpoint list")
    assert lab.ip("old") == before
    assert "old" not in lab.out("kubectl get ciliumendpoints")


def test_an_unknown_mode_ends_the_agents(living: Lab) -> None:
    lab = living.fork()
    lab.configure({"ipam": "cluster-pools"})
    pod = lab.out("kubectl -n kube-system get pods -l k8s-app=cilium -o name").splitlines()[0]
    assert "cluster-pools" in lab.out(f"kubectl -n kube-system logs {pod}").splitlines()[-1]
    assert "0/1" in lab.out(f"kubectl -n kube-system get {pod}")
    assert lab.ip("old")
