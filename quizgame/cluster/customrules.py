"""CEL rules of custom resource definitions, as predicates with the message of the rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from quizgame.cluster.gateway.rules import GATEWAY_LIST_RULES, GATEWAY_RULES

Rule = tuple[Callable[[Mapping[str, Any]], bool], str]
ListRule = tuple[Callable[[Sequence[Mapping[str, Any]]], bool], str]

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


ONE_OF: Mapping[str, tuple[str, ...]] = {"RedirectFrontend": ("addressMatcher", "serviceMatcher")}
"""Type name → fields of which a value has exactly one."""
IMMUTABLE: Mapping[str, Mapping[str, str]] = {
    "RedirectSpec": {name: f"{name} is immutable" for name in ("redirectBackend", "redirectFrontend")},
    "GatewayClassSpec": {"controllerName": "Value is immutable"},
}
"""Type name → fields that no update may change (transition rules ``self == oldSelf``), with what is said of it."""

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
    **GATEWAY_RULES,
}
"""Type name → (what must hold for a value of the type, message)."""
LIST_RULES: Mapping[tuple[str, str], tuple[ListRule, ...]] = GATEWAY_LIST_RULES
"""Type and name of a field that holds a list → (what must hold for the list, message)."""
