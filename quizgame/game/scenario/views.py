"""The steps of an attempt as the learner may see them at a moment."""

from __future__ import annotations

from collections.abc import Sequence

from quizgame.content.scenario.steps import DiagnosisStep, EvidenceStep, RepairStep, VerificationStep
from quizgame.game.scenario.progress import Progress
from quizgame.game.scenario.steps import Choice, StepState, StepView

REPAIR_TITLE = "Repair it: what was broken works again, and nothing else has opened"
VERIFICATION_TITLE = "Prove the repair: see a restored flow, by a probe or in Hubble"


def evidence_view(step: EvidenceStep, progress: Progress, *, is_over: bool) -> StepView:
    """Evidence: its title is told once it is found, or at the end."""
    points, command = progress.earned.get(step.id, (None, None))
    if points is not None:
        state = StepState.EARNED
    else:
        state = StepState.OPEN if progress.is_open(step) and not is_over else StepState.MISSED
    title = step.title if points is not None or is_over else None
    return StepView(step.id, step.kind, title, step.points, points, state, command)


def diagnosis_view(step: DiagnosisStep, progress: Progress, choices: Sequence[Choice], *, is_over: bool) -> StepView:
    """A diagnosis: whether it is right is told at the end."""
    given = progress.answers.get(step.id)
    points = progress.points_of(step.id)
    if is_over:
        state = StepState.EARNED if points else StepState.MISSED
    else:
        state = StepState.OPEN if given is None else StepState.ANSWERED
    chosen = given.chosen if given is not None else ()
    return StepView(
        id=step.id,
        kind=step.kind,
        title=step.ask,
        points=step.points,
        earned=points if is_over else None,
        state=state,
        command=given.command if given is not None else None,
        choices=tuple(choices),
        chosen=tuple(number for number, choice in enumerate(choices, 1) if choice.position in chosen),
        confidence=given.confidence if given is not None else None,
    )


def outcome_view(step: RepairStep | VerificationStep, progress: Progress, *, is_over: bool) -> StepView:
    """Repair and verification: the repair is told at the end, the verification as soon as it is earned."""
    is_told = is_over or isinstance(step, VerificationStep)
    points, command = progress.earned.get(step.id, (None, None))
    unearned = StepState.MISSED if is_over else StepState.OPEN
    state = StepState.EARNED if is_told and points else unearned
    title = REPAIR_TITLE if isinstance(step, RepairStep) else VERIFICATION_TITLE
    return StepView(step.id, step.kind, title, step.points, points if is_told else None, state, command)
