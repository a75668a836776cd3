"""``--drop-reason-desc``: why a packet was dropped; only flows with verdict DROPPED match."""

from __future__ import annotations

from collections.abc import Iterator

from quizgame.hubble.enums import Verdict
from quizgame.hubble.filters.predicate import Predicate
from quizgame.hubble.flow import Flow
from quizgame.hubble.flowfilter import FlowFilter


def compile_drop_reason(wanted: FlowFilter) -> Iterator[Predicate]:
    """Yield the predicate, if the filter asks for one."""
    reasons = frozenset(wanted.drop_reason_desc)

    def matches(flow: Flow | None) -> bool:
        return flow is not None and flow.verdict == Verdict.DROPPED and flow.drop_reason_desc in reasons

    if reasons:
        yield matches
