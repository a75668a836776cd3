"""The steps of a scenario as the learner sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from quizgame.cluster.keyed import keyed_int
from quizgame.content.scenario.scenario import Scenario
from quizgame.content.scenario.steps import DiagnosisStep, EvidenceStep
from quizgame.game.quiz.grading import Confidence


class StepState(Enum):
    """How a step stands."""

    OPEN = "open"
    EARNED = "earned"
    ANSWERED = "answered"
    """A diagnosis was given; whether it is right is told at the end."""
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Choice:
    """An option of a diagnosis as it is shown."""

    position: int
    """Its position in the file."""
    text: str


@dataclass(frozen=True, slots=True)
class StepView:
    """One step, no more of it than the learner may know."""

    id: str
    kind: str
    title: str | None
    """``None``: evidence that has not been found yet, whose name would tell what to look for."""
    points: int
    earned: int | None
    """``None`` while it is open or is told only at the end."""
    state: StepState
    command: int | None = None
    """Index of the line that earned or answered it."""
    choices: tuple[Choice, ...] = ()
    """The options of a diagnosis in the order shown; choice N is ``choices[N - 1]``."""
    chosen: tuple[int, ...] = ()
    """Numbers of the options chosen."""
    confidence: Confidence | None = None


def shuffled_options(step: DiagnosisStep, seed: int, scenario: str) -> list[Choice]:
    """The options of a diagnosis in an order that depends on the seed alone."""
    return shuffled([option.text for option in step.options], seed, scenario, step.id)


def shuffled(texts: Sequence[str], seed: int, exercise: str, step: str) -> list[Choice]:
    """Texts in an order that depends on the seed alone."""
    order = sorted(
        range(len(texts)), key=lambda position: keyed_int(seed, "option", exercise, step, position, below=1 << 60)
    )
    return [Choice(position, texts[position]) for position in order]


def closing_diagnosis(scenario: Scenario, step: EvidenceStep) -> DiagnosisStep | None:
    """The diagnosis before which a piece of evidence must be seen: the next one in the file, else the last one."""
    after = False
    for each in scenario.steps:
        if each is step:
            after = True
        elif after and isinstance(each, DiagnosisStep):
            return each
    return scenario.diagnoses[-1] if scenario.diagnoses else None
