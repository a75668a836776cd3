"""``--encrypted``, ``--unencrypted``: whether the packet was encrypted; what has no IP record was not."""

from __future__ import annotations

from collections.abc import Iterator

from quizgame.hubble.filters.predicate import Predicate
from quizgame.hubble.flow import Flow
from quizgame.hubble.flowfilter import FlowFilter


def compile_encrypted(wanted: FlowFilter) -> Iterator[Predicate]:
    """Yield the predicate, if the filter asks for one; records without a flow count as not encrypted."""
    states = frozenset(wanted.encrypted)

    def matches(flow: Flow | None) -> bool:
        return (flow is not None and flow.ip is not None and flow.ip.encrypted) in states

    if states:
        yield matches
