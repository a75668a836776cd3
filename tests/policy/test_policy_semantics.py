"""What rules mean, one small world each. Expectations follow the documentation of Cilium 1.19 and Kubernetes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from quizgame.policy.l7 import DnsRequest, HttpRequest, TlsHello
from quizgame.policy.model import EnforcementMode, Protocol
from quizgame.policy.world import PolicyWorld

Shop = Callable[..., PolicyWorld]
Verdict = Callable[..., str]


def cnp(spec: str, name: str = "p", namespace: str = "shop") -> str:
    return f"{{kind: CiliumNetworkPolicy, metadata: {{name: {name}, namespace: {namespace}}}, spec: {spec}}}\n"


def api(spec: str) -> str:
    return cnp(f"{{endpointSelector: {{matchLabels: {{app: api}}}}, {spec}}}")


def test_without_policy_everything_passes(shop: Shop, verdict: Verdict) -> None:
    assert verdict(shop(), "bank/ledger", "shop/api") == "FORWARDED"


@pytest.mark.parametrize(
    ("rules", "source", "port", "expected"),
    [
        # An empty rule closes and opens nothing; the node still gets in.
        ("ingress: [{}]", "shop/web", 8080, "DROPPED"),
        ("ingress: [{}]", "host", 8080, "FORWARDED"),
        # An empty selector means the policy's own namespace.
        ("ingress: [{fromEndpoints: [{}]}]", "shop/web", 8080, "FORWARDED"),
        ("ingress: [{fromEndpoints: [{}]}]", "bank/ledger", 8080, "DROPPED"),
        ("ingress: [{fromEndpoints: [{}]}]", "203.0.113.7", 8080, "DROPPED"),
        # An empty list selects nobody, a missing one everybody.
        ("ingress: [{fromEndpoints: [], toPorts: [{ports: [{port: '80'}]}]}]", "shop/web", 80, "DROPPED"),
        ("ingress: [{toPorts: [{ports: [{port: '80'}]}]}]", "203.0.113.7", 80, "FORWARDED"),
        ("ingress: [{toPorts: [{ports: [{port: '80'}]}]}]", "203.0.113.7", 81, "DROPPED"),
        # An empty list of groups is as good as none.
        ("ingress: [{fromGroups: [], toPorts: [{ports: [{port: '80'}]}]}]", "203.0.113.7", 80, "FORWARDED"),
        # Naming a namespace, or a label of one, leaves the policy's own.
        (
            "ingress: [{fromEndpoints: [{matchLabels: {'k8s:io.kubernetes.pod.namespace': bank}}]}]",
            "bank/ledger",
            1,
            "FORWARDED",
        ),
        (
            "ingress: [{fromEndpoints: [{matchLabels: {'k8s:io.cilium.k8s.namespace.labels.team': pay}}]}]",
            "bank/ledger",
            1,
            "FORWARDED",
        ),
        # A port name is looked up on the receiving pod, in any letter case.
        ("ingress: [{toPorts: [{ports: [{port: HTTP, protocol: TCP}]}]}]", "shop/web", 8080, "FORWARDED"),
        ("ingress: [{toPorts: [{ports: [{port: metrics, protocol: TCP}]}]}]", "shop/web", 8080, "DROPPED"),
        # CIDRs never match what is in the cluster.
        ("ingress: [{fromCIDR: [0.0.0.0/0]}]", "203.0.113.7", 1, "FORWARDED"),
        ("ingress: [{fromCIDR: [0.0.0.0/0]}]", "shop/web", 1, "DROPPED"),
        ("ingress: [{fromCIDR: [0.0.0.0/0]}]", "remote-node", 1, "DROPPED"),
        ("ingress: [{fromCIDRSet: [{cidr: 203.0.0.0/8, except: [203.0.113.0/24]}]}]", "203.0.113.7", 1, "DROPPED"),
        ("ingress: [{fromCIDRSet: [{cidr: 203.0.0.0/8, except: [203.0.113.0/24]}]}]", "203.0.114.7", 1, "FORWARDED"),
        # Entities.
        ("ingress: [{fromEntities: [cluster]}]", "health", 1, "FORWARDED"),
        ("ingress: [{fromEntities: [cluster]}]", "203.0.113.7", 1, "DROPPED"),
        ("ingress: [{fromEntities: [remote-node]}]", "kube-apiserver", 1, "FORWARDED"),
        ("ingress: [{fromEntities: [kube-apiserver]}]", "remote-node", 1, "DROPPED"),
        # Deny beats allow, however specific; alone it closes.
        (
            "ingress: [{fromEntities: [all]}], ingressDeny: [{fromEndpoints: [{matchLabels: {app: web}}]}]",
            "shop/web",
            1,
            "DROPPED",
        ),
        (
            "ingress: [{fromEntities: [all]}], ingressDeny: [{fromEndpoints: [{matchLabels: {app: web}}]}]",
            "bank/ledger",
            1,
            "FORWARDED",
        ),
        ("ingressDeny: [{fromEntities: [world]}]", "shop/web", 1, "DROPPED"),
        # The node's own entry yields to deny rules, by name or by breadth.
        ("ingressDeny: [{fromEntities: [host]}]", "host", 1, "DROPPED"),
        ("ingressDeny: [{fromEntities: [all]}]", "host", 1, "DROPPED"),
        # Without default deny a rule closes nothing, but its deny rules count.
        ("enableDefaultDeny: {ingress: false}, ingress: [{fromEntities: [host]}]", "203.0.113.7", 1, "FORWARDED"),
        ("enableDefaultDeny: {ingress: false}, ingressDeny: [{fromEntities: [world]}]", "203.0.113.7", 1, "DROPPED"),
        # A range, with both ends.
        ("ingress: [{toPorts: [{ports: [{port: '80', endPort: 90}]}]}]", "shop/web", 90, "FORWARDED"),
        ("ingress: [{toPorts: [{ports: [{port: '80', endPort: 90}]}]}]", "shop/web", 91, "DROPPED"),
        # An end below the start is accepted and without effect.
        ("ingress: [{toPorts: [{ports: [{port: '80', endPort: 70}]}]}]", "shop/web", 80, "FORWARDED"),
        ("ingress: [{toPorts: [{ports: [{port: '80', endPort: 70}]}]}]", "shop/web", 75, "DROPPED"),
        # Port 0 with an end is a range from 0.
        ("ingress: [{toPorts: [{ports: [{port: '0', endPort: 70}]}]}]", "shop/web", 70, "FORWARDED"),
        ("ingress: [{toPorts: [{ports: [{port: '0', endPort: 70}]}]}]", "shop/web", 71, "DROPPED"),
        # A group of a cloud provider that is not there holds nobody.
        ("ingress: [{fromGroups: [{aws: {region: x}}]}]", "203.0.113.7", 1, "DROPPED"),
    ],
)
def test_who_may_enter(rules: str, source: str, port: int, expected: str, shop: Shop, verdict: Verdict) -> None:
    assert verdict(shop(api(rules)), source, "shop/api", port) == expected


@pytest.mark.parametrize(
    ("ports", "protocol", "port", "expected"),
    [
        ("[{port: '53'}]", Protocol.UDP, 53, "FORWARDED"),
        ("[{port: '53'}]", Protocol.SCTP, 53, "FORWARDED"),
        ("[{port: '53', protocol: UDP}]", Protocol.TCP, 53, "DROPPED"),
        ("[{port: '0'}]", Protocol.TCP, 9, "FORWARDED"),
        ("[{port: '0'}]", Protocol.ICMP, 8, "DROPPED"),
        ("[]", Protocol.TCP, 9, "DROPPED"),
    ],
)
def test_protocols_of_ports(
    ports: str, protocol: Protocol, port: int, expected: str, shop: Shop, verdict: Verdict
) -> None:
    world = shop(api(f"ingress: [{{toPorts: [{{ports: {ports}}}]}}]"))
    assert verdict(world, "shop/web", "shop/api", port, protocol) == expected


@pytest.mark.parametrize(
    ("fields", "protocol", "number", "expected"),
    [
        ("[{type: 8}]", Protocol.ICMP, 8, "FORWARDED"),
        ("[{type: EchoRequest}]", Protocol.ICMP, 8, "FORWARDED"),
        ("[{type: 8}]", Protocol.ICMP, 3, "DROPPED"),
        ("[{type: EchoRequest, family: IPv6}]", Protocol.ICMPV6, 128, "FORWARDED"),
        ("[{type: 8}]", Protocol.ICMPV6, 8, "DROPPED"),
    ],
)
def test_icmp_types(fields: str, protocol: Protocol, number: int, expected: str, shop: Shop, verdict: Verdict) -> None:
    world = shop(api(f"ingress: [{{icmps: [{{fields: {fields}}}]}}]"))
    assert verdict(world, "shop/web", "shop/api", number, protocol) == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("2001:db8:1::5", "FORWARDED"),
        ("2001:db8:2::5", "DROPPED"),
        ("2001:db8:1:f::5", "DROPPED"),
        ("10.9.9.9", "DROPPED"),
    ],
)
def test_prefixes_of_version_six_work_as_those_of_version_four(
    address: str, expected: str, shop: Shop, verdict: Verdict
) -> None:
    # Reasoning: CIDR rules are by address family alone; the hole is inside the prefix.
    world = shop(api("egress: [{toCIDRSet: [{cidr: '2001:db8:1::/48', except: ['2001:db8:1:f::/64']}]}]"))
    assert verdict(world, "shop/api", address) == expected


def test_groups_are_chosen_by_name_or_by_label(shop: Shop, verdict: Verdict) -> None:
    # Reasoning: cidrGroupSelector selects on the labels of CiliumCIDRGroup objects; both groups add up.
    groups = (
        "{kind: CiliumCIDRGroup, metadata: {name: a, labels: {site: x}}, spec: {externalCIDRs: [203.0.113.0/24]}}\n"
        "---\n"
        "{kind: CiliumCIDRGroup, metadata: {name: b, labels: {site: y}}, spec: {externalCIDRs: [198.51.100.0/24]}}\n"
        "---\n"
    )
    by_label = shop(groups + api("ingress: [{fromCIDRSet: [{cidrGroupSelector: {matchLabels: {site: x}}}]}]"))
    assert verdict(by_label, "203.0.113.7", "shop/api") == "FORWARDED"
    assert verdict(by_label, "198.51.100.7", "shop/api") == "DROPPED"
    by_name = shop(groups + api("ingress: [{fromCIDRSet: [{cidrGroupRef: b, except: [198.51.100.128/25]}]}]"))
    assert verdict(by_name, "198.51.100.7", "shop/api") == "FORWARDED"
    assert verdict(by_name, "198.51.100.200", "shop/api") == "DROPPED"


def test_mode_always_closes_what_no_policy_selects(shop: Shop, verdict: Verdict) -> None:
    world = shop(mode=EnforcementMode.ALWAYS)
    assert verdict(world, "shop/web", "shop/api") == "DROPPED"
    assert verdict(world, "host", "shop/api") == "FORWARDED"


def test_mode_never_ignores_deny_and_http_rules(shop: Shop, verdict: Verdict) -> None:
    rules = "ingress: [{toPorts: [{ports: [{port: '80', protocol: TCP}], rules: {http: [{method: GET}]}}]}], "
    world = shop(api(rules + "ingressDeny: [{fromEntities: [world]}]"), mode=EnforcementMode.NEVER)
    assert verdict(world, "203.0.113.7", "shop/api", 80, http=HttpRequest("POST")) == "FORWARDED"


HTTP = "ingress: [{toPorts: [{ports: [{port: '8080', protocol: TCP}], rules: {http: [%s]}}]}]"


@pytest.mark.parametrize(
    ("rule", "request_made", "expected"),
    [
        ("{method: GET, path: /a}", HttpRequest("GET", "/a"), "pass"),
        ("{method: GET, path: /a}", HttpRequest("POST", "/a"), "refuse"),
        # Expressions match the whole of the path, and that includes the query.
        ("{path: /a}", HttpRequest("GET", "/a?x=1"), "refuse"),
        ("{path: '/a.*'}", HttpRequest("GET", "/a?x=1"), "pass"),
        ("{path: '/a|/b'}", HttpRequest("GET", "/bc"), "refuse"),
        ("{host: 'shop\\.test'}", HttpRequest("GET", "/", "shop.test:8080"), "refuse"),
        ("{headers: ['X-Env: prod']}", HttpRequest("GET", "/", "", {"x-env": "prod"}), "pass"),
        ("{headers: ['X-Env: prod']}", HttpRequest("GET", "/", "", {"X-Env": "dev"}), "refuse"),
        ("{headers: ['X-Env']}", HttpRequest("GET", "/", "", {"X-Env": "dev"}), "pass"),
        ("{headerMatches: [{name: X-Env, value: prod}]}", HttpRequest(), "refuse"),
        ("{headerMatches: [{name: X-Env, value: prod, mismatch: LOG}]}", HttpRequest(), "pass"),
        # A value that stands in a Secret is out of policy's sight: the match fails.
        ("{headerMatches: [{name: X-Env, secret: {name: s}}]}", HttpRequest("GET", "/", "", {"X-Env": "a"}), "refuse"),
        ("{}", HttpRequest("DELETE", "/x"), "pass"),
    ],
)
def test_http_rules(rule: str, request_made: HttpRequest, expected: str, shop: Shop, verdict: Verdict) -> None:
    assert verdict(shop(api(HTTP % rule)), "shop/web", "shop/api", http=request_made) == f"REDIRECTED {expected}"


def test_http_rule_without_default_deny_binds_once_another_policy_closes(shop: Shop, verdict: Verdict) -> None:
    # Source: cilium/cilium v1.19 pkg/policy/l4.go: whether requests pass is decided for the endpoint, not for the rule.
    loose = api("enableDefaultDeny: {ingress: false}, " + HTTP % "{path: /a}")
    closing = cnp("{endpointSelector: {matchLabels: {app: api}}, ingress: [{}]}", "closing")
    request = HttpRequest("GET", "/z")
    assert verdict(shop(loose), "shop/web", "shop/api", http=request) == "REDIRECTED pass"
    assert verdict(shop(loose + "---\n" + closing), "shop/web", "shop/api", http=request) == "REDIRECTED refuse"


def test_hostile_expression_takes_linear_time(shop: Shop, verdict: Verdict) -> None:
    # With a backtracking engine this would take longer than the age of the universe.
    world = shop(api(HTTP % "{path: '/(a*)*b'}"))
    request = HttpRequest("GET", "/" + "a" * 5000 + "c")
    assert verdict(world, "shop/web", "shop/api", http=request) == "REDIRECTED refuse"


def test_plain_allow_of_the_same_peer_lets_every_request_through_the_proxy(shop: Shop, verdict: Verdict) -> None:
    plain = cnp("{endpointSelector: {}, ingress: [{fromEndpoints: [{matchLabels: {app: web}}]}]}", "plain")
    world = shop(api(HTTP % "{path: /a}") + "---\n" + plain)
    assert verdict(world, "shop/web", "shop/api", http=HttpRequest("GET", "/z")) == "REDIRECTED pass"
    assert verdict(world, "bank/ledger", "shop/api", http=HttpRequest("GET", "/z")) == "REDIRECTED refuse"


@pytest.mark.parametrize(
    ("peers", "expected"),
    [
        ("", "REDIRECTED pass"),
        ("fromEntities: [all], ", "REDIRECTED pass"),
        ("fromEntities: [host], ", "REDIRECTED refuse"),
        ("fromEntities: [cluster], ", "REDIRECTED refuse"),
    ],
)
def test_requests_of_the_node_are_bound_only_where_it_is_named(
    peers: str, expected: str, shop: Shop, verdict: Verdict
) -> None:
    ports = "toPorts: [{ports: [{port: '8080', protocol: TCP}], rules: {http: [{path: /a}]}}]"
    rules = f"ingress: [{{{peers}{ports}}}]"
    assert verdict(shop(api(rules)), "host", "shop/api", http=HttpRequest("GET", "/z")) == expected


@pytest.mark.parametrize(
    ("rule", "query", "expected"),
    [
        ("matchName: www.example.com", "WWW.Example.com.", "pass"),
        ("matchPattern: '*.example.com'", "a.example.com", "pass"),
        ("matchPattern: '*.example.com'", "a.b.example.com", "refuse"),
        ("matchPattern: '**.example.com'", "a.b.example.com", "pass"),
        ("matchPattern: '**.example.com'", "example.com", "refuse"),
        ("matchPattern: '*'", "any.thing.at.all", "pass"),
        ("matchPattern: 'api*.example.com'", "api-2.example.com", "pass"),
    ],
)
def test_dns_rules(rule: str, query: str, expected: str, shop: Shop, verdict: Verdict) -> None:
    world = shop(
        api(f"egress: [{{toPorts: [{{ports: [{{port: '53', protocol: UDP}}], rules: {{dns: [{{{rule}}}]}}}}]}}]")
    )
    assert (
        verdict(world, "shop/api", "bank/ledger", 53, Protocol.UDP, dns=DnsRequest(query)) == f"REDIRECTED {expected}"
    )


def test_server_names_look_at_tls_and_refuse_plain_http(shop: Shop, verdict: Verdict) -> None:
    world = shop(api("egress: [{toPorts: [{ports: [{port: '443', protocol: TCP}], serverNames: [a.test]}]}]"))
    assert verdict(world, "shop/api", "203.0.113.7", 443, tls=TlsHello("a.test")) == "REDIRECTED pass"
    assert verdict(world, "shop/api", "203.0.113.7", 443, tls=TlsHello("b.test")) == "REDIRECTED refuse"
    assert verdict(world, "shop/api", "203.0.113.7", 443, http=HttpRequest()) == "REDIRECTED refuse"


def test_listener_redirects_and_no_rule_of_ours_decides(shop: Shop, verdict: Verdict) -> None:
    # Reasoning: the listener of a CiliumEnvoyConfig may do anything; policy alone only sends the traffic there.
    listener = "listener: {envoyConfig: {kind: CiliumEnvoyConfig, name: e}, name: l}"
    world = shop(api(f"egress: [{{toPorts: [{{ports: [{{port: '80', protocol: TCP}}], {listener}}}]}}]"))
    assert verdict(world, "shop/api", "203.0.113.7", 80, http=HttpRequest()) == "REDIRECTED"


def test_kubernetes_rules_of_an_unlisted_direction_count_all_the_same(shop: Shop, verdict: Verdict) -> None:
    world = shop(
        "{kind: NetworkPolicy, metadata: {name: k, namespace: shop}, spec: {podSelector: {matchLabels: {app: api}}, "
        "policyTypes: [Ingress], egress: [{to: [{podSelector: {}}]}]}}\n"
    )
    assert verdict(world, "shop/api", "shop/web") == "FORWARDED"
    assert verdict(world, "shop/api", "bank/ledger") == "DROPPED"
    assert verdict(world, "shop/web", "shop/api") == "DROPPED"
