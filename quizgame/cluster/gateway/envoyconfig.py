"""The resources of a CiliumEnvoyConfig: what Envoy is to do, in its own words.

Source: cilium/cilium v1.19 operator/pkg/model/translation (cec_translator.go, envoy_*.go): names and shapes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from quizgame.cluster.gateway.entries import Entry, Headers, PathKind, ValueMatch
from quizgame.cluster.gateway.hostnames import ANY
from quizgame.cluster.gateway.naming import SECRETS_NAMESPACE
from quizgame.cluster.gateway.references import BackendRef

Node = dict[str, Any]

_TYPES = "type.googleapis.com/envoy."
_FILTERS = f"{_TYPES}extensions.filters."
LISTENER_NAME = "listener"
_SOCKET_OPTIONS = (
    ("Enable TCP keep-alive (default to enabled)", 1, 9, 1),
    ("TCP keep-alive idle time (in seconds) (defaults to 10s)", 6, 4, 10),
    ("TCP keep-alive probe intervals (in seconds) (defaults to 5s)", 6, 5, 5),
    ("TCP keep-alive probe max failures.", 6, 6, 10),
)
"""Description, level, name and value as Linux numbers them."""
_REDIRECT_CODES = {
    301: "MOVED_PERMANENTLY", 302: "FOUND", 303: "SEE_OTHER", 307: "TEMPORARY_REDIRECT", 308: "PERMANENT_REDIRECT",
}  # fmt: skip


@dataclass(slots=True)
class Served:
    """What Envoy serves for one Gateway or Ingress."""

    ports: set[int] = field(default_factory=set)
    insecure: dict[str, list[Entry]] = field(default_factory=dict)
    """Hostname → entries for plain HTTP."""
    secure: dict[str, list[Entry]] = field(default_factory=dict)
    """Hostname → entries for HTTPS."""
    certificates: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """Namespace and name of a secret → the server names that it is for."""
    passthrough: dict[str, list[BackendRef]] = field(default_factory=dict)
    """Server name → where TLS connections go unopened."""
    has_http: bool = False
    """Whether any listener speaks HTTP, with routes or without."""
    https_only: set[str] = field(default_factory=set)
    """Hostnames whose plain requests are sent to HTTPS."""

    def add(self, entries: Iterable[Entry], hosts: Sequence[str], *, is_secure: bool) -> None:
        """Serve entries under hostnames."""
        found = list(entries)
        for host in hosts:
            (self.secure if is_secure else self.insecure).setdefault(host, []).extend(found)

    def backends(self) -> list[BackendRef]:
        """All backends, each once, by namespace, name and port."""
        found: dict[str, BackendRef] = {}
        for entries in (*self.insecure.values(), *self.secure.values()):
            for entry in entries:
                for each in (*entry.backends, *entry.mirrors):
                    found[each.cluster] = each
        for refs in self.passthrough.values():
            found |= {each.cluster: each for each in refs}
        return sorted(found.values(), key=lambda each: (each.namespace, each.name, each.port or 0))


@dataclass(frozen=True, slots=True)
class HostNetwork:
    """Listeners on the nodes' own addresses."""

    nodes: Mapping[str, str]
    """Labels of the nodes; none: all of them."""


def spec_of(
    served: Served,
    namespace: str,
    service: str,
    ports: Sequence[int] | None = None,
    host_network: HostNetwork | None = None,
) -> Node:
    """The ``spec`` of a CiliumEnvoyConfig.

    Args:
        served: What is served.
        namespace: Of the service that Envoy takes over.
        service: Its name.
        ports: Its ports that Envoy takes over; left out: those that are served.
        host_network: Where nodes themselves are to listen on these ports.
    """
    names: dict[tuple[str, str], list[str]] = {}
    for each in served.backends():
        names.setdefault((each.namespace, each.name), []).append(str(each.port))
    taken = sorted(served.ports) if ports is None else list(ports)
    listeners = _listeners(served)
    spec: Node = {}
    if host_network is not None:
        listeners = [{**each, **_addresses(taken)} for each in listeners]
        if host_network.nodes:
            spec["nodeSelector"] = {"matchLabels": dict(host_network.nodes)}
    return {
        **spec,
        "backendServices": [
            {"name": name, "namespace": space, "number": numbers} for (space, name), numbers in names.items()
        ],
        "resources": [*listeners, *_route_configurations(served), *map(_cluster, served.backends())],
        "services": [{"name": service, "namespace": namespace, "ports": taken}],
    }


# ---------------------------------------------------------------- listeners


def _listeners(served: Served) -> list[Node]:
    chains: list[Node] = []
    if served.has_http:
        chains.append(_http_chain("listener-insecure", {"transportProtocol": "raw_buffer"}))
        for (namespace, name), hosts in sorted(served.certificates.items()):
            chain = _http_chain("listener-secure", _server_names(hosts))
            chains.append({**chain, "transportSocket": _transport_socket(namespace, name)})
    for host, refs in sorted(served.passthrough.items()):
        chains.append(_tcp_chain(refs, _server_names([host])))
    if not chains:
        return []
    inspector = {"@type": f"{_FILTERS}listener.tls_inspector.v3.TlsInspector"}
    return [{
        "@type": f"{_TYPES}config.listener.v3.Listener",
        "filterChains": chains,
        "listenerFilters": [{"name": "envoy.filters.listener.tls_inspector", "typedConfig": inspector}],
        "name": LISTENER_NAME,
        "socketOptions": [
            {"description": text, "intValue": str(value), "level": str(level), "name": str(name)}
            for text, level, name, value in _SOCKET_OPTIONS
        ],
    }]  # fmt: skip


def _addresses(ports: Sequence[int]) -> Node:
    """Where a listener listens by itself: on all addresses of the node."""
    first, *more = [{"socketAddress": {"address": "0.0.0.0", "portValue": port}} for port in ports]
    return {"address": first, **({"additionalAddresses": [{"address": each} for each in more]} if more else {})}


def _server_names(hosts: Sequence[str]) -> Node:
    names = sorted({*hosts} - {ANY})
    match: Node = {"transportProtocol": "tls"}
    return {"serverNames": names, **match} if names and ANY not in hosts else match


def _http_chain(name: str, match: Node) -> Node:
    filters = (
        ("grpc_web", {"@type": f"{_FILTERS}http.grpc_web.v3.GrpcWeb"}),
        ("grpc_stats", {"@type": f"{_FILTERS}http.grpc_stats.v3.FilterConfig", "emitFilterState": True,
                        "enableUpstreamStats": True}),
        ("router", {"@type": f"{_FILTERS}http.router.v3.Router"}),
    )  # fmt: skip
    manager = {
        "@type": f"{_FILTERS}network.http_connection_manager.v3.HttpConnectionManager",
        "commonHttpProtocolOptions": {"maxStreamDuration": "0s"},
        "httpFilters": [{"name": f"envoy.filters.http.{key}", "typedConfig": config} for key, config in filters],
        "internalAddressConfig": {"unixSockets": True},
        "rds": {"routeConfigName": name},
        "statPrefix": name,
        "upgradeConfigs": [{"upgradeType": "websocket"}],
        "useRemoteAddress": True,
    }
    chain = [{"name": "envoy.filters.network.http_connection_manager", "typedConfig": manager}]
    return {"filterChainMatch": match, "filters": chain}


def _tcp_chain(refs: Sequence[BackendRef], match: Node) -> Node:
    cluster = refs[0].cluster
    proxy = {"@type": f"{_FILTERS}network.tcp_proxy.v3.TcpProxy", "cluster": cluster, "statPrefix": cluster}
    return {
        "filterChainMatch": match,
        "filters": [{"name": "envoy.filters.network.tcp_proxy", "typedConfig": proxy}],
    }


def _transport_socket(namespace: str, name: str) -> Node:
    secret = {"name": f"{SECRETS_NAMESPACE}/{namespace}-{name}"}
    context = {
        "@type": f"{_TYPES}extensions.transport_sockets.tls.v3.DownstreamTlsContext",
        "commonTlsContext": {"tlsCertificateSdsSecretConfigs": [secret]},
    }
    return {"name": "envoy.transport_sockets.tls", "typedConfig": context}


# ---------------------------------------------------------------- routes


def _route_configurations(served: Served) -> list[Node]:
    found = []
    for name, hosts in (("listener-insecure", served.insecure), ("listener-secure", served.secure)):
        if hosts:
            is_plain = name == "listener-insecure"
            virtual = [
                _virtual_host(host, entries, to_https=is_plain and host in served.https_only)
                for host, entries in sorted(hosts.items())
            ]
            kind = f"{_TYPES}config.route.v3.RouteConfiguration"
            found.append({"@type": kind, "name": name, "virtualHosts": virtual})
    return found


def _virtual_host(host: str, entries: Sequence[Entry], *, to_https: bool) -> Node:
    by_match: dict[Any, list[Entry]] = {}
    for entry in entries:
        by_match.setdefault(entry.match, []).append(entry)
    ordered = sorted(by_match.values(), key=lambda group: group[0].match.precedence())
    domains = [host] if host == ANY else [host, f"{host}:*"]
    routes = [_https_route(group[0]) if to_https else _route(group) for group in ordered]
    return {"domains": domains, "name": host, "routes": routes}


def _https_route(entry: Entry) -> Node:
    return {"match": _match(entry), "redirect": {"httpsRedirect": True}}


def _route(group: Sequence[Entry]) -> Node:
    """One route of Envoy. Entries of several rules or routes with the same match share their backends."""
    first = group[0]
    backends = [each for entry in group for each in entry.backends]
    found: Node = {"match": _match(first)}
    for key, headers in (("request", first.request_headers), ("response", first.response_headers)):
        if headers:
            found |= _header_changes(key, headers)
    if first.redirect is not None:
        return {**found, "redirect": _redirect(first.redirect, first.match.path)}
    if not backends:
        return {**found, "directResponse": {"body": {"inlineString": ""}, "status": first.status or 500}}
    return {**found, "route": _action(first, backends)}


def _match(entry: Entry) -> Node:
    kind, value = entry.match.path
    found: Node = {}
    match kind:
        case PathKind.EXACT:
            found["path"] = value
        case PathKind.REGEX:
            found["safeRegex"] = {"regex": value}
        case PathKind.PREFIX if value in ("/", ""):
            found["prefix"] = "/"
        case PathKind.PREFIX:
            found["pathSeparatedPrefix"] = value.rstrip("/")
    headers = [_value_match(each) for each in entry.match.headers]
    if entry.match.method:
        headers.append({"name": ":method", "stringMatch": {"exact": entry.match.method}})
    if headers:
        found["headers"] = headers
    if entry.match.query:
        found["queryParameters"] = [_value_match(each) for each in entry.match.query]
    if entry.match.is_grpc:
        found["grpc"] = {}
    return found


def _value_match(wanted: ValueMatch) -> Node:
    matcher: Node = {"safeRegex": {"regex": wanted.value}} if wanted.is_regex else {"exact": wanted.value}
    return {"name": wanted.name, "stringMatch": matcher}


def _header_changes(key: str, headers: Headers) -> Node:
    found: Node = {}
    added = [(each, "APPEND_IF_EXISTS_OR_ADD") for each in headers.get("add") or ()]
    added += [(each, "OVERWRITE_IF_EXISTS_OR_ADD") for each in headers.get("set") or ()]
    if added:
        found[f"{key}HeadersToAdd"] = [
            {"appendAction": action, "header": {"key": each["name"], "value": each["value"]}} for each, action in added
        ]
    if headers.get("remove"):
        found[f"{key}HeadersToRemove"] = list(headers["remove"])
    return found


def _redirect(wanted: Mapping[str, Any], path: tuple[PathKind, str]) -> Node:
    found: Node = {}
    for key, name in (("scheme", "schemeRedirect"), ("hostname", "hostRedirect"), ("port", "portRedirect")):
        if wanted.get(key):
            found[name] = wanted[key]
    found["responseCode"] = _REDIRECT_CODES.get(int(wanted.get("statusCode", 302)), "FOUND")
    change = wanted.get("path") or {}
    if change.get("type") == "ReplaceFullPath":
        found["pathRedirect"] = change.get("replaceFullPath", "/")
    elif change.get("type") == "ReplacePrefixMatch":
        found |= _prefix_change(str(change.get("replacePrefixMatch", "/")), path)
    return found


def _prefix_change(replacement: str, path: tuple[PathKind, str]) -> Node:
    """Replace the matched prefix; where it is to vanish, no double slash may stay behind."""
    prefix = path[1].rstrip("/")
    if replacement.rstrip("/"):
        return {"prefixRewrite": replacement.rstrip("/") if prefix else replacement}
    return {"regexRewrite": {"pattern": {"regex": f"^{prefix}(/?)(.*)"}, "substitution": r"/\2"}}


def _action(entry: Entry, backends: Sequence[BackendRef]) -> Node:
    found: Node = {}
    if len(backends) == 1 and not backends[0].filters:
        found["cluster"] = backends[0].cluster
    else:
        found["weightedClusters"] = {"clusters": [_weighted(each) for each in backends]}
    rewrite = entry.rewrite or {}
    if rewrite.get("hostname"):
        found["hostRewriteLiteral"] = rewrite["hostname"]
    change = rewrite.get("path") or {}
    if change.get("type") == "ReplaceFullPath":
        full = str(change.get("replaceFullPath", "/"))
        found["regexRewrite"] = {"pattern": {"regex": "^/.*$"}, "substitution": full}
    elif change.get("type") == "ReplacePrefixMatch":
        found |= _prefix_change(str(change.get("replacePrefixMatch", "/")), entry.match.path)
    if entry.mirrors:
        found["requestMirrorPolicies"] = [
            {"cluster": each.cluster, "runtimeFraction": {"defaultValue": {"numerator": 100}}} for each in entry.mirrors
        ]
    found["maxStreamDuration"] = {"maxStreamDuration": "0s"}
    if entry.timeout:
        found["timeout"] = entry.timeout
    return found


def _filter_headers(ref: BackendRef) -> Node:
    found: Node = {}
    for each in ref.filters:
        if each.get("type") == "RequestHeaderModifier":
            found |= _header_changes("request", each.get("requestHeaderModifier") or {})
        elif each.get("type") == "ResponseHeaderModifier":
            found |= _header_changes("response", each.get("responseHeaderModifier") or {})
    return found


def _weighted(ref: BackendRef) -> Node:
    return {"name": ref.cluster, "weight": ref.weight, **_filter_headers(ref)}


# ---------------------------------------------------------------- clusters


def _cluster(ref: BackendRef) -> Node:
    options = {
        "@type": f"{_TYPES}extensions.upstreams.http.v3.HttpProtocolOptions",
        "commonHttpProtocolOptions": {"idleTimeout": "60s"},
        "useDownstreamProtocolConfig": {"http2ProtocolOptions": {}},
    }
    return {
        "@type": f"{_TYPES}config.cluster.v3.Cluster",
        "edsClusterConfig": {"serviceName": f"{ref.namespace}/{ref.name}:{ref.port}"},
        "name": ref.cluster,
        "outlierDetection": {"splitExternalLocalOriginErrors": True},
        "type": "EDS",
        "typedExtensionProtocolOptions": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": options},
    }
