"""Which hostnames a route serves at a listener.

Source: cilium/cilium v1.19 operator/pkg/model/helpers.go ComputeHosts; Gateway API, ``Listener.hostname``.
"""

from __future__ import annotations

from collections.abc import Sequence

ANY = "*"


def hosts_at(listener_host: str, route_hosts: Sequence[str], other_listeners: Sequence[str] = ()) -> list[str]:
    """The hostnames that a listener and a route have in common.

    Args:
        listener_host: The listener's; empty where it takes all.
        route_hosts: The route's; none where it takes the listener's.
        other_listeners: Hostnames of other listeners, which keep what they match better.

    Returns:
        Them, the most specific first; ``*`` for all. Empty: the route cannot attach here.
    """
    if not route_hosts:
        return [listener_host or ANY]
    found = [host for each in route_hosts if (host := _common(listener_host, each, other_listeners))]
    return sorted(found, key=_specificity)


def _common(listener: str, route: str, others: Sequence[str]) -> str:
    if listener == route:
        return route
    is_taken = _is_better_elsewhere(route, listener, others)
    if not listener:
        return "" if is_taken else route
    if listener.startswith("*") and route.startswith("*"):
        if not _wildcards_meet(route, listener) or is_taken:
            return ""
        return listener if listener.count(".") > route.count(".") else route
    if listener.startswith("*"):
        return route if matches_wildcard(route, listener) and not is_taken else ""
    if route.startswith("*"):
        return listener if matches_wildcard(listener, route) else ""
    return ""


def matches_wildcard(host: str, wildcard: str) -> bool:
    """Whether ``*.example.com`` covers a name: one label or more before its end."""
    suffix = wildcard.removeprefix("*")
    return host.endswith(suffix) and len(host) > len(suffix)


def _wildcards_meet(one: str, other: str) -> bool:
    if ANY in (one, other):
        return True
    short, long = sorted((one.removeprefix("*"), other.removeprefix("*")), key=len)
    return long.endswith(short)


def _is_better_elsewhere(route: str, listener: str, others: Sequence[str]) -> bool:
    return any(
        other != listener
        and (
            route == other or (other.startswith("*") and matches_wildcard(route, other) and len(other) > len(listener))
        )
        for other in others
        if other
    )


def _specificity(host: str) -> tuple[bool, bool, int, str]:
    return host == ANY, host.startswith("*"), -host.count("."), host
