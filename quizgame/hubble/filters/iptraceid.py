"""``--ip-trace-id``: trace id from an IP option."""

from __future__ import annotations

from collections.abc import Iterator

from quizgame.hubble.filters.predicate import Predicate
from quizgame.hubble.flow import Flow
from quizgame.hubble.flowfilter import FlowFilter


def compile_ip_trace_id(wanted: FlowFilter) -> Iterator[Predicate]:
    """Yield the predicate, if the filter asks for one."""
    ids = frozenset(wanted.ip_trace_id) - {"0", ""}

    def matches(flow: Flow | None) -> bool:
        return flow is not None and flow.ip_trace_id is not None and flow.ip_trace_id.trace_id in ids

    if wanted.ip_trace_id:
        yield matches
