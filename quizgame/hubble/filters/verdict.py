"""``--verdict``: the verdict, exactly."""

from __future__ import annotations

from collections.abc import Iterator

from quizgame.hubble.filters.predicate import Predicate
from quizgame.hubble.flow import Flow
from quizgame.hubble.flowfilter import FlowFilter


def compile_verdict(wanted: FlowFilter) -> Iterator[Predicate]:
    """Yield the predicate, if the filter asks for one."""
    verdicts = frozenset(wanted.verdict)

    def matches(flow: Flow | None) -> bool:
        return flow is not None and flow.verdict in verdicts

    if verdicts:
        yield matches
