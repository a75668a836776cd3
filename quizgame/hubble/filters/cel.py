"""``--cel-expression``: needs an engine for the Common Expression Language, which there is none of here."""

from __future__ import annotations

from collections.abc import Iterator

from quizgame.hubble.filters.predicate import NotSimulated, Predicate
from quizgame.hubble.flowfilter import FlowFilter


def compile_cel(wanted: FlowFilter) -> Iterator[Predicate]:
    """Yield nothing.

    Raises:
        NotSimulated: The filter holds an expression.
    """
    if wanted.experimental is not None and wanted.experimental.cel_expression:
        raise NotSimulated("--cel-expression")
    return iter(())
