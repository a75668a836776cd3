"""``--workload``, ``--from-workload``, ``--to-workload``: owner of a pod, by name and kind; empty matches any."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from quizgame.hubble.filters.predicate import Predicate
from quizgame.hubble.filters.sides import destination, source
from quizgame.hubble.flow import Endpoint, Flow, Workload
from quizgame.hubble.flowfilter import FlowFilter


def compile_workload(wanted: FlowFilter) -> Iterator[Predicate]:
    """Yield a predicate for each side that the filter asks for."""
    if wanted.source_workload:
        yield _on_side(wanted.source_workload, source)
    if wanted.destination_workload:
        yield _on_side(wanted.destination_workload, destination)


def _on_side(wanted: list[Workload], side: Callable[[Flow], Endpoint | None]) -> Predicate:
    def matches(flow: Flow | None) -> bool:
        endpoint = side(flow) if flow is not None else None
        return endpoint is not None and any(
            want.name in ("", workload.name) and want.kind in ("", workload.kind)
            for workload in endpoint.workloads
            for want in wanted
        )

    return matches
