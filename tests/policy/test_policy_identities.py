"""Labels of identities, numbers of addresses, and what a repository asks for."""

from __future__ import annotations

from typing import Any

from quizgame.policy.identity import (
    LOCAL_SCOPE,
    ReservedIdentity,
    cluster_id_of,
    first_workload_identity,
    is_local_scope,
)
from quizgame.policy.labels import parse_label, pod_labels
from quizgame.policy.local_identities import LocalIdentities
from quizgame.policy.model import Direction, Protocol
from quizgame.policy.repository import Repository, Settings


def policy(spec: dict[str, Any], name: str = "p", kind: str = "CiliumNetworkPolicy") -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": name, "namespace": "shop"}, "spec": spec}


def test_labels_print_and_parse() -> None:
    for text in ("k8s:app=web", "reserved:host", "cidr:10.0.0.0/8", "k8s:a=b:c=d"):
        assert str(parse_label(text)) == text
    assert str(parse_label("app=web", "k8s")) == "k8s:app=web"


def test_only_relevant_labels_become_part_of_the_identity() -> None:
    labels = pod_labels(
        {
            "app": "web",
            "app.kubernetes.io/name": "web",
            "pod-template-hash": "abc",
            "apps.kubernetes.io/pod-index": "0",
            "topology.kubernetes.io/zone": "z",
            "kubernetes.io/os": "linux",
            "failure-domain.beta.kubernetes.io/zone": "z",
            "io.kubernetes.pod.namespace": "forged",
        },
        namespace="shop",
        namespace_labels={"team": "web"},
        service_account="",
        cluster_name="blue",
    )
    assert [str(label) for label in labels] == [
        "k8s:app=web",
        "k8s:app.kubernetes.io/name=web",
        "k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name=shop",
        "k8s:io.cilium.k8s.namespace.labels.team=web",
        "k8s:io.cilium.k8s.policy.cluster=blue",
        "k8s:io.cilium.k8s.policy.serviceaccount=default",
        "k8s:io.kubernetes.pod.namespace=shop",
    ]


def test_number_ranges() -> None:
    # Source: reference/facts.md F-56.
    assert first_workload_identity(0) == 256
    assert first_workload_identity(2) == 131072
    assert cluster_id_of(131073) == 2
    assert cluster_id_of(LOCAL_SCOPE + 1) == 0
    assert is_local_scope(16777217)


def test_addresses_have_the_identity_of_their_longest_prefix() -> None:
    repository = Repository()
    addresses = LocalIdentities(repository)
    repository.upsert_policy(
        policy({"endpointSelector": {}, "egress": [{"toCIDRSet": [{"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}]}]})
    )
    assert addresses.sync()
    assert not addresses.sync()
    outer, inner = addresses.resolve("10.2.0.1"), addresses.resolve("10.1.0.1")
    assert (outer, inner) == (16777217, 16777218)
    assert addresses.resolve("192.0.2.1") == ReservedIdentity.WORLD
    assert [str(label) for label in repository.labels_of(inner)] == ["cidr:10.1.0.0/16", "reserved:world"]
    repository.delete_policy(repository.policies[0])
    addresses.sync()
    assert addresses.resolve("10.2.0.1") == ReservedIdentity.WORLD
    assert outer not in repository.identities.identities


def test_names_are_learned_and_forgotten() -> None:
    repository = Repository()
    addresses = LocalIdentities(repository)
    spec = {
        "endpointSelector": {},
        "egress": [{"toFQDNs": [{"matchPattern": "*.example.com"}]}, {"toCIDR": ["203.0.113.0/24"]}],
    }
    repository.upsert_policy(policy(spec))
    addresses.sync()
    assert addresses.learn("WWW.example.com.", ["203.0.113.5"])
    assert not addresses.learn("www.example.com", ["203.0.113.5"])
    learned = addresses.resolve("203.0.113.5")
    assert [str(label) for label in repository.labels_of(learned)] == [
        "fqdn:*.example.com",
        "cidr:203.0.113.0/24",
        "reserved:world",
    ]
    addresses.forget("www.example.com")
    assert addresses.resolve("203.0.113.5") == addresses.resolve("203.0.113.6") != learned


def test_dual_stack_splits_the_world() -> None:
    repository = Repository(dual_stack=True)
    addresses = LocalIdentities(repository)
    repository.add_identity(300, pod_labels({}, namespace="shop", namespace_labels={}))
    repository.upsert_policy(policy({"endpointSelector": {}, "egress": [{"toEntities": ["world"]}]}))
    addresses.sync()
    endpoint = repository.endpoint_policy(300)
    for address, identity in (("192.0.2.1", 9), ("2001:db8::1", 10)):
        assert addresses.resolve(address) == identity
        assert endpoint.lookup(Direction.EGRESS, identity, 80, Protocol.TCP).allowed


def test_selectors_mean_the_local_cluster_unless_they_name_one() -> None:
    # Source: reference/facts.md, disagreement 3.
    near = pod_labels({"app": "web"}, namespace="shop", namespace_labels={}, cluster_name="blue")
    far = pod_labels({"app": "web"}, namespace="shop", namespace_labels={}, cluster_name="red")
    cluster = "k8s:io.cilium.k8s.policy.cluster"
    peers: dict[str, dict[str, Any]] = {
        "silent": {"matchLabels": {"app": "web"}},
        "named": {"matchLabels": {"app": "web", cluster: "red"}},
        "listed": {"matchExpressions": [{"key": cluster, "operator": "In", "values": ["blue", "red"]}]},
        "any": {"matchExpressions": [{"key": cluster, "operator": "Exists"}]},
    }
    allowed = {}
    for default_local in (True, False):
        for name, peer in peers.items():
            repository = Repository("blue", default_local_cluster=default_local)
            repository.add_identity(65536, near)
            repository.add_identity(131072, far)
            repository.upsert_policy(policy({"endpointSelector": {}, "ingress": [{"fromEndpoints": [peer]}]}))
            endpoint = repository.endpoint_policy(65536)
            allowed[default_local, name] = tuple(
                endpoint.lookup(Direction.INGRESS, source, 80, Protocol.TCP).allowed for source in (65536, 131072)
            )
    assert allowed == {
        (True, "silent"): (True, False),
        (True, "named"): (False, True),
        (True, "listed"): (True, True),
        (True, "any"): (True, True),
        (False, "silent"): (True, True),
        (False, "named"): (False, True),
        (False, "listed"): (True, True),
        (False, "any"): (True, True),
    }


def test_node_policies_count_only_with_the_host_firewall() -> None:
    # Reasoning: the node is an endpoint with a policy only then; pods are never its subject.
    spec = {"nodeSelector": {"matchLabels": {"role": "edge"}}, "ingress": [{"fromEntities": ["cluster"]}]}
    for firewall, allowed in ((False, True), (True, False)):
        repository = Repository(host_firewall=firewall)
        repository.add_identity(1, tuple(sorted([parse_label("reserved:host"), parse_label("k8s:role=edge")])))
        repository.add_identity(300, pod_labels({"role": "edge"}, namespace="shop", namespace_labels={}))
        repository.upsert_policy(policy(spec, kind="CiliumClusterwideNetworkPolicy"))
        node, pod = repository.endpoint_policy(1), repository.endpoint_policy(300)
        assert node.lookup(Direction.INGRESS, 2, 22, Protocol.TCP).allowed is allowed
        assert node.lookup(Direction.INGRESS, 6, 22, Protocol.TCP).allowed
        assert all(row.identity != 1 or row.policies for row in node.entries())
        assert pod.lookup(Direction.INGRESS, 2, 22, Protocol.TCP).allowed


def test_audit_mode_lets_through_what_it_would_deny() -> None:
    repository = Repository()
    repository.add_identity(300, pod_labels({}, namespace="shop", namespace_labels={}))
    repository.upsert_policy(policy({"endpointSelector": {}, "ingress": [{}]}))
    repository.configure(Settings(audit=True))
    decision = repository.endpoint_policy(300).lookup(Direction.INGRESS, 2, 80, Protocol.TCP)
    assert decision.verdict.value == "audited"
    assert decision.allowed
    assert decision.drop_reason == 133


def test_revision_rises_with_changes_only() -> None:
    repository = Repository()
    one = policy({"endpointSelector": {}, "ingress": [{}]})
    repository.upsert_policy(one)
    assert repository.revision == 2
    repository.upsert_policy(one)
    assert repository.revision == 2
    repository.upsert_cidr_group({"metadata": {"name": "g"}, "spec": {"externalCIDRs": ["10.0.0.0/8"]}})
    assert repository.revision == 2
    repository.upsert_policy(
        policy({"endpointSelector": {}, "ingress": [{"fromCIDRSet": [{"cidrGroupRef": "g"}]}]}, "q")
    )
    repository.delete_cidr_group("g")
    assert repository.revision == 4


def test_thousands_of_prefixes_are_selected_by_range_not_one_by_one() -> None:
    repository = Repository()
    addresses = LocalIdentities(repository)
    prefixes = [f"10.{high}.{low}.0/24" for high in range(20) for low in range(100)]
    repository.upsert_policy(
        policy({"endpointSelector": {}, "egress": [{"toCIDR": prefixes}, {"toCIDR": ["10.3.0.0/16"]}]})
    )
    repository.add_identity(300, pod_labels({}, namespace="shop", namespace_labels={}))
    addresses.sync()
    endpoint = repository.endpoint_policy(300)
    assert endpoint.lookup(Direction.EGRESS, addresses.resolve("10.19.99.1"), 80, Protocol.TCP).allowed
    assert endpoint.lookup(Direction.EGRESS, addresses.resolve("10.3.200.1"), 80, Protocol.TCP).allowed
    assert not endpoint.lookup(Direction.EGRESS, addresses.resolve("10.4.200.1"), 80, Protocol.TCP).allowed
