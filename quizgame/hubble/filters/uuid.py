"""``--uuid``: the flow's identifier, exactly."""

from __future__ import annotations

from collections.abc import Iterator

from quizgame.hubble.filters.predicate import Predicate
from quizgame.hubble.flow import Flow
from quizgame.hubble.flowfilter import FlowFilter


def compile_uuid(wanted: FlowFilter) -> Iterator[Predicate]:
    """Yield the predicate, if the filter asks for one."""
    uuids = frozenset(wanted.uuid)

    def matches(flow: Flow | None) -> bool:
        return flow is not None and flow.uuid in uuids

    if uuids:
        yield matches
