"""CEL rules of custom resource definitions, as predicates with the message of the rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Rule = tuple[Callable[[Mapping[str, Any]], bool], str]

# Source: CRDs of the branch point and Gateway API 1.4.1; which of them carry CEL rules shows in the goldens
# apply-lrp-nobackend, apply-bgpadv-bad-type, apply-gateway-noclass (yes), apply-bgp-bad-asn and apply-egressgw (no).
HAS_CEL = frozenset((
    "CiliumBGPAdvertisement", "CiliumBGPPeerConfig", "CiliumLocalRedirectPolicy", "CiliumPodIPPool",
    "Gateway", "GatewayClass", "HTTPRoute", "GRPCRoute", "BackendTLSPolicy", "TLSRoute",
))  # fmt: skip
"""Kinds whose definition has CEL rules anywhere."""


def _needs(kind: str, field: str) -> Rule:
    message = f"{field} field is required for the '{kind}' advertisementType"
    return (lambda node: node.get("advertisementType") != kind or field in node), message


def _without(kind: str, field: str) -> Rule:
    message = f"{field} field is not allowed for the '{kind}' advertisementType"
    return (lambda node: node.get("advertisementType") != kind or field not in node), message


def _unique_names(listeners: Any) -> bool:
    names = [each.get("name") for each in listeners]
    return len(names) == len(set(names))


def _unique_places(listeners: Any) -> bool:
    places = [(each.get("port"), each.get("protocol"), each.get("hostname", "")) for each in listeners]
    return len(places) == len(set(places))


def _header_names(node: Mapping[str, Any]) -> bool:
    names = [each.get("name", "").lower() for each in node.get("headers", ())]
    return len(names) == len(set(names))


def _absolute(node: Mapping[str, Any]) -> bool:
    return node.get("type") not in ("Exact", "PathPrefix") or str(node.get("value", "/")).startswith("/")


ONE_OF: Mapping[str, tuple[str, ...]] = {"RedirectFrontend": ("addressMatcher", "serviceMatcher")}
"""Type name → fields of which a value has exactly one."""
IMMUTABLE: Mapping[str, tuple[str, ...]] = {"RedirectSpec": ("redirectBackend", "redirectFrontend")}
"""Type name → fields that no update may change (transition rules ``self == oldSelf``)."""

CEL_RULES: Mapping[str, tuple[Rule, ...]] = {
    "BGPAdvertised": (
        _needs("Service", "service"),
        _without("PodCIDR", "selector"),
        _needs("Interface", "interface"),
    ),
    "BGPTimers": (
        (
            lambda node: node.get("keepAliveTimeSeconds", 30) <= node.get("holdTimeSeconds", 90),
            "keepAliveTimeSeconds can not be larger than holdTimeSeconds",
        ),
    ),
    "GatewaySpec": (
        (lambda node: _unique_names(node.get("listeners", ())), "Listener name must be unique within the Gateway"),
        (
            lambda node: _unique_places(node.get("listeners", ())),
            "Combination of port, protocol and hostname must be unique for each listener",
        ),
    ),
    "Listener": (
        (
            lambda node: node.get("protocol") not in ("HTTP", "TCP", "UDP") or "tls" not in node,
            "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']",
        ),
    ),
    "HTTPRouteMatch": ((_header_names, "header name must be unique"),),
    "HTTPPathMatch": (
        (_absolute, "value must be an absolute path and start with '/' when type one of ['Exact', 'PathPrefix']"),
    ),
}
"""Type name → (what must hold for a value of the type, message)."""
