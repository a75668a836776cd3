"""``--identity``, ``--from-identity``, ``--to-identity``: numeric security identity; an absent endpoint has none."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from quizgame.hubble.filters.predicate import Predicate
from quizgame.hubble.filters.sides import destination, source
from quizgame.hubble.flow import Endpoint, Flow
from quizgame.hubble.flowfilter import FlowFilter


def compile_identity(wanted: FlowFilter) -> Iterator[Predicate]:
    """Yield a predicate for each side that the filter asks for."""
    if wanted.source_identity:
        yield _on_side(frozenset(wanted.source_identity), source)
    if wanted.destination_identity:
        yield _on_side(frozenset(wanted.destination_identity), destination)


def _on_side(identities: frozenset[int], side: Callable[[Flow], Endpoint | None]) -> Predicate:
    def matches(flow: Flow | None) -> bool:
        endpoint = side(flow) if flow is not None else None
        return endpoint is not None and endpoint.identity in identities

    return matches
