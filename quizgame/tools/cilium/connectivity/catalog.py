"""The tests of the real tool: names, order, and why some do not run in a cluster.

Source: goldens ``cilium-cli/connectivity-test-*``, which list all 132 of version 0.19.7 and the reasons in a plain
cluster; cilium/cilium cilium-cli/connectivity/builder (what each test asks for).
"""

from __future__ import annotations

from collections.abc import Callable

from quizgame.tools.cilium.connectivity.features import is_enabled
from quizgame.tools.cilium.connectivity.site import Site

CONDITION = "skipped by condition"
BY_USER = "skipped by user"
NOT_SIMULATED = "not simulated by quizgame"

Condition = Callable[[Site], str]
"""Tells why a test does not run; empty: nothing speaks against it."""


def condition(is_met: Callable[[Site], bool], reason: str = CONDITION) -> Condition:
    """Something that must be so."""
    return lambda site: "" if is_met(site) else reason


def needs(*features: str) -> Condition:
    """Features that must be on; the first that is not is told."""

    def reason(site: Site) -> str:
        missing = next((each for each in features if not is_enabled(site.cluster, each)), "")
        return f"Feature {missing} is disabled" if missing else ""

    return reason


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(each) for each in version.split("-", maxsplit=1)[0].split(".") if each.isdecimal())


def since(version: str) -> Condition:
    """A version of Cilium from which on the test runs."""

    def reason(site: Site) -> str:
        is_met = _parts(site.version) >= _parts(version)
        return "" if is_met else f"requires Cilium version >={version} but running {site.version}"

    return reason


def before(version: str) -> Condition:
    """A version of Cilium from which on the test does not run any more."""

    def reason(site: Site) -> str:
        is_met = _parts(site.version) < _parts(version)
        return "" if is_met else f"requires Cilium version <{version} but running {site.version}"

    return reason


UNSAFE = condition(lambda site: site.options.runs_unsafe, "unsafe test which can modify state of cluster nodes")
LOCALHOST = condition(lambda _site: False, "k8s localhost tests excluded")
MULTI_CLUSTER = condition(lambda site: site.is_multi_cluster)
MULTI_NODE = condition(lambda site: not site.is_single_node)
NODE_PORTS = condition(
    lambda site: not site.is_multi_cluster or is_enabled(site.cluster, "kpr-nodeport"),
    "Feature kpr-nodeport is disabled",
)
"""Node ports of global services are Cilium's own matter."""
LOCAL_PEERS = condition(
    lambda site: not site.is_multi_cluster or site.cluster.config.get("policy-default-local-cluster") == "false"
)
"""A NetworkPolicy cannot name another cluster, so its peers have to be in this one, or clusters must not matter."""


class Entry:
    """One test's place in the list.

    Args:
        name: Its name.
        conditions: What it asks for; the first that is not met is told.
    """

    __slots__ = ("conditions", "name")

    def __init__(self, name: str, *conditions: Condition) -> None:
        self.name = name
        self.conditions = conditions

    def reason(self, site: Site) -> str:
        """Why it does not run; empty: it does."""
        return next((reason for each in self.conditions if (reason := each(site))), "")


CATALOG: tuple[Entry, ...] = (
    Entry("no-policies"),
    Entry("no-policies-from-outside", UNSAFE, needs("node-without-cilium")),
    Entry("no-policies-extra", NODE_PORTS),
    Entry("allow-all-except-world"),
    Entry("client-ingress"),
    Entry("client-ingress-knp"),
    Entry("allow-all-with-metrics-check"),
    Entry("all-ingress-deny"),
    Entry("all-ingress-deny-from-outside", UNSAFE, needs("node-without-cilium")),
    Entry("all-ingress-deny-knp"),
    Entry("all-egress-deny"),
    Entry("all-egress-deny-knp"),
    Entry("all-entities-deny"),
    Entry("cluster-entity"),
    Entry("cluster-entity-multi-cluster", MULTI_CLUSTER),
    Entry("host-entity-egress"),
    Entry("host-entity-ingress"),
    Entry("echo-ingress"),
    Entry("echo-ingress-from-outside", UNSAFE, needs("node-without-cilium")),
    Entry("echo-ingress-knp", LOCAL_PEERS),
    Entry("client-ingress-icmp", needs("icmp-policy")),
    Entry("client-egress"),
    Entry("client-egress-knp", LOCAL_PEERS),
    Entry("client-egress-expression"),
    Entry("client-egress-expression-port-range"),
    Entry("client-egress-expression-knp", LOCAL_PEERS),
    Entry("client-egress-expression-knp-port-range", LOCAL_PEERS),
    Entry("client-with-service-account-egress-to-echo"),
    Entry("client-with-service-account-egress-to-echo-port-range"),
    Entry("client-egress-to-echo-service-account"),
    Entry("client-egress-to-echo-service-account-port-range"),
    Entry("to-entities-world"),
    Entry("to-entities-world-port-range"),
    Entry("to-cidr-external"),
    Entry("to-cidr-external-knp"),
    Entry("from-cidr-host-netns", UNSAFE, needs("node-without-cilium")),
    Entry("echo-ingress-from-other-client-deny"),
    Entry("client-ingress-from-other-client-icmp-deny", needs("icmp-policy")),
    Entry("client-egress-to-echo-deny"),
    Entry("client-egress-to-echo-deny-port-range"),
    Entry("client-ingress-to-echo-named-port-deny"),
    Entry("client-egress-to-echo-expression-deny"),
    Entry("client-egress-to-echo-expression-deny-port-range"),
    Entry("client-with-service-account-egress-to-echo-deny"),
    Entry("client-with-service-account-egress-to-echo-deny-port-range"),
    Entry("client-egress-to-echo-service-account-deny"),
    Entry("client-egress-to-echo-service-account-deny-port-range"),
    Entry("client-egress-to-cidr-deny"),
    Entry("client-egress-to-cidrgroup-deny"),
    Entry("client-egress-to-cidrgroup-deny-by-label"),
    Entry("client-egress-to-cidr-deny-default"),
    Entry("clustermesh-endpointslice-sync", MULTI_CLUSTER),
    Entry("health", needs("health-checking")),
    Entry("north-south-loadbalancing", needs("node-without-cilium")),
    Entry("pod-to-pod-encryption", MULTI_NODE, before("1.18.0")),
    Entry("pod-to-pod-with-l7-policy-encryption", MULTI_NODE, before("1.18.0")),
    Entry("pod-to-pod-encryption-v2", MULTI_NODE, since("1.18.0")),
    Entry(
        "pod-to-pod-with-l7-policy-encryption-v2",
        MULTI_NODE,
        since("1.18.0"),
        needs("l7-proxy"),
        needs("encryption-pod"),
    ),
    Entry("node-to-node-encryption", MULTI_NODE),
    Entry("egress-gateway", UNSAFE, needs("enable-egress-gateway", "node-without-cilium")),
    Entry("egress-gateway-multigateway", UNSAFE, needs("enable-egress-gateway", "node-without-cilium")),
    Entry("egress-gateway-excluded-cidrs", needs("enable-egress-gateway", "node-without-cilium")),
    Entry(
        "egress-gateway-with-l7-policy",
        UNSAFE,
        needs("enable-egress-gateway"),
        needs("node-without-cilium"),
        needs("l7-proxy"),
    ),
    Entry("pod-to-node-cidrpolicy", needs("cidr-match-nodes")),
    Entry("north-south-loadbalancing-with-l7-policy", needs("node-without-cilium")),
    Entry("north-south-loadbalancing-with-l7-policy-port-range", needs("node-without-cilium")),
    Entry("echo-ingress-l7", needs("l7-proxy")),
    Entry("echo-ingress-l7-via-hostport", condition(lambda site: not is_enabled(site.cluster, "kpr-nodeport"))),
    Entry("echo-ingress-from-client-tiered-wildcard-pass-l7", since("1.20.0")),
    Entry("echo-ingress-l7-named-port", needs("l7-proxy")),
    Entry("client-egress-l7-method", needs("l7-proxy")),
    Entry("client-egress-l7-method-port-range", needs("l7-proxy")),
    Entry("client-egress-l7", needs("l7-proxy")),
    Entry("client-egress-l7-port-range", needs("l7-proxy")),
    Entry("client-egress-l7-named-port", needs("l7-proxy")),
    Entry("client-egress-tls-sni", needs("l7-proxy")),
    Entry("client-egress-tls-sni-denied", needs("l7-proxy")),
    Entry("client-egress-tls-sni-wildcard", needs("l7-proxy")),
    Entry("client-egress-tls-sni-wildcard-denied", needs("l7-proxy")),
    Entry("client-egress-tls-sni-random-wildcard", since("1.20.0")),
    Entry("client-egress-tls-sni-random-wildcard-denied", since("1.20.0")),
    Entry("client-egress-tls-sni-double-wildcard", needs("l7-proxy")),
    Entry("client-egress-tls-sni-double-wildcard-denied", needs("l7-proxy")),
    Entry("client-egress-l7-tls-headers-sni", needs("l7-proxy")),
    Entry("client-egress-l7-tls-headers-other-sni", needs("l7-proxy")),
    Entry("client-egress-l7-set-header", needs("l7-proxy")),
    Entry("client-egress-l7-set-header-port-range", needs("l7-proxy")),
    Entry("echo-ingress-auth-always-fail", needs("mutual-auth-spiffe")),
    Entry("echo-ingress-auth-always-fail-port-range", needs("mutual-auth-spiffe")),
    Entry("echo-ingress-mutual-auth-spiffe", needs("mutual-auth-spiffe")),
    Entry("echo-ingress-mutual-auth-spiffe-port-range", needs("mutual-auth-spiffe")),
    Entry("pod-to-ingress-service", needs("ingress-controller")),
    Entry("pod-to-ingress-service-allow-ingress-identity", needs("ingress-controller")),
    Entry("pod-to-ingress-service-deny-all", needs("ingress-controller")),
    Entry("pod-to-ingress-service-deny-backend-service", needs("ingress-controller")),
    Entry("pod-to-ingress-service-deny-ingress-identity", needs("ingress-controller")),
    Entry("pod-to-ingress-service-deny-source-egress-other-node", needs("ingress-controller")),
    Entry("outside-to-ingress-service", needs("ingress-controller")),
    Entry("outside-to-ingress-service-deny-all-ingress", needs("ingress-controller")),
    Entry("outside-to-ingress-service-deny-cidr", needs("ingress-controller")),
    Entry("outside-to-ingress-service-deny-world-identity", needs("ingress-controller")),
    Entry("pod-to-itself-via-service"),
    Entry("l7-lb", needs("loadbalancer-l7")),
    Entry("dns-only", needs("l7-proxy")),
    Entry("to-fqdns", needs("l7-proxy")),
    Entry("to-fqdns-with-proxy", needs("l7-proxy")),
    Entry("to-fqdns-with-ccec-listener", since("1.20.0")),
    Entry("pod-to-controlplane-host", LOCALHOST),
    Entry("pod-to-k8s-on-controlplane", LOCALHOST),
    Entry("pod-to-controlplane-host-cidr", LOCALHOST),
    Entry("pod-to-k8s-on-controlplane-cidr", LOCALHOST),
    Entry("policy-local-cluster-egress", needs("l7-proxy")),
    Entry("local-redirect-policy", needs("enable-local-redirect-policy")),
    Entry("local-redirect-policy-with-node-dns", UNSAFE, needs("enable-local-redirect-policy", "node-local-dns")),
    Entry("pod-to-pod-no-frag", MULTI_NODE),
    Entry("bgp-control-plane-v1", UNSAFE, needs("bgp-control-plane", "node-without-cilium")),
    Entry("bgp-control-plane-v2", UNSAFE, needs("bgp-control-plane", "node-without-cilium")),
    Entry("multicast", UNSAFE, needs("multicast-enabled")),
    Entry("strict-mode-encryption", UNSAFE, needs("enable-encryption-strict-mode")),
    Entry("strict-mode-encryption-v2", UNSAFE, needs("enable-encryption-strict-mode")),
    Entry("ipsec-key-derivation-validation", UNSAFE, needs("enable-ipsec")),
    Entry("ztunnel-pod-to-pod-encryption", needs("enable-ztunnel")),
    Entry("host-firewall-ingress", UNSAFE, needs("host-firewall")),
    Entry("host-firewall-egress", UNSAFE, needs("host-firewall")),
    Entry("client-egress-l7-tls-deny-without-headers", needs("l7-proxy")),
    Entry("client-egress-l7-tls-headers", needs("l7-proxy")),
    Entry("client-egress-l7-extra-tls-headers", needs("l7-proxy")),
    Entry("client-egress-l7-tls-headers-port-range", needs("l7-proxy")),
    Entry("egress-to-specific-namespace-ccnp"),
    Entry("ingress-from-specific-namespace-ccnp"),
    Entry("no-unexpected-packet-drops"),
    Entry("check-log-errors"),
)
"""In the order in which they run."""
