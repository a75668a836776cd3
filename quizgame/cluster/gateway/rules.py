"""CEL rules of Gateway API's definitions, as predicates with the message of the rule.

Source: Gateway API 1.4.1 CRDs (standard channel), ``x-kubernetes-validations``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Node = Mapping[str, Any]
_Rule = tuple[Callable[[Node], bool], str]
_ListRule = tuple[Callable[[Sequence[Node]], bool], str]

_PLAIN_TYPES = ("Exact", "PathPrefix")
_PATH = re.compile(r"^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$")
_SERVICE = re.compile(r"^(?i:\.?[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)*)$")
_METHOD = re.compile(r"^[A-Za-z_][A-Za-z_0-9]*$")


# ---------------------------------------------------------------- paths and matches


def _path_rule(holds: Callable[[str], bool], message: str) -> _Rule:
    def check(node: Node) -> bool:
        return node.get("type", "PathPrefix") not in _PLAIN_TYPES or holds(str(node.get("value", "/")))

    return check, message


def _lacks(part: str) -> _Rule:
    return _path_rule(lambda value: part not in value, f"must not contain '{part}' when type one of {_shown()}")


def _does_not_end(part: str) -> _Rule:
    return _path_rule(lambda value: not value.endswith(part), f"must not end with '{part}' when type one of {_shown()}")


def _shown() -> str:
    return "['Exact', 'PathPrefix']"


_PATH_RULES: tuple[_Rule, ...] = (
    _path_rule(lambda value: value.startswith("/"),
               f"value must be an absolute path and start with '/' when type one of {_shown()}"),
    *map(_lacks, ("//", "/./", "/../", "%2f", "%2F", "#")),
    _does_not_end("/.."),
    _does_not_end("/."),
    _path_rule(lambda value: _PATH.match(value) is not None,
               r"must only contain valid characters (matching ^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$) "
               f"for types {_shown()}"),
)  # fmt: skip


def _unique(key: str) -> Callable[[Sequence[Node]], bool]:
    def check(items: Sequence[Node]) -> bool:
        names = [str(each.get(key, "")).lower() for each in items]
        return len(names) == len(set(names))

    return check


def _names_something(node: Node) -> bool:
    return bool(node.get("service") or node.get("method"))


def _is_named_well(key: str, pattern: re.Pattern[str]) -> Callable[[Node], bool]:
    def check(node: Node) -> bool:
        value = node.get(key)
        return node.get("type", "Exact") != "Exact" or not value or pattern.match(value) is not None

    return check


# ---------------------------------------------------------------- filters and backends


def _is_complete(kind: str, field: str) -> tuple[_Rule, _Rule]:
    """A filter's settings are there if, and only if, its type says so."""
    return (
        (lambda node: field not in node or node.get("type") == kind,
         f"filter.{field} must be nil if the filter.type is not {kind}"),
        (lambda node: field in node or node.get("type") != kind,
         f"filter.{field} must be specified for {kind} filter.type"),
    )  # fmt: skip


_FILTERS = (
    ("RequestHeaderModifier", "requestHeaderModifier"),
    ("ResponseHeaderModifier", "responseHeaderModifier"),
    ("RequestMirror", "requestMirror"),
    ("RequestRedirect", "requestRedirect"),
    ("URLRewrite", "urlRewrite"),
    ("ExtensionRef", "extensionRef"),
)


def _filter_rules(kinds: Sequence[tuple[str, str]]) -> tuple[_Rule, ...]:
    return tuple(rule for kind, field in kinds for rule in _is_complete(kind, field))


def _at_most_one(kind: str) -> _ListRule:
    def check(filters: Sequence[Node]) -> bool:
        return sum(1 for each in filters if each.get("type") == kind) <= 1

    return check, f"{kind} filter cannot be repeated"


def _no_redirect_and_rewrite(filters: Sequence[Node]) -> bool:
    return not {"RequestRedirect", "URLRewrite"} <= {each.get("type") for each in filters}


_FILTER_LIST_RULES: tuple[_ListRule, ...] = (
    (_no_redirect_and_rewrite, "May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, "
                               "but not both"),
    *map(_at_most_one, ("RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect", "URLRewrite")),
)  # fmt: skip


def _needs_port(node: Node) -> bool:
    return bool(node.get("group")) or node.get("kind", "Service") != "Service" or "port" in node


_PORT_RULE: _Rule = (_needs_port, "Must have port for Service reference")


def _redirects_or_forwards(rule: Node) -> bool:
    return not rule.get("backendRefs") or not any("requestRedirect" in each for each in rule.get("filters") or ())


def _replaces_one_prefix(field: str) -> Callable[[Node], bool]:
    def check(rule: Node) -> bool:
        replaces = any(
            ((each.get(field) or {}).get("path") or {}).get("type") == "ReplacePrefixMatch"
            for each in rule.get("filters") or ()
        )
        matches = rule.get("matches") or [{}]
        path = matches[0].get("path") or {}
        return not replaces or (len(matches) == 1 and path.get("type", "PathPrefix") == "PathPrefix")

    return check


def _modifies(kind: str, field: str) -> tuple[_Rule, _Rule]:
    return (
        (lambda node: node.get("type") != kind or field in node,
         f"{field} must be specified when type is set to '{kind}'"),
        (lambda node: node.get("type") == kind or field not in node, f"type must be '{kind}' when {field} is set"),
    )  # fmt: skip


# ---------------------------------------------------------------- parents


def _parent_key(ref: Node) -> tuple[Any, ...]:
    return ref.get("group", ""), ref.get("kind", "Gateway"), ref.get("namespace", ""), ref.get("name")


def _names_sections(refs: Sequence[Node]) -> bool:
    counts = Counter(_parent_key(each) for each in refs)
    return all(counts[_parent_key(each)] == 1 or each.get("sectionName") for each in refs)


def _names_different_sections(refs: Sequence[Node]) -> bool:
    places = [(*_parent_key(each), each.get("sectionName", "")) for each in refs]
    return len(places) == len(set(places))


_PARENT_RULES: tuple[_ListRule, ...] = (
    (_names_sections, "sectionName must be specified when parentRefs includes 2 or more references to the same parent"),
    (_names_different_sections,
     "sectionName must be unique when parentRefs includes 2 or more references to the same parent"),
)  # fmt: skip


# ---------------------------------------------------------------- listeners


def _unique_places(listeners: Sequence[Node]) -> bool:
    places = [(each.get("port"), each.get("protocol"), each.get("hostname", "")) for each in listeners]
    return len(places) == len(set(places))


def _mode(listener: Node) -> str:
    return str((listener.get("tls") or {}).get("mode", ""))


def _has_certificates(tls: Node) -> bool:
    return tls.get("mode", "Terminate") != "Terminate" or bool(tls.get("certificateRefs") or tls.get("options"))


_LISTENER_LIST_RULES: tuple[_ListRule, ...] = (
    (lambda items: all("tls" not in each for each in items if each.get("protocol") in ("HTTP", "TCP", "UDP")),
     "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']"),
    (lambda items: all(_mode(each) in ("", "Terminate") for each in items if each.get("protocol") == "HTTPS"),
     "tls mode must be Terminate for protocol HTTPS"),
    (lambda items: all(_mode(each) for each in items if each.get("protocol") == "TLS"),
     "tls mode must be set for protocol TLS"),
    (lambda items: all(not each.get("hostname") for each in items if each.get("protocol") in ("TCP", "UDP")),
     "hostname must not be specified for protocols ['TCP', 'UDP']"),
    (_unique("name"), "Listener name must be unique within the Gateway"),
    (_unique_places, "Combination of port, protocol and hostname must be unique for each listener"),
)  # fmt: skip

GATEWAY_RULES: Mapping[str, tuple[_Rule, ...]] = {
    "ListenerTLS": (
        (_has_certificates, "certificateRefs or options must be specified when mode is Terminate"),
    ),
    "HTTPPathMatch": _PATH_RULES,
    "HTTPRouteFilter": _filter_rules(_FILTERS),
    "GRPCRouteFilter": _filter_rules([each for each in _FILTERS if each[0] not in ("RequestRedirect", "URLRewrite")]),
    "HTTPBackendRef": (_PORT_RULE,),
    "TLSBackendRef": (_PORT_RULE,),
    "MirrorBackend": (_PORT_RULE,),
    "HTTPPathModifier": (
        *_modifies("ReplaceFullPath", "replaceFullPath"),
        *_modifies("ReplacePrefixMatch", "replacePrefixMatch"),
    ),
    "HTTPRouteRule": (
        (_redirects_or_forwards, "RequestRedirect filter must not be used together with backendRefs"),
        (_replaces_one_prefix("requestRedirect"),
         "When using RequestRedirect filter with path.replacePrefixMatch, exactly one PathPrefix match must be "
         "specified"),
        (_replaces_one_prefix("urlRewrite"),
         "When using URLRewrite filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified"),
    ),
    "GRPCMethodMatch": (
        (_names_something, "One or both of 'service' or 'method' must be specified"),
        (_is_named_well("service", _SERVICE),
         r"service must only contain valid characters (matching ^(?i)\.?[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)*$)"),
        (_is_named_well("method", _METHOD),
         "method must only contain valid characters (matching ^[A-Za-z_][A-Za-z_0-9]*$)"),
    ),
}  # fmt: skip
"""Type name → (what must hold for a value of the type, message)."""

GATEWAY_LIST_RULES: Mapping[tuple[str, str], tuple[_ListRule, ...]] = {
    ("GatewaySpec", "listeners"): _LISTENER_LIST_RULES,
    ("HTTPRouteSpec", "parentRefs"): _PARENT_RULES,
    ("GRPCRouteSpec", "parentRefs"): _PARENT_RULES,
    ("HTTPRouteRule", "filters"): _FILTER_LIST_RULES,
    ("HTTPBackendRef", "filters"): _FILTER_LIST_RULES,
    ("HTTPRouteMatch", "headers"): ((_unique("name"), "header name must be unique"),),
}
"""Type and name of a field that holds a list → (what must hold for the list, message)."""
