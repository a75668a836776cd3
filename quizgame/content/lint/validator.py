"""What a validator is, and the figures that one may give."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from quizgame.content.library import BankQuestion
from quizgame.yamlsource.place import YamlProblem

BANK_SIZE = 40
"""Questions from which on a bank's figures are held against their bounds; fewer say nothing."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number about the bank."""

    name: str
    """A stable slug: ``longest-right``, ``share-ebpf``."""
    value: float
    unit: str
    """``%`` or what is counted."""
    low: float | None = None
    high: float | None = None
    """The bounds, where there are some."""

    @property
    def is_within(self) -> bool | None:
        """Whether it keeps its bounds; ``None`` where there are none."""
        if self.low is None and self.high is None:
            return None
        return (self.low is None or self.value >= self.low) and (self.high is None or self.value <= self.high)


class Validator:
    """Sees every question once, then the end.

    A subclass overrides what it needs: problems of a question come from `check`, problems that show only over the
    whole set from `finish`, numbers from `figures`.
    """

    def check(self, entry: BankQuestion) -> Iterable[YamlProblem]:
        """Problems of one question."""
        return ()

    def finish(self) -> Iterable[YamlProblem]:
        """Problems of the set, after all questions were seen."""
        return ()

    def figures(self) -> Iterable[Figure]:
        """Numbers of the set, after all questions were seen."""
        return ()


def percent(part: int, whole: int) -> float:
    """A share in percent with one decimal; 0 of nothing."""
    return round(100 * part / whole, 1) if whole else 0.0


def problem(entry: BankQuestion, message: str, *path: str | int) -> YamlProblem:
    """A problem of a question, at a part of it."""
    return YamlProblem(entry.place(*path), message)
