"""``--tcp-flags``: all flags of one value must be set; others may be."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import structs

from quizgame.hubble.filters.predicate import Predicate
from quizgame.hubble.flow import Flow, TCPFlags
from quizgame.hubble.flowfilter import FlowFilter


def compile_tcp_flags(wanted: FlowFilter) -> Iterator[Predicate]:
    """Yield the predicate, if the filter asks for one; a flow without a flags record never matches."""
    alternatives = [_set_flags(flags) for flags in wanted.tcp_flags]

    def matches(flow: Flow | None) -> bool:
        l4 = flow.l4 if flow is not None else None
        flags = l4.tcp.flags if l4 is not None and l4.tcp is not None else None
        return flags is not None and any(
            all(getattr(flags, name) for name in alternative) for alternative in alternatives
        )

    if alternatives:
        yield matches


def _set_flags(flags: TCPFlags) -> tuple[str, ...]:
    return tuple(field.name for field in structs.fields(flags) if getattr(flags, field.name))
