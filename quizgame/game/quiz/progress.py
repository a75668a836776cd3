"""Where a learner stands: what is due, what was answered, how well confidence fits, mastery and readiness."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from quizgame.content.blueprint import Blueprint
from quizgame.content.library import BankQuestion
from quizgame.game.quiz.grading import Confidence
from quizgame.game.quiz.learner import Mastery, Readiness, estimate_mastery, estimate_readiness
from quizgame.game.quiz.reviews import Review
from quizgame.game.quiz.scheduling import Card
from quizgame.game.quiz.selection import sure_and_wrong
from quizgame.game.quiz.templates.table import TEMPLATES
from quizgame.game.quiz.templates.template import Template


@dataclass(frozen=True, slots=True)
class Calibration:
    """Right answers among those given with one confidence."""

    answers: int
    right: int


@dataclass(frozen=True, slots=True)
class Progress:
    """Everything that the progress screen and ``quizgame stats`` show."""

    blueprint: str
    bank: int
    """Questions in the library."""
    seen: int
    """Of these, answered at least once."""
    due: int
    """Questions and templates that are due now."""
    due_by_domain: Mapping[str, int]
    answers: int
    right: int
    sure_and_wrong: tuple[str, ...]
    """Ids whose last answer was sure and wrong."""
    calibration: Mapping[Confidence, Calibration]
    mastery: Mastery
    readiness: Readiness


def measure_progress(
    bank: Mapping[str, BankQuestion],
    blueprint: Blueprint,
    reviews: Sequence[Review],
    cards: Mapping[str, Card],
    now: datetime,
) -> Progress:
    """Where the learner stands at an instant, by all reviews in their order."""
    subjects: dict[str, BankQuestion | Template] = {**bank, **TEMPLATES}
    due = [card.item for card in cards.values() if card.due <= now and card.item in subjects]
    by_domain = Counter(subjects[name].domain for name in due)
    seen = {one.item for one in reviews}
    mastery = estimate_mastery(reviews, blueprint, now)
    return Progress(
        blueprint=blueprint.id,
        bank=len(bank),
        seen=sum(name in seen for name in bank),
        due=len(due),
        due_by_domain=by_domain,
        answers=len(reviews),
        right=sum(one.right for one in reviews),
        sure_and_wrong=tuple(sure_and_wrong(reviews)),
        calibration={confidence: _calibration(reviews, confidence) for confidence in Confidence},
        mastery=mastery,
        readiness=estimate_readiness(mastery, blueprint),
    )


def cards_by_competency(bank: Mapping[str, BankQuestion], cards: Iterable[Card]) -> Iterator[tuple[str, Card]]:
    """The cards of questions and templates that there are, each with its competency."""
    for card in cards:
        subject = bank.get(card.item) or TEMPLATES.get(card.item)
        if subject is not None:
            yield subject.competency, card


def _calibration(reviews: Sequence[Review], confidence: Confidence) -> Calibration:
    given = [one for one in reviews if one.confidence is confidence]
    return Calibration(len(given), sum(one.right for one in given))
