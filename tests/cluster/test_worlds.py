"""Whole worlds: what kind and cilium install leave behind, forks, determinism, several clusters."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quizgame.cluster.build import ClusterSpec, build_world, default_specs
from quizgame.cluster.clock import EPOCH_NS
from quizgame.cluster.install.release import apply_release, release_revision, remove_release
from quizgame.cluster.install.values import assign, lookup, parse_set
from quizgame.cluster.objects import evolve, name_of, prune
from quizgame.cluster.patching import PatchType
from quizgame.cluster.resources import Registry
from quizgame.cluster.world import World
from quizgame.errors import QuizgameError

Build = Callable[..., World]

POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p"},
    "spec": {"containers": [{"name": "c", "image": "nginx:1"}]},
}


def everything(world: World) -> str:
    found = {
        context: {each.qualified: cluster.api.list(each) for each in cluster.api.registry if each.is_stored}
        for context, cluster in world.clusters.items()
    }
    return json.dumps(found)


def test_default_cluster_is_what_kind_and_cilium_install_leave(build: Build) -> None:
    world = build()
    api = world.cluster.api
    assert (world.current_context, world.clock.now_ns) == ("kind-kind", EPOCH_NS)
    assert [name_of(node) for node in world.cluster.nodes] == ["kind-control-plane", "kind-worker", "kind-worker2"]
    pods = api.list("pods", "kube-system")
    assert {pod["status"]["phase"] for pod in pods} == {"Running"}
    static = [name_of(pod) for pod in pods if "tier" in pod["metadata"]["labels"]]
    components = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
    assert static == [f"{component}-kind-control-plane" for component in components]
    rest = [name_of(pod) for pod in pods if name_of(pod) not in static]
    kinds = sorted(re.sub(r"(-[a-z0-9]{10})?-[a-z0-9]{5}$", "", name) for name in rest)
    # Source: golden inputs/world/pods.json, hubble-ui left out (off by default)
    assert kinds == [*["cilium"] * 3, *["cilium-envoy"] * 3, "cilium-operator", *["coredns"] * 2, "hubble-relay"]
    dns = api.get("services", "kube-dns", "kube-system")["spec"]
    assert (dns["clusterIP"], [port["port"] for port in dns["ports"]]) == ("10.96.0.10", [53, 53, 9153])
    assert api.get("services", "kubernetes", "default")["spec"]["clusterIP"] == "10.96.0.1"


def test_config_map_is_the_one_of_the_real_chart(build: Build, golden: Path) -> None:
    rows = (golden / "cilium-cli" / "config-view.txt").read_text().splitlines()
    wanted = {key: value for key, _, value in (re.sub(r"\s+", " ", row).strip().partition(" ") for row in rows)}
    assert build().cluster.config == wanted


def test_same_seed_gives_the_same_bytes(build: Build) -> None:
    first, second, other = build(POD, seed=7), build(POD, seed=7), build(POD, seed=8)
    assert everything(first) == everything(second)
    assert everything(first) != everything(other)


def test_time_in_one_step_or_in_many_is_the_same(build: Build) -> None:
    whole, parts = build(POD), build(POD)
    for world in (whole, parts):
        world.cluster.api.delete("pods", "p", "default")
        world.cluster.api.create("pods", {**POD, "metadata": {"name": "q"}})
    whole.advance(3)
    for _ in range(30):
        parts.advance(0.1)
    assert everything(whole) == everything(parts)


def test_fork_and_origin_do_not_see_each_other(build: Build) -> None:
    world = build(POD)
    before = everything(world)
    twin = world.fork()
    twin.cluster.api.delete("pods", "p", "default")
    twin.cluster.api.create("namespaces", {"metadata": {"name": "shop"}})
    twin.advance(30)
    assert everything(world) == before
    assert twin.cluster.api.find("pods", "p", "default") is None
    world.advance(30)
    assert world.cluster.api.get("pods", "p", "default")["status"]["phase"] == "Running"


def test_fork_goes_on_like_its_origin(build: Build) -> None:
    world = build(POD)
    world.cluster.api.create("pods", {**POD, "metadata": {"name": "q"}})
    world.settle()
    twin = world.fork()
    for each in (world, twin):
        each.advance(5)
    assert everything(world) == everything(twin)


def test_two_clusters_have_their_own_ranges_and_authorities() -> None:
    world = build_world(default_specs(clusters=2), seed=1)
    first, second = world.clusters.values()
    assert list(world.clusters) == ["kind-cluster-a", "kind-cluster-b"]
    assert [(each.cluster_name, each.cluster_id) for each in (first, second)] == [("cluster-a", 1), ("cluster-b", 2)]
    assert len({first.pod_cidr, second.pod_cidr, first.service_cidr, second.service_cidr}) == 4
    authorities = [each.api.get("secrets", "cilium-ca", "kube-system")["data"]["ca.crt"] for each in (first, second)]
    assert authorities[0] != authorities[1]
    addresses = [
        address["address"]
        for each in (first, second)
        for node in each.nodes
        for address in node["status"]["addresses"]
        if address["type"] == "InternalIP"
    ]
    assert len(set(addresses)) == 6


def test_upgrade_changes_the_config_map_and_adds_what_the_values_ask_for(build: Build) -> None:
    world = build()
    cluster = world.cluster
    values: Any = dict(cluster.values)
    for path, value in parse_set("encryption.enabled=true,encryption.type=wireguard,hubble.ui.enabled=true"):
        values = assign(values, path, value)
    agents = {name_of(pod) for pod in cluster.api.list("pods", "kube-system", label_selector="k8s-app=cilium")}
    apply_release(cluster, values)
    world.advance(5)
    assert cluster.config["enable-wireguard"] == "true"
    assert cluster.api.get("deployments", "hubble-ui", "kube-system")["status"]["readyReplicas"] == 1
    assert {name_of(pod) for pod in cluster.api.list("pods", "kube-system", label_selector="k8s-app=cilium")} == agents
    assert release_revision(cluster.api) == 2
    apply_release(cluster, assign(values, "hubble.ui.enabled", False))
    world.advance(5)
    assert cluster.api.find("deployments", "hubble-ui", "kube-system") is None


def test_a_set_text_reaches_into_lists_and_keys_with_dots() -> None:
    # Source: helm pkg/strvals.
    values: dict[str, object] = {}
    for path, value in parse_set(r"a.list[1].name=x,a.list[0]=1,labels.kubernetes\.io/os=linux"):
        values = assign(values, path, value)
    assert values == {"a": {"list": [1, {"name": "x"}]}, "labels": {"kubernetes.io/os": "linux"}}
    with pytest.raises(ValueError, match='error parsing index: "one"'):
        assign({}, "a[one]", 1)


def test_upgrade_from_118_changes_defaults_kinds_and_images(build: Build) -> None:
    world = build(specs=(ClusterSpec(cilium="1.18.5"),))
    cluster = world.cluster
    assert cluster.config["policy-default-local-cluster"] == "false"
    assert cluster.api.registry.for_kind("cilium.io/v2alpha1", "CiliumBGPPeeringPolicy") is not None
    assert cluster.api.registry.for_kind("cilium.io/v2", "CiliumLoadBalancerIPPool") is None
    cluster.api.create("ciliumloadbalancerippools", {"metadata": {"name": "p"}, "spec": {"blocks": []}})
    apply_release(cluster, cluster.values, version="1.19.5")
    world.advance(20)
    assert cluster.config["policy-default-local-cluster"] == "true"
    assert cluster.api.get("ciliumloadbalancerippools", "p")["apiVersion"] == "cilium.io/v2"
    pods = cluster.api.list("pods", "kube-system", label_selector="k8s-app=cilium")
    assert {pod["spec"]["containers"][0]["image"].partition("@")[0] for pod in pods} == {
        "cr.test/cilium/cilium:v1.19.5"
    }
    assert all(agent.is_running for agent in cluster.agents.values())


def test_uninstalling_stops_the_agents(build: Build) -> None:
    world = build()
    assert remove_release(world.cluster)
    world.advance(5)
    assert not any(agent.is_running for agent in world.cluster.agents.values())
    assert world.cluster.api.find("configmaps", "cilium-config", "kube-system") is None
    assert not remove_release(world.cluster)


def test_a_new_installation_has_a_new_authority(build: Build) -> None:
    cluster = build().cluster
    values, first = cluster.values, cluster.api.get("secrets", "cilium-ca", "kube-system")["data"]
    remove_release(cluster)
    apply_release(cluster, values)
    assert cluster.api.get("secrets", "cilium-ca", "kube-system")["data"] != first


def test_manifest_that_the_server_refuses_is_told_with_its_source(build: Build) -> None:
    with pytest.raises(QuizgameError) as caught:
        build({**POD, "spec": {"container": []}})
    assert str(caught.value).startswith("test (document 1): Pod in version")
    with pytest.raises(QuizgameError, match='no matches for kind "Pood" in version "v1"'):
        build({**POD, "kind": "Pood"})


def test_stored_objects_are_never_changed_in_place(build: Build) -> None:
    world = build(POD)
    pod = world.cluster.api.get("pods", "p", "default")
    frozen = json.dumps(pod)
    world.cluster.api.patch("pods", "p", {"metadata": {"labels": {"a": "b"}}}, PatchType.MERGE, "default")
    world.advance(5)
    assert json.dumps(pod) == frozen


def test_evolve_shares_what_it_does_not_touch() -> None:
    node: dict[str, Any] = {"a": {"x": 1}, "b": [{"y": 1}, {"z": 2}]}
    changed = evolve(node, ("b", 0, "y"), 5)
    assert changed == {"a": {"x": 1}, "b": [{"y": 5}, {"z": 2}]}
    assert changed["a"] is node["a"]
    assert changed["b"][1] is node["b"][1]
    assert prune(node, ("nosuch", "x")) is node


@pytest.mark.parametrize(
    ("word", "qualified"),
    [
        ("po", "pods"), ("Deployment", "deployments.apps"), ("deployments.v1.apps", "deployments.apps"),
        ("netpol", "networkpolicies.networking.k8s.io"), ("cnp", "ciliumnetworkpolicies.cilium.io"),
        ("ippools", "ciliumloadbalancerippools.cilium.io"), ("ep", "endpoints"),
    ],
)  # fmt: skip
def test_words_name_kinds_as_kubectl_takes_them(build: Build, word: str, qualified: str) -> None:
    found = build().cluster.api.registry.resolve(word)
    assert found is not None
    assert found[0].qualified == qualified


def test_api_resources_are_those_of_the_real_server(build: Build, golden: Path) -> None:
    registry: Registry = build(specs=(ClusterSpec(gateway_api=True),)).cluster.api.registry
    shown = {
        (each.plural, ",".join(each.short_names), each.api_version, str(each.namespaced).lower(), each.kind)
        for each in registry
    }
    wanted: set[tuple[str, ...]] = set()
    for row in (golden / "kubectl" / "api-resources.txt").read_text().splitlines()[1:]:
        cells = row.split()
        wanted.add((cells[0], cells[1] if len(cells) == 5 else "", *cells[-3:]))
    assert shown == wanted


def test_values_are_read_as_helm_reads_them() -> None:
    parsed = parse_set("a.b=true,c=12,d=text,e={x,y},f=null")
    assert parsed == [("a.b", True), ("c", 12), ("d", "text"), ("e", ["x", "y"]), ("f", None)]
    assert lookup(assign({}, "hubble.relay.enabled", True), "hubble.relay.enabled") is True
