"""``--service``, ``--from-service``, ``--to-service``: the service whose address a side has."""

from __future__ import annotations

from collections.abc import Iterator

from quizgame.hubble.filters.namespacedname import on_name
from quizgame.hubble.filters.predicate import FilterError, Predicate
from quizgame.hubble.flow import Service
from quizgame.hubble.flowfilter import FlowFilter


def compile_service(wanted: FlowFilter) -> Iterator[Predicate]:
    """Yield a predicate for each side that the filter asks for.

    Raises:
        FilterError: A name is empty.
    """
    side = "source"
    try:
        if wanted.source_service:
            yield on_name(wanted.source_service, lambda flow: _name(flow.source_service))
        side = "destination"
        if wanted.destination_service:
            yield on_name(wanted.destination_service, lambda flow: _name(flow.destination_service))
    except FilterError as refusal:
        raise FilterError(f"invalid {side} service filter: {refusal.message}") from None


def _name(service: Service | None) -> tuple[str, str]:
    return (service.namespace, service.name) if service is not None else ("", "")
