"""What Envoy does with a request by its configuration: listener, filter chain, virtual host, route. Pure.

Source: Envoy v1.35 docs, configuration/http/http_conn_man/route_matching and api-v3/config/route/v3/route_components;
resources are in their JSON form (``quizgame.cluster.agent.envoy.json_fields``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

from quizgame.cluster.agent.envoy import ROUTES, EnvoyConfig
from quizgame.policy.go_errors import regexp_error
from quizgame.policy.l7 import HttpRequest, compiled, full_match

Node = Mapping[str, Any]
Pick = Callable[[Sequence[int]], int]
"""Chooses one of several by their weights, of which at least one is positive; returns its position."""

_REDIRECTS = {
    "MOVED_PERMANENTLY": 301, "FOUND": 302, "SEE_OTHER": 303, "TEMPORARY_REDIRECT": 307, "PERMANENT_REDIRECT": 308,
}  # fmt: skip
_DEFAULT_PORTS = {"http": 80, "https": 443}
_GRPC = "application/grpc"


@dataclass(frozen=True, slots=True)
class LocalReply:
    """An answer that Envoy gives itself."""

    status: int
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Forwarding:
    """A request on its way to a cluster of backends."""

    cluster: str
    request: HttpRequest
    """As the backend gets it."""
    mirrors: tuple[str, ...] = ()
    """Clusters that get a copy."""
    route: Node | None = None
    """What changes the answer's headers."""

    def headers(self, answered: Mapping[str, str]) -> dict[str, str]:
        """The headers of an answer as the client gets them."""
        if self.route is None:
            return dict(answered)
        return changed_headers(answered, self.route.get("responseHeadersToAdd"),
                               self.route.get("responseHeadersToRemove"))  # fmt: skip


# ---------------------------------------------------------------- listeners


def filter_chain(listener: Node, sni: str | None) -> Node | None:
    """The chain of a listener that a connection meets; ``None``: Envoy closes it.

    Args:
        listener: The Listener.
        sni: Server name of the TLS handshake; ``None``: plain text, empty: a handshake without a name.
    """
    kind = "raw_buffer" if sni is None else "tls"
    fitting = []
    for chain in listener.get("filterChains") or ():
        match = chain.get("filterChainMatch") or {}
        if match.get("transportProtocol", kind) != kind:
            continue
        rank = _name_rank(match.get("serverNames") or (), sni or "")
        if rank is not None:
            fitting.append((rank, chain))
    return max(fitting, key=lambda each: each[0])[1] if fitting else None


def _name_rank(names: Sequence[str], sni: str) -> tuple[int, int] | None:
    """How well server names fit: an exact name above a wildcard, a long one above a short one, any name last."""
    if not names:
        return (0, 0)
    ranks = [rank for name in names if (rank := _domain_rank(name, sni)) is not None]
    return max(ranks, default=None)


def _domain_rank(domain: str, host: str) -> tuple[int, int] | None:
    domain, host = domain.lower(), host.lower()
    if domain == host:
        return (3, len(domain))
    if domain == "*":
        return (1, 0)
    if domain.startswith("*") and host.endswith(domain[1:]) and len(host) > len(domain) - 1:
        return (2, len(domain))
    if domain.endswith("*") and host.startswith(domain[:-1]) and len(host) > len(domain) - 1:
        return (1, len(domain))
    return None


def network_filter(chain: Node) -> tuple[str, Node]:
    """The last network filter of a chain, by the last word of its type, and its configuration."""
    filters = chain.get("filters") or ()
    config = dict(filters[-1].get("typedConfig") or {}) if filters else {}
    return str(config.get("@type", "")).rpartition(".")[2], config


def secret_names(chain: Node) -> tuple[str, ...]:
    """The names of the certificates that a chain terminates TLS with; empty where it does not terminate it."""
    context = ((chain.get("transportSocket") or {}).get("typedConfig") or {}).get("commonTlsContext") or {}
    return tuple(each.get("name", "") for each in context.get("tlsCertificateSdsSecretConfigs") or ())


def route_configuration(config: EnvoyConfig, manager: Node) -> Node:
    """The routes of an HTTP connection manager, its own or those that it names."""
    own = manager.get("routeConfig")
    if own:
        routes: Node = own
        return routes
    return config.find(ROUTES, (manager.get("rds") or {}).get("routeConfigName", "")) or {}


# ---------------------------------------------------------------- routes


def decide_route(routes: Node, request: HttpRequest, *, scheme: str, pick: Pick) -> LocalReply | Forwarding:
    """Say what becomes of a request.

    Args:
        routes: The RouteConfiguration.
        request: As the client sent it.
        scheme: ``http`` or ``https``.
        pick: Chooses between weighted clusters.
    """
    virtual = _virtual_host(routes, request.host)
    found = next((each for each in _routes_of(virtual) if _fits(each.get("match") or {}, request)), None)
    if found is None:
        return LocalReply(404)
    if "redirect" in found:
        return _redirect(found, request, scheme)
    if "directResponse" in found:
        direct = found["directResponse"]
        return LocalReply(int(direct.get("status", 200)), str((direct.get("body") or {}).get("inlineString", "")))
    return _forward(found, request, pick)


def _routes_of(virtual: Node | None) -> Iterator[Node]:
    if virtual is not None:
        yield from virtual.get("routes") or ()


def _virtual_host(routes: Node, host: str) -> Node | None:
    bare = host.rpartition(":")[0] if ":" in host else host
    best: tuple[tuple[int, int], Node] | None = None
    for each in routes.get("virtualHosts") or ():
        ranks = [_host_rank(domain, host, bare) for domain in each.get("domains") or ()]
        rank = max((rank for rank in ranks if rank is not None), default=None)
        if rank is not None and (best is None or rank > best[0]):
            best = (rank, each)
    return None if best is None else best[1]


def _host_rank(domain: str, host: str, bare: str) -> tuple[int, int] | None:
    if domain.endswith(":*"):  # a name with any port
        return _domain_rank(domain[:-2], bare) if host != bare else None
    return _domain_rank(domain, host)


def _fits(match: Node, request: HttpRequest) -> bool:
    path, _, query = request.path.partition("?")
    if not _path_fits(match, path):
        return False
    headers = {name.lower(): value for name, value in request.headers.items()}
    if "grpc" in match and not headers.get("content-type", "").startswith(_GRPC):
        return False
    pseudo = {":method": request.method, ":authority": request.host, ":path": request.path}
    known = {**headers, **pseudo, "host": request.host}
    if not all(_value_fits(each, known.get(str(each.get("name", "")).lower())) for each in match.get("headers") or ()):
        return False
    asked = dict(reversed(parse_qsl(query, keep_blank_values=True)))
    return all(_value_fits(each, asked.get(each.get("name", ""))) for each in match.get("queryParameters") or ())


def _path_fits(match: Node, path: str) -> bool:
    if "path" in match:
        return path == str(match["path"])
    if "pathSeparatedPrefix" in match:
        prefix = str(match["pathSeparatedPrefix"])
        return path == prefix or path.startswith(f"{prefix}/")
    if "safeRegex" in match:
        return _regex_fits(match["safeRegex"], path)
    return path.startswith(str(match.get("prefix", "/")))


def _value_fits(matcher: Node, value: str | None) -> bool:
    """A matcher of a header or a query parameter."""
    holds = _string_fits(matcher, value)
    return holds is not bool(matcher.get("invertMatch"))


def _string_fits(matcher: Node, value: str | None) -> bool:
    if "presentMatch" in matcher:
        return (value is not None) is bool(matcher["presentMatch"])
    wanted = matcher.get("stringMatch") or {}
    if "exactMatch" in matcher:
        wanted = {"exact": matcher["exactMatch"]}
    if value is None:
        return False
    if "exact" in wanted:
        return value == str(wanted["exact"])
    if "prefix" in wanted:
        return value.startswith(str(wanted["prefix"]))
    if "safeRegex" in wanted:
        return _regex_fits(wanted["safeRegex"], value)
    return True


def _regex_fits(regex: Node, value: str) -> bool:
    # Simplified: Envoy refuses routes with an expression that is none, and keeps what it had; here it fits nothing.
    text = str(regex.get("regex", ""))
    return regexp_error(text) is None and full_match(text, value)


# ---------------------------------------------------------------- actions


def _redirect(route: Node, request: HttpRequest, scheme: str) -> LocalReply:
    action = route["redirect"]
    host, _, port = request.host.partition(":")
    wanted = "https" if action.get("httpsRedirect") else str(action.get("schemeRedirect") or scheme)
    if action.get("portRedirect"):
        port = str(action["portRedirect"])
    elif wanted != scheme:
        port = "" if port == str(_DEFAULT_PORTS.get(scheme)) else port
    host = str(action.get("hostRedirect") or host)
    shown = f":{port}" if port and int(port) != _DEFAULT_PORTS.get(wanted) else ""
    path, mark, query = request.path.partition("?")
    if action.get("pathRedirect"):
        path = str(action["pathRedirect"])
    else:
        path = _rewritten(action, route.get("match") or {}, path)
    status = _REDIRECTS.get(str(action.get("responseCode", "MOVED_PERMANENTLY")), 301)
    location = f"{wanted}://{host}{shown}{path}{mark}{query}"
    answered = changed_headers({}, route.get("responseHeadersToAdd"), route.get("responseHeadersToRemove"))
    return LocalReply(status, headers=(("location", location), *answered.items()))


def _rewritten(action: Node, match: Node, path: str) -> str:
    if action.get("prefixRewrite"):
        matched = str(match.get("pathSeparatedPrefix") or match.get("path") or match.get("prefix") or "/")
        return str(action["prefixRewrite"]) + path[len(matched) :]
    rewrite = action.get("regexRewrite")
    if rewrite:
        pattern, substitution = str(rewrite["pattern"]["regex"]), str(rewrite.get("substitution", ""))
        return path if regexp_error(pattern) is not None else str(compiled(pattern).sub(substitution, path))
    return path


def _forward(route: Node, request: HttpRequest, pick: Pick) -> LocalReply | Forwarding:
    action = route.get("route") or {}
    chosen: Node = {}
    cluster = str(action.get("cluster", ""))
    if "weightedClusters" in action:
        choices = action["weightedClusters"].get("clusters") or ()
        weights = [int(each.get("weight", 0)) for each in choices]
        if not sum(weights):
            return LocalReply(500)
        chosen = choices[pick(weights)]
        cluster = str(chosen.get("name", ""))
    if not cluster:
        return LocalReply(503)
    path, mark, query = request.path.partition("?")
    path = _rewritten(action, route.get("match") or {}, path)
    headers = dict(request.headers)
    for each in (chosen, route):
        headers = changed_headers(headers, each.get("requestHeadersToAdd"), each.get("requestHeadersToRemove"))
    mirrors = tuple(str(each.get("cluster", "")) for each in action.get("requestMirrorPolicies") or ())
    host = str(action.get("hostRewriteLiteral") or request.host)
    sent = replace(request, path=f"{path}{mark}{query}", host=host, headers=headers)
    return Forwarding(cluster, sent, mirrors, route)


def changed_headers(
    headers: Mapping[str, str], to_add: Sequence[Node] | None, to_remove: Sequence[str] | None
) -> dict[str, str]:
    """Headers with some removed, and some added or overwritten; names are compared without case."""
    gone = {name.lower() for name in to_remove or ()}
    found = {name: value for name, value in headers.items() if name.lower() not in gone}
    for option in to_add or ():
        header = option.get("header") or {}
        name, value = str(header.get("key", "")), str(header.get("value", ""))
        present = next((each for each in found if each.lower() == name.lower()), None)
        if present is None:
            found[name] = value
        elif str(option.get("appendAction", "")).startswith("OVERWRITE"):
            found[present] = value
        else:
            found[present] = f"{found[present]},{value}"
    return found
