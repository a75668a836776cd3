"""A column of a table, and the small texts that many columns are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from quizgame.tools.kubectl.ages import age

NONE = "<none>"
UNSET = "<unset>"

Cell = Callable[[Mapping[str, Any], int], str]
"""Makes a cell from the object and the present (ns)."""


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column after NAME."""

    name: str
    """As the header shows it."""
    cell: Cell
    field: str = ""
    """What the cell tells of the object, as facts name it; empty: nothing that a fact would hold."""
    is_wide: bool = False
    """Shown by ``-o wide`` alone."""


def wide(name: str, cell: Cell, field: str = "") -> TableColumn:
    """A column of ``-o wide``."""
    return TableColumn(name, cell, field, is_wide=True)


def created(node: Mapping[str, Any], now_ns: int) -> str:
    """How old the object is."""
    return age(node["metadata"].get("creationTimestamp"), now_ns)


AGE = TableColumn("AGE", created)


def comma_map(pairs: Mapping[str, str] | None) -> str:
    """``a=b,c=d`` by key; ``<none>`` for an empty map."""
    return ",".join(f"{key}={pairs[key]}" for key in sorted(pairs)) if pairs else NONE


def first_few(items: Iterable[str], empty: str, limit: int = 3) -> str:
    """Up to three items, then how many more there are."""
    shown = list(items)
    if not shown:
        return empty
    text = ",".join(shown[:limit])
    return f"{text} + {len(shown) - limit} more..." if len(shown) > limit else text


def containers_of(template: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The containers of a pod template (or of what holds a pod's spec)."""
    found: list[Mapping[str, Any]] = (template.get("spec") or {}).get("containers") or []
    return found
