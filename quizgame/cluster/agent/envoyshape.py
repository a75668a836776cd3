"""Whether Envoy resources can be decoded: fields of the wrong type make an agent leave a whole CiliumEnvoyConfig alone.

Rules for this file: only fields that the simulation reads stand here, in their JSON form.
Source: cilium/cilium v1.19 pkg/k8s/apis/cilium.io/v2/cec_types.go (XDSResource.UnmarshalJSON), protojson.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_MESSAGES = (
    "socketAddress filterChainMatch typedConfig transportSocket commonTlsContext routeConfig rds match route "
    "weightedClusters redirect directResponse body safeRegex regexRewrite pattern stringMatch header edsClusterConfig"
)
_MESSAGE_LISTS = (
    "filterChains filters httpFilters listenerFilters additionalAddresses virtualHosts routes clusters headers "
    "queryParameters requestHeadersToAdd responseHeadersToAdd requestMirrorPolicies tlsCertificateSdsSecretConfigs"
)
_TEXT_LISTS = "domains serverNames requestHeadersToRemove responseHeadersToRemove"
_TEXTS = (
    "@type name transportProtocol routeConfigName cluster prefix path pathSeparatedPrefix regex substitution exact "
    "exactMatch prefixRewrite hostRewriteLiteral hostRedirect pathRedirect schemeRedirect key serviceName inlineString"
)
_NUMBERS = "weight portValue portRedirect status"
_FLAGS = "httpsRedirect presentMatch invertMatch"


def _is_message(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return value.isdecimal()
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _all(of: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(map(of, value))


_SHAPES: dict[str, Callable[[Any], bool]] = {
    name: shape
    for names, shape in (
        (_MESSAGES, _is_message),
        (_MESSAGE_LISTS, _all(_is_message)),
        (_TEXT_LISTS, _all(_is_text)),
        (_TEXTS, _is_text),
        (_NUMBERS, _is_number),
        (_FLAGS, _is_flag),
        ("address", lambda value: _is_message(value) or _is_text(value)),  # of a listener, and of a socket
    )
    for name in names.split()
}
_OTHERS = "socketOptions"
"""A field in whose messages names mean something else."""
_NEEDED = {"regexRewrite": ("pattern",), "pattern": ("regex",), "safeRegex": ("regex",)}
"""Field → fields that its message cannot do without."""


def is_decodable(node: Any) -> bool:
    """Whether a resource, or a part of one, has the types that its fields should have."""
    if isinstance(node, list):
        return all(map(is_decodable, node))
    if not isinstance(node, Mapping):
        return True
    return all(_fits(name, value) and is_decodable(value) for name, value in node.items() if name != _OTHERS)


def _fits(name: str, value: Any) -> bool:
    shape = _SHAPES.get(name)
    if shape is not None and not shape(value):
        return False
    return not isinstance(value, Mapping) or all(each in value for each in _NEEDED.get(name, ()))
