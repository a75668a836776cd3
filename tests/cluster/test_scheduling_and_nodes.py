"""Where pods go and why they wait; nodes' ranges, taints and readiness."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from quizgame.cluster.build import ClusterSpec, join_node
from quizgame.cluster.objects import condition_of, dig, name_of
from quizgame.cluster.patching import PatchType
from quizgame.cluster.world import World

Build = Callable[..., World]


def pod(name: str, **spec: Any) -> dict[str, Any]:
    containers = [{"name": "c", "image": "nginx:1"}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"containers": containers, **spec},
    }


def messages(world: World, reason: str) -> list[str]:
    return [each["message"] for each in world.cluster.api.list("events", "default") if each["reason"] == reason]


def test_node_selector_that_nobody_has_is_explained(build: Build) -> None:
    world = build(pod("p", nodeSelector={"nosuch": "1"}))
    # Source: golden kubectl/describe-pod-pending-nodeselector
    assert messages(world, "FailedScheduling") == [
        "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 node(s) didn't match Pod's node affinity"
        "/selector. no new claims to deallocate, preemption: 0/3 nodes are available: "
        "3 Preemption is not helpful for scheduling."
    ]
    assert dig(world.cluster.api.get("pods", "p", "default"), "spec", "nodeName") is None


def test_waiting_pod_starts_when_a_node_gets_the_label(build: Build) -> None:
    world = build(pod("p", nodeSelector={"disk": "ssd"}))
    world.cluster.api.patch("nodes", "kind-worker2", {"metadata": {"labels": {"disk": "ssd"}}}, PatchType.MERGE)
    world.advance(2)
    found = world.cluster.api.get("pods", "p", "default")
    assert (found["spec"]["nodeName"], found["status"]["phase"]) == ("kind-worker2", "Running")


def test_cordoned_node_gets_no_new_pods_but_keeps_the_old(build: Build) -> None:
    world = build(pod("old", nodeName="kind-worker"))
    world.cluster.api.patch("nodes", "kind-worker", {"spec": {"unschedulable": True}}, PatchType.MERGE)
    world.settle()
    taints = world.cluster.api.get("nodes", "kind-worker")["spec"]["taints"]
    assert [(each["key"], each["effect"]) for each in taints] == [("node.kubernetes.io/unschedulable", "NoSchedule")]
    for number in range(4):
        world.cluster.api.create("pods", pod(f"new{number}"))
    world.advance(2)
    places = {name_of(each): each["spec"]["nodeName"] for each in world.cluster.api.list("pods", "default")}
    assert places.pop("old") == "kind-worker"
    assert set(places.values()) == {"kind-worker2"}


def test_required_anti_affinity_spreads_and_then_waits(build: Build) -> None:
    term = {"labelSelector": {"matchLabels": {"team": "x"}}, "topologyKey": "kubernetes.io/hostname"}
    affinity = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    documents = []
    for number in range(3):
        made = pod(f"p{number}", affinity=affinity)
        made["metadata"]["labels"] = {"team": "x"}
        documents.append(made)
    world = build(*documents)
    placed = [dig(each, "spec", "nodeName") for each in world.cluster.api.list("pods", "default")]
    assert sorted(filter(None, placed)) == ["kind-worker", "kind-worker2"]
    assert "2 node(s) didn't match pod anti-affinity rules" in messages(world, "FailedScheduling")[0]
    assert "2 No preemption victims found for incoming pod" in messages(world, "FailedScheduling")[0]


def test_two_pods_cannot_share_a_host_port(build: Build) -> None:
    def with_port(name: str) -> dict[str, Any]:
        made = pod(name, nodeSelector={"kubernetes.io/hostname": "kind-worker"})
        made["spec"]["containers"][0]["ports"] = [{"containerPort": 80, "hostPort": 8080}]
        return made

    world = build(with_port("a"), with_port("b"))
    assert "1 node(s) didn't have free ports for the requested pod ports" in messages(world, "FailedScheduling")[0]


def test_no_execute_taint_evicts_those_who_do_not_tolerate_it(build: Build) -> None:
    tolerant = pod("stays", nodeName="kind-worker", tolerations=[{"operator": "Exists"}])
    world = build(tolerant, pod("goes", nodeName="kind-worker"))
    taint = [{"key": "maintenance", "value": "now", "effect": "NoExecute"}]
    world.cluster.api.patch("nodes", "kind-worker", {"spec": {"taints": taint}}, PatchType.MERGE)
    world.advance(2)
    assert [name_of(each) for each in world.cluster.api.list("pods", "default")] == ["stays"]


def test_each_node_has_its_own_pod_range(build: Build) -> None:
    world = build()
    assert [dig(node, "spec", "podCIDR") for node in world.cluster.nodes] == [
        "10.244.0.0/24",
        "10.244.1.0/24",
        "10.244.2.0/24",
    ]


def test_without_cilium_nodes_are_not_ready_and_coredns_waits(build: Build) -> None:
    world = build(specs=(ClusterSpec(cilium=""),))
    node = world.cluster.api.get("nodes", "kind-worker")
    ready = condition_of(node, "Ready")
    assert ready is not None
    # Source: golden kubectl/describe-node-no-cni
    assert (ready["status"], ready["reason"]) == ("False", "KubeletNotReady")
    phases = {
        name_of(each).partition("-")[0]: each["status"]["phase"]
        for each in world.cluster.api.list("pods", "kube-system")
    }
    assert (phases["coredns"], phases["etcd"]) == ("Pending", "Running")


def test_joining_node_gets_a_range_an_agent_and_daemons(build: Build) -> None:
    world = build()
    join_node(world, world.cluster, "kind-worker3", labels={"zone": "b"})
    world.advance(5)
    node = world.cluster.api.get("nodes", "kind-worker3")
    assert dig(node, "spec", "podCIDR") == "10.244.3.0/24"
    assert dig(node, "status", "addresses", 0, "address") == "172.18.0.5"
    assert (condition_of(node, "Ready") or {})["status"] == "True"
    assert world.cluster.agents["kind-worker3"].is_running


def test_pod_of_a_deleted_node_is_forgotten(build: Build) -> None:
    world = build(pod("p", nodeName="kind-worker"))
    world.cluster.api.delete("nodes", "kind-worker")
    world.settle()
    assert world.cluster.api.find("pods", "p", "default") is None
