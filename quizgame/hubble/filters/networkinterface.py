"""``--interface``: where the packet was seen; an empty name matches any recorded interface."""

from __future__ import annotations

from collections.abc import Iterator

from quizgame.hubble.filters.predicate import Predicate
from quizgame.hubble.flow import Flow
from quizgame.hubble.flowfilter import FlowFilter


def compile_interface(wanted: FlowFilter) -> Iterator[Predicate]:
    """Yield the predicate, if the filter asks for one."""
    interfaces = wanted.interface

    def matches(flow: Flow | None) -> bool:
        seen = flow.interface if flow is not None else None
        return seen is not None and any(
            want.index in (0, seen.index) and want.name in ("", seen.name) for want in interfaces
        )

    if interfaces:
        yield matches
