"""A plan up to the day of an exam: how many questions a day, and in which domains.

**What is counted.** In each competency the answers after which its estimate would stand at the aim, if `RIGHT` of them
were right: as many as the model needs to be shown it, given what it knows now. A question that falls due before the
exam counts too, and for both. The plan says what would convince the model; it promises no pass.

Simplified: what is forgotten until then is told by the cards alone, and every answer counts as one to a fresh question.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from math import ceil

from quizgame.content.blueprint import Blueprint
from quizgame.errors import QuizgameError
from quizgame.game.quiz.learner import MASTERED, PRIOR_ANSWERS, Estimate, Mastery
from quizgame.game.quiz.scheduling import Card
from quizgame.game.quiz.shares import apportion

AIM_ABOVE_PASS = 0.05
"""How far above the pass mark every competency shall stand."""
RIGHT = MASTERED
"""The share of right answers that the plan reckons with."""
LONGEST_DAYS = 366
MANY_A_DAY = 80
"""From here on a day's questions take hours: two exams and more."""


class PlanDateError(QuizgameError):
    """No plan can reach to that day."""


@dataclass(frozen=True, slots=True)
class DomainPlan:
    """What one domain takes."""

    domain: str
    total: int
    """Questions until the exam."""
    due: int
    """How many of its questions fall due by then."""
    a_day: int
    """Of the questions of a day; the days of a small domain may be fewer than all."""


@dataclass(frozen=True, slots=True)
class StudyPlan:
    """Questions until an exam."""

    until: date
    """The day of the exam."""
    days: int
    """Days to study on, today among them and the exam's day not."""
    aim: float
    """Where every competency shall stand, from 0 to 1."""
    total: int
    a_day: int
    domains: tuple[DomainPlan, ...]
    """In the blueprint's order."""

    @property
    def is_too_much(self) -> bool:
        """Whether a day holds more than most can learn from."""
        return self.a_day > MANY_A_DAY


def plan_study(
    mastery: Mastery, blueprint: Blueprint, cards: Iterable[tuple[str, Card]], *, now: datetime, until: date
) -> StudyPlan:
    """Plan the questions up to an exam.

    Args:
        mastery: Where the learner stands.
        blueprint: The exam's domains, weights and pass mark.
        cards: Competency and card of every question that the learner has met.
        now: The instant, in the time zone of the learner's days.
        until: The day of the exam.

    Raises:
        PlanDateError: That day is not after today, or more than a year ahead.
    """
    days = (until - now.date()).days
    if days < 1:
        raise PlanDateError(f"{until.isoformat()} leaves no day to study on", hint="name a day after today")
    if days > LONGEST_DAYS:
        raise PlanDateError(f"{until.isoformat()} is more than a year ahead", hint="name a nearer day")
    evening = datetime.combine(until, time(), now.tzinfo)
    due: dict[str, int] = {}
    for competency, card in cards:
        if card.due < evening:
            due[competency] = due.get(competency, 0) + 1
    aim = min(blueprint.pass_ / 100 + AIM_ABOVE_PASS, RIGHT - AIM_ABOVE_PASS)
    totals: dict[str, int] = {}
    falling_due: dict[str, int] = {}
    for domain in blueprint.domains:
        names = [competency.id for competency in domain.competencies]
        falling_due[domain.id] = sum(due.get(name, 0) for name in names)
        totals[domain.id] = sum(
            max(answers_missing(mastery.competencies[name], aim), due.get(name, 0)) for name in names
        )
    total = sum(totals.values())
    a_day = ceil(total / days)
    shares = apportion({name: Fraction(count) for name, count in totals.items()}, a_day) if total else {}
    domains = tuple(
        DomainPlan(domain.id, totals[domain.id], falling_due[domain.id], shares.get(domain.id, 0))
        for domain in blueprint.domains
    )
    return StudyPlan(until, days, aim, total, a_day, domains)


def answers_missing(estimate: Estimate, aim: float) -> int:
    """Answers after which an estimate stands at the aim, `RIGHT` of them right; 0 where it does already.

    With evidence of weight ``w`` beside the prior, ``n`` more answers move the mean ``m`` to
    ``((w + prior) m + n RIGHT) / (w + prior + n)``.
    """
    missing = (PRIOR_ANSWERS + estimate.weight) * (aim - estimate.mean) / (RIGHT - aim)
    return max(ceil(round(missing, 6)), 0)


def next_day(day: date, by: int, today: date) -> date:
    """A day so many days on, kept within what a plan can reach."""
    return min(max(day + timedelta(days=by), today + timedelta(days=1)), today + timedelta(days=LONGEST_DAYS))
