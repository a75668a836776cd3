"""``--cluster``, ``--from-cluster``, ``--to-cluster``: the endpoint's cluster, exactly (no wildcards)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from quizgame.hubble.filters.predicate import FilterError, Predicate
from quizgame.hubble.filters.sides import destination, source
from quizgame.hubble.flow import Endpoint, Flow
from quizgame.hubble.flowfilter import FlowFilter


def compile_cluster_name(wanted: FlowFilter) -> Iterator[Predicate]:
    """Yield a predicate for each side that the filter asks for.

    Raises:
        FilterError: A name is empty.
    """
    if wanted.source_cluster_name:
        yield _on_side(wanted.source_cluster_name, source)
    if wanted.destination_cluster_name:
        yield _on_side(wanted.destination_cluster_name, destination)


def _on_side(values: list[str], side: Callable[[Flow], Endpoint | None]) -> Predicate:
    names = frozenset(values)
    if "" in names:
        raise FilterError("invalid filter, name must not be empty")

    def matches(flow: Flow | None) -> bool:
        endpoint = side(flow) if flow is not None else None
        return endpoint is not None and endpoint.cluster_name in names

    return matches
