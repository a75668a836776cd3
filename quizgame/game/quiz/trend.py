"""How exam scores go: the last few against the few before them."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

WINDOW = 3
"""Single scores of sixty questions differ by ten points by chance alone; means of three by about six."""


def trend(percents: Sequence[int]) -> int | None:
    """Points that the mean of the last `WINDOW` exams lies above that of the `WINDOW` before; ``None`` with fewer."""
    if len(percents) < 2 * WINDOW:
        return None
    return round(fmean(percents[-WINDOW:]) - fmean(percents[-2 * WINDOW : -WINDOW]))


def trend_words(percents: Sequence[int]) -> str:
    """The trend in words, empty where there is none to speak of."""
    points = trend(percents)
    if points is None:
        return ""
    if not points:
        return f"as before, mean of the last {WINDOW}"
    noun = "point" if abs(points) == 1 else "points"
    return f"{'up' if points > 0 else 'down'} {abs(points)} {noun}, mean of the last {WINDOW} against {WINDOW} before"
