"""The trend of exam scores, where there is one."""

from __future__ import annotations

import pytest

from quizgame.game.quiz.trend import trend, trend_words


@pytest.mark.parametrize(
    ("percents", "points", "words"),
    [
        ([], None, ""),
        ([50, 60, 70, 80, 90], None, ""),
        ([50, 50, 50, 60, 60, 60], 10, "up 10 points, mean of the last 3 against 3 before"),
        ([0, 61, 60, 59, 59, 60, 58], -1, "down 1 point, mean of the last 3 against 3 before"),
        ([70, 60, 80, 60, 80, 70], 0, "as before, mean of the last 3"),
    ],
)
def test_trend(percents: list[int], points: int | None, words: str) -> None:
    assert (trend(percents), trend_words(percents)) == (points, words)
