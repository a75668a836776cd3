"""What an agent knows about nodes: addresses, pod ranges, and which identity a node's address has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from quizgame.cluster.objects import annotations_of, dig, labels_of, name_of

WIREGUARD_ANNOTATION = "network.cilium.io/wg-pub-key"
CONTROL_PLANE_LABEL = "node-role.kubernetes.io/control-plane"


@dataclass(frozen=True, slots=True)
class KnownNode:
    """A node of this or a meshed cluster."""

    name: str
    cluster: str
    """Cilium's name of its cluster."""
    ip: str
    """Internal address, also the end of its tunnels."""
    router_ip: str = ""
    """Address of its ``cilium_host`` interface, out of its pod range."""
    health_ip: str = ""
    ingress_ip: str = ""
    """Address of its Envoy, for gateways and Ingresses."""
    pod_cidrs: tuple[str, ...] = ()
    is_control_plane: bool = False
    labels: tuple[tuple[str, str], ...] = ()
    source: str = "custom-resource"
    wireguard_key: str = ""
    """Its public key, base64; empty where it does not encrypt with WireGuard."""
    encryption_key: int = 0
    """Key index for its own addresses; 0: they are sent to in the clear."""


def internal_ip(node: Mapping[str, Any]) -> str:
    """``InternalIP`` of a Node object; empty where it has none."""
    for address in dig(node, "status", "addresses", default=()):
        if address.get("type") == "InternalIP":
            return str(address.get("address", ""))
    return ""


def known_node(cilium_node: Mapping[str, Any], cluster: str, source: str = "custom-resource") -> KnownNode:
    """Read a CiliumNode object."""
    addresses = {each.get("type"): each.get("ip", "") for each in dig(cilium_node, "spec", "addresses", default=())}
    labels = labels_of(cilium_node)
    return KnownNode(
        name=name_of(cilium_node),
        cluster=cluster,
        ip=addresses.get("InternalIP", ""),
        router_ip=addresses.get("CiliumInternalIP", ""),
        health_ip=dig(cilium_node, "spec", "health", "ipv4", default=""),
        ingress_ip=dig(cilium_node, "spec", "ingress", "ipv4", default=""),
        pod_cidrs=_pod_cidrs(cilium_node),
        is_control_plane=CONTROL_PLANE_LABEL in labels,
        labels=tuple(sorted(labels.items())),
        source=source,
        wireguard_key=annotations_of(cilium_node).get(WIREGUARD_ANNOTATION, ""),
        encryption_key=int(dig(cilium_node, "spec", "encryption", "key", default=0)),
    )


def _pod_cidrs(cilium_node: Mapping[str, Any]) -> tuple[str, ...]:
    """The pod ranges of a node, pools after its own. Source: cilium/cilium v1.19 pkg/node ParseCiliumNode."""
    own = tuple(dig(cilium_node, "spec", "ipam", "podCIDRs", default=()))
    allocated = dig(cilium_node, "spec", "ipam", "pools", "allocated", default=())
    return (*own, *(str(prefix) for entry in allocated for prefix in entry.get("cidrs") or () if prefix not in own))
