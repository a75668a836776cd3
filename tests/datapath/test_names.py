"""Resolving names inside the world."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from quizgame.cluster.agent.monitor import EventType
from quizgame.cluster.fabric import agents_of
from quizgame.cluster.world import World
from quizgame.datapath.exchange import Outcome, tcp
from quizgame.datapath.names import NameOutcome, candidates, resolve, resolver_config
from quizgame.datapath.topology import pod_origin

BuildWorld = Callable[..., World]
Apply = Callable[[World, str], None]

CLIENT = """
apiVersion: v1
kind: Pod
metadata: {name: client, labels: {app: client}}
spec: {nodeName: kind-worker, containers: [{name: c, image: client}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db, labels: {app: db}}
spec: {nodeName: kind-worker2, containers: [{name: c, image: db, ports: [{containerPort: 5432}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {clusterIP: None, selector: {app: db}, ports: [{port: 5432}]}
"""

DNS_ONLY = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: names}
spec:
  endpointSelector: {matchLabels: {app: client}}
  egress:
  - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, k8s-app: kube-dns}}]
    toPorts:
    - ports: [{port: "53", protocol: ANY}]
      rules: {dns: [{matchPattern: "*.example.com"}, {matchPattern: "**.cluster.local"}]}
  - toFQDNs: [{matchName: api.example.com}]
    toPorts: [{ports: [{port: "443", protocol: TCP}]}]
"""


def test_the_search_list_comes_before_a_name_with_few_dots(build: BuildWorld) -> None:
    world = build(CLIENT)
    client = pod_origin(world, "kind-kind", "default", "client")
    assert client is not None
    config = resolver_config(world, client)
    assert config.server == "10.96.0.10"
    assert candidates("db", config)[0] == "db.default.svc.cluster.local."
    assert candidates("a.b.c.d.e.f", config)[0] == "a.b.c.d.e.f."
    assert candidates("db.", config) == ["db."]


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("kubernetes.default", NameOutcome.OK),
        ("db", NameOutcome.OK),
        ("api.example.com", NameOutcome.OK),
        ("nosuch", NameOutcome.NXDOMAIN),
        ("nosuch.example.com", NameOutcome.NXDOMAIN),
    ],
)
def test_names_of_the_cluster_and_of_the_outside(build: BuildWorld, name: str, outcome: NameOutcome) -> None:
    world = build(CLIENT)
    client = pod_origin(world, "kind-kind", "default", "client")
    assert client is not None
    assert resolve(world, client, name).outcome is outcome


def test_a_headless_service_resolves_to_its_pods(build: BuildWorld) -> None:
    world = build(CLIENT)
    client = pod_origin(world, "kind-kind", "default", "client")
    assert client is not None
    address = world.cluster.api.get("pods", "db", "default")["status"]["podIP"]
    assert resolve(world, client, "db").ips == (address,)


def test_without_coredns_nothing_resolves(build: BuildWorld) -> None:
    world = build(CLIENT)
    deployment = world.cluster.api.get("deployments", "coredns", "kube-system")
    world.cluster.api.update("deployments", {**deployment, "spec": {**deployment["spec"], "replicas": 0}})
    world.advance(40)
    client = pod_origin(world, "kind-kind", "default", "client")
    assert client is not None
    assert resolve(world, client, "db").outcome is NameOutcome.TIMEOUT


def test_in_mode_always_names_time_out(build: BuildWorld) -> None:
    world = build(CLIENT, values={"policyEnforcementMode": "always"})
    client = pod_origin(world, "kind-kind", "default", "client")
    assert client is not None
    found = resolve(world, client, "kubernetes.default")
    assert found.outcome is NameOutcome.TIMEOUT
    assert found.elapsed_ns >= 10 * 10**9


def test_a_dns_rule_refuses_other_names_and_teaches_the_allowed_ones(build: BuildWorld, apply: Apply) -> None:
    world = build(CLIENT)
    apply(world, DNS_ONLY)
    client = pod_origin(world, "kind-kind", "default", "client")
    assert client is not None
    assert tcp(world, client, "203.0.113.10", 443, timeout_ns=10**9).outcome is Outcome.TIMEOUT
    assert resolve(world, client, "www.example.org.").outcome is NameOutcome.REFUSED
    found = resolve(world, client, "api.example.com.")
    assert found.ips == ("203.0.113.10",)
    assert tcp(world, client, "203.0.113.10", 443, timeout_ns=10**9).outcome is Outcome.OK
    assert tcp(world, client, "203.0.113.20", 443, timeout_ns=10**9).outcome is Outcome.TIMEOUT


def test_a_learned_name_is_forgotten_after_its_time_to_live(build: BuildWorld, apply: Apply) -> None:
    world = build(CLIENT)
    apply(world, DNS_ONLY)
    client = pod_origin(world, "kind-kind", "default", "client")
    assert client is not None
    resolve(world, client, "api.example.com.")
    world.advance(61)
    assert tcp(world, client, "203.0.113.10", 443, timeout_ns=10**9).outcome is Outcome.TIMEOUT


def test_the_dns_proxy_lives_in_the_agent(build: BuildWorld, apply: Apply) -> None:
    # Source: facts F-08: agent down, DNS through a dns rule fails.
    world = build(CLIENT)
    apply(world, DNS_ONLY)
    client = pod_origin(world, "kind-kind", "default", "client")
    assert client is not None
    next(each for each in agents_of(world.cluster) if each.node == "kind-worker").stop()
    assert resolve(world, client, "api.example.com.").outcome is NameOutcome.TIMEOUT


def test_questions_are_seen_only_where_a_dns_rule_sends_them_to_the_proxy(build: BuildWorld, apply: Apply) -> None:
    world = build(CLIENT)
    client = pod_origin(world, "kind-kind", "default", "client")
    assert client is not None
    agent = next(each for each in agents_of(world.cluster) if each.node == "kind-worker")
    resolve(world, client, "db")
    assert not [event for event in agent.ring.newest() if event.type is EventType.L7]
    apply(world, DNS_ONLY)
    resolve(world, client, "db")
    seen = [event.l7.dns for event in agent.ring.newest() if event.l7 is not None and event.l7.dns is not None]
    assert {record.query for record in seen} == {"db.default.svc.cluster.local."}


def test_an_alias_into_the_cluster_is_followed(build: BuildWorld, apply: Callable[[World, str], None]) -> None:
    # Source: CoreDNS, plugin kubernetes: an ExternalName inside the zone is answered with its address.
    world = build(ALIASED)
    client = pod_origin(world, world.current_context, "default", "asker")
    assert client is not None
    found = resolve(world, client, "alias")
    assert found.outcome is NameOutcome.OK
    assert found.ips == (world.cluster.api.get("services", "kube-dns", "kube-system")["spec"]["clusterIP"],)
    assert found.alias == "kube-dns.kube-system.svc.cluster.local"


ALIASED = """
apiVersion: v1
kind: Pod
metadata: {name: asker}
spec: {containers: [{name: c, image: curlimages/curl}]}
---
apiVersion: v1
kind: Service
metadata: {name: alias}
spec: {type: ExternalName, externalName: kube-dns.kube-system.svc.cluster.local}
"""
