"""Which of Cilium's features a cluster has on, as the tests ask for them.

Source: cilium/cilium cilium-cli/connectivity/check/features.go, cilium-cli/utils/features (names, and where each is
read from).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from quizgame.cluster.agent.encryption import EncryptionMode, NodeEncryption
from quizgame.cluster.fabric import agents_of
from quizgame.cluster.objects import labels_of

if TYPE_CHECKING:
    from quizgame.cluster.world import Cluster

Detector = Callable[["Cluster"], bool]
_NO_CILIUM = ("cilium.io/no-schedule", "true")


def _key(key: str, default: str = "false") -> Detector:
    return lambda cluster: cluster.config.get(key, default) == "true"


def _all_keys(*keys: str) -> Detector:
    return lambda cluster: all(cluster.config.get(key, "true") == "true" for key in keys)


def _encrypts_pods(cluster: Cluster) -> bool:
    return any(agent.encryption.mode is not EncryptionMode.DISABLED for agent in agents_of(cluster))


def _encrypts_nodes(cluster: Cluster) -> bool:
    return any(agent.encryption.node_encryption is NodeEncryption.ENABLED for agent in agents_of(cluster))


def _has_node_without_cilium(cluster: Cluster) -> bool:
    key, value = _NO_CILIUM
    return any(labels_of(node).get(key) == value for node in cluster.nodes)


def _has_host_port(cluster: Cluster) -> bool:
    config = cluster.config
    return config.get("kube-proxy-replacement") == "true" or config.get("cni-chaining-mode") == "portmap"


FEATURES: dict[str, Detector] = {
    "bgp-control-plane": _key("enable-bgp-control-plane"),
    "cidr-match-nodes": lambda cluster: "nodes" in cluster.config.get("policy-cidr-match-mode", ""),
    "enable-egress-gateway": _key("enable-egress-gateway"),
    "enable-encryption-strict-mode": lambda cluster: any(
        cluster.config.get(key) == "true"
        for key in ("enable-encryption-strict-mode", "enable-encryption-strict-mode-egress")
    ),
    "enable-ipsec": _key("enable-ipsec"),
    "enable-local-redirect-policy": _key("enable-local-redirect-policy"),
    "enable-ztunnel": _key("enable-ztunnel"),
    "encryption-node": _encrypts_nodes,
    "encryption-pod": _encrypts_pods,
    "health-checking": _all_keys("enable-health-checking", "enable-endpoint-health-checking"),
    "host-firewall": _key("enable-host-firewall"),
    "host-port": _has_host_port,
    "icmp-policy": _key("enable-icmp-rules", "true"),
    "ingress-controller": _key("enable-ingress-controller"),
    "kpr-nodeport": _key("kube-proxy-replacement"),
    "l7-proxy": _key("enable-l7-proxy", "true"),
    "loadbalancer-l7": lambda cluster: cluster.config.get("loadbalancer-l7") == "envoy",
    "multicast-enabled": _key("multicast-enabled"),
    "mutual-auth-spiffe": _key("mesh-auth-mutual-enabled"),
    "node-local-dns": lambda cluster: cluster.api.find("daemonsets.apps", "node-local-dns", "kube-system") is not None,
    "node-without-cilium": _has_node_without_cilium,
}
"""By the names that the tool prints."""


def is_enabled(cluster: Cluster, feature: str) -> bool:
    """Whether a cluster has a feature on."""
    return FEATURES[feature](cluster)
