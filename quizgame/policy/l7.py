"""What the proxies decide about requests: HTTP, DNS and TLS server names.

Expressions run on RE2, the engine of the real proxy, so a hostile pattern costs linear time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from quizgame.policy.fqdn import name_matches, normalise
from quizgame.policy.model import HeaderMatch, HttpRule, L7Kind, L7Rules, MismatchAction


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as the proxy sees it; the path includes the query, the host its port."""

    method: str = "GET"
    path: str = "/"
    host: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DnsRequest:
    """A question to a name server."""

    query: str


@dataclass(frozen=True, slots=True)
class TlsHello:
    """The start of a TLS connection."""

    sni: str


Request = HttpRequest | DnsRequest | TlsHello


@dataclass(frozen=True, slots=True)
class L7Policy:
    """The merged L7 rules that apply to one flow."""

    kind: L7Kind
    allows_all: bool
    """Whether every request passes whatever the rules say."""
    rules: tuple[L7Rules, ...]

    def decide(self, request: Request | None) -> bool | None:
        """Say whether the proxy lets a request through; ``None`` if it is not of the kind that this proxy looks at."""
        match self.kind, request:
            case L7Kind.HTTP, HttpRequest():
                return self.allows_all or any(l7_allows(rules, request) for rules in self.rules)
            case L7Kind.DNS, DnsRequest():
                return self.allows_all or any(l7_allows(rules, request) for rules in self.rules)
            case L7Kind.TLS, TlsHello() | HttpRequest():
                return self.allows_all or any(l7_allows(rules, request) for rules in self.rules)
        return None


def l7_allows(rules: L7Rules, request: Request) -> bool:
    """Say whether one rule set lets a request through (one of another kind never passes)."""
    if rules.allows_all:
        return True
    if isinstance(request, HttpRequest):
        return rules.kind is L7Kind.HTTP and any(http_allows(rule, request) for rule in rules.http)
    if isinstance(request, DnsRequest):
        return rules.kind is L7Kind.DNS and any(
            name_matches(request.query, match_name=rule.match_name, match_pattern=rule.match_pattern)
            for rule in rules.dns
        )
    return rules.kind is L7Kind.TLS and any(_server_name_fits(name, request.sni) for name in rules.server_names)


def http_allows(rule: HttpRule, request: HttpRequest) -> bool:
    """Say whether one HTTP rule lets a request through.

    Source: cilium/cilium v1.19 pkg/envoy/xds_server.go getHTTPRule: expressions match the whole value.
    """
    fields = ((rule.method, request.method), (rule.path, request.path), (rule.host, request.host))
    if any(pattern and not full_match(pattern, value) for pattern, value in fields):
        return False
    if not rule.headers and not rule.header_matches:
        return True
    headers = {name.lower(): value for name, value in request.headers.items()}
    for wanted in rule.headers:
        name, has_value, value = _split_header(wanted)
        found = headers.get(name)
        if found is None or (has_value and found != value):
            return False
    return all(
        match.mismatch is not MismatchAction.REFUSE or _header_has(headers.get(match.name.lower()), match)
        for match in rule.header_matches
    )


def _header_has(found: str | None, wanted: HeaderMatch) -> bool:
    return found is not None and not wanted.is_secret and (not wanted.value or found == wanted.value)


def _split_header(header: str) -> tuple[str, bool, str]:
    """Split ``Name: value`` or ``Name value``; a name alone asks for presence."""
    # Source: cilium/cilium v1.19 pkg/envoy/xds_server.go: the first blank parts them, a colon at the name's end goes.
    name, blank, value = header.partition(" ")
    return name.removesuffix(":").lower(), bool(blank), value


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> Any:
    """Compile an expression with RE2; raises ``re2.error`` if it is malformed."""
    import re2  # it costs 15 ms, which worlds without L7 rules do not pay

    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options)


def full_match(pattern: str, value: str) -> bool:
    """Say whether an expression matches the whole of a value."""
    return compiled(pattern).fullmatch(value) is not None


def _server_name_fits(wanted: str, sni: str) -> bool:
    wanted, asked = normalise(wanted), normalise(sni)
    if "*" in wanted:
        return name_matches(asked, match_pattern=wanted)
    return wanted == asked
