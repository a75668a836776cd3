"""``--traffic-direction``: direction seen from the endpoint."""

from __future__ import annotations

from collections.abc import Iterator

from quizgame.hubble.filters.predicate import Predicate
from quizgame.hubble.flow import Flow
from quizgame.hubble.flowfilter import FlowFilter


def compile_traffic_direction(wanted: FlowFilter) -> Iterator[Predicate]:
    """Yield the predicate, if the filter asks for one."""
    directions = frozenset(wanted.traffic_direction)

    def matches(flow: Flow | None) -> bool:
        return flow is not None and flow.traffic_direction in directions

    if directions:
        yield matches
