"""IPAM in CRD mode, where somebody else fills the pool of a CiliumNode, and by a delegated CNI plugin.

Expectations: facts F-26; cilium/cilium v1.19 Documentation/network/concepts/ipam/crd.rst, pkg/ipam/crd.go,
pkg/option/config.go ``checkIPAMDelegatedPlugin``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from quizgame.cluster.ipam.cloud import Cloud

if TYPE_CHECKING:
    from tests.ipam.conftest import APod, Build, Lab

DELEGATED: dict[str, Any] = {
    "ipam": {"mode": "delegated-plugin"},
    "routingMode": "native",
    "localRouterIPv4": "169.254.23.0",
    "endpointHealthChecking": {"enabled": False},
    "endpointRoutes": {"enabled": True},
    "ipv4NativeRoutingCIDR": "172.18.0.0/16",
}


@pytest.fixture(scope="module")
def empty(build: Build) -> Lab:
    """CRD mode, and nobody has filled the pools."""
    return build({"ipam": {"mode": "crd"}})


def fill(lab: Lab, node: str, *addresses: str) -> None:
    lab.patch("ciliumnodes", node, {"spec": {"ipam": {"pool": {ip: {} for ip in addresses}}}})
    lab.wait(15)


def test_agents_wait_until_somebody_fills_the_pool(empty: Lab) -> None:
    pod = empty.agent("kind-worker").pod_name
    assert "0/1     Running" in empty.out(f"kubectl -n kube-system get pod {pod}")
    assert "NotReady" in empty.out("kubectl get node kind-worker")
    assert "Waiting for IPs to become available in CRD-backed allocation pool" in empty.out(
        f"kubectl -n kube-system logs {pod}"
    )


def test_the_operator_does_not_fill_it(empty: Lab) -> None:
    assert empty.operator_error("kind-worker") == ""
    assert "pool" not in empty.node("kind-worker")["spec"]["ipam"]


def test_addresses_of_the_pool_go_to_the_node_and_its_pods(empty: Lab) -> None:
    lab = empty.fork()
    fill(lab, "kind-worker", *(f"192.168.1.{host}" for host in range(1, 9)))
    assert "NotReady" not in lab.out("kubectl get node kind-worker")
    used = lab.node("kind-worker")["status"]["ipam"]["used"]
    owners = {each["owner"] for each in used.values()}
    assert {"router", "health"} < owners
    assert any(owner.startswith("kube-system/coredns-") for owner in owners)
    assert f"IPv4: {len(used)}/8 allocated, " in lab.dbg("kind-worker", "status")


def test_a_pool_that_runs_out_says_so_in_the_pods_event(empty: Lab, a_pod: APod) -> None:
    lab = empty.fork()
    fill(lab, "kind-worker", "192.168.1.1", "192.168.1.2")
    lab.apply(a_pod("late"))
    lab.wait(5)
    assert '[POST /ipam][502] postIpamFailure "No more IPs available"' in lab.events("late")
    fill(lab, "kind-worker", *(f"192.168.1.{host}" for host in range(1, 30)))
    lab.wait(60)
    assert lab.ip("late").startswith("192.168.1.")


def test_an_address_that_is_taken_out_of_the_pool_stays_with_its_pod(empty: Lab, a_pod: APod) -> None:
    lab = empty.fork()
    fill(lab, "kind-worker", *(f"192.168.1.{host}" for host in range(1, 20)))
    lab.apply(a_pod("web"))
    lab.wait(15)
    address = lab.ip("web")
    lab.patch("ciliumnodes", "kind-worker", {"spec": {"ipam": {"pool": {address: None}}}})
    lab.wait(15)
    assert lab.ip("web") == address
    assert lab.agent("kind-worker").endpoint_at(address) is not None


def test_delegated_addresses_come_from_the_other_plugin(build: Build) -> None:
    lab = build(DELEGATED, cloud=Cloud("azure"))
    rows = [line.split() for line in lab.out("kubectl -n kube-system get pods -o wide").splitlines()
            if line.startswith("coredns")]  # fmt: skip
    assert all(row[2] == "Running" and row[5].startswith("172.18.") for row in rows)
    assert "IPv4: delegated to plugin, " in lab.dbg("kind-worker", "status")
    node = lab.node("kind-worker")
    assert {"ip": "169.254.23.0", "type": "CiliumInternalIP"} in node["spec"]["addresses"]
    assert "used" not in node["status"]["ipam"] if "status" in node else True


def test_without_the_plugin_no_pod_gets_an_address(build: Build) -> None:
    lab = build(DELEGATED)
    pods = [line.split() for line in lab.out("kubectl -n kube-system get pods").splitlines()]
    stuck = [row[0] for row in pods if row[0].startswith("coredns")]
    assert all(row[2] == "ContainerCreating" for row in pods if row[0] in stuck)
    assert "FailedCreatePodSandBox" in lab.events(stuck[0])


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (
            {"localRouterIPv4": ""},
            "--local-router-ipv4 must be provided when IPv4 is enabled with --ipam=delegated-plugin",
        ),
        ({"endpointHealthChecking": {"enabled": True}}, "--enable-endpoint-health-checking"),
    ],
)
def test_the_agent_refuses_what_a_delegated_plugin_cannot_do(
    build: Build, change: dict[str, Any], complaint: str
) -> None:
    lab = build({**DELEGATED, **change}, cloud=Cloud("azure"))
    pod = next(line.split() for line in lab.out("kubectl -n kube-system get pods").splitlines()
               if line.startswith("cilium-") and "envoy" not in line and "operator" not in line)  # fmt: skip
    assert pod[1] == "0/1"
    assert complaint in lab.out(f"kubectl -n kube-system logs {pod[0]}").splitlines()[-1]
