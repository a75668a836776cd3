"""Features of the policy API that Cilium's own engine gave no recorded verdicts for, one small world each.

Expectations are reasoned from the documentation (Documentation/security/policy of 1.19); each test says how.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from quizgame.policy.decision import Decision, PolicyVerdict
from quizgame.policy.identity import ReservedIdentity, first_workload_identity
from quizgame.policy.labels import Label, parse_labels, pod_labels
from quizgame.policy.local_identities import LocalIdentities
from quizgame.policy.model import AuthMode, Direction, EnforcementMode, L7Kind, Protocol
from quizgame.policy.repository import PolicyRejected, Repository
from quizgame.policy.world import Peer, Probe, WorldSettings, build_world
from quizgame.yamlsource.loader import load_document, load_documents
from quizgame.yamlsource.scalars import Dialect

WEB, API, LEDGER, HERE = 300, 301, 302, "home"
INGRESS, EGRESS = Direction.INGRESS, Direction.EGRESS


def data(text: str) -> dict[str, Any]:
    found: dict[str, Any] = load_document(text, "test", dialect=Dialect.KUBERNETES).data
    return found


def cnp(spec: str, name: str = "p", namespace: str = "shop") -> dict[str, Any]:
    return data(f"{{kind: CiliumNetworkPolicy, metadata: {{name: {name}, namespace: {namespace}}}, spec: {spec}}}")


def ccnp(spec: str, name: str = "c") -> dict[str, Any]:
    return data(f"{{kind: CiliumClusterwideNetworkPolicy, metadata: {{name: {name}}}, spec: {spec}}}")


def of_api(rules: str, name: str = "p") -> dict[str, Any]:
    return cnp(f"{{endpointSelector: {{matchLabels: {{app: api}}}}, {rules}}}", name)


def agent(*policies: Mapping[str, Any], **settings: Any) -> Repository:
    """An agent of cluster ``home`` that knows three pods: web and api in shop, ledger in bank."""
    repository = Repository(HERE, **settings)
    for identity, app, namespace in ((WEB, "web", "shop"), (API, "api", "shop"), (LEDGER, "ledger", "bank")):
        labels = pod_labels({"app": app}, namespace=namespace, namespace_labels={}, cluster_name=HERE)
        repository.add_identity(identity, labels)
    for policy in policies:
        repository.upsert_policy(policy)
    return repository


def enters(repository: Repository, peer: int, port: int = 80, *, to: int = API, protocol: int = Protocol.TCP) -> bool:
    return repository.endpoint_policy(to).lookup(INGRESS, peer, port, protocol).allowed


def leaves(repository: Repository, peer: int, port: int = 80, *, of: int = API, protocol: int = Protocol.TCP) -> bool:
    return repository.endpoint_policy(of).lookup(EGRESS, peer, port, protocol).allowed


def ingress(repository: Repository, peer: int, port: int = 80) -> Decision:
    return repository.endpoint_policy(API).lookup(INGRESS, peer, port, Protocol.TCP)


class TestHostPolicies:
    """host.rst: a CiliumClusterwideNetworkPolicy with a nodeSelector applies to nodes, if the host firewall is on."""

    POLICY = ccnp(
        "{nodeSelector: {matchLabels: {role: worker}}, "
        "ingress: [{fromEntities: [cluster]}, {toPorts: [{ports: [{port: '22', protocol: TCP}]}]}]}"
    )
    NODE = ReservedIdentity.HOST

    def node(self, *, firewall: bool = True, role: str = "worker") -> Repository:
        repository = agent(self.POLICY, host_firewall=firewall)
        repository.set_node_labels((Label("role", "k8s", role),))
        return repository

    def test_a_selected_node_is_closed_but_for_what_is_allowed(self) -> None:
        node = self.node()
        assert enters(node, ReservedIdentity.WORLD, 22, to=self.NODE)
        assert not enters(node, ReservedIdentity.WORLD, 80, to=self.NODE)
        assert enters(node, ReservedIdentity.REMOTE_NODE, 80, to=self.NODE)
        assert enters(node, WEB, 80, to=self.NODE)

    def test_egress_of_a_node_stays_open_without_egress_rules(self) -> None:
        assert leaves(self.node(), ReservedIdentity.WORLD, 443, of=self.NODE)

    def test_other_nodes_and_pods_are_not_concerned(self) -> None:
        assert enters(self.node(role="gateway"), ReservedIdentity.WORLD, 80, to=self.NODE)
        assert enters(self.node(), ReservedIdentity.WORLD, 80, to=API)

    def test_without_the_host_firewall_it_has_no_effect(self) -> None:
        assert enters(self.node(firewall=False), ReservedIdentity.WORLD, 80, to=self.NODE)

    def test_an_endpoint_selector_never_selects_a_node(self) -> None:
        repository = agent(ccnp("{endpointSelector: {}, ingress: [{fromEntities: [cluster]}]}"), host_firewall=True)
        assert enters(repository, ReservedIdentity.WORLD, 80, to=self.NODE)
        assert not enters(repository, ReservedIdentity.WORLD, 80, to=API)

    def test_the_node_itself_has_no_entry_of_its_own(self) -> None:
        # The implicit entry for the local host is about pods; a node's own map has none.
        nobody = ccnp("{nodeSelector: {}, ingress: [{}]}")
        assert not enters(agent(nobody, host_firewall=True), ReservedIdentity.HOST, 80, to=self.NODE)

    @pytest.mark.parametrize(
        ("kind", "spec", "words"),
        [
            ("CiliumNetworkPolicy", "{nodeSelector: {}, ingress: [{}]}", "rule cannot have NodeSelector"),
            (
                "CiliumClusterwideNetworkPolicy",
                "{nodeSelector: {}, egress: "
                "[{toPorts: [{ports: [{port: '80', protocol: TCP}], rules: {http: [{}]}}]}]}",
                "L7 protocol HTTP is not supported on host egress yet",
            ),
        ],
    )
    def test_what_a_host_policy_may_not_hold(self, kind: str, spec: str, words: str) -> None:
        with pytest.raises(PolicyRejected, match=words):
            agent(data(f"{{kind: {kind}, metadata: {{name: p}}, spec: {spec}}}"))


class TestNodesAsPeers:
    """layer3.rst, node based: fromNodes and toNodes select nodes by label where enable-node-selector-labels is set."""

    POLICY = of_api("ingress: [{fromNodes: [{matchLabels: {role: control-plane}}]}]")
    CONTROL, WORKER = (2 << 24) + 1, (2 << 24) + 2

    def test_only_nodes_with_the_label_get_in(self) -> None:
        repository = agent(self.POLICY, node_selectors=True)
        for identity, role in ((self.CONTROL, "control-plane"), (self.WORKER, "worker")):
            repository.add_identity(identity, parse_labels(["reserved:remote-node", f"node:role={role}"]))
        assert enters(repository, self.CONTROL)
        assert not enters(repository, self.WORKER)
        assert not enters(repository, WEB)

    def test_without_the_option_the_policy_is_refused(self) -> None:
        with pytest.raises(PolicyRejected, match='only be applied when the "enable-node-selector-labels" flag is set'):
            agent(self.POLICY)


class TestAuthentication:
    """mutual-authentication.rst: a rule may demand it; without a mode, what covers the traffic says."""

    @pytest.mark.parametrize(
        ("rules", "mode"),
        [
            ("ingress: [{fromEndpoints: [{}]}]", AuthMode.DISABLED),
            ("ingress: [{fromEndpoints: [{}], authentication: {mode: required}}]", AuthMode.REQUIRED),
            ("ingress: [{fromEndpoints: [{}], authentication: {mode: disabled}}]", AuthMode.DISABLED),
            # A narrower rule without a mode inherits the wider one's.
            (
                "ingress: [{fromEndpoints: [{}], authentication: {mode: required}}, "
                "{fromEndpoints: [{}], toPorts: [{ports: [{port: '80', protocol: TCP}]}]}]",
                AuthMode.REQUIRED,
            ),
            # A narrower rule that states a mode keeps it.
            (
                "ingress: [{fromEndpoints: [{}], authentication: {mode: required}}, "
                "{fromEndpoints: [{}], toPorts: [{ports: [{port: '80', protocol: TCP}]}], "
                "authentication: {mode: disabled}}]",
                AuthMode.DISABLED,
            ),
            # Of equals the strictest counts, whatever their order.
            (
                "ingress: [{fromEndpoints: [{}], authentication: {mode: disabled}}, "
                "{fromEndpoints: [{}], authentication: {mode: required}}]",
                AuthMode.REQUIRED,
            ),
        ],
    )
    def test_what_is_demanded(self, rules: str, mode: AuthMode) -> None:
        decision = ingress(agent(of_api(rules)), WEB)
        assert (decision.allowed, decision.auth) == (True, mode)

    def test_a_deny_rule_asks_for_nothing(self) -> None:
        denied = of_api(
            "ingress: [{fromEndpoints: [{}], authentication: {mode: required}}], ingressDeny: [{fromEndpoints: [{}]}]"
        )
        assert ingress(agent(denied), WEB).auth is AuthMode.DISABLED


class TestProxies:
    """One port, several proxies: only one of them can have the traffic."""

    LISTENER = "listener: {envoyConfig: {kind: CiliumEnvoyConfig, name: e}, name: l%s}"

    def kind(self, *entries: str) -> L7Kind:
        items = ", ".join(f"{{toPorts: [{{ports: [{{port: '80', protocol: TCP}}], {entry}}}]}}" for entry in entries)
        decision = agent(of_api(f"egress: [{items}]")).endpoint_policy(API).lookup(EGRESS, WEB, 80, Protocol.TCP)
        assert decision.verdict is PolicyVerdict.REDIRECTED
        assert decision.l7 is not None
        return decision.l7.kind

    def test_http_comes_before_a_listener_without_a_priority(self) -> None:
        # The proxies' own priorities: HTTP 101, a listener 126 unless it states one.
        for entries in ((self.LISTENER % "", "rules: {http: [{}]}"), ("rules: {http: [{}]}", self.LISTENER % "")):
            assert self.kind(*entries) is L7Kind.HTTP

    def test_a_listener_may_state_a_higher_priority(self) -> None:
        assert self.kind("rules: {http: [{}]}", self.LISTENER % ", priority: 1") is L7Kind.CRD

    def test_kafka_rules_are_deprecated_and_still_redirect(self) -> None:
        # layer7.rst: Kafka is accepted with 1.19 for the last time; no request of ours is one that its proxy looks at.
        assert self.kind("rules: {kafka: [{apiKey: produce, topic: t}]}") is L7Kind.KAFKA

    def test_with_the_proxy_off_what_would_be_redirected_is_forwarded(self) -> None:
        policy = of_api("ingress: [{toPorts: [{ports: [{port: '80', protocol: TCP}], rules: {http: [{path: /a}]}}]}]")
        assert ingress(agent(policy, l7_proxy=False), WEB).verdict is PolicyVerdict.ALLOWED


class TestSeveralClusters:
    """clustermesh/policy.rst of 1.19: a selector that names no cluster means the local one."""

    AWAY = first_workload_identity(2) + 5

    def mesh(self, selector: str, **settings: Any) -> Repository:
        repository = agent(of_api(f"ingress: [{{fromEndpoints: [{selector}]}}]"), **settings)
        labels = pod_labels({"app": "web"}, namespace="shop", namespace_labels={}, cluster_name="away")
        repository.add_identity(self.AWAY, labels)
        return repository

    @pytest.mark.parametrize(
        ("selector", "here", "away"),
        [
            ("{matchLabels: {app: web}}", True, False),
            ("{matchLabels: {app: web, io.cilium.k8s.policy.cluster: away}}", False, True),
            ("{matchExpressions: [{key: io.cilium.k8s.policy.cluster, operator: Exists}]}", True, True),
            (
                "{matchExpressions: [{key: io.cilium.k8s.policy.cluster, operator: In, values: [home, away]}]}",
                True,
                True,
            ),
            ("{matchExpressions: [{key: io.cilium.k8s.policy.cluster, operator: NotIn, values: [home]}]}", False, True),
        ],
    )
    def test_who_is_meant(self, selector: str, here: bool, away: bool) -> None:
        repository = self.mesh(selector)
        assert (enters(repository, WEB), enters(repository, self.AWAY)) == (here, away)

    def test_with_the_option_off_every_cluster_is_meant(self) -> None:
        assert enters(self.mesh("{matchLabels: {app: web}}", default_local_cluster=False), self.AWAY)

    def test_the_entity_cluster_is_the_local_one(self) -> None:
        repository = self.mesh("{matchLabels: {app: none}}")
        repository.upsert_policy(of_api("ingress: [{fromEntities: [cluster]}]", "entity"))
        assert (enters(repository, WEB), enters(repository, self.AWAY)) == (True, False)


class TestFamilies:
    """CIDR rules know both IP versions; each has a world of its own where an agent has both."""

    @pytest.mark.parametrize(
        ("rules", "four", "six"),
        [
            ("toEntities: [world]", True, True),
            ("toCIDR: [0.0.0.0/0]", True, False),
            ("toCIDR: ['::/0']", False, True),
            ("toCIDR: ['2001:db8::/32']", False, True),
            ("toCIDRSet: [{cidr: '::/0', except: ['2001:db8::/32']}]", False, False),
            ("toCIDRSet: [{cidr: '::/0', except: ['2001:db9::/32']}]", False, True),
        ],
    )
    def test_addresses_outside(self, rules: str, four: bool, six: bool) -> None:
        repository = agent(of_api(f"egress: [{{{rules}}}]"), dual_stack=True)
        addresses = LocalIdentities(repository)
        addresses.sync()
        found = tuple(leaves(repository, addresses.resolve(each)) for each in ("203.0.113.7", "2001:db8::7"))
        assert found == (four, six)

    def test_names_may_have_addresses_of_both(self) -> None:
        repository = agent(of_api("egress: [{toFQDNs: [{matchName: a.test}]}]"), dual_stack=True)
        addresses = LocalIdentities(repository)
        addresses.learn("a.test", ["203.0.113.7", "2001:db8::7"])
        found = [leaves(repository, addresses.resolve(each)) for each in ("203.0.113.7", "2001:db8::7", "2001:db8::8")]
        assert found == [True, True, False]

    def test_icmp_of_version_six_is_another_protocol(self) -> None:
        repository = agent(of_api("ingress: [{icmps: [{fields: [{type: 128, family: IPv6}]}]}]"))
        assert enters(repository, WEB, 128, protocol=Protocol.ICMPV6)
        assert not enters(repository, WEB, 128, protocol=Protocol.ICMP)


class TestNamesAndTime:
    """layer3.rst, DNS based: an address counts from the answer that names it until that has expired."""

    def test_an_address_is_open_while_its_name_is_known(self) -> None:
        repository = agent(of_api("egress: [{toFQDNs: [{matchPattern: '*.test'}]}]"))
        addresses = LocalIdentities(repository)
        assert not leaves(repository, addresses.resolve("203.0.113.7"))
        addresses.learn("a.test", ["203.0.113.7"])
        addresses.learn("b.test", ["203.0.113.7"])
        assert leaves(repository, addresses.resolve("203.0.113.7"))
        addresses.forget("a.test")
        assert leaves(repository, addresses.resolve("203.0.113.7"))
        addresses.forget("b.test")
        assert addresses.resolve("203.0.113.7") == ReservedIdentity.WORLD
        assert not leaves(repository, addresses.resolve("203.0.113.7"))

    def test_an_address_in_a_named_prefix_stays_in_it(self) -> None:
        rules = "egress: [{toFQDNs: [{matchName: a.test}]}, {toCIDR: [203.0.113.0/24]}]"
        repository = agent(of_api(rules))
        addresses = LocalIdentities(repository)
        addresses.learn("a.test", ["203.0.113.7"])
        assert leaves(repository, addresses.resolve("203.0.113.7"))
        repository.upsert_policy(of_api("egress: [{toCIDR: [203.0.113.0/24]}]"))
        addresses.sync()
        assert leaves(repository, addresses.resolve("203.0.113.7"))

    def test_learning_in_steps_ends_where_learning_at_once_ends(self) -> None:
        policy = of_api("egress: [{toFQDNs: [{matchPattern: '*.test'}]}, {toCIDR: [203.0.113.7/32, 203.0.113.0/24]}]")
        steps, once = LocalIdentities(agent(policy)), LocalIdentities(agent(policy))
        for name, address in (("a.test", "203.0.113.7"), ("b.test", "203.0.113.9"), ("c.other", "203.0.113.9")):
            steps.learn(name, [address])
        steps.learn("b.test", ["203.0.113.7"])
        steps.forget("b.test")
        once.learn("a.test", ["203.0.113.7"])
        once.learn("c.other", ["203.0.113.9"])
        of_steps = {prefix: steps._repository.labels_of(number) for prefix, number in steps.entries().items()}
        of_once = {prefix: once._repository.labels_of(number) for prefix, number in once.entries().items()}
        assert of_steps == of_once


class TestGroupsAndServices:
    def test_a_group_of_a_provider_holds_nobody(self) -> None:
        # There is no provider to ask for the addresses.
        assert not enters(agent(of_api("ingress: [{fromGroups: [{aws: {region: x}}]}]")), ReservedIdentity.WORLD)

    def test_a_group_that_changes_changes_the_policy(self) -> None:
        repository = agent(of_api("egress: [{toCIDRSet: [{cidrGroupSelector: {matchLabels: {site: x}}}]}]"))
        addresses = LocalIdentities(repository)
        group = (
            "{kind: CiliumCIDRGroup, metadata: {name: g, labels: {site: %s}}, spec: {externalCIDRs: [203.0.113.0/24]}}"
        )
        for site, expected in (("x", True), ("y", False), ("x", True)):
            repository.upsert_cidr_group(data(group % site))
            addresses.sync()
            assert leaves(repository, addresses.resolve("203.0.113.7")) is expected

    def test_services_by_label_in_one_namespace(self) -> None:
        rules = (
            "egress: [{toServices: [{k8sServiceSelector: {namespace: bank, selector: {matchLabels: {tier: data}}}}]}]"
        )
        repository = agent(of_api(rules))
        repository.upsert_service("bank", "ledger", labels={"tier": "data"}, selector={"app": "ledger"})
        repository.upsert_service("shop", "web", labels={"tier": "data"}, selector={"app": "web"})
        assert (leaves(repository, LEDGER), leaves(repository, WEB)) == (True, False)


class TestPostures:
    def test_audit_lets_through_and_says_so(self) -> None:
        decision = ingress(agent(of_api("ingress: [{}]"), audit=True), WEB)
        assert (decision.verdict, decision.allowed) == (PolicyVerdict.AUDITED, True)

    def test_the_host_gets_in_where_agents_let_it(self) -> None:
        closed = of_api("ingress: [{}]")
        assert enters(agent(closed), ReservedIdentity.HOST)
        assert not enters(agent(closed, allow_localhost=False), ReservedIdentity.HOST)

    def test_the_host_yields_to_a_deny_of_everybody(self) -> None:
        # Both look-ups hit, that by identity and that by wildcard; a deny has the higher precedence of the two.
        # Source: cilium/cilium pkg/policy/mapstate.go lookup and determineAllowLocalhostIngress.
        everybody = of_api("ingressDeny: [{toPorts: [{ports: [{port: '80', protocol: TCP}]}]}]")
        assert (
            enters(agent(everybody), ReservedIdentity.HOST),
            enters(agent(everybody), ReservedIdentity.HOST, 81),
        ) == (
            False,
            True,
        )

    def test_health_endpoints_are_subjects_like_others(self) -> None:
        # clusterwide examples: in mode always health checks need a policy of their own.
        health = int(ReservedIdentity.HEALTH)
        closed = agent(mode=EnforcementMode.ALWAYS)
        assert not enters(closed, ReservedIdentity.REMOTE_NODE, 4240, to=health)
        assert enters(closed, ReservedIdentity.HOST, 4240, to=health)
        closed.upsert_policy(
            ccnp(
                "{endpointSelector: {matchLabels: {'reserved:health': ''}}, "
                "ingress: [{fromEntities: [remote-node]}], egress: [{toEntities: [remote-node]}]}"
            )
        )
        assert enters(closed, ReservedIdentity.REMOTE_NODE, 4240, to=health)
        assert leaves(closed, ReservedIdentity.REMOTE_NODE, 4240, of=health)

    def test_several_specs_are_several_rules(self) -> None:
        policy = data(
            "{kind: CiliumNetworkPolicy, metadata: {name: p, namespace: shop}, specs: ["
            "{endpointSelector: {matchLabels: {app: api}}, ingress: [{fromEndpoints: [{matchLabels: {app: web}}]}]}, "
            "{endpointSelector: {matchLabels: {app: web}}, ingress: [{}]}]}"
        )
        repository = agent(policy)
        assert enters(repository, WEB)
        assert not enters(repository, API, to=WEB)
        trail = repository.explain(WEB, INGRESS, API, 80, Protocol.TCP)
        assert [rule.path for rule in trail.rules] == ["specs[1]"]


def test_verdict_tells_the_families_apart() -> None:
    text = (
        "{kind: Pod, metadata: {name: api, namespace: shop, labels: {app: api}}}\n---\n"
        "{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: p, namespace: shop}, "
        "spec: {endpointSelector: {}, egress: [{toCIDR: ['::/0']}]}}"
    )
    objects = [document.data for document in load_documents(text, "test", dialect=Dialect.KUBERNETES)]
    world = build_world(objects, WorldSettings(dual_stack=True))
    verdicts = [
        world.decide(Probe(Peer(pod="shop/api"), Peer(address=address), 443, Protocol.TCP)).verdict
        for address in ("203.0.113.7", "2001:db8::7")
    ]
    assert verdicts == ["DROPPED", "FORWARDED"]


@pytest.mark.parametrize("rule", ["fromEntities: [all]", "fromEntities: [cluster]", "fromEntities: [host]"])
def test_a_deny_rule_beats_http_rules_for_the_host_too(rule: str) -> None:
    http = "toPorts: [{ports: [{port: '80', protocol: TCP}], rules: {http: [{path: /a}]}}]"
    repository = agent(of_api(f"ingress: [{{{rule}, {http}}}], ingressDeny: [{{fromEntities: [host]}}]"))
    decision = ingress(repository, ReservedIdentity.HOST)
    assert not decision.allowed
    assert decision.l7 is None
