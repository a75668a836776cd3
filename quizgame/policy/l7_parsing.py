"""The L7 part of a ``toPorts`` item, from manifest to `L7Rules`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quizgame.policy.model import (
    DnsRule,
    HeaderMatch,
    HttpRule,
    KafkaRule,
    L7Kind,
    L7Rules,
    MismatchAction,
)


def parse_l7(item: Mapping[str, Any]) -> L7Rules | None:
    """Parse the ``rules``, ``serverNames`` and ``listener`` of a ``toPorts`` item; ``None`` if there is no L7 part.

    The item is valid.
    """
    # Source: cilium/cilium v1.19 pkg/policy/l4.go createL4Filter: which parser a rule asks for.
    rules = item.get("rules") or {}
    if http := rules.get("http"):
        return L7Rules(L7Kind.HTTP, http=tuple(_http(rule or {}) for rule in http))
    if kafka := rules.get("kafka"):
        parsed = tuple(KafkaRule(tuple(sorted((str(k), str(v)) for k, v in (rule or {}).items()))) for rule in kafka)
        return L7Rules(L7Kind.KAFKA, kafka=parsed)
    if dns := rules.get("dns"):
        names = tuple(DnsRule(str(rule.get("matchName") or ""), str(rule.get("matchPattern") or "")) for rule in dns)
        return L7Rules(L7Kind.DNS, dns=names)
    if protocol := rules.get("l7proto"):
        return L7Rules(L7Kind.OTHER, listener=str(protocol))
    if listener := item.get("listener"):
        name, priority = str(listener.get("name") or ""), int(listener.get("priority") or 0)
        return L7Rules(L7Kind.CRD, listener=name, listener_priority=priority, allows_all=True)
    names_of_servers = tuple(str(name) for name in item.get("serverNames") or ())
    if names_of_servers or item.get("terminatingTLS") or item.get("originatingTLS"):
        return L7Rules(L7Kind.TLS, server_names=names_of_servers, allows_all=not names_of_servers)
    return None


def _http(rule: Mapping[str, Any]) -> HttpRule:
    return HttpRule(
        method=str(rule.get("method") or ""),
        path=str(rule.get("path") or ""),
        host=str(rule.get("host") or ""),
        headers=tuple(str(header) for header in rule.get("headers") or ()),
        header_matches=tuple(
            HeaderMatch(
                str(match.get("name") or ""),
                str(match.get("value") or ""),
                MismatchAction(str(match.get("mismatch") or "")),
                is_secret=bool(match.get("secret")) and not match.get("value"),
            )
            for match in rule.get("headerMatches") or ()
        ),
    )
