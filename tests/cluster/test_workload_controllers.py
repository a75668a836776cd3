"""Workloads: pods from templates, roll-outs within their limits, history, cascades."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from quizgame.cluster.appfaults import AppFault, AppState
from quizgame.cluster.objects import annotations_of, condition_of, dig, is_terminating, labels_of, name_of
from quizgame.cluster.patching import PatchType
from quizgame.cluster.world import World

Build = Callable[..., World]

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 4
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1.27"}]}
"""


def pods(world: World, selector: str = "app=web") -> list[dict[str, Any]]:
    return world.cluster.api.list("pods", "default", label_selector=selector)


def names(world: World, selector: str = "app=web") -> list[str]:
    return [name_of(pod) for pod in pods(world, selector)]


def set_image(world: World, image: str) -> None:
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": image}]}}}}
    world.cluster.api.patch("deployments", "web", patch, PatchType.STRATEGIC, "default")


def scale(world: World, replicas: int) -> None:
    world.cluster.api.patch("deployments", "web", {"spec": {"replicas": replicas}}, PatchType.MERGE, "default")


def events(world: World, reason: str) -> list[str]:
    return [each["message"] for each in world.cluster.api.list("events", "default") if each["reason"] == reason]


def test_deployment_runs_its_pods_through_a_replica_set(build: Build) -> None:
    world = build(WEB)
    running = pods(world)
    assert [pod["status"]["phase"] for pod in running] == ["Running"] * 4
    sets = world.cluster.api.list("replicasets", "default")
    assert len(sets) == 1
    digest = labels_of(sets[0])["pod-template-hash"]
    assert name_of(sets[0]) == f"web-{digest}"
    assert all(
        name_of(pod).startswith(f"web-{digest}-") and len(name_of(pod).rpartition("-")[2]) == 5 for pod in running
    )
    assert running[0]["metadata"]["generateName"] == f"web-{digest}-"
    assert events(world, "ScalingReplicaSet") == [f"Scaled up replica set web-{digest} from 0 to 4"]
    status = world.cluster.api.get("deployments", "web", "default")["status"]
    assert (status["replicas"], status["readyReplicas"], status["updatedReplicas"], status["availableReplicas"]) == (
        4,
        4,
        4,
        4,
    )
    assert condition_of({"status": status}, "Progressing") == {
        "type": "Progressing",
        "status": "True",
        "reason": "NewReplicaSetAvailable",
        "message": f'ReplicaSet "web-{digest}" has successfully progressed.',
        "lastTransitionTime": "2026-11-23T07:50:00Z",
        "lastUpdateTime": "2026-11-23T07:50:01Z",
    }


def test_one_more_pod_renames_nothing(build: Build) -> None:
    few, many = build(WEB), build(WEB.replace("replicas: 4", "replicas: 5"))
    assert set(names(few)) < set(names(many))
    places = {name_of(pod): pod["spec"]["nodeName"] for pod in pods(many)}
    assert all(places[name_of(pod)] == pod["spec"]["nodeName"] for pod in pods(few))


def test_another_workload_moves_and_renames_nobody(build: Build) -> None:
    other = WEB.replace("web", "other")
    alone, beside = build(WEB), build(other, WEB)
    shape = [(name_of(pod), pod["spec"]["nodeName"], pod["metadata"]["uid"]) for pod in pods(alone)]
    assert [(name_of(pod), pod["spec"]["nodeName"], pod["metadata"]["uid"]) for pod in pods(beside)] == shape


def test_scaling_down_keeps_the_others(build: Build) -> None:
    world = build(WEB)
    before = set(names(world))
    scale(world, 2)
    world.advance(2)
    assert len(names(world)) == 2
    assert set(names(world)) < before


def test_deleted_pod_is_replaced_under_a_new_name(build: Build) -> None:
    world = build(WEB)
    victim = names(world)[0]
    world.cluster.api.delete("pods", victim, "default")
    world.settle()
    assert len(names(world)) == 5, "the old one is still ending, its successor is there"
    world.advance(2)
    assert len(names(world)) == 4
    assert victim not in names(world)


def test_rolling_update_never_leaves_its_limits(build: Build) -> None:
    world = build(WEB)
    set_image(world, "nginx:1.28")
    for _ in range(40):
        world.advance(0.25)
        alive = [pod for pod in pods(world) if not is_terminating(pod)]
        ready = [pod for pod in alive if (condition_of(pod, "Ready") or {}).get("status") == "True"]
        assert len(alive) <= 5, "25 % surge of 4"
        assert len(ready) >= 3, "25 % unavailable of 4"
    assert {pod["spec"]["containers"][0]["image"] for pod in pods(world)} == {"nginx:1.28"}
    assert len(pods(world)) == 4


def test_a_bad_image_stops_the_roll_out_and_the_old_pods_go_on(build: Build) -> None:
    world = build(WEB)
    world.cluster.app_faults = (AppFault("default", AppState.NO_IMAGE, labels=(("app", "web"),), image="nginx:nosuch"),)
    set_image(world, "nginx:nosuch")
    world.advance(60)
    status = world.cluster.api.get("deployments", "web", "default")["status"]
    assert (status["availableReplicas"], status["updatedReplicas"]) == (3, 2)
    waiting = [dig(pod, "status", "containerStatuses", 0, "state", "waiting", "reason") for pod in pods(world)]
    assert waiting.count("ImagePullBackOff") == 2
    world.advance(600)
    failed = condition_of(world.cluster.api.get("deployments", "web", "default"), "Progressing")
    assert failed is not None
    assert failed["reason"] == "ProgressDeadlineExceeded"


def test_a_pod_is_available_once_it_has_been_ready_long_enough(build: Build) -> None:
    world = build()
    manifest = yaml.safe_load(WEB.replace("replicas: 4", "replicas: 4\n  minReadySeconds: 10"))
    world.cluster.api.create("deployments", manifest)
    world.advance(5)
    status = world.cluster.api.get("deployments", "web", "default")["status"]
    assert (status["readyReplicas"], status.get("availableReplicas")) == (4, None)
    world.advance(7)
    assert world.cluster.api.get("deployments", "web", "default")["status"]["availableReplicas"] == 4


def test_recreate_ends_the_old_pods_first(build: Build) -> None:
    world = build(WEB.replace("replicas: 4", "replicas: 4\n  strategy: {type: Recreate}"))
    set_image(world, "nginx:1.28")
    world.settle()
    assert {is_terminating(pod) for pod in pods(world)} == {True}
    world.advance(5)
    assert {pod["spec"]["containers"][0]["image"] for pod in pods(world)} == {"nginx:1.28"}


def test_going_back_to_an_old_template_reuses_its_set_under_a_new_revision(build: Build) -> None:
    world = build(WEB)
    set_image(world, "nginx:1.28")
    world.advance(10)
    set_image(world, "nginx:1.27")
    world.advance(10)
    revisions = {
        each["spec"]["template"]["spec"]["containers"][0]["image"]: annotations_of(each)[
            "deployment.kubernetes.io/revision"
        ]
        for each in world.cluster.api.list("replicasets", "default")
    }
    assert revisions == {"nginx:1.27": "3", "nginx:1.28": "2"}
    deployment = world.cluster.api.get("deployments", "web", "default")
    assert annotations_of(deployment)["deployment.kubernetes.io/revision"] == "3"


def test_paused_deployment_waits_for_its_resumption(build: Build) -> None:
    world = build(WEB)
    world.cluster.api.patch("deployments", "web", {"spec": {"paused": True}}, PatchType.MERGE, "default")
    set_image(world, "nginx:1.28")
    world.advance(10)
    assert {pod["spec"]["containers"][0]["image"] for pod in pods(world)} == {"nginx:1.27"}
    world.cluster.api.patch("deployments", "web", {"spec": {"paused": None}}, PatchType.MERGE, "default")
    world.advance(10)
    assert {pod["spec"]["containers"][0]["image"] for pod in pods(world)} == {"nginx:1.28"}


def test_deleting_a_deployment_takes_its_sets_and_pods(build: Build) -> None:
    world = build(WEB)
    world.cluster.api.delete("deployments", "web", "default")
    world.advance(2)
    assert world.cluster.api.list("replicasets", "default") == []
    assert pods(world) == []


def test_deleting_a_namespace_removes_what_is_in_it(build: Build) -> None:
    world = build(
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}",
        WEB.replace("{name: web}", "{name: web, namespace: shop}", 1),
    )
    api = world.cluster.api
    assert len(api.list("pods", "shop")) == 4
    api.delete("namespaces", "shop")
    world.settle()
    assert api.get("namespaces", "shop")["status"]["phase"] == "Terminating"
    world.advance(2)
    assert api.find("namespaces", "shop") is None
    assert api.store.in_namespace("shop") == []


def test_daemon_set_covers_new_nodes_and_respects_taints(build: Build) -> None:
    manifest = """
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: logger}
spec:
  selector: {matchLabels: {app: logger}}
  template:
    metadata: {labels: {app: logger}}
    spec: {containers: [{name: logger, image: "fluent:1"}]}
"""
    world = build(manifest)
    assert {pod["spec"]["nodeName"] for pod in pods(world, "app=logger")} == {"kind-worker", "kind-worker2"}
    toleration = [{"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"}]
    patch = {"spec": {"template": {"spec": {"tolerations": toleration}}}}
    world.cluster.api.patch("daemonsets", "logger", patch, PatchType.STRATEGIC, "default")
    world.advance(20)
    assert len(pods(world, "app=logger")) == 3
    status = world.cluster.api.get("daemonsets", "logger", "default")["status"]
    assert (status["desiredNumberScheduled"], status["numberReady"], status["updatedNumberScheduled"]) == (3, 3, 3)
    revisions = world.cluster.api.list("controllerrevisions", "default")
    assert sorted(each["revision"] for each in revisions) == [1, 2]


def test_stateful_set_starts_its_pods_in_order(build: Build) -> None:
    manifest = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  replicas: 3
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: "postgres:17"}]}
"""
    world = build(manifest)
    assert names(world, "app=db") == ["db-0", "db-1", "db-2"]
    starts = [pod["status"]["startTime"] for pod in pods(world, "app=db")]
    assert starts == sorted(set(starts)), "each waits for the one before"
    world.cluster.api.delete("pods", "db-1", "default")
    world.advance(5)
    assert names(world, "app=db") == ["db-0", "db-1", "db-2"]


@pytest.mark.parametrize("state", [AppState.CRASHES, AppState.NOT_READY])
def test_misbehaving_container_is_not_ready(build: Build, state: AppState) -> None:
    world = build(WEB)
    fault = AppFault("default", state, labels=(("app", "web"),), exit_code=2, message="boom")
    world.cluster.app_faults = (fault,)
    world.cluster.controllers.enqueue_all()
    world.advance(60)
    container = pods(world)[0]["status"]["containerStatuses"][0]
    assert container["ready"] is False
    if state is AppState.CRASHES:
        assert container["restartCount"] == 3, "after 10, 20 and 40 seconds of back-off"
        assert container["state"]["waiting"]["reason"] == "CrashLoopBackOff"
        assert container["lastState"]["terminated"]["exitCode"] == 2
    world.cluster.app_faults = ()
    world.cluster.controllers.enqueue_all()
    world.advance(300)
    assert pods(world)[0]["status"]["containerStatuses"][0]["ready"] is True
