"""Opens attempts at whatever can be played."""

from __future__ import annotations

from quizgame.content.scenario.lab import Lab
from quizgame.game.events import Journal
from quizgame.game.lab.attempt import LabAttempt
from quizgame.game.scenario.attempt import Attempt
from quizgame.game.scenario.exercise import ExerciseAttempt
from quizgame.game.scenario.reference import Reference
from quizgame.game.scenario.stage import Stage


def attempt_at(stage: Stage, journal: Journal | None = None) -> ExerciseAttempt:
    """An attempt at the scenario or lab of a stage.

    Args:
        stage: Its worlds.
        journal: Where events go; ``None``: nowhere.
    """
    if isinstance(stage.drawn.exercise, Lab):
        return LabAttempt(stage, journal=journal)
    reference = Reference(stage)
    return Attempt(stage, journal=journal, reference=lambda: reference)
