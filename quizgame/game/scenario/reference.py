"""The known solutions of a scenario, played: what their repairs change, and what each of their lines tells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from quizgame.cluster.world import World
from quizgame.game.scenario.attempt import Attempt
from quizgame.game.scenario.matrix import Pair, closed, matrix_of, opened
from quizgame.game.scenario.score import Report, asks_of
from quizgame.game.scenario.stage import Stage
from quizgame.game.scenario.workstation import LineResult


@dataclass(frozen=True, slots=True)
class ExpertRun:
    """One expert's solution, played from the start."""

    name: str
    lines: tuple[LineResult, ...]
    report: Report
    opened: frozenset[Pair]
    closed: frozenset[Pair]
    world: World
    """As it is in the end."""


class Reference:
    """What the experts of a stage do; played when first asked for, each once."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    @cached_property
    def runs(self) -> tuple[ExpertRun, ...]:
        """The experts' runs in their order."""
        asks = asks_of(self.stage.drawn.scenario)
        before = matrix_of(self.stage.broken, asks)
        runs = []
        for expert in self.stage.drawn.scenario.experts:
            attempt = play(Attempt(self.stage), expert.lines)
            report = attempt.submit()
            after = matrix_of(attempt.world, asks)
            runs.append(
                ExpertRun(
                    expert.name,
                    tuple(attempt.results),
                    report,
                    opened(before, after),
                    closed(before, after),
                    attempt.world,
                )
            )
        return tuple(runs)

    @property
    def opened(self) -> frozenset[Pair]:
        """What some expert's repair opens."""
        return frozenset().union(*(run.opened for run in self.runs))

    @property
    def closed(self) -> frozenset[Pair]:
        """What some expert's repair closes."""
        return frozenset().union(*(run.closed for run in self.runs))


def play(attempt: Attempt, lines: Iterable[str]) -> Attempt:
    """Run lines one after another, up to a `submit` among them."""
    for line in lines:
        attempt.run_line(line)
        if attempt.is_over:
            break
    return attempt
