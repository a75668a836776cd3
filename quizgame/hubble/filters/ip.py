"""``--ip``, ``--from-ip``, ``--to-ip``, ``--snat-ip``: an address, compared as text, or a range."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from quizgame.goflags.errors import GoValueError
from quizgame.goflags.quoting import quote
from quizgame.hubble.filters.netip import Prefix, parse_address, parse_prefix
from quizgame.hubble.filters.predicate import FilterError, Predicate
from quizgame.hubble.flow import IP, Flow
from quizgame.hubble.flowfilter import FlowFilter

_REMEMBERED = 65_536


def compile_ip(wanted: FlowFilter) -> Iterator[Predicate]:
    """Yield a predicate for each address that the filter asks for.

    Raises:
        FilterError: A value is neither address nor range.
    """
    if wanted.source_ip:
        yield _on_address(wanted.source_ip, lambda ip: ip.source)
    if wanted.destination_ip:
        yield _on_address(wanted.destination_ip, lambda ip: ip.destination)
    if wanted.source_ip_xlated:
        yield _on_address(wanted.source_ip_xlated, lambda ip: ip.source_xlated)


def _on_address(values: list[str], get: Callable[[IP], str]) -> Predicate:
    addresses: set[str] = set()
    prefixes: list[Prefix] = []
    for value in values:
        try:
            if "/" in value:
                what = "prefix"
                prefixes.append(parse_prefix(value))
            else:
                what = "address"
                parse_address(value)
                addresses.add(value)
        except GoValueError as refusal:
            raise FilterError(f"invalid IP {what} {quote(value)} in filter: {refusal.message}") from None
    in_range: dict[str, bool] = {}

    def is_in_range(text: str) -> bool:
        try:
            address = parse_address(text)
        except GoValueError:
            return False
        return any(prefix.contains(address) for prefix in prefixes)

    def matches(flow: Flow | None) -> bool:
        ip = flow.ip if flow is not None else None
        text = get(ip) if ip is not None else ""
        if not text:
            return False
        if text in addresses:
            return True
        if not prefixes:
            return False
        found = in_range.get(text)
        if found is None:
            if len(in_range) >= _REMEMBERED:
                in_range.clear()
            found = in_range[text] = is_in_range(text)
        return found

    return matches
