"""The plan up to an exam: what it reckons with, and that keeping to it does what it says."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from quizgame.content.blueprint import Blueprint
from quizgame.game.quiz.learner import Mastery, estimate_mastery
from quizgame.game.quiz.reviews import Review
from quizgame.game.quiz.scheduling import Card
from quizgame.game.quiz.studyplan import PlanDateError, StudyPlan, answers_missing, next_day, plan_study


def answers(blueprint: Blueprint, now: datetime, of_ten_right: int, count: int = 10) -> list[Review]:
    """As many answers in every competency, each to another question."""
    return [
        Review(f"{known.id}-{number}", domain.id, known.id, number % 10 < of_ten_right, None, now, "practice")
        for domain in blueprint.domains
        for known in domain.competencies
        for number in range(count)
    ]


def made(mastery: Mastery, blueprint: Blueprint, now: datetime, days: int = 20, due: int = 0) -> StudyPlan:
    cards = [
        ("ipam", Card(str(number), 2, None, 10.0, 5.0, now + timedelta(days=3), now)) for number in range(due)
    ]  # fmt: skip
    return plan_study(mastery, blueprint, cards, now=now, until=now.date() + timedelta(days=days))


def test_answers_that_are_missing_bring_the_estimate_to_the_aim(blueprint: Blueprint, start: datetime) -> None:
    mastery = estimate_mastery(answers(blueprint, start, 5), blueprint, start)
    for estimate in mastery.competencies.values():
        missing = answers_missing(estimate, 0.8)
        weight = 4 + estimate.weight
        reached = (weight * estimate.mean + 0.9 * missing) / (weight + missing)
        one_less = (weight * estimate.mean + 0.9 * (missing - 1)) / (weight + missing - 1)
        assert one_less < 0.8 <= reached + 1e-6


def test_a_day_is_enough_and_its_domains_add_up(blueprint: Blueprint, start: datetime) -> None:
    plan = made(estimate_mastery([], blueprint, start), blueprint, start)
    assert plan.a_day * plan.days >= plan.total > (plan.a_day - 1) * plan.days
    assert sum(domain.a_day for domain in plan.domains) == plan.a_day
    assert sum(domain.total for domain in plan.domains) == plan.total
    assert [domain.domain for domain in plan.domains] == [domain.id for domain in blueprint.domains]


def test_who_knows_more_needs_less_and_the_able_nothing_but_what_is_due(blueprint: Blueprint, start: datetime) -> None:
    totals = [
        made(estimate_mastery(answers(blueprint, start, right, 40), blueprint, start), blueprint, start).total
        for right in (3, 6, 9)
    ]
    assert totals[0] > totals[1] > totals[2] == 0
    able = estimate_mastery(answers(blueprint, start, 9, 40), blueprint, start)
    plan = made(able, blueprint, start, due=7)
    assert (plan.total, plan.domains[0].due, plan.a_day) == (7, 7, 1)
    assert made(able, blueprint, start, days=2, due=7).total == 0, "they fall due after the exam"


def test_keeping_to_the_plan_brings_every_competency_to_the_aim(blueprint: Blueprint, start: datetime) -> None:
    before = answers(blueprint, start, 5)
    mastery = estimate_mastery(before, blueprint, start)
    plan = made(mastery, blueprint, start)
    after = [*before]
    for domain in blueprint.domains:
        for known in domain.competencies:
            missing = answers_missing(mastery.competencies[known.id], plan.aim)
            after += [
                Review(f"{known.id} new {number}", domain.id, known.id, number % 10 < 9, None, start, "practice")
                for number in range(-(-missing // 10) * 10)
            ]
    reached = estimate_mastery(after, blueprint, start)
    assert min(estimate.mean for estimate in reached.competencies.values()) >= plan.aim


def test_days_that_no_plan_can_reach_are_refused(blueprint: Blueprint, start: datetime) -> None:
    mastery = estimate_mastery([], blueprint, start)
    for days, message in ((0, "leaves no day"), (-3, "leaves no day"), (367, "more than a year")):
        with pytest.raises(PlanDateError, match=message):
            made(mastery, blueprint, start, days=days)
    assert made(mastery, blueprint, start, days=1).is_too_much


def test_moving_the_day_stays_within_reach() -> None:
    today = date(2026, 3, 1)
    assert next_day(today, 1, today) == date(2026, 3, 2)
    assert next_day(date(2026, 3, 2), -7, today) == date(2026, 3, 2)
    assert next_day(date(2027, 3, 1), 7, today) == date(2027, 3, 2)
