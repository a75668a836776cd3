"""All templates, in their order.

Rules for this file: a template stands here once; the module that makes it is imported when its first variant is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from quizgame.content.questions import Difficulty
from quizgame.game.quiz.templates.template import Template

EASY, MEDIUM, HARD = Difficulty.EASY, Difficulty.MEDIUM, Difficulty.HARD
_DOCS = "docs.cilium.io/en/v1.19/"
_LANGUAGE = (f"{_DOCS}security/policy/language/",)
_INTRO = (f"{_DOCS}security/policy/intro/",)
_L3 = (f"{_DOCS}security/policy/layer3/",)
_L4 = (f"{_DOCS}security/policy/layer4/",)
_L7 = (f"{_DOCS}security/policy/layer7/",)
_KUBERNETES = (f"{_DOCS}security/policy/kubernetes/",)
_IDENTITY = (
    f"{_DOCS}gettingstarted/terminology/",
    f"{_DOCS}operations/performance/scalability/identity-relevant-labels/",
)
_GATEWAY = (
    f"{_DOCS}network/servicemesh/gateway-api/gateway-api/",
    "gateway-api.sigs.k8s.io/reference/spec/",
)

_POLICY = "network-policy"

_ALL = (
    Template("sim-peer-namespaces", _POLICY, "interpret-policies", MEDIUM, "policy_peers:namespaces", _KUBERNETES),
    Template("sim-empty-lists", _POLICY, "rule-structure", HARD, "policy_peers:empty_lists", _L3),
    Template("sim-entities", _POLICY, "rule-structure", MEDIUM, "policy_peers:entities", _L3),
    Template("sim-peer-expressions", _POLICY, "interpret-policies", MEDIUM, "policy_peers:expressions", _L3),
    Template(
        "sim-clusterwide-scope",
        _POLICY,
        "kubernetes-versus-cilium",
        MEDIUM,
        "policy_peers:clusterwide_scope",
        _KUBERNETES,
    ),
    Template("sim-port-ranges", _POLICY, "rule-structure", EASY, "policy_ports:ranges", _L4),
    Template("sim-named-ports", _POLICY, "interpret-policies", MEDIUM, "policy_ports:named_ports", _L4),
    Template("sim-rule-items", _POLICY, "rule-structure", MEDIUM, "policy_ports:rule_items", _L4),
    Template(
        "sim-port-prefixes", "ebpf", "role-of-ebpf", HARD, "policy_ports:prefixes", (f"{_DOCS}network/ebpf/maps/",)
    ),
    Template("sim-cidr-except", _POLICY, "interpret-policies", MEDIUM, "policy_outside:cidr_except", _L3),
    Template("sim-fqdn", _POLICY, "interpret-policies", MEDIUM, "policy_outside:fqdn", _L3),
    Template("sim-dns-patterns", _POLICY, "rule-structure", MEDIUM, "policy_outside:dns_patterns", _L7),
    Template(
        "sim-cidr-identity", _POLICY, "identity-based-security", HARD, "policy_outside:local_identity_count", _IDENTITY
    ),
    Template("sim-http-rules", _POLICY, "interpret-policies", MEDIUM, "policy_requests:method_and_path", _L7),
    Template("sim-http-paths", _POLICY, "rule-structure", MEDIUM, "policy_requests:path_patterns", _L7),
    Template("sim-http-meets-others", _POLICY, "interpret-policies", HARD, "policy_requests:meeting_rules", _L7),
    Template("sim-both-sides", _POLICY, "interpret-policies", EASY, "policy_sides:both_sides", _INTRO),
    Template(
        "sim-deny-precedence",
        _POLICY,
        "interpret-policies",
        MEDIUM,
        "policy_sides:deny_precedence",
        (f"{_DOCS}security/policy/deny/",),
    ),
    Template("sim-default-deny", _POLICY, "enforcement-modes", MEDIUM, "policy_sides:default_deny", _INTRO),
    Template("sim-enforcement-mode", _POLICY, "enforcement-modes", MEDIUM, "policy_sides:enforcement_mode", _INTRO),
    Template("sim-endpoint-list", _POLICY, "enforcement-modes", MEDIUM, "policy_sides:endpoint_list", _INTRO),
    Template(
        "sim-recording-node", "network-observability", "using-hubble", MEDIUM, "policy_sides:recording_node", _INTRO
    ),
    Template(
        "sim-policy-types", _POLICY, "kubernetes-versus-cilium", MEDIUM, "policy_kubernetes:policy_types", _KUBERNETES
    ),
    Template(
        "sim-peer-items", _POLICY, "kubernetes-versus-cilium", MEDIUM, "policy_kubernetes:peer_items", _KUBERNETES
    ),
    Template("sim-ip-block", _POLICY, "kubernetes-versus-cilium", HARD, "policy_kubernetes:ip_block", _KUBERNETES),
    Template(
        "sim-both-kinds", _POLICY, "kubernetes-versus-cilium", MEDIUM, "policy_kubernetes:both_kinds", _KUBERNETES
    ),
    Template("sim-selected-pods", _POLICY, "rule-structure", EASY, "policy_subjects:selected_pods", _INTRO),
    Template("sim-deciding-policy", _POLICY, "interpret-policies", MEDIUM, "policy_subjects:deciding_policy", _INTRO),
    Template(
        "sim-match-type",
        "network-observability",
        "using-hubble",
        HARD,
        "policy_subjects:match_type",
        (f"{_DOCS}observability/hubble/",),
    ),
    Template(
        "sim-identity-labels", _POLICY, "identity-based-security", EASY, "policy_subjects:identity_labels", _IDENTITY
    ),
    Template(
        "sim-shared-identity", _POLICY, "identity-based-security", MEDIUM, "policy_subjects:shared_identity", _IDENTITY
    ),
    Template(
        "sim-helm-value",
        "installation-and-configuration",
        "cli-configuration",
        MEDIUM,
        "derived:helm_value",
        (f"{_DOCS}helm-reference/",),
    ),
    Template(
        "sim-search-order",
        "network-observability",
        "l7-visibility",
        MEDIUM,
        "derived:search_order",
        (f"{_DOCS}security/policy/layer7/",),
    ),
    Template(
        "sim-identity-scope",
        _POLICY,
        "identity-based-security",
        MEDIUM,
        "derived:identity_scope",
        _IDENTITY,
    ),
    Template(
        "sim-identity-cluster",
        "cluster-mesh",
        "multi-cluster-benefits",
        HARD,
        "derived:cluster_of_identity",
        (f"{_DOCS}network/clustermesh/intro/",),
    ),
    Template(
        "sim-default-local",
        "cluster-mesh",
        "cross-cluster-services",
        MEDIUM,
        "mesh_policy:default_local",
        (f"{_DOCS}network/clustermesh/policy/",),
    ),
    Template(
        "sim-client-sees",
        "network-observability",
        "using-hubble",
        MEDIUM,
        "cluster_traffic:client_sees",
        _L7,
        needs_cluster=True,
    ),
    Template(
        "sim-hubble-filter",
        "network-observability",
        "using-hubble",
        MEDIUM,
        "cluster_traffic:hubble_filter",
        (f"{_DOCS}observability/hubble/",),
        needs_cluster=True,
    ),
    Template(
        "sim-service-backends",
        "architecture",
        "role-in-kubernetes",
        EASY,
        "cluster_traffic:service_backends",
        (f"{_DOCS}network/kubernetes/kubeproxy-free/",),
        needs_cluster=True,
    ),
    Template(
        "sim-global-service",
        "cluster-mesh",
        "cross-cluster-services",
        MEDIUM,
        "cluster_traffic:global_service",
        (f"{_DOCS}network/clustermesh/services/",),
        needs_cluster=True,
    ),
    Template(
        "sim-ipcache",
        "architecture",
        "datapath-models",
        MEDIUM,
        "cluster_state:ipcache",
        (f"{_DOCS}network/concepts/routing/",),
        needs_cluster=True,
    ),
    Template(
        "sim-policy-map",
        "ebpf",
        "role-of-ebpf",
        HARD,
        "cluster_state:policy_map",
        (f"{_DOCS}network/ebpf/maps/",),
        needs_cluster=True,
    ),
    Template(
        "sim-config-change",
        "installation-and-configuration",
        "cli-configuration",
        MEDIUM,
        "cluster_state:config_change",
        (f"{_DOCS}cmdref/cilium_config_set/",),
        needs_cluster=True,
    ),
    Template(
        "sim-status-reading",
        "installation-and-configuration",
        "install-test-status",
        EASY,
        "cluster_state:status_reading",
        (f"{_DOCS}operations/troubleshooting/",),
        needs_cluster=True,
    ),
    Template(
        "sim-pod-ranges",
        "architecture",
        "ipam",
        MEDIUM,
        "cluster_state:pod_ranges",
        (f"{_DOCS}network/concepts/ipam/cluster-pool/",),
        needs_cluster=True,
    ),
    Template(
        "sim-gateway-rule",
        "service-mesh",
        "ingress-and-gateway-routing",
        MEDIUM,
        "gateway:serving_rule",
        _GATEWAY,
        needs_cluster=True,
    ),
    Template(
        "sim-gateway-condition",
        "service-mesh",
        "ingress-and-gateway-routing",
        HARD,
        "gateway:condition",
        _GATEWAY,
        needs_cluster=True,
    ),
)

TEMPLATES: Mapping[str, Template] = MappingProxyType({template.id: template for template in _ALL})
"""Id → template."""


def templates_in(domains: Iterable[str] = (), templates: Mapping[str, Template] = TEMPLATES) -> list[Template]:
    """Those of the templates that belong to these domains (all if none are named)."""
    wanted = set(domains)
    return [template for template in templates.values() if not wanted or template.domain in wanted]
