"""The debrief: what it came to, what there was to learn, and the learner's way beside the expert's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quizgame.game.scenario.score import Report
from quizgame.game.scenario.steps import StepState, StepView

if TYPE_CHECKING:
    from quizgame.game.scenario.attempt import Attempt
    from quizgame.game.scenario.workstation import LineResult

LINE_SHOWN = 90


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of a timeline that told or did something."""

    index: int
    line: str
    """Its first line, shortened."""
    told: tuple[str, ...]
    """Titles of the evidence that it showed first, or what else it earned."""
    facts: int
    """How many facts it showed that had not been seen."""
    cost: tuple[str, ...] = ()
    """What it cost."""


@dataclass(frozen=True, slots=True)
class DiagnosisReview:
    """A diagnosis against the truth."""

    ask: str
    options: tuple[tuple[str, bool, bool, str], ...]
    """For each option: text, whether it was chosen, whether it is right, the reason."""
    is_right: bool
    is_sure: bool | None
    """``None`` where the learner did not say."""


@dataclass(frozen=True, slots=True)
class Debrief:
    """Everything that a screen shows after the end."""

    report: Report
    text: str
    """The author's words; Markdown."""
    learner: tuple[Moment, ...]
    experts: tuple[tuple[str, tuple[Moment, ...]], ...]
    """Name and timeline of each expert."""
    diagnoses: tuple[DiagnosisReview, ...]
    missed: tuple[str, ...]
    """Titles of evidence that was there to be seen and was not, before the diagnosis."""


def debrief_of(attempt: Attempt) -> Debrief:
    """Put the debrief of a submitted attempt together.

    Raises:
        ValueError: if it has not been submitted.
    """
    if attempt.report is None:
        raise ValueError("the attempt has not been submitted")
    views = attempt.steps()
    experts = attempt.reference().runs if attempt.reference is not None else ()
    titles = {step.id: step.title for step in attempt.scenario.evidence}
    if attempt.scenario.verification is not None:
        titles[attempt.scenario.verification.id] = "A restored flow, seen: the repair is proved"
    return Debrief(
        attempt.report,
        attempt.scenario.debrief,
        _timeline(attempt.results, titles),
        tuple((run.name, _timeline(run.lines, titles)) for run in experts),
        tuple(_reviews(attempt, views)),
        tuple(view.title or "" for view in views if view.kind == "evidence" and view.state is StepState.MISSED),
    )


def result_lines(report: Report) -> list[str]:
    """The result as text."""
    verdict = "solved" if report.solved else "not solved"
    told = [f"{report.score} of 100 points, {verdict}, {'passed' if report.passed else 'not passed'}"]
    told += [f"  {step.earned:3} of {step.points:3}  {step.kind} {step.id}" for step in report.steps]
    told += [f"  -{deduction.points:<6}    {deduction.reason}" for deduction in report.deductions]
    for check in report.checks:
        if not check.is_met:
            told.append(f"  {check.kind}: {check.subject}")
            told.append(f"      expected: {check.expected}; seen: {check.seen}; why it matters: {check.why}")
    return told


def story_lines(attempt: Attempt) -> list[str]:
    """The debrief as text."""
    whole = debrief_of(attempt)
    told: list[str] = []
    for review in whole.diagnoses:
        told.append(review.ask)
        for text, is_chosen, is_right, reason in review.options:
            if is_chosen or is_right:
                told.append(f"  {'right' if is_right else 'wrong'}{', your choice' if is_chosen else ''}: {text}")
                told.append(f"      {' '.join(reason.split())}")
        if review.is_sure and not review.is_right:
            told.append("      You were sure: look at what made you so.")
    if whole.missed:
        told.append("Not seen before the diagnosis:")
        told += [f"  {title}" for title in whole.missed]
    told += ["", whole.text.rstrip("\n")]
    for name, moments in whole.experts:
        told += ["", f"An expert's way ({name}):"]
        for moment in moments:
            told.append(f"  $ {moment.line}")
            told += [f"      {each}" for each in moment.told]
    return told


def _timeline(results: Iterable[LineResult], titles: dict[str, str]) -> tuple[Moment, ...]:
    return tuple(
        Moment(
            result.index,
            _shortened(result.line),
            tuple(titles.get(step, step) for step in result.earned),
            len(result.new_facts),
            tuple(f"-{deduction.points}: {deduction.reason}" for deduction in result.deductions),
        )
        for result in results
    )


def _shortened(line: str) -> str:
    first, _, rest = line.partition("\n")
    shown = f"{first} …" if rest else first
    return shown if len(shown) <= LINE_SHOWN else f"{shown[: LINE_SHOWN - 1]}…"


def _reviews(attempt: Attempt, views: list[StepView]) -> Iterable[DiagnosisReview]:
    by_id = {view.id: view for view in views}
    for step in attempt.scenario.diagnoses:
        view = by_id[step.id]
        chosen = {view.choices[number - 1].position for number in view.chosen}
        options = tuple(
            (step.options[choice.position].text, choice.position in chosen, step.options[choice.position].correct,
             step.options[choice.position].reason)
            for choice in view.choices
        )  # fmt: skip
        is_sure = view.confidence.value == "sure" if view.confidence is not None else None
        yield DiagnosisReview(step.ask, options, bool(view.earned), is_sure)
