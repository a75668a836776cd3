"""Desired and realized: agents that catch up change by change, agents that start anew, and what the operator does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.fabric import agents_of, fabric_of
from quizgame.cluster.links import API_SERVER_PORT, Block, Links
from quizgame.cluster.objects import condition_of, dig
from quizgame.cluster.operator import IDENTITY_TIMEOUT_S
from quizgame.cluster.patching import PatchType
from quizgame.cluster.world import World
from quizgame.policy.model import Direction, Protocol

BuildWorld = Callable[..., World]
AgentOf = Callable[[World, str], Agent]

BASE = """
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: red}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: web, ports: [{name: http, containerPort: 8080}]}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: client, namespace: shop}
spec:
  replicas: 1
  selector: {matchLabels: {app: client}}
  template:
    metadata: {labels: {app: client}}
    spec: {containers: [{name: c, image: client}]}
"""


def policy(name: str, app: str, peer: dict[str, Any]) -> dict[str, Any]:
    rule = {"fromEndpoints": [peer], "toPorts": [{"ports": [{"port": "http", "protocol": "TCP"}]}]}
    return {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumNetworkPolicy",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"endpointSelector": {"matchLabels": {"app": app}}, "ingress": [rule]},
    }


def service(name: str, app: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"selector": {"app": app}, "ports": [{"port": 80, "targetPort": 8080}]},
    }


def put(world: World, resource: str, wanted: dict[str, Any]) -> None:
    name, api = wanted["metadata"]["name"], world.cluster.api
    if api.find(resource, name, "shop") is None:
        api.create(resource, wanted, "shop")
    else:
        api.patch(resource, name, {"spec": wanted["spec"]}, PatchType.MERGE, "shop")


def drop(world: World, resource: str, name: str) -> None:
    if world.cluster.api.find(resource, name, "shop") is not None:
        world.cluster.api.delete(resource, name, "shop")


def scale(world: World, name: str, replicas: int) -> None:
    world.cluster.api.patch("deployments", name, {"spec": {"replicas": replicas}}, PatchType.MERGE, "shop")


def relabel_first(world: World, color: str) -> None:
    pods = world.cluster.api.list("pods", "shop")
    if pods:
        change = {"metadata": {"labels": {"color": color}}}
        world.cluster.api.patch("pods", pods[0]["metadata"]["name"], change, PatchType.MERGE, "shop")


def relabel_namespace(world: World, team: str) -> None:
    world.cluster.api.patch("namespaces", "shop", {"metadata": {"labels": {"team": team}}}, PatchType.MERGE)


POLICIES = "ciliumnetworkpolicies"
APPS = st.sampled_from(["web", "client"])
COLORS = st.sampled_from(["red", "blue"])
NAMES = st.sampled_from(["one", "two"])
PEERS = st.sampled_from([{}, {"matchLabels": {"app": "client"}}, {"matchLabels": {"color": "red"}}])
EDITS = st.one_of(
    st.builds(lambda name, app, peer: lambda w: put(w, POLICIES, policy(name, app, peer)), NAMES, APPS, PEERS),
    st.builds(lambda name: lambda w: drop(w, POLICIES, name), NAMES),
    st.builds(lambda name, app: lambda w: put(w, "services", service(name, app)), NAMES, APPS),
    st.builds(lambda name: lambda w: drop(w, "services", name), NAMES),
    st.builds(lambda app, number: lambda w: scale(w, app, number), APPS, st.integers(0, 3)),
    st.builds(lambda color: lambda w: relabel_first(w, color), COLORS),
    st.builds(lambda color: lambda w: relabel_namespace(w, color), COLORS),
    st.just(lambda w: w.advance(2)),
)


def realized(agent: Agent) -> dict[str, Any]:
    """What an agent has put in force, without what only tells how it got there."""
    return {
        "ipcache": agent.ipcache.sorted_entries(),
        "frontends": {key: (each.backends, each.service) for key, each in agent.services.frontends.items()},
        "identities": agent.identities,
        "nodes": agent.nodes,
        "endpoints": {number: (each.identity, each.labels, each.state) for number, each in agent.endpoints.items()},
        "policy": {
            endpoint.key: [
                agent.policy_of(endpoint).lookup(direction, peer, port, Protocol.TCP)
                for direction in Direction
                for peer in sorted(agent.identities)
                for port in (80, 8080)
            ]
            for endpoint in agent.endpoints.values()
            if endpoint.is_pod
        },
    }


@pytest.fixture(scope="module")
def shop(build: BuildWorld) -> World:
    return build(BASE)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=st.lists(EDITS, min_size=1, max_size=8))
def test_catching_up_change_by_change_ends_where_a_fresh_start_does(
    shop: World, edits: list[Callable[[World], None]]
) -> None:
    world = shop.fork()
    for edit in edits:
        edit(world)
        world.settle()
    world.advance(5)
    twin = world.fork()
    for agent in agents_of(twin.cluster):
        agent.is_initialized = False
    twin.settle()
    for caught_up, fresh in zip(agents_of(world.cluster), agents_of(twin.cluster), strict=True):
        assert realized(caught_up) == realized(fresh)


def test_a_pods_new_labels_give_it_a_new_identity_and_keep_its_endpoint(shop: World) -> None:
    world = shop.fork()
    pod = world.cluster.api.list("pods", "shop")[0]["metadata"]["name"]

    def endpoint() -> tuple[int, int]:
        found = [each for agent in agents_of(world.cluster) for each in agent.endpoints.values() if each.pod == pod]
        return found[0].id, found[0].identity

    before = endpoint()
    relabel_first(world, "green")
    world.settle()
    after = endpoint()
    assert before[0] == after[0]
    assert before[1] != after[1]
    published = world.cluster.api.get("ciliumendpoints", pod, "shop")
    assert published["status"]["identity"]["id"] == after[1]


def test_a_cut_off_agent_keeps_what_it_knew_until_it_is_back(shop: World, agent_of: AgentOf) -> None:
    # Source: facts F-03.
    world = shop.fork()
    agent = agent_of(world, "kind-worker")
    before = realized(agent)
    fabric_of(world).links = Links((Block("*/kind-worker", "*/kind-control-plane", "TCP", API_SERVER_PORT),))
    world.settle()
    put(world, "services", service("one", "web"))
    put(world, POLICIES, policy("one", "web", {}))
    world.settle()
    assert realized(agent) == before
    fabric_of(world).links = Links()
    world.settle()
    assert ("shop", "one") in agent.services.by_service


def test_a_node_that_runs_an_api_server_is_the_entity_too(shop: World, agent_of: AgentOf) -> None:
    # Source: cilium/cilium v1.19 pkg/ipcache: identity 1 takes reserved:kube-apiserver on that node alone.
    assert "reserved:kube-apiserver" in agent_of(shop, "kind-control-plane").labels_of(1)
    assert agent_of(shop, "kind-worker").labels_of(1) == ("reserved:host",)
    assert agent_of(shop, "kind-worker").identity_of(agent_of(shop, "kind-control-plane").node_ip) == 7


# ---------------------------------------------------------------- operator


def test_each_node_gets_a_range_of_its_own(shop: World) -> None:
    ranges = [dig(node, "spec", "ipam", "podCIDRs") for node in shop.cluster.api.list("ciliumnodes")]
    assert all(len(each) == 1 for each in ranges)
    assert len({each[0] for each in ranges}) == len(ranges)


INVALID = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: both, namespace: default}
spec:
  endpointSelector: {}
  ingress: [{fromEndpoints: [{}], fromCIDR: ["10.0.0.0/8"]}]
"""


def test_policies_are_judged_while_the_operator_runs(build: BuildWorld) -> None:
    world = build(INVALID)
    found = condition_of(world.cluster.api.get(POLICIES, "both", "default"), "Valid")
    assert found is not None
    assert found["status"] == "False"
    world.cluster.api.patch(
        POLICIES, "both", {"spec": {"ingress": [{"fromEndpoints": [{}]}]}}, PatchType.MERGE, "default"
    )
    world.settle()
    found = condition_of(world.cluster.api.get(POLICIES, "both", "default"), "Valid")
    assert found is not None
    assert (found["status"], found["message"]) == ("True", "Policy validation succeeded")


def test_without_the_operator_nobody_judges_and_nobody_collects(shop: World) -> None:
    world = shop.fork()
    world.cluster.api.patch("deployments", "cilium-operator", {"spec": {"replicas": 0}}, PatchType.MERGE, "kube-system")
    world.advance(10)
    put(world, POLICIES, policy("one", "web", {}))
    scale(world, "client", 0)
    world.advance(2 * IDENTITY_TIMEOUT_S)
    assert condition_of(world.cluster.api.get(POLICIES, "one", "shop"), "Valid") is None
    assert any("client" in str(each["security-labels"]) for each in world.cluster.api.list("ciliumidentities"))


def test_an_unused_identity_is_collected_after_its_time(shop: World) -> None:
    world = shop.fork()

    def has_identity() -> bool:
        return any("client" in str(each["security-labels"]) for each in world.cluster.api.list("ciliumidentities"))

    scale(world, "client", 0)
    world.advance(IDENTITY_TIMEOUT_S - 60)
    assert has_identity()
    world.advance(120)
    assert not has_identity()
    scale(world, "client", 1)
    world.advance(5)
    assert has_identity()
