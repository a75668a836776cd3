"""``--label``, ``--from-label``, ``--to-label``, ``--node-label``: label selectors over recorded labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from quizgame.hubble.filters.labelselector import RecordedLabels, Selector, parse_selector
from quizgame.hubble.filters.predicate import FilterError, Predicate
from quizgame.hubble.flow import Endpoint, Flow
from quizgame.hubble.flowfilter import FlowFilter

_REMEMBERED = 4096


def compile_labels(wanted: FlowFilter) -> Iterator[Predicate]:
    """Yield a predicate for each set of labels that the filter asks for.

    A record without a flow has no labels, so selectors that hold on none match it.

    Raises:
        FilterError: A selector is malformed.
    """
    if wanted.source_label:
        yield _on_labels(wanted.source_label, "source", lambda flow: _labels(flow.source))
    if wanted.destination_label:
        yield _on_labels(wanted.destination_label, "destination", lambda flow: _labels(flow.destination))
    if wanted.node_labels:
        yield _on_labels(wanted.node_labels, "node", lambda flow: flow.node_labels)


def _labels(endpoint: Endpoint | None) -> list[str]:
    return endpoint.labels if endpoint is not None else []


def _on_labels(values: list[str], what: str, get: Callable[[Flow], list[str]]) -> Predicate:
    selectors: list[Selector] = []
    for value in values:
        try:
            selectors.append(parse_selector(value))
        except FilterError as refusal:
            raise FilterError(f"invalid {what} label filter: {refusal.message}") from None
    known: dict[tuple[str, ...], bool] = {}

    def matches(flow: Flow | None) -> bool:
        texts = tuple(get(flow)) if flow is not None else ()
        found = known.get(texts)
        if found is None:
            if len(known) >= _REMEMBERED:
                known.clear()
            labels = RecordedLabels.parse(texts)
            found = known[texts] = any(selector.matches(labels) for selector in selectors)
        return found

    return matches
