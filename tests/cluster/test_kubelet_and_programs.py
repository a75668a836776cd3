"""Pods coming up and going down, and the programs that live in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from quizgame.cluster.objects import dig, name_of
from quizgame.cluster.patching import PatchType
from quizgame.cluster.world import World

Build = Callable[..., World]

POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p"},
    "spec": {"nodeName": "kind-worker", "containers": [{"name": "c", "image": "nginx:1"}]},
}


def agent_pod(world: World, node: str) -> dict[str, Any]:
    found = world.cluster.api.list(
        "pods", "kube-system", label_selector="k8s-app=cilium", field_selector=f"spec.nodeName={node}"
    )
    return found[0]


def test_container_starts_a_second_after_its_sandbox(build: Build) -> None:
    world = build()
    world.cluster.api.create("pods", POD)
    world.settle()
    creating = world.cluster.api.get("pods", "p", "default")["status"]
    assert (creating["phase"], creating["podIP"]) == ("Pending", "10.244.1.12")
    assert creating["containerStatuses"][0]["state"] == {"waiting": {"reason": "ContainerCreating"}}
    world.advance(1)
    running = world.cluster.api.get("pods", "p", "default")["status"]
    assert running["phase"] == "Running"
    assert running["containerStatuses"][0]["state"] == {"running": {"startedAt": "2026-11-23T08:00:01Z"}}
    assert [each["type"] for each in running["conditions"]][:4] == [
        "PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady",
    ]  # fmt: skip


def test_events_of_a_start_are_those_of_a_kubelet(build: Build) -> None:
    world = build(POD)
    told = [
        each["reason"] for each in world.cluster.api.list("events", "default") if each["involvedObject"]["name"] == "p"
    ]
    assert sorted(told) == ["Created", "Pulled", "Started"]


def test_host_network_pod_has_the_address_of_its_node(build: Build) -> None:
    world = build({**POD, "spec": {**POD["spec"], "hostNetwork": True}})
    status = world.cluster.api.get("pods", "p", "default")["status"]
    assert status["podIP"] == status["hostIP"] == "172.18.0.3"


def test_pod_ends_a_second_after_its_deletion_and_frees_its_address(build: Build) -> None:
    world = build(POD)
    agent: Any = world.cluster.agents["kind-worker"]
    assert ("default", "p") in agent.addresses
    world.cluster.api.delete("pods", "p", "default")
    world.settle()
    assert world.cluster.api.get("pods", "p", "default")["metadata"]["deletionGracePeriodSeconds"] == 30
    world.advance(1)
    assert world.cluster.api.find("pods", "p", "default") is None
    assert ("default", "p") not in agent.addresses


def test_forced_deletion_does_not_wait(build: Build) -> None:
    world = build(POD)
    world.cluster.api.delete("pods", "p", "default", grace_period=0)
    assert world.cluster.api.find("pods", "p", "default") is None


def test_pod_without_a_running_agent_waits_and_starts_when_it_is_back(build: Build) -> None:
    world = build()
    api = world.cluster.api
    api.patch(
        "daemonsets",
        "cilium",
        {"spec": {"template": {"spec": {"nodeSelector": {"no": "node"}}}}},
        PatchType.MERGE,
        "kube-system",
    )
    world.advance(5)
    assert not world.cluster.agents["kind-worker"].is_running
    api.create("pods", POD)
    world.advance(25)
    event = next(each for each in api.list("events", "default") if each["reason"] == "FailedCreatePodSandBox")
    assert event["count"] == 3, "at once and after 10 and 20 seconds"
    assert event["message"].endswith("unable to connect to Cilium agent")
    api.patch(
        "daemonsets",
        "cilium",
        {"spec": {"template": {"spec": {"nodeSelector": {"no": None}}}}},
        PatchType.MERGE,
        "kube-system",
    )
    world.advance(3)
    assert api.get("pods", "p", "default")["status"]["phase"] == "Running"


def test_deleting_an_agents_pod_restarts_the_agent_with_the_new_configuration(build: Build) -> None:
    world = build()
    api = world.cluster.api
    agent: Any = world.cluster.agents["kind-worker"]
    api.patch("configmaps", "cilium-config", {"data": {"debug": "true"}}, PatchType.MERGE, "kube-system")
    world.settle()
    assert agent.config["debug"] == "false", "a running agent does not read the ConfigMap again"
    old = name_of(agent_pod(world, "kind-worker"))
    api.delete("pods", old, "kube-system")
    world.advance(5)
    assert agent.is_running
    assert agent.config["debug"] == "true"
    assert agent.starts == [old, name_of(agent_pod(world, "kind-worker"))]


def test_node_configuration_overrides_the_config_map_on_its_nodes(build: Build) -> None:
    override = """
apiVersion: cilium.io/v2
kind: CiliumNodeConfig
metadata: {name: debug, namespace: kube-system}
spec: {defaults: {debug: "true"}, nodeSelector: {matchLabels: {kubernetes.io/hostname: kind-worker}}}
"""
    world = build(override)
    for node in ("kind-worker", "kind-worker2"):
        world.cluster.api.delete("pods", name_of(agent_pod(world, node)), "kube-system")
    world.advance(5)
    agents: Any = world.cluster.agents
    assert [agents[node].config["debug"] for node in ("kind-worker", "kind-worker2")] == ["true", "false"]


def test_agent_that_gives_up_is_in_a_crash_loop(build: Build) -> None:
    world = build()
    api = world.cluster.api
    api.patch("configmaps", "cilium-config", {"data": {"fail": "bad option"}}, PatchType.MERGE, "kube-system")
    api.delete("pods", name_of(agent_pod(world, "kind-worker")), "kube-system")
    world.advance(5)
    container = agent_pod(world, "kind-worker")["status"]["containerStatuses"][0]
    assert container["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert dig(container, "lastState", "terminated", "message") == "bad option"


def test_new_image_in_a_pod_restarts_its_container(build: Build) -> None:
    world = build(POD)
    patch = {"spec": {"containers": [{"name": "c", "image": "nginx:2"}]}}
    world.cluster.api.patch("pods", "p", patch, PatchType.STRATEGIC, "default")
    world.advance(2)
    status = world.cluster.api.get("pods", "p", "default")["status"]["containerStatuses"][0]
    assert (status["image"], status["restartCount"], status["ready"]) == ("nginx:2", 1, True)
    assert status["lastState"]["terminated"]["reason"] == "Completed"


def test_static_pod_comes_back(build: Build) -> None:
    world = build()
    api = world.cluster.api
    before = api.get("pods", "etcd-kind-control-plane", "kube-system")["metadata"]["uid"]
    api.delete("pods", "etcd-kind-control-plane", "kube-system")
    world.advance(3)
    after = api.get("pods", "etcd-kind-control-plane", "kube-system")
    assert after["status"]["phase"] == "Running"
    assert after["metadata"]["uid"] != before


def test_operator_stops_when_scaled_to_zero(build: Build) -> None:
    world = build()
    operator = world.cluster.operator
    assert operator is not None
    assert operator.is_running
    world.cluster.api.patch("deployments", "cilium-operator", {"spec": {"replicas": 0}}, PatchType.MERGE, "kube-system")
    world.advance(2)
    assert not operator.is_running
