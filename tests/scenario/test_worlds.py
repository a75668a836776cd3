"""Worlds of scenarios: twins from one base, bounds, actions that name what is not there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quizgame.cluster.fabric import agents_of
from quizgame.cluster.world import World
from quizgame.content.scenario.variables import first_values
from quizgame.content.scenarios import ScenarioSource, source_of
from quizgame.game.scenario.matrix import closed, matrix_of, opened
from quizgame.game.scenario.probing import probe_world
from quizgame.game.scenario.stage import Stage
from quizgame.yamlsource.loader import load_document
from quizgame.yamlsource.place import YamlError

Change = Callable[[dict[str, Any]], object]


def names(stage: Stage, which: str) -> list[str]:
    world = getattr(stage, which)
    return [pod["metadata"]["name"] for pod in world.cluster.api.list("pods")]


def test_twins_differ_in_the_fault_alone(stage: Stage) -> None:
    assert names(stage, "healthy") == names(stage, "broken")
    healthy, broken = matrix_of(stage.healthy), matrix_of(stage.broken)
    assert {str(pair) for pair in closed(healthy, broken)} == {"shop/front -> shop/api:8080/TCP"}
    assert opened(healthy, broken) == frozenset()


def traces(world: World) -> dict[str, tuple[int, int]]:
    return {agent.node: (agent.ring.seen, len(agent.conntrack.entries)) for agent in agents_of(world.cluster)}


def test_asking_for_the_matrix_leaves_no_trace(stage: Stage) -> None:
    world = stage.broken.fork()
    before = traces(world)
    matrix_of(world)
    assert traces(world) == before


def test_rings_hold_what_was_before_the_fault_and_after(stage: Stage) -> None:
    seen = {event.verdict.name for agent in agents_of(stage.broken.cluster) for event in agent.ring.newest()}
    assert {"FORWARDED", "DROPPED"} <= seen


def too_many_pods(data: dict[str, Any]) -> None:
    manifests = data["world"]["clusters"][0]["manifests"]
    manifests[0] = manifests[0].replace("spec:\n  selector", "spec:\n  replicas: 1000000\n  selector", 1)


def refused_manifest(data: dict[str, Any]) -> None:
    manifests = data["world"]["clusters"][0]["manifests"]
    manifests[0] = manifests[0].replace("endpointSelector", "endpointSelecter")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (too_many_pods, "the manifests ask for 1000005 pods; a scenario may have 2000"),
        (refused_manifest, "endpointSelecter"),
    ],
)
def test_a_world_that_cannot_be_built_is_told_with_its_place(
    make_stage: Callable[[Change], Stage], change: Change, message: str
) -> None:
    with pytest.raises(YamlError, match=message) as caught:
        _ = make_stage(change).broken
    assert caught.value.problems[0].place.line > 1


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ({"delete": {"kind": "Service", "namespace": "shop", "name": "nope"}}, 'services "nope" not found'),
        ({"patch": {"kind": "Sevice", "name": "x", "merge": {}}}, 'the cluster has no kind "Sevice"'),
        (
            {"scale": {"cluster": "mars", "kind": "Deployment", "name": "x", "replicas": 1}},
            'there is no cluster "mars"',
        ),
        ({"unblock": {"from": "prod/*"}}, "there is no such firewall rule"),
    ],
)
def test_an_action_that_cannot_be_done_is_told_with_its_place(
    make_stage: Callable[[Change], Stage], action: dict[str, Any], message: str
) -> None:
    stage = make_stage(lambda data: data.update(fault=[action]))
    with pytest.raises(YamlError, match=message) as caught:
        _ = stage.broken
    assert caught.value.problems[0].place.line > 50


@pytest.mark.parametrize(
    ("action", "is_changed"),
    [
        ({"scale": {"kind": "Deployment", "namespace": "kube-system", "name": "coredns", "replicas": 0}}, True),
        ({"block": {"from": "prod/*", "to": "prod/*", "protocol": "UDP", "port": 8472}}, True),
        ({"serve": {"pods": "shop/api-*", "routes": [{"status": 500}]}}, True),
        ({"app": {"namespace": "shop", "pod": "api", "state": "crashes"}}, True),
        ({"config": {"set": {"enable-policy": "always"}}}, True),
        ({"config": {"set": {"enable-policy": "always"}, "restart": False}}, False),
        ({"annotate": {"kind": "Service", "namespace": "shop", "name": "api", "set": {"a": "b"}}}, False),
        ({"label": {"kind": "Deployment", "namespace": "shop", "name": "api", "set": {"a": None}}}, False),
        ({"restart": {"kind": "Deployment", "namespace": "shop", "name": "api"}}, False),
        ({"cut-off": {"node": "prod-worker"}}, False),
    ],
)  # fmt: skip
def test_actions_change_what_the_datapath_does(
    make_stage: Callable[[Change], Stage], action: dict[str, Any], is_changed: bool
) -> None:
    stage = make_stage(lambda data: data.update(fault=[action]))
    (probed,) = probe_world(stage.broken, stage.contexts, stage.drawn.scenario.symptoms)
    assert probed.works is not is_changed


BARE = """
apiVersion: quizgame/v1
kind: Lab
id: bare
title: A cluster without a network
domain: installation-and-configuration
competencies: [install-test-status]
difficulty: easy
minutes: 5
briefing: Install Cilium.
world: {clusters: [{name: prod, installed: false}]}
tasks: [{id: one, title: t, text: t, done: [{object: {kind: Node, name: prod-worker}}], solution: "true", explain: e}]
debrief: d
"""


def test_a_cluster_may_be_handed_over_without_cilium() -> None:
    source = source_of(load_document(BARE, "scenario.yaml"), Path(), BARE.encode())
    cluster = Stage(source.with_values(first_values(source.vary))).healthy.cluster
    assert cluster.api.find("daemonsets", "cilium", "kube-system") is None
    apps = {
        pod["metadata"].get("labels", {}).get("k8s-app"): pod["status"]["phase"] for pod in cluster.api.list("pods")
    }
    assert apps["kube-dns"] == "Pending"  # it waits for a network
    assert apps["kube-proxy"] == "Running"


def test_a_mesh_takes_clusters_with_cilium(make_source: Callable[..., ScenarioSource]) -> None:
    def joined(data: dict[str, Any]) -> None:
        one = data["world"]["clusters"][0]
        data["world"]["clusters"] = [{**one, "id": 1}, {"name": "other", "id": 2, "installed": False}]
        data["world"]["mesh"] = {"connected": [[one["name"], "other"]]}

    with pytest.raises(YamlError, match="a cluster of a mesh has Cilium installed"):
        make_source(joined)
