"""How a server answers: filters, time bounds, count, field mask, in this order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from heapq import merge

from msgspec import structs

from quizgame.hubble.fieldmask import apply_mask, mask_tree
from quizgame.hubble.filters.build import compile_lists
from quizgame.hubble.observer import EVERYTHING, GetFlowsRequest, GetFlowsResponse
from quizgame.hubble.timestamps import parse_timestamp


def answer(records: Iterable[GetFlowsResponse], request: GetFlowsRequest) -> Iterator[GetFlowsResponse]:
    """Return what a node's server sends of its buffer.

    Args:
        records: The buffer, oldest first.
        request: What was asked for. ``follow`` without a number or a start has no history.

    Raises:
        FilterError: A filter's value is wrong (before anything is sent).
        NotSimulated: A filter holds an expression.
    """
    matching = select(records, request)
    if request.follow and not request.number and request.since_ns is None:
        return iter(())
    if request.field_mask:
        tree = mask_tree(request.field_mask)
        return (
            structs.replace(record, flow=apply_mask(record.flow, tree)) if record.flow is not None else record
            for record in matching
        )
    return matching


def select(records: Iterable[GetFlowsResponse], request: GetFlowsRequest) -> Iterator[GetFlowsResponse]:
    """Return the records that a request selects, unchanged and in their order.

    Raises:
        FilterError: A filter's value is wrong.
        NotSimulated: A filter holds an expression.
    """
    is_match = compile_lists(request.allow, request.deny)
    since, until = request.since_ns, request.until_ns

    def matching() -> Iterator[GetFlowsResponse]:
        for record in records:
            if since is not None or until is not None:
                # A response without a time counts as 1970-01-01.
                time = parse_timestamp(record.time) if record.time is not None else 0
                if (since is not None and time < since) or (until is not None and time > until):
                    continue
            if is_match is None or is_match(record.flow):
                yield record

    if request.number in (0, EVERYTHING):
        return matching()
    return _first(matching(), request.number) if request.first else _last(matching(), request.number)


def _first(records: Iterator[GetFlowsResponse], number: int) -> Iterator[GetFlowsResponse]:
    for count, record in enumerate(records, start=1):
        yield record
        if count == number:
            return


def _last(records: Iterator[GetFlowsResponse], number: int) -> Iterator[GetFlowsResponse]:
    yield from deque(records, maxlen=number)


def merge_by_time(streams: Iterable[Iterable[GetFlowsResponse]]) -> Iterator[GetFlowsResponse]:
    """Return what Relay sends of its nodes' answers: by time, records of one instant in the order of the nodes."""
    # Instants as servers write them, all in UTC: without their last letter they sort as texts.
    return merge(*streams, key=lambda record: record.time[:-1] if record.time is not None else "")
