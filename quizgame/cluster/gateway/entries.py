"""Rules of HTTPRoutes and GRPCRoutes as single entries: one match, and what becomes of requests that meet it.

Source: cilium/cilium v1.19 operator/pkg/model/ingestion/gateway.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from quizgame.cluster.gateway.references import BackendRef, Referrer, backend_ref, is_usable
from quizgame.cluster.objects import dig, namespace_of

if TYPE_CHECKING:
    from quizgame.cluster.apiserver import ApiServer

Headers = Mapping[str, Any]
"""A header modifier of the API: ``add``, ``set`` and ``remove``."""


class PathKind(IntEnum):
    """How an entry matches paths, in the order in which Envoy is to try them."""

    EXACT = 0
    REGEX = 1
    PREFIX = 2


@dataclass(frozen=True, slots=True)
class ValueMatch:
    """A header or a query parameter, and the value that it must have."""

    name: str
    value: str
    is_regex: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """What a request must look like."""

    path: tuple[PathKind, str] = (PathKind.PREFIX, "/")
    method: str = ""
    headers: tuple[ValueMatch, ...] = ()
    query: tuple[ValueMatch, ...] = ()
    is_grpc: bool = False

    def precedence(self) -> tuple[int, int, bool, int, int]:
        """The order in which Envoy tries entries; what is equal keeps its place.

        Source: Gateway API, HTTPRouteRule.matches; cilium/cilium v1.19 envoy_virtual_host.go SortableRoute.
        """
        kind, value = self.path
        return kind, -len(value), not self.method, -len(self.headers), -len(self.query)


@dataclass(frozen=True, slots=True)
class Entry:
    """One match and its action."""

    match: Match
    backends: tuple[BackendRef, ...] = ()
    status: int = 0
    """Status of an answer that Envoy gives itself, where there is nowhere to send the request."""
    redirect: Mapping[str, Any] | None = None
    rewrite: Mapping[str, Any] | None = None
    request_headers: Headers | None = None
    response_headers: Headers | None = None
    mirrors: tuple[BackendRef, ...] = ()
    timeout: str = ""


def entries_of(api: ApiServer, route: Mapping[str, Any]) -> Iterator[Entry]:
    """The entries of a route, rule by rule, match by match."""
    read = _grpc_match if route["kind"] == "GRPCRoute" else _http_match
    referrer = Referrer(route["kind"], namespace_of(route))
    for rule in dig(route, "spec", "rules", default=({},)):
        filters = {each.get("type"): each for each in rule.get("filters") or ()}
        redirect = dig(filters.get("RequestRedirect"), "requestRedirect")
        refs = [backend_ref(each, referrer.namespace) for each in rule.get("backendRefs") or ()]
        backends = tuple(each for each in refs if is_usable(api, referrer, each))
        # Source: Gateway API, HTTPRouteRule.backendRefs: without a usable backend the answer is 500.
        status = 0 if backends or redirect else 500
        matches: Sequence[Mapping[str, Any]] = rule.get("matches") or ({},)
        for match in matches:
            yield Entry(
                read(match),
                backends,
                status,
                redirect,
                dig(filters.get("URLRewrite"), "urlRewrite"),
                dig(filters.get("RequestHeaderModifier"), "requestHeaderModifier"),
                dig(filters.get("ResponseHeaderModifier"), "responseHeaderModifier"),
                tuple(_mirrors(api, rule, referrer)),
                str(dig(rule, "timeouts", "request", default="")),
            )


def _mirrors(api: ApiServer, rule: Mapping[str, Any], referrer: Referrer) -> Iterator[BackendRef]:
    for each in rule.get("filters") or ():
        if each.get("type") == "RequestMirror":
            ref = backend_ref(dig(each, "requestMirror", "backendRef", default={}), referrer.namespace)
            if is_usable(api, referrer, ref):
                yield ref


_PATH_KINDS = {"Exact": PathKind.EXACT, "PathPrefix": PathKind.PREFIX, "RegularExpression": PathKind.REGEX}


def _http_match(node: Mapping[str, Any]) -> Match:
    path = node.get("path") or {}
    return Match(
        (_PATH_KINDS[path.get("type", "PathPrefix")], str(path.get("value", "/"))),
        str(node.get("method", "")),
        _values(node.get("headers")),
        _values(node.get("queryParams")),
    )


def _grpc_match(node: Mapping[str, Any]) -> Match:
    method = node.get("method") or {}
    service, name = str(method.get("service", "")), str(method.get("method", ""))
    path = (PathKind.PREFIX, "/")
    if method.get("type") == "RegularExpression":
        path = (PathKind.REGEX, f"/{service or '[^/]+'}/{name or '[^/]+'}")
    elif service and name:
        path = (PathKind.EXACT, f"/{service}/{name}")
    elif service:
        path = (PathKind.PREFIX, f"/{service}/")
    elif name:
        path = (PathKind.REGEX, f"/[^/]+/{name}")
    return Match(path, headers=_values(node.get("headers")), is_grpc=True)


def _values(nodes: Sequence[Mapping[str, Any]] | None) -> tuple[ValueMatch, ...]:
    return tuple(
        ValueMatch(str(each.get("name", "")), str(each.get("value", "")), each.get("type") == "RegularExpression")
        for each in nodes or ()
    )
