"""Facts: what a printed line shows, as small typed references that the game scores.

A fact has a *kind* (a row of ``KINDS``), *attributes* that say what is known, and *witnesses*, the values that
a derived line (after ``cut``, ``awk``, ``jq`` …) must still show for the fact to count as seen. Facts compare by
meaning: ids, ephemeral ports and times are no part of them. Source: the project's design, "Fake tools".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache

from quizgame.content.factkinds import KINDS

__all__ = ["KINDS", "Fact", "fact"]


@lru_cache(maxsize=1024)
def _check(kind: str, keys: tuple[str, ...]) -> None:
    """Refuse what is not in the vocabulary; the few shapes that tools print are looked at once."""
    known = KINDS.get(kind)
    if known is None:
        raise ValueError(f"unknown kind of fact {kind!r}")
    for key in keys:
        if key not in known:
            raise ValueError(f"unknown attribute {key!r} of a {kind} fact")


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a line tells.

    Raises:
        ValueError: if the kind or an attribute is not in ``KINDS`` (a programming error).
    """

    kind: str
    attributes: tuple[tuple[str, str], ...]
    """Pairs sorted by key."""
    witnesses: tuple[str, ...] = field(default=(), compare=False)
    """Texts that a derived line must all contain to still show this fact; never part of equality."""

    def __post_init__(self) -> None:
        _check(self.kind, tuple([key for key, _ in self.attributes]))

    def __str__(self) -> str:
        return f"{self.kind}({', '.join(f'{key}={value}' for key, value in self.attributes)})"

    def matches(self, wanted: Mapping[str, str]) -> bool:
        """Whether this fact has every wanted attribute; wanted values may be shell patterns (``*``, ``?``)."""
        have = dict(self.attributes)
        return all(key in have and fnmatchcase(have[key], pattern) for key, pattern in wanted.items())


def fact(kind: str, /, *, witnesses: tuple[str, ...] = (), **attributes: object) -> Fact:
    """Build a fact; attributes that are ``None`` are left out, ``from_`` stands for ``from``."""
    pairs = [(key.rstrip("_"), str(value)) for key, value in attributes.items() if value is not None]
    pairs.sort()
    return Fact(kind, tuple(pairs), witnesses)
