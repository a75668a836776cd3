"""What the agent's listings show of policies, and the trail behind one decision."""

from __future__ import annotations

from typing import Any

import pytest

from quizgame.policy.decision import MatchType
from quizgame.policy.l7 import HttpRequest
from quizgame.policy.labels import pod_labels
from quizgame.policy.local_identities import LocalIdentities
from quizgame.policy.model import AuthMode, Direction, EnforcementMode, PolicyKey, Protocol
from quizgame.policy.repository import Repository, Settings
from quizgame.policy.trail import Stance

EMPIRE = {"org": "empire"}


def labels(org: str, ship: str) -> Any:
    return pod_labels({"org": org, "class": ship}, namespace="default", namespace_labels={}, cluster_name="kind-kind")


def star_wars() -> Repository:
    repository = Repository("kind-kind")
    repository.add_identity(3121, labels("empire", "deathstar"))
    repository.add_identity(7042, labels("empire", "tiefighter"))
    repository.add_identity(12633, labels("alliance", "xwing"))
    repository.upsert_policy(
        {
            "kind": "CiliumNetworkPolicy",
            "metadata": {"name": "rule1", "namespace": "default", "uid": "6f1b"},
            "spec": {
                "endpointSelector": {"matchLabels": {"org": "empire", "class": "deathstar"}},
                "ingress": [
                    {
                        "fromEndpoints": [{"matchLabels": EMPIRE}],
                        "toPorts": [
                            {
                                "ports": [{"port": "80", "protocol": "TCP"}],
                                "rules": {"http": [{"method": "POST", "path": "/v1/request-landing"}]},
                            }
                        ],
                    }
                ],
            },
        }
    )
    return repository


def add(repository: Repository, spec: dict[str, Any], name: str = "more") -> None:
    repository.upsert_policy(
        {"kind": "CiliumNetworkPolicy", "metadata": {"name": name, "namespace": "default"}, "spec": spec}
    )


def test_selectors_print_as_the_agent_prints_them() -> None:
    # Source: the recorded `cilium-dbg policy selectors`.
    repository = star_wars()
    egress = [{"toCIDR": ["203.0.113.128/25"]}, {"toFQDNs": [{"matchName": "swapi.example.com"}]}]
    add(repository, {"endpointSelector": {}, "egress": egress})
    rows = {row.text: row for row in repository.selectors()}
    subject = (
        "&LabelSelector{MatchLabels:map[string]string{any.class: deathstar,any.org: empire,"
        "k8s.io.kubernetes.pod.namespace: default,},MatchExpressions:[]LabelSelectorRequirement{},}"
    )
    peer = (
        "&LabelSelector{MatchLabels:map[string]string{any.org: empire,k8s.io.cilium.k8s.policy.cluster: kind-kind,"
        "k8s.io.kubernetes.pod.namespace: default,},MatchExpressions:[]LabelSelectorRequirement{},}"
    )
    assert rows[subject].identities == (3121,)
    assert rows[peer].identities == (3121, 7042)
    assert rows[peer].users == 1
    assert rows[peer].policies == (PolicyKey("CiliumNetworkPolicy", "default", "rule1"),)
    assert rows["MatchName: swapi.example.com, MatchPattern: "].identities == ()
    assert "cidr:203.0.113.128/25" in rows
    assert list(rows) == sorted(rows)


def test_rules_show_as_the_agent_shows_them() -> None:
    # Source: the recorded `cilium-dbg policy get`.
    (entry,) = star_wars().rules()
    assert entry == {
        "Tier": 0,
        "Priority": 0,
        "Authentication": None,
        "Log": {},
        "Subject": {
            "matchLabels": {
                "any.class": "deathstar",
                "any.org": "empire",
                "k8s.io.kubernetes.pod.namespace": "default",
            }
        },
        "L3": [
            {
                "matchLabels": {
                    "any.org": "empire",
                    "k8s.io.cilium.k8s.policy.cluster": "kind-kind",
                    "k8s.io.kubernetes.pod.namespace": "default",
                }
            }
        ],
        "L4": [
            {
                "ports": [{"port": "80", "protocol": "TCP"}],
                "rules": {"http": [{"method": "POST", "path": "/v1/request-landing"}]},
            }
        ],
        "Labels": [
            {"key": "io.cilium.k8s.policy.derived-from", "value": "CiliumNetworkPolicy", "source": "k8s"},
            {"key": "io.cilium.k8s.policy.name", "value": "rule1", "source": "k8s"},
            {"key": "io.cilium.k8s.policy.namespace", "value": "default", "source": "k8s"},
            {"key": "io.cilium.k8s.policy.uid", "value": "6f1b", "source": "k8s"},
        ],
        "DefaultDeny": True,
        "Verdict": 0,
        "Ingress": True,
        "Node": False,
    }


def test_the_policy_map_has_a_row_for_each_identity_and_one_for_the_node() -> None:
    # Source: the recorded `cilium-dbg bpf policy get`: the node's row, then 80/TCP with prefix 24 through the proxy.
    rows = star_wars().endpoint_policy(3121).entries()
    assert [
        (row.direction.value, row.identity, row.protocol, row.port, row.prefix_length, row.redirect is not None)
        for row in rows
    ] == [
        ("ingress", 1, 0, 0, 0, False),
        ("ingress", 3121, 6, 80, 24, True),
        ("ingress", 7042, 6, 80, 24, True),
        ("egress", 0, 0, 0, 0, False),
    ]


def test_a_port_range_becomes_prefixes() -> None:
    repository = star_wars()
    ports = [{"port": "8080", "endPort": 8090, "protocol": "UDP"}]
    add(repository, {"endpointSelector": {}, "ingressDeny": [{"toPorts": [{"ports": ports}]}]})
    rows = [row for row in repository.endpoint_policy(12633).entries() if row.is_deny]
    assert [(row.port, row.prefix_length) for row in rows] == [(8080, 21), (8088, 23), (8090, 24)]


def test_without_the_proxy_nothing_is_redirected() -> None:
    repository = star_wars()
    repository.configure(Settings(l7_proxy=False))
    policy = repository.endpoint_policy(3121)
    assert policy.redirects() == []
    assert all(row.redirect is None for row in policy.entries())
    assert policy.lookup(Direction.INGRESS, 7042, 80, Protocol.TCP).l7 is None


@pytest.mark.parametrize(
    ("item", "peer", "port", "match"),
    [
        ({"fromEntities": ["remote-node"]}, 6, 80, MatchType.L3_ONLY),
        ({"fromEntities": ["remote-node"], "toPorts": [{"ports": [{"port": "80"}]}]}, 6, 80, MatchType.L3_L4),
        ({"fromEntities": ["remote-node"], "toPorts": [{"ports": [{"port": "0"}]}]}, 6, 80, MatchType.L3_PROTO),
        ({"toPorts": [{"ports": [{"port": "80"}]}]}, 6, 80, MatchType.L4_ONLY),
        ({"toPorts": [{"ports": [{"port": "0"}]}]}, 6, 80, MatchType.PROTO_ONLY),
        ({"fromEntities": ["all"]}, 6, 80, MatchType.ALL),
        ({"fromEntities": ["remote-node"]}, 2, 80, MatchType.NONE),
    ],
)
def test_match_types(item: dict[str, Any], peer: int, port: int, match: MatchType) -> None:
    repository = Repository()
    repository.add_identity(300, labels("empire", "shuttle"))
    add(repository, {"endpointSelector": {}, "ingress": [item]})
    assert repository.endpoint_policy(300).lookup(Direction.INGRESS, peer, port, Protocol.TCP).match is match


def test_drop_reasons_tell_deny_rules_from_missing_allows() -> None:
    repository = star_wars()
    add(repository, {"endpointSelector": {}, "ingressDeny": [{"fromEntities": ["remote-node"]}]})
    policy = repository.endpoint_policy(3121)
    denied = policy.lookup(Direction.INGRESS, 6, 80, Protocol.TCP)
    missing = policy.lookup(Direction.INGRESS, 12633, 80, Protocol.TCP)
    assert (denied.drop_reason, [key.name for key in denied.policies]) == (181, ["more"])
    assert (missing.drop_reason, missing.policies) == (133, ())


def test_authentication_is_the_winners_or_inherited_from_a_broader_rule() -> None:
    # Reasoning: an entry without a mode of its own takes that of an entry which covers it; its own mode stands.
    peers = {"fromEntities": ["remote-node"]}
    port = {"toPorts": [{"ports": [{"port": "80", "protocol": "TCP"}]}]}
    required, disabled = ({"authentication": {"mode": mode}} for mode in ("required", "disabled"))
    for items, mode in (
        ([peers | required], AuthMode.REQUIRED),
        ([peers | required, peers | port], AuthMode.REQUIRED),
        ([peers | required, peers | port | disabled], AuthMode.DISABLED),
        ([peers | port], AuthMode.DISABLED),
    ):
        repository = Repository()
        repository.add_identity(300, labels("empire", "shuttle"))
        add(repository, {"endpointSelector": {}, "ingress": items})
        assert repository.endpoint_policy(300).lookup(Direction.INGRESS, 6, 80, Protocol.TCP).auth is mode


def test_the_trail_names_the_rule_that_won_and_what_the_others_say() -> None:
    repository = star_wars()
    add(repository, {"endpointSelector": {}, "ingress": [{"fromEndpoints": [{"matchLabels": {"org": "rebels"}}]}, {}]})
    add(repository, {"endpointSelector": {"matchLabels": {"org": "alliance"}}, "egress": [{}]}, "other")
    request = HttpRequest("PUT", "/v1/exhaust-port")
    trail = repository.explain(3121, Direction.INGRESS, 7042, 80, Protocol.TCP, request=request)
    said = {saying.policy.name: saying for saying in trail.rules}
    assert {name: saying.stance for name, saying in said.items()} == {
        "rule1": Stance.ALLOWS,
        "more": Stance.DOES_NOT_ALLOW,
    }
    assert [clause.stance for clause in said["more"].clauses] == [Stance.NOT_APPLICABLE, Stance.NOT_APPLICABLE]
    assert said["rule1"].clauses[0].lets_request is False
    assert trail.winner is not None
    assert trail.winner.path == "spec.ingress[0].toPorts[0]"
    assert [key.name for key in trail.silent] == ["other"]
    assert trail.fold_request() is False


def test_the_trail_says_why_without_a_winner() -> None:
    repository = star_wars()
    dropped = repository.explain(3121, Direction.INGRESS, 12633, 80, Protocol.TCP)
    assert dropped.winner is None
    assert dropped.why.startswith("default deny: no rule allows it, and CiliumNetworkPolicy default/rule1")
    node = repository.explain(3121, Direction.INGRESS, 1, 443, Protocol.TCP)
    assert "the node itself may enter" in node.why
    egress = repository.explain(3121, Direction.EGRESS, 2, 443, Protocol.TCP)
    assert "no policy puts the endpoint in default deny at egress" in egress.why
    repository.configure(Settings(mode=EnforcementMode.NEVER))
    assert "never" in repository.explain(3121, Direction.INGRESS, 12633, 80, Protocol.TCP).why
    repository.configure(Settings(mode=EnforcementMode.ALWAYS))
    assert "whether or not" in repository.explain(12633, Direction.EGRESS, 2, 443, Protocol.TCP).why


def test_services_are_followed_as_they_change() -> None:
    repository = star_wars()
    addresses = LocalIdentities(repository)
    spec = {
        "endpointSelector": {"matchLabels": {"class": "xwing"}},
        "egress": [{"toServices": [{"k8sService": {"serviceName": "base", "namespace": "default"}}]}],
    }
    add(repository, spec)

    def allowed(peer: int) -> bool:
        return repository.endpoint_policy(12633).lookup(Direction.EGRESS, peer, 80, Protocol.TCP).allowed

    assert not allowed(3121)
    repository.upsert_service("default", "base", selector={"class": "deathstar"})
    assert allowed(3121)
    assert not allowed(7042)
    repository.upsert_service("default", "base", backends=["203.0.113.9"])
    addresses.sync()
    assert not allowed(3121)
    assert allowed(addresses.resolve("203.0.113.9"))
    repository.delete_service("default", "base")
    assert not allowed(addresses.resolve("203.0.113.9"))
