"""Rendering an object as text while remembering which value stands on which line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from quizgame.collection import collection_paused
from quizgame.tools.facts import Fact
from quizgame.tools.output import Line

Path = tuple[str | int, ...]
"""Keys and list positions from the object's root."""

Leaf = tuple[str, Path | None, Any]
"""A line of text, the path of the value that stands on it and the value; ``None`` and ``None`` where there is none."""

FactsAt = Callable[[Path, Any], Iterable[Fact]]
"""What a reader learns from the value at a path."""


@lru_cache(maxsize=4096)
def field_text(path: Path) -> str:
    """A path as facts name it: ``spec.ingress[0].toPorts[0].ports[0].port``."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)[1:]


def with_facts(leaves: Iterable[Leaf], facts_at: FactsAt) -> list[Line]:
    """Lines that carry the facts of the values that begin on them."""
    with collection_paused():
        return [
            Line(text) if path is None else Line(text, tuple(facts_at(path, value))) for text, path, value in leaves
        ]


def scalar_text(value: Any) -> str:
    """A scalar as Go prints it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "<nil>" if value is None else str(value)
