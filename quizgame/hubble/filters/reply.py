"""``reply`` (raw filters only): direction of the packet within its connection."""

from __future__ import annotations

from collections.abc import Iterator

from quizgame.hubble.enums import Verdict
from quizgame.hubble.filters.predicate import Predicate
from quizgame.hubble.flow import Flow
from quizgame.hubble.flowfilter import FlowFilter


def compile_reply(wanted: FlowFilter) -> Iterator[Predicate]:
    """Yield the predicate, if the filter asks for one.

    # Source: cilium/cilium v1.19 pkg/hubble/filters/reply.go: a dropped flow without the field counts as no reply.
    """
    replies = frozenset(wanted.reply)

    def matches(flow: Flow | None) -> bool:
        if flow is None or (flow.is_reply is None and flow.verdict != Verdict.DROPPED):
            return False
        return bool(flow.is_reply) in replies

    if replies:
        yield matches
