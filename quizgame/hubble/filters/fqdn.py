"""``--fqdn``, ``--from-fqdn``, ``--to-fqdn``: DNS names of an address; and ``dns_query`` (raw filters only)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from quizgame.hubble.filters.patterns import fqdn_pattern
from quizgame.hubble.filters.predicate import FilterError, Predicate
from quizgame.hubble.filters.regexes import compile_re2
from quizgame.hubble.flow import Flow
from quizgame.hubble.flowfilter import FlowFilter


def compile_fqdn(wanted: FlowFilter) -> Iterator[Predicate]:
    """Yield a predicate for each kind of names that the filter asks for.

    Raises:
        FilterError: A pattern is malformed.
    """
    if wanted.source_fqdn:
        yield _on_names(fqdn_pattern(wanted.source_fqdn), lambda flow: flow.source_names)
    if wanted.destination_fqdn:
        yield _on_names(fqdn_pattern(wanted.destination_fqdn), lambda flow: flow.destination_names)
    if wanted.dns_query:
        yield _on_query(wanted.dns_query)


def _on_names(is_match: Callable[[str], bool], get: Callable[[Flow], list[str]]) -> Predicate:
    return lambda flow: flow is not None and any(is_match(name) for name in get(flow))


def _on_query(patterns: list[str]) -> Predicate:
    try:
        searches = [compile_re2(pattern) for pattern in patterns]
    except FilterError as refusal:
        raise FilterError(f"invalid DNS query filter: failed to compile regexp: {refusal.message}") from None

    def matches(flow: Flow | None) -> bool:
        l7 = flow.l7 if flow is not None else None
        dns = l7.dns if l7 is not None else None
        return dns is not None and any(search(dns.query) for search in searches)

    return matches
