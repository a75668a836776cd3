"""``--trace-id``: trace id of a request, exactly; an empty value matches what has none, flow or not."""

from __future__ import annotations

from collections.abc import Iterator

from quizgame.hubble.filters.predicate import Predicate
from quizgame.hubble.flow import Flow
from quizgame.hubble.flowfilter import FlowFilter


def compile_trace_id(wanted: FlowFilter) -> Iterator[Predicate]:
    """Yield the predicate, if the filter asks for one."""
    ids = frozenset(wanted.trace_id)

    def matches(flow: Flow | None) -> bool:
        context = flow.trace_context if flow is not None else None
        parent = context.parent if context is not None else None
        return (parent.trace_id if parent is not None else "") in ids

    if ids:
        yield matches
