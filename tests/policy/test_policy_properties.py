"""Laws that hold of every set of policies."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from quizgame.policy.decision import Decision, MapEntry, PolicyVerdict
from quizgame.policy.endpoint_policy import EndpointPolicy
from quizgame.policy.l7 import HttpRequest
from quizgame.policy.labels import pod_labels
from quizgame.policy.local_identities import LocalIdentities
from quizgame.policy.model import Direction, EnforcementMode, Protocol
from quizgame.policy.parsing import policy_key
from quizgame.policy.repository import Repository

PODS = {
    300 + index: pod_labels({"app": app, "tier": tier}, namespace=namespace, namespace_labels={"team": namespace})
    for index, (app, tier, namespace) in enumerate(
        [("web", "front", "shop"), ("api", "back", "shop"), ("db", "back", "shop"), ("web", "front", "bank")]
    )
}
PEERS = [*PODS, 1, 2, 6, 7]
PORTS = (53, 80, 443, 8080)
PROTOCOLS = (Protocol.TCP, Protocol.UDP, Protocol.ICMP)
OWN_PORTS = {"http": (80, Protocol.TCP)}
REQUEST = HttpRequest("GET", "/a")

Decisions = dict[tuple[int, Direction, int, int, int], tuple[PolicyVerdict, bool | None]]

quick = settings(max_examples=60, deadline=None, derandomize=True)

selectors = st.sampled_from(
    [
        {},
        {"matchLabels": {"app": "web"}},
        {"matchLabels": {"tier": "back"}},
        {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["db"]}]},
        {"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]},
        {"matchLabels": {"k8s:io.kubernetes.pod.namespace": "bank"}},
        {"matchLabels": {"reserved:host": ""}},
    ]
)
ports = st.sampled_from(
    [
        {"port": "80", "protocol": "TCP"},
        {"port": "80", "endPort": 443, "protocol": "TCP"},
        {"port": "0", "protocol": "TCP"},
        {"port": "53"},
        {"port": "http", "protocol": "TCP"},
        {"port": "8080", "protocol": "UDP"},
    ]
)


def peers_of(direction: str) -> st.SearchStrategy[dict[str, Any]]:
    way = "from" if direction == "ingress" else "to"
    return st.one_of(
        st.just({}),
        st.lists(selectors, max_size=2).map(lambda chosen: {f"{way}Endpoints": chosen}),
        st.lists(st.sampled_from(["all", "world", "cluster", "host", "remote-node"]), min_size=1, max_size=2).map(
            lambda chosen: {f"{way}Entities": chosen}
        ),
        st.sampled_from(["203.0.113.0/24", "203.0.113.128/25", "0.0.0.0/0"]).map(lambda cidr: {f"{way}CIDR": [cidr]}),
    )


http_rules = st.sampled_from([[{"path": "/a"}], [{"path": "/b", "method": "GET"}], [{}]])
http_ports = http_rules.map(lambda http: {"ports": [{"port": "80", "protocol": "TCP"}], "rules": {"http": http}})
plain_ports = st.lists(ports, max_size=2).map(lambda chosen: {"ports": chosen})
icmps = st.sampled_from([[{"fields": [{"type": 8}]}], [{}]])


def items(direction: str, *, deny: bool) -> st.SearchStrategy[list[dict[str, Any]]]:
    to_ports = plain_ports if deny else st.one_of(plain_ports, http_ports)
    what: st.SearchStrategy[dict[str, Any]] = st.one_of(
        st.just({}),
        st.lists(to_ports, min_size=1, max_size=2).map(lambda chosen: {"toPorts": chosen}),
        icmps.map(lambda chosen: {"icmps": chosen}),
    )
    item = st.tuples(peers_of(direction), what).map(lambda pair: pair[0] | pair[1])
    return st.lists(item, min_size=1, max_size=2)


def specs(sections: Iterable[str]) -> st.SearchStrategy[dict[str, Any]]:
    by_section = {section: items(section.removesuffix("Deny"), deny=section.endswith("Deny")) for section in sections}
    chosen = st.lists(st.sampled_from(sorted(by_section)), min_size=1, max_size=2, unique=True)
    return chosen.flatmap(
        lambda names: st.fixed_dictionaries(
            {"endpointSelector": selectors} | {name: by_section[name] for name in names},
            optional={"enableDefaultDeny": st.sampled_from([{"ingress": False}, {"egress": False}])},
        )
    )


ALLOWS = ("ingress", "egress")
DENIES = ("ingressDeny", "egressDeny")


def policies(sections: Iterable[str] = (*ALLOWS, *DENIES)) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(specs(sections), max_size=4).map(
        lambda chosen: [named(spec, f"p{index}") for index, spec in enumerate(chosen)]
    )


def named(spec: dict[str, Any], name: str) -> dict[str, Any]:
    return {"kind": "CiliumNetworkPolicy", "metadata": {"name": name, "namespace": "shop"}, "spec": spec}


def repository(chosen: Iterable[dict[str, Any]], mode: EnforcementMode = EnforcementMode.DEFAULT) -> Repository:
    built = Repository(mode=mode)
    for identity, labels in PODS.items():
        built.add_identity(identity, labels)
        built.set_named_ports(str(identity), OWN_PORTS)
    for policy in chosen:
        built.upsert_policy(policy)
    LocalIdentities(built).sync()
    return built


def all_peers(built: Repository) -> list[int]:
    return [*PEERS, *(identity for identity in built.identities.identities if identity > 1 << 24), 999]


def decisions(built: Repository) -> Decisions:
    found: Decisions = {}
    for identity in PODS:
        policy = built.endpoint_policy(identity, OWN_PORTS)
        for direction in Direction:
            for peer in all_peers(built):
                for protocol in PROTOCOLS:
                    for port in PORTS:
                        decision = policy.lookup(direction, peer, port, protocol)
                        request = decision.l7.decide(REQUEST) if decision.l7 is not None else None
                        found[identity, direction, peer, port, protocol] = decision.verdict, request
    return found


@quick
@given(policies(), specs(DENIES))
def test_adding_a_deny_rule_never_allows_more(chosen: list[dict[str, Any]], deny: dict[str, Any]) -> None:
    before = decisions(repository(chosen))
    after = decisions(repository([*chosen, named(deny, "deny")]))
    for flow, (verdict, _) in after.items():
        if verdict is not PolicyVerdict.DENIED and flow in before:
            assert before[flow][0] is not PolicyVerdict.DENIED


@quick
@given(policies(), specs(ALLOWS))
def test_adding_an_allow_to_a_closed_endpoint_never_denies(chosen: list[dict[str, Any]], allow: dict[str, Any]) -> None:
    built = repository(chosen)
    before = decisions(built)
    closed = {
        (identity, direction): built.endpoint_policy(identity).state(direction).posture.enforced
        for identity in PODS
        for direction in Direction
    }
    after = decisions(repository([*chosen, named(allow, "allow")]))
    for flow, (verdict, _) in before.items():
        if closed[flow[0], flow[1]] and verdict is not PolicyVerdict.DENIED and flow in after:
            assert after[flow][0] is not PolicyVerdict.DENIED


@quick
@given(policies(), st.randoms(use_true_random=False))
def test_order_of_policies_and_of_their_rules_never_matters(chosen: list[dict[str, Any]], chance: Any) -> None:
    shuffled = [
        policy
        | {
            "spec": {
                key: chance.sample(value, len(value)) if isinstance(value, list) else value
                for key, value in policy["spec"].items()
            }
        }
        for policy in chance.sample(chosen, len(chosen))
    ]
    assert decisions(repository(chosen)) == decisions(repository(shuffled))


@quick
@given(policies(), policies(), st.integers(0, 3))
def test_edits_end_where_building_from_nothing_ends(
    first: list[dict[str, Any]], second: list[dict[str, Any]], removed: int
) -> None:
    edited = repository(first)
    addresses = LocalIdentities(edited)
    decisions(edited)
    edited.remove_identity(300)
    for policy in second:
        edited.upsert_policy(policy)
    decisions(edited)
    edited.add_identity(300, PODS[300])
    kept = {policy["metadata"]["name"]: policy for policy in (*first, *second)}
    for name in sorted(kept)[:removed]:
        edited.delete_policy(policy_key(kept.pop(name)))
    for identity in [identity for identity in edited.identities.identities if identity > 1 << 24]:
        edited.remove_identity(identity)
    addresses.sync()
    fresh = repository(kept.values())
    ours, theirs = decisions(edited), decisions(fresh)
    numbers = {edited.labels_of(identity): identity for identity in edited.identities.identities}
    for flow, outcome in theirs.items():
        identity, direction, peer, port, protocol = flow
        ours_of_peer = numbers.get(fresh.labels_of(peer), peer)
        assert ours[identity, direction, ours_of_peer, port, protocol] == outcome


@quick
@given(policies(), specs((*ALLOWS, *DENIES)))
def test_a_fork_and_its_origin_do_not_touch_each_other(chosen: list[dict[str, Any]], extra: dict[str, Any]) -> None:
    origin = repository(chosen)
    before = decisions(origin)
    twin = origin.fork()
    twin.upsert_policy(named(extra, "extra"))
    twin.add_identity(400, PODS[300])
    twin.remove_identity(301)
    assert decisions(origin) == before
    origin.upsert_policy(named(extra, "extra"))
    twin.add_identity(301, PODS[301])
    twin.remove_identity(400)
    common = decisions(origin)
    assert {flow: outcome for flow, outcome in decisions(twin).items() if flow in common} == common


@quick
@given(policies())
def test_mode_never_forwards_everything(chosen: list[dict[str, Any]]) -> None:
    built = repository(chosen, EnforcementMode.NEVER)
    assert {verdict for verdict, _ in decisions(built).values()} == {PolicyVerdict.ALLOWED}


@quick
@given(policies())
def test_the_fold_of_the_trail_is_the_verdict(chosen: list[dict[str, Any]]) -> None:
    built = repository(chosen)
    for identity in PODS:
        for direction in Direction:
            for peer in all_peers(built)[::2]:
                for port in (80, 443):
                    trail = built.explain(
                        identity, direction, peer, port, Protocol.TCP, request=REQUEST, named_ports=OWN_PORTS
                    )
                    decision = trail.decision
                    assert trail.fold() is decision.verdict
                    assert trail.fold_request() == (decision.l7.decide(REQUEST) if decision.l7 else None)
                    assert trail.why
                    assert (trail.winner is not None) == bool(decision.policies)


@quick
@given(policies())
def test_the_rows_of_the_policy_map_give_the_same_verdicts(chosen: list[dict[str, Any]]) -> None:
    built = repository(chosen)
    for identity in PODS:
        policy = built.endpoint_policy(identity, OWN_PORTS)
        rows = policy.entries()
        for direction in Direction:
            for peer in all_peers(built):
                for protocol in PROTOCOLS:
                    for port in PORTS:
                        decision = policy.lookup(direction, peer, port, protocol)
                        assert datapath_verdict(rows, direction, peer, port, protocol) is decision.verdict


def datapath_verdict(rows: list[MapEntry], direction: Direction, peer: int, port: int, protocol: int) -> PolicyVerdict:
    """Look a flow up as the datapath does: the longest prefix by identity and by any, then by weight.

    Source: cilium/cilium v1.19 bpf/lib/policy.h and pkg/policy/mapstate.go (insertWithChanges).
    """

    def longest(identity: int) -> MapEntry | None:
        fitting = [
            row
            for row in rows
            if row.direction is direction
            and row.identity == identity
            and row.protocol in (0, protocol)
            and port >> (16 - row.port_bits) == row.port >> (16 - row.port_bits)
        ]
        return max(fitting, key=lambda row: row.prefix_length, default=None)

    def weight(row: MapEntry) -> tuple[int, int, bool]:
        return 2 if row.is_deny else 1 if row.redirect else 0, row.prefix_length, row.identity != 0

    found = [row for row in (longest(peer), longest(0)) if row is not None]
    if not found:
        return PolicyVerdict.DENIED
    winner = max(found, key=weight)
    if winner.is_deny:
        return PolicyVerdict.DENIED
    return PolicyVerdict.REDIRECTED if winner.redirect else PolicyVerdict.ALLOWED


def test_a_held_policy_is_a_snapshot() -> None:
    built = repository([named({"endpointSelector": {}, "ingress": [{}]}, "closed")])
    held: EndpointPolicy = built.endpoint_policy(301)
    decision: Decision = held.lookup(Direction.INGRESS, 300, 80, Protocol.TCP)
    assert not decision.allowed
    built.upsert_policy(named({"endpointSelector": {}, "ingress": [{"fromEntities": ["all"]}]}, "open"))
    assert not held.lookup(Direction.INGRESS, 300, 443, Protocol.TCP).allowed
    assert built.endpoint_policy(301).lookup(Direction.INGRESS, 300, 443, Protocol.TCP).allowed
    assert built.endpoint_policy(301).revision > held.revision
