"""Clusters joined by Cluster Mesh, and background traffic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from quizgame.cluster.fabric import Traffic, agents_of, fabric_of
from quizgame.cluster.install.values import merge
from quizgame.cluster.links import Block, Links
from quizgame.cluster.mesh.config import connect
from quizgame.cluster.world import Cluster, World
from quizgame.datapath.exchange import Outcome, tcp
from quizgame.datapath.topology import pod_origin
from quizgame.goflags.times import SECOND

BuildWorld = Callable[..., World]
Apply = Callable[[World, str], None]

MESH_VALUES = {"clustermesh": {"useAPIServer": True, "apiserver": {"service": {"type": "NodePort"}}}}
ECHO = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: echo}
spec:
  replicas: 1
  selector: {matchLabels: {app: echo}}
  template:
    metadata: {labels: {app: echo}}
    spec: {containers: [{name: c, image: echo, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: echo, annotations: {service.cilium.io/global: "true", service.cilium.io/affinity: AFFINITY}}
spec: {selector: {app: echo}, ports: [{port: 8080}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client, labels: {app: client}}
spec: {containers: [{name: c, image: client}]}
"""


def joined(
    build: BuildWorld, manifests: str = "", *, adds_ca: bool = True, mirrored: bool = True
) -> tuple[World, Cluster, Cluster]:
    """Two clusters with each other's configuration."""
    values = merge(MESH_VALUES, {"clustermesh": {"apiserver": {"kvstoremesh": {"enabled": mirrored}}}})
    world = build(manifests, clusters=2, values=values)
    first, second = world.clusters.values()
    connect(first, second, adds_ca=adds_ca)
    connect(second, first, adds_ca=adds_ca)
    world.advance(20)
    return world, first, second


def who_answers(world: World, cluster: Cluster) -> str:
    """Name of the cluster whose pod answers the client of a cluster."""
    client = pod_origin(world, cluster.context, "default", "client")
    assert client is not None
    ip = cluster.api.get("services", "echo", "default")["spec"]["clusterIP"]
    course = tcp(world, client, ip, 8080, timeout_ns=SECOND).course
    assert course.destination is not None
    return course.destination.agent.config.cluster_name


def scale(world: World, cluster: Cluster, replicas: int) -> None:
    """Scale echo in one cluster and wait."""
    deployment = cluster.api.get("deployments", "echo", "default")
    cluster.api.update("deployments", {**deployment, "spec": {**deployment["spec"], "replicas": replicas}})
    world.advance(40)


def test_two_installs_do_not_trust_each_other(build: BuildWorld) -> None:
    _, first, second = joined(build, adds_ca=False)
    for cluster in (first, second):
        for agent in agents_of(cluster):
            assert [remote.is_ready for remote in agent.remotes.values()] == [False]


def test_with_a_trusted_ca_each_agent_knows_the_other_cluster(build: BuildWorld) -> None:
    _, first, second = joined(build, ECHO.replace("AFFINITY", "none"))
    for cluster, other in ((first, second), (second, first)):
        for agent in agents_of(cluster):
            remote = agent.remotes[other.cluster_name]
            assert remote.is_ready
            assert remote.view is not None
            echo = next(pod for pod in other.api.list("pods", "default") if pod["metadata"]["name"].startswith("echo"))
            entry = agent.ipcache.lookup(echo["status"]["podIP"])
            assert entry is not None
            # Source: facts F-56: the number carries the cluster's id above its low 16 bits.
            assert entry.identity >> 16 == other.cluster_id


@pytest.mark.parametrize(("affinity", "expected"), [("local", "cluster-a"), ("remote", "cluster-b")])
def test_affinity_prefers_a_side_and_falls_back(build: BuildWorld, affinity: str, expected: str) -> None:
    # Source: facts F-59.
    world, first, second = joined(build, ECHO.replace("AFFINITY", affinity))
    assert who_answers(world, first) == expected
    scale(world, first if expected == "cluster-a" else second, 0)
    assert who_answers(world, first) != expected


def test_a_service_that_is_not_shared_keeps_its_backends_to_itself(build: BuildWorld) -> None:
    world, first, second = joined(build, ECHO.replace("AFFINITY", "remote"))
    service = second.api.get("services", "echo", "default")
    annotations = {**service["metadata"]["annotations"], "service.cilium.io/shared": "false"}
    second.api.update("services", {**service, "metadata": {**service["metadata"], "annotations": annotations}})
    world.settle()
    assert who_answers(world, first) == "cluster-a"


@pytest.mark.parametrize("mirrored", [True, False])
def test_a_lost_connection_keeps_what_was_received(build: BuildWorld, mirrored: bool) -> None:
    # Source: facts F-51, F-68: backends of an unreachable cluster stay cached, in KVStoreMesh and in the agents.
    world, first, _ = joined(build, ECHO.replace("AFFINITY", "remote"), mirrored=mirrored)
    fabric_of(world).links = Links((Block("kind-cluster-a/*", "kind-cluster-b/*", "TCP", 32379),))
    world.settle()
    agent = next(agents_of(first))
    assert agent.remotes["cluster-b"].is_ready is mirrored
    assert agent.remotes["cluster-b"].view is not None
    assert who_answers(world, first) == "cluster-b"


@pytest.mark.parametrize(
    ("labels", "outcome"),
    [
        ("{app: client}", Outcome.TIMEOUT),
        ("{app: client, io.cilium.k8s.policy.cluster: cluster-a}", Outcome.OK),
        ("{app: client, io.cilium.k8s.policy.cluster: cluster-b}", Outcome.TIMEOUT),
    ],
)
def test_a_selector_without_a_cluster_means_the_local_one(
    build: BuildWorld, apply: Apply, labels: str, outcome: Outcome
) -> None:
    # Source: facts, disagreement 3 (policy-default-local-cluster).
    world, first, second = joined(build, ECHO.replace("AFFINITY", "remote"))
    world.current_context = second.context
    apply(
        world,
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: p}\nspec:\n"
        "  endpointSelector: {matchLabels: {app: echo}}\n"
        f"  ingress: [{{fromEndpoints: [{{matchLabels: {labels}}}]}}]\n",
    )
    client = pod_origin(world, first.context, "default", "client")
    assert client is not None
    ip = first.api.get("services", "echo", "default")["spec"]["clusterIP"]
    assert tcp(world, client, ip, 8080, timeout_ns=SECOND).outcome is outcome


def test_traffic_is_the_same_in_one_span_and_in_many(build: BuildWorld) -> None:
    rings = []
    for spans in ([30.0], [7.0, 0.5, 12.5, 10.0]):
        world = build(ECHO.replace("AFFINITY", "none"))
        fabric = fabric_of(world)
        fabric.traffic = (Traffic("kind-kind", "default", "client", "echo", 8080, 2 * SECOND),)
        for span in spans:
            world.advance(span)
        rings.append([agent.ring.newest() for agent in agents_of(world.cluster)])
    assert rings[0] == rings[1]
    assert any(rings[0])


def test_a_restarted_agent_loses_its_ring_and_keeps_forwarding(build: BuildWorld) -> None:
    # Source: facts F-113.
    world = build(ECHO.replace("AFFINITY", "none"))
    fabric_of(world).traffic = (Traffic("kind-kind", "default", "client", "echo", 8080, SECOND),)
    world.advance(10)
    agent = next(each for each in agents_of(world.cluster) if each.ring.newest())
    known = replace(agent.ring, events=list(agent.ring.events)).newest()
    world.cluster.api.delete("pods", agent.pod_name, "kube-system", grace_period=0)
    world.advance(5)
    assert agent.is_serving
    assert not set(map(id, known)) & set(map(id, agent.ring.newest()))
    client = pod_origin(world, "kind-kind", "default", "client")
    assert client is not None
    ip = world.cluster.api.get("services", "echo", "default")["spec"]["clusterIP"]
    assert tcp(world, client, ip, 8080, timeout_ns=SECOND).outcome is Outcome.OK
