"""``--type``: event type and sub-type; type 0 is any."""

from __future__ import annotations

from collections.abc import Iterator

from quizgame.hubble.filters.predicate import Predicate
from quizgame.hubble.flow import Flow
from quizgame.hubble.flowfilter import FlowFilter


def compile_event_type(wanted: FlowFilter) -> Iterator[Predicate]:
    """Yield the predicate, if the filter asks for one."""
    types = [(kind.type, kind.sub_type if kind.match_sub_type else None) for kind in wanted.event_type]

    def matches(flow: Flow | None) -> bool:
        event = flow.event_type if flow is not None else None
        return event is not None and any(
            kind in (0, event.type) and sub_type in (None, event.sub_type) for kind, sub_type in types
        )

    if types:
        yield matches
