"""``--port``, ``--from-port``, ``--to-port``: exact port of TCP, UDP or SCTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from quizgame.goflags.errors import GoValueError
from quizgame.goflags.numbers import parse_uint
from quizgame.goflags.quoting import quote
from quizgame.hubble.filters.predicate import FilterError, Predicate
from quizgame.hubble.flow import SCTP, TCP, UDP, Flow
from quizgame.hubble.flowfilter import FlowFilter

_Header = TCP | UDP | SCTP


def compile_port(wanted: FlowFilter) -> Iterator[Predicate]:
    """Yield a predicate for each side that the filter asks for.

    Raises:
        FilterError: A value is no port.
    """
    if wanted.source_port:
        yield _on_port(_ports(wanted.source_port, "source"), lambda header: header.source_port)
    if wanted.destination_port:
        yield _on_port(_ports(wanted.destination_port, "destination"), lambda header: header.destination_port)


def _ports(values: list[str], side: str) -> frozenset[int]:
    ports: set[int] = set()
    for value in values:
        try:
            ports.add(parse_uint(value, bits=16))
        except GoValueError as refusal:
            raise FilterError(f"invalid {side} port filter: invalid port {quote(value)}: {refusal.message}") from None
    return frozenset(ports)


def _on_port(ports: frozenset[int], get: Callable[[_Header], int]) -> Predicate:
    def matches(flow: Flow | None) -> bool:
        l4 = flow.l4 if flow is not None else None
        header = (l4.tcp or l4.udp or l4.sctp) if l4 is not None else None
        # The agent keeps ports in 32 bits and compares the lower 16.
        return header is not None and get(header) & 0xFFFF in ports

    return matches
