"""The score of an attempt, and its report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quizgame.content.scenario.exercise import Exercise
from quizgame.game.scenario.conduct import PRICES, Deduction, Offence
from quizgame.game.scenario.matrix import Pair, asks_for, closed, matrix_of, opened
from quizgame.game.scenario.repair import Check

if TYPE_CHECKING:
    from quizgame.cluster.world import World
    from quizgame.game.scenario.reference import Reference

FULL_MARKS = 100
PASS_MARK = 75
PAIRS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class StepResult:
    """What one step came to."""

    id: str
    kind: str
    points: int
    earned: int = 0
    command: int | None = None
    """Index of the line that earned it; ``None`` where none did."""


@dataclass(frozen=True, slots=True)
class Report:
    """What an attempt came to."""

    scenario: str
    seed: int
    steps: tuple[StepResult, ...]
    deductions: tuple[Deduction, ...]
    solved: bool
    """Whether the repair holds; where nothing was wrong, whether that was the diagnosis."""
    checks: tuple[Check, ...] = ()

    @property
    def score(self) -> int:
        """Points earned less deductions, from 0 to 100."""
        points = sum(step.earned for step in self.steps) - sum(deduction.points for deduction in self.deductions)
        return max(0, min(FULL_MARKS, points))

    @property
    def passed(self) -> bool:
        """Whether it is enough."""
        return self.solved and self.score >= PASS_MARK

    def as_json(self) -> dict[str, Any]:
        """The part of ``quizgame run --json`` that tells the result."""
        return {
            "steps": [
                {
                    "id": step.id,
                    "kind": step.kind,
                    "points": step.points,
                    "earned": step.earned,
                    "command": step.command,
                }
                for step in self.steps
            ],
            "deductions": [
                {"reason": deduction.reason, "points": deduction.points, "command": deduction.command}
                for deduction in self.deductions
            ],
            "score": self.score,
            "max": FULL_MARKS,
            "passed": self.passed,
            "solved": self.solved,
        }


def asks_of(exercise: Exercise) -> tuple[tuple[str, str], ...]:
    """The requests that matrices of a scenario try."""
    paths = {probe.http.path for probe in exercise.probes() if probe.http is not None}
    paths |= {traffic.http.path for traffic in exercise.world.traffic if traffic.http is not None}
    return asks_for(paths)


def breadth_deductions(
    before: World, after: World, reference: Reference, most: int, scenario: Exercise
) -> Iterator[Deduction]:
    """What a repair costs for having changed more than any known one.

    Args:
        before: The world before the repair.
        after: The world after it.
        reference: What the experts' repairs changed.
        most: Points lost at most for what it opened.
        scenario: What is played.
    """
    asks = asks_of(scenario)
    old, new = matrix_of(before, asks), matrix_of(after, asks)
    extra = opened(old, new) - reference.opened
    if extra and most:
        reason = f"the repair opens {_count(extra)} that no known repair opens: {_some(extra)}"
        yield Deduction(Offence.BREADTH, reason, min(most, len(extra)), None)
    lost = closed(old, new) - reference.closed
    if lost:
        each, limit = PRICES[Offence.COLLATERAL]
        reason = f"{_count(lost)} no longer let through what they did: {_some(lost)}"
        yield Deduction(Offence.COLLATERAL, reason, min(limit, each * len(lost)), None)


def _count(pairs: frozenset[Pair]) -> str:
    return "1 pair" if len(pairs) == 1 else f"{len(pairs)} pairs"


def _some(pairs: frozenset[Pair]) -> str:
    shown = ", ".join(str(pair) for pair in sorted(pairs)[:PAIRS_SHOWN])
    return f"{shown} …" if len(pairs) > PAIRS_SHOWN else shown
