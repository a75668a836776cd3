"""Cluster-pool and kubernetes IPAM: what a node does that gets no range, and a pod that gets no address.

Expectations: facts F-25, F-30; cilium/cilium v1.19 Documentation/network/concepts/ipam/cluster-pool.rst ("Look for
allocation errors"), pkg/ipam/hostscope.go ("range is full"), daemon localNodeSynchronizer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.ipam.conftest import Build, Lab

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 12
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx}]}
"""


def values(cidr: str, mask: int) -> dict[str, Any]:
    operator = {"clusterPoolIPv4PodCIDRList": [cidr], "clusterPoolIPv4MaskSize": mask}
    return {"ipam": {"mode": "cluster-pool", "operator": operator}}


@pytest.fixture(scope="module")
def short(build: Build) -> Lab:
    """Two ranges for three nodes."""
    return build(values("10.0.0.0/23", 24))


@pytest.fixture(scope="module")
def tight(build: Build) -> Lab:
    """Eight addresses a node."""
    return build(values("10.0.0.0/24", 29), WEB)


def pod_cidrs(lab: Lab, node: str) -> list[str]:
    found: list[str] = lab.node(node)["spec"]["ipam"].get("podCIDRs", [])
    return found


def test_the_operator_writes_the_ranges_into_the_cilium_nodes(build: Build) -> None:
    lab = build(values("10.0.0.0/8", 24))
    assert [pod_cidrs(lab, name) for name in ("kind-control-plane", "kind-worker", "kind-worker2")] == [
        ["10.0.0.0/24"],
        ["10.0.1.0/24"],
        ["10.0.2.0/24"],
    ]


def test_a_node_for_which_no_range_is_left_is_told_so_in_its_status(short: Lab) -> None:
    assert pod_cidrs(short, "kind-worker2") == []
    assert short.operator_error("kind-worker2") == "allocator full"
    assert short.operator_error("kind-worker") == ""


def test_the_agent_of_a_node_without_a_range_waits_and_says_what_for(short: Lab) -> None:
    pod = short.agent("kind-worker2").pod_name
    assert "0/1     Running" in short.out(f"kubectl -n kube-system get pod {pod}")
    logged = short.out(f"kubectl -n kube-system logs {pod}").splitlines()[-1]
    assert 'msg="Waiting for k8s node information" error="required IPv4 PodCIDR not available"' in logged
    assert "connect: no such file or directory" in short.dbg("kind-worker2", "status")


def test_a_node_without_a_range_is_not_ready_and_gets_no_pods(short: Lab) -> None:
    nodes = {line.split()[0]: line.split()[1] for line in short.out("kubectl get nodes").splitlines()[1:]}
    assert nodes == {"kind-control-plane": "Ready", "kind-worker": "Ready", "kind-worker2": "NotReady"}
    hosts = {line.split()[6] for line in short.out("kubectl -n kube-system get pods -o wide").splitlines()
             if "coredns" in line}  # fmt: skip
    assert "kind-worker2" not in hosts


def test_a_longer_list_lets_the_node_begin(short: Lab) -> None:
    lab = short.fork()
    lab.configure({"cluster-pool-ipv4-cidr": "10.0.0.0/23 10.9.0.0/16"})
    assert pod_cidrs(lab, "kind-worker2") == ["10.9.0.0/24"]
    assert lab.operator_error("kind-worker2") == ""
    assert "Ready" in lab.out("kubectl get node kind-worker2").split()
    assert lab.agent("kind-worker2").router_ip.startswith("10.9.0.")


def test_a_node_that_joins_while_the_operator_is_down_gets_nothing_until_it_is_back(build: Build) -> None:
    lab = build(values("10.0.0.0/8", 24))
    lab.run("kubectl -n kube-system scale deployment cilium-operator --replicas 0")
    lab.join("kind-worker3")
    assert lab.out("kubectl get ciliumnode kind-worker3 -o jsonpath='{.spec.ipam.podCIDRs}'") == ""
    assert "NotReady" in lab.out("kubectl get node kind-worker3")
    lab.run("kubectl -n kube-system scale deployment cilium-operator --replicas 1")
    lab.wait(30)
    assert pod_cidrs(lab, "kind-worker3") == ["10.0.3.0/24"]
    assert "NotReady" not in lab.out("kubectl get node kind-worker3")


def test_a_full_range_leaves_pods_waiting_with_the_agents_answer_in_their_events(tight: Lab) -> None:
    waiting = [line.split()[0] for line in tight.out("kubectl get pods").splitlines() if "ContainerCreating" in line]
    assert waiting
    assert (
        'plugin type="cilium-cni" name="cilium" failed (add): unable to allocate IP via local cilium agent: '
        '[POST /ipam][502] postIpamFailure "range is full"'
    ) in tight.events(waiting[0])


def test_the_status_shows_how_full_a_range_is(tight: Lab) -> None:
    status = tight.dbg("kind-worker", "status --verbose")
    assert "IPv4: 6/6 allocated from 10.0.0.8/29, " in status
    listed = status.partition("Allocated addresses:\n")[2].partition("ClusterMesh:")[0].splitlines()
    assert len(listed) == 6
    assert {"(health)", "(router)"} <= {line.split()[-1] for line in listed}


def test_nothing_but_new_pods_suffers_from_a_full_range(tight: Lab) -> None:
    assert "Desired: 3, Ready: 3/3" in tight.out("cilium status --interactive=false").replace("\x1b[32m", "").replace(
        "\x1b[0m", ""
    )
    assert "NotReady" not in tight.out("kubectl get nodes")
    assert tight.operator_error("kind-worker") == ""


def test_an_address_that_becomes_free_goes_to_a_waiting_pod(tight: Lab) -> None:
    lab = tight.fork()
    running = [line.split() for line in lab.out("kubectl get pods -o wide").splitlines() if "Running" in line]
    lab.run("kubectl scale deployment web --replicas 1")
    lab.wait(60)
    assert running
    assert "ContainerCreating" not in lab.out("kubectl get pods")


def test_kubernetes_mode_takes_the_ranges_of_the_nodes(build: Build) -> None:
    lab = build({"ipam": {"mode": "kubernetes"}})
    node = lab.world.cluster.api.get("nodes", "kind-worker")
    assert pod_cidrs(lab, "kind-worker") == node["spec"]["podCIDRs"]
    assert "IPv4: " in lab.dbg("kind-worker", "status")
    assert f"allocated from {node['spec']['podCIDR']}, " in lab.dbg("kind-worker", "status")


def test_config_view_names_the_mode_and_its_pool(short: Lab) -> None:
    shown = [line.split() for line in short.out("cilium config view").splitlines()]
    assert ["ipam", "cluster-pool"] in shown
    assert ["cluster-pool-ipv4-cidr", "10.0.0.0/23"] in shown
