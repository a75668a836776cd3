"""What a Service of type LoadBalancer asks LB-IPAM for, and which services may share an address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from quizgame.cluster.objects import annotations_of, dig, labels_of, name_of, namespace_of

# Source: cilium/cilium v1.19 pkg/annotation: the names, and the older ones that are still read.
IPS_KEYS = ("lbipam.cilium.io/ips", "io.cilium/lb-ipam-ips")
SHARING_KEYS = ("lbipam.cilium.io/sharing-key", "io.cilium/lb-ipam-sharing-key")
NAMESPACES_KEYS = ("lbipam.cilium.io/sharing-cross-namespace", "io.cilium/lb-ipam-sharing-cross-namespace")
NAME_LABEL, NAMESPACE_LABEL = "io.kubernetes.service.name", "io.kubernetes.service.namespace"
_ANY_NAMESPACE = "*"


@dataclass(frozen=True, slots=True)
class Request:
    """One service's request."""

    namespace: str
    labels: Mapping[str, str]
    """Its labels, and two that name it."""
    ips: tuple[IPv4Address | IPv6Address, ...]
    """The addresses that it insists on; empty where any will do."""
    assigned: tuple[IPv4Address | IPv6Address, ...]
    """What its status says it has."""
    versions: frozenset[int]
    """Address families that it wants: 4, 6 or both."""
    ports: frozenset[int]
    selector: Mapping[str, str]
    is_local: bool
    """Whether ``externalTrafficPolicy`` is Local."""
    sharing_key: str = ""
    sharing_namespaces: tuple[str, ...] = ()

    def clash_with(self, other: Request) -> str:
        """Why two services cannot share an address; empty where they can.

        Source: cilium/cilium v1.19 operator/pkg/lbipam/service_store.go isCompatible.
        """
        if not self.sharing_key or self.sharing_key != other.sharing_key:
            return "different sharing key"
        if self.namespace != other.namespace and not (self._admits(other.namespace) and other._admits(self.namespace)):
            return "different and not permitted namespace"
        if self.ports & other.ports:
            return "same port"
        if self.is_local != other.is_local:
            return "different ExternalTrafficPolicy"
        if self.is_local and (not self.selector or self.selector != other.selector):
            return "compatible ExternalTrafficPolicy local but selecting different set of pods"
        return ""

    def _admits(self, namespace: str) -> bool:
        return namespace in self.sharing_namespaces or _ANY_NAMESPACE in self.sharing_namespaces


def service_labels(service: Mapping[str, Any]) -> dict[str, str]:
    """The labels by which Cilium's selectors see a service: its own, its name and its namespace."""
    return {**labels_of(service), NAME_LABEL: name_of(service), NAMESPACE_LABEL: namespace_of(service)}


def request_of(service: Mapping[str, Any]) -> Request:
    """Read a Service."""
    spec = service["spec"]
    asked = [spec.get("loadBalancerIP") or "", *_annotation(service, IPS_KEYS).split(",")]
    ingress = dig(service, "status", "loadBalancer", "ingress", default=())
    families = spec.get("ipFamilies") or ["IPv4"]
    return Request(
        namespace=namespace_of(service),
        labels=service_labels(service),
        ips=_addresses(asked),
        assigned=_addresses([each.get("ip", "") for each in ingress]),
        versions=frozenset(6 if family == "IPv6" else 4 for family in families),
        ports=frozenset(port["port"] for port in spec.get("ports") or ()),
        selector=spec.get("selector") or {},
        is_local=spec.get("externalTrafficPolicy") == "Local",
        sharing_key=_annotation(service, SHARING_KEYS),
        sharing_namespaces=tuple(filter(None, _annotation(service, NAMESPACES_KEYS).split(","))),
    )


def _annotation(service: Mapping[str, Any], keys: Sequence[str]) -> str:
    annotations = annotations_of(service)
    return next((annotations[key] for key in keys if annotations.get(key)), "")


def _addresses(texts: Sequence[str]) -> tuple[IPv4Address | IPv6Address, ...]:
    """The addresses among texts, each once; what is none is skipped, as the operator does after logging it."""
    found: list[IPv4Address | IPv6Address] = []
    for text in texts:
        try:
            ip = ip_address(text.strip())
        except ValueError:
            continue
        if ip not in found:
            found.append(ip)
    return tuple(found)
