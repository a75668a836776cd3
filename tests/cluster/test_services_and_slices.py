"""Services' endpoints: slices follow pods, ports and readiness."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from quizgame.cluster.appfaults import AppFault, AppState
from quizgame.cluster.objects import labels_of, name_of
from quizgame.cluster.patching import PatchType
from quizgame.cluster.world import World

Build = Callable[..., World]

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1.27", ports: [{containerPort: 8080, name: http}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, labels: {tier: front}}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}
"""


def slices(world: World, service: str = "web") -> list[dict[str, Any]]:
    selector = f"kubernetes.io/service-name={service}"
    return world.cluster.api.list("endpointslices", "default", label_selector=selector)


def test_slice_lists_the_ready_pods_at_their_named_port(build: Build) -> None:
    world = build(WEB)
    (found,) = slices(world)
    assert name_of(found).startswith("web-")
    assert found["metadata"]["generateName"] == "web-"
    assert found["ports"] == [{"name": "", "port": 8080, "protocol": "TCP"}]
    assert labels_of(found)["tier"] == "front", "a slice carries the labels of its service"
    pods = world.cluster.api.list("pods", "default")
    assert [each["addresses"] for each in found["endpoints"]] == [[pod["status"]["podIP"]] for pod in pods]
    assert found["endpoints"][0]["conditions"] == {"ready": True, "serving": True, "terminating": False}
    assert found["endpoints"][0]["targetRef"]["name"] == name_of(pods[0])


def test_unready_pod_stays_listed_but_does_not_serve(build: Build) -> None:
    world = build(WEB)
    name = name_of(world.cluster.api.list("pods", "default")[0])
    world.cluster.app_faults = (AppFault("default", AppState.NOT_READY, pod=name),)
    world.cluster.controllers.enqueue_all()
    world.settle()
    assert [each["conditions"]["ready"] for each in slices(world)[0]["endpoints"]] == [False, True]
    subset = world.cluster.api.get("endpoints", "web", "default")["subsets"][0]
    assert (len(subset["addresses"]), len(subset["notReadyAddresses"])) == (1, 1)


def test_ending_pod_is_marked_terminating_while_it_still_serves(build: Build) -> None:
    world = build(WEB)
    name = name_of(world.cluster.api.list("pods", "default")[0])
    world.cluster.api.delete("pods", name, "default")
    world.settle()
    ending = next(each for each in slices(world)[0]["endpoints"] if each["targetRef"]["name"] == name)
    assert ending["conditions"] == {"ready": False, "serving": True, "terminating": True}
    world.advance(2)
    assert name not in [each["targetRef"]["name"] for each in slices(world)[0]["endpoints"]]


def test_relabelled_pod_leaves_the_service(build: Build) -> None:
    world = build(WEB)
    name = name_of(world.cluster.api.list("pods", "default")[0])
    world.cluster.api.patch("pods", name, {"metadata": {"labels": {"app": "else"}}}, PatchType.MERGE, "default")
    world.settle()
    assert name not in [each["targetRef"]["name"] for each in slices(world)[0]["endpoints"]]


def test_headless_service_is_marked_so(build: Build) -> None:
    world = build(WEB.replace("{selector: {app: web}", "{clusterIP: None, selector: {app: web}"))
    (found,) = slices(world)
    assert labels_of(found)["service.kubernetes.io/headless"] == ""
    assert world.cluster.api.get("services", "web", "default")["spec"]["clusterIPs"] == ["None"]


def test_service_without_selector_gets_its_slice_from_hand_made_endpoints(build: Build) -> None:
    manifest = """
apiVersion: v1
kind: Service
metadata: {name: legacy}
spec: {ports: [{port: 5432}]}
---
apiVersion: v1
kind: Endpoints
metadata: {name: legacy}
subsets: [{addresses: [{ip: 192.0.2.10}], ports: [{port: 5432}]}]
"""
    world = build(manifest)
    (found,) = slices(world, "legacy")
    assert found["endpoints"] == [{"addresses": ["192.0.2.10"], "conditions": {"ready": True}}]
    assert labels_of(found)["endpointslice.kubernetes.io/managed-by"] == "endpointslicemirroring-controller.k8s.io"


def test_removing_the_service_removes_its_slices(build: Build) -> None:
    world = build(WEB)
    world.cluster.api.delete("services", "web", "default")
    world.settle()
    assert slices(world) == []
    assert world.cluster.api.find("endpoints", "web", "default") is None


def test_more_than_a_hundred_endpoints_are_split(build: Build) -> None:
    world = build(WEB.replace("replicas: 2", "replicas: 120"))
    assert sorted(len(each["endpoints"]) for each in slices(world)) == [20, 100]
