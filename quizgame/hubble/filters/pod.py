"""``--pod``, ``--from-pod``, ``--to-pod``, and namespaces, which are pod filters too."""

from __future__ import annotations

from collections.abc import Iterator

from quizgame.hubble.filters.namespacedname import on_name
from quizgame.hubble.filters.predicate import Predicate
from quizgame.hubble.flow import Endpoint
from quizgame.hubble.flowfilter import FlowFilter


def compile_pod(wanted: FlowFilter) -> Iterator[Predicate]:
    """Yield a predicate for each side that the filter asks for."""
    if wanted.source_pod:
        yield on_name(wanted.source_pod, lambda flow: _name(flow.source))
    if wanted.destination_pod:
        yield on_name(wanted.destination_pod, lambda flow: _name(flow.destination))


def _name(endpoint: Endpoint | None) -> tuple[str, str]:
    return (endpoint.namespace, endpoint.pod_name) if endpoint is not None else ("", "")
