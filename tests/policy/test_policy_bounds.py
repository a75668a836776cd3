"""What changes and hostile input cost, in pieces of work, which do not depend on the machine."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from quizgame.policy import l7, selector_cache
from quizgame.policy.labels import Label, Labels, pod_labels
from quizgame.policy.local_identities import LocalIdentities
from quizgame.policy.model import Direction, Protocol
from quizgame.policy.repository import PolicyRejected, Repository
from quizgame.policy.selectors import LabelSelector, Requirement

PODS = 40
CROWD = 100_000
FIRST = 70_000


def policy(name: str, app: str, peer: str, port: str = "80") -> dict[str, Any]:
    spec = {
        "endpointSelector": {"matchLabels": {"app": app}},
        "ingress": [
            {
                "fromEndpoints": [{"matchLabels": {"app": peer}}],
                "toPorts": [{"ports": [{"port": port, "protocol": "TCP"}]}],
            }
        ],
    }
    return {"kind": "CiliumNetworkPolicy", "metadata": {"name": name, "namespace": "shop"}, "spec": spec}


def labels(app: str, namespace: str = "shop") -> Labels:
    return pod_labels({"app": app}, namespace=namespace, namespace_labels={})


def town() -> Repository:
    """Every pod has a policy of its own that lets in the next one; all are realized."""
    repository = Repository()
    for number in range(PODS):
        repository.add_identity(300 + number, labels(f"a{number}"))
        repository.upsert_policy(policy(f"p{number}", f"a{number}", f"a{number + 1}"))
    realize(repository)
    return repository


def realize(repository: Repository) -> int:
    """Realize every endpoint; return how many had to be computed."""
    before = repository.states_built
    for number in range(PODS):
        repository.endpoint_policy(300 + number)
    return repository.states_built - before


def test_nothing_is_computed_twice() -> None:
    assert realize(town()) == 0


def test_an_edited_policy_realizes_only_the_endpoints_that_it_selects() -> None:
    repository = town()
    repository.upsert_policy(policy("p7", "a7", "a8", "443"))
    assert realize(repository) == 1


def test_a_policy_that_is_set_again_unchanged_realizes_nothing() -> None:
    repository = town()
    repository.upsert_policy(policy("p7", "a7", "a8"))
    assert realize(repository) == 0


def test_a_new_identity_realizes_only_the_endpoints_whose_peers_it_joins() -> None:
    repository = town()
    repository.add_identity(999, labels("somebody"))
    assert realize(repository) == 0
    other_account = pod_labels({"app": "a8"}, namespace="shop", namespace_labels={}, service_account="s")
    repository.add_identity(998, other_account)
    assert realize(repository) == 1
    assert repository.endpoint_policy(307).lookup(Direction.INGRESS, 998, 80, Protocol.TCP).allowed


def test_an_identity_that_goes_realizes_only_the_endpoints_whose_peers_it_leaves() -> None:
    repository = town()
    repository.add_identity(999, labels("a8", "bank"))
    repository.remove_identity(999)
    assert realize(repository) == 0
    repository.remove_identity(308)
    repository.add_identity(308, labels("somebody-else"))
    # Its own endpoint has no policy any more, and the one that let it in has other peers.
    assert realize(repository) == 2
    assert not repository.endpoint_policy(307).lookup(Direction.INGRESS, 308, 80, Protocol.TCP).allowed


def test_forks_do_not_realize_for_each_other() -> None:
    repository = town()
    twin = repository.fork()
    twin.add_identity(999, pod_labels({"app": "a8"}, namespace="shop", namespace_labels={}, service_account="s"))
    assert realize(twin) == 1
    assert realize(repository) == 0
    assert not repository.endpoint_policy(307).lookup(Direction.INGRESS, 999, 80, Protocol.TCP).allowed
    assert twin.endpoint_policy(307).lookup(Direction.INGRESS, 999, 80, Protocol.TCP).allowed


@pytest.fixture(scope="module")
def crowd() -> Repository:
    repository = Repository()
    namespace = Label("io.kubernetes.pod.namespace", "k8s", "shop")
    for number in range(CROWD):
        own = (Label("app", "k8s", f"a{number % 1000}"), namespace, Label("tier", "k8s", f"t{number % 7}"))
        repository.add_identity(FIRST + number, own)
    return repository


def test_a_selector_over_a_hundred_thousand_identities_looks_at_none_of_them(
    crowd: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = Counter[str]()

    def counting(self: object, labels: Labels) -> bool:
        looked["labels"] += 1
        return False

    monkeypatch.setattr(Requirement, "matches", counting)
    monkeypatch.setattr(LabelSelector, "matches", counting)
    evaluated = selector_cache.SelectorCache._meeting

    def met(self: selector_cache.SelectorCache, requirement: Requirement) -> int:
        looked["requirements"] += 1
        return evaluated(self, requirement)

    monkeypatch.setattr(selector_cache.SelectorCache, "_meeting", met)
    wide = policy("wide", "a1", "a2")
    wide["spec"]["ingress"][0]["fromEndpoints"] = [
        {"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["t1", "t2"]}]}
    ]
    crowd.upsert_policy(wide)
    endpoint = crowd.endpoint_policy(FIRST + 1)
    # A subject of two requirements; peers of one, beside namespace and cluster, which stop it where nobody is left.
    assert looked["requirements"] <= 5
    assert looked["labels"] == 0
    assert not endpoint.lookup(Direction.INGRESS, FIRST + 3, 80, Protocol.TCP).allowed


def test_learning_a_name_among_thousands_of_prefixes_numbers_its_address_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    repository = Repository()
    repository.add_identity(300, labels("a"))
    cidrs = [f"10.{number // 256}.{number % 256}.0/24" for number in range(4000)]
    spec = {"endpointSelector": {}, "egress": [{"toCIDR": cidrs}, {"toFQDNs": [{"matchPattern": "*.test"}]}]}
    repository.upsert_policy(
        {"kind": "CiliumNetworkPolicy", "metadata": {"name": "p", "namespace": "shop"}, "spec": spec}
    )
    addresses = LocalIdentities(repository)
    addresses.sync()
    assert len(addresses.entries()) == 4000
    numbered = Counter[int]()
    add = repository.add_identity

    def counting(identity: int, labels: Labels) -> None:
        numbered[identity] += 1
        add(identity, labels)

    monkeypatch.setattr(repository, "add_identity", counting)
    addresses.learn("a.test", ["198.51.100.7"])
    addresses.learn("a.test", ["198.51.100.7"])
    assert numbered.total() == 1
    endpoint = repository.endpoint_policy(300)
    for address, allowed in (("10.3.7.9", True), ("198.51.100.7", True), ("192.0.2.1", False)):
        peer = addresses.resolve(address)
        assert endpoint.lookup(Direction.EGRESS, peer, 443, Protocol.TCP).allowed is allowed


@pytest.mark.parametrize("pattern", ["/(a*)*b", "/(a|aa)+$", "/((a{0,20}){0,20})b", "/(.*a){20}"])
def test_a_hostile_expression_becomes_a_small_program_that_is_run_once_a_character(pattern: str) -> None:
    # RE2 keeps one state for each instruction and never goes back: size of program times length bounds the work.
    program = l7.compiled(pattern)
    assert type(program).__module__.startswith(("re2", "_re2"))
    assert program.programsize <= 200 * len(pattern)
    assert l7.full_match(pattern, "/" + "a" * 20_000 + "c") is False


def test_an_expression_that_would_become_too_large_is_refused() -> None:
    # Source: Go's regexp/syntax, repeatIsValid: repeats in repeats may not come to more than a thousand.
    spec = policy("p", "a", "b")["spec"]
    spec["ingress"][0]["toPorts"][0]["rules"] = {"http": [{"path": "/((a{1000}){1000}){1000}"}]}
    manifest = {"kind": "CiliumNetworkPolicy", "metadata": {"name": "p", "namespace": "shop"}, "spec": spec}
    with pytest.raises(PolicyRejected, match=r"error parsing regexp: invalid repeat count: `\{1000\}`"):
        Repository().upsert_policy(manifest)
