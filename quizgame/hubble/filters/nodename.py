"""``--node-name``: ``[CLUSTER/]NODE`` patterns; a recorded name without a cluster is one of ``default``."""

from __future__ import annotations

from collections.abc import Iterator

from quizgame.hubble.filters.patterns import node_name_pattern
from quizgame.hubble.filters.predicate import Predicate
from quizgame.hubble.flow import Flow
from quizgame.hubble.flowfilter import FlowFilter


def compile_node_name(wanted: FlowFilter) -> Iterator[Predicate]:
    """Yield the predicate, if the filter asks for one.

    Raises:
        FilterError: A pattern is malformed.
    """
    if not wanted.node_name:
        return
    is_match = node_name_pattern(wanted.node_name)

    def matches(flow: Flow | None) -> bool:
        if flow is None or not flow.node_name:
            return False
        return is_match(flow.node_name if "/" in flow.node_name else f"default/{flow.node_name}")

    yield matches
