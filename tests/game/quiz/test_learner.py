"""Mastery and readiness: what answers can tell, and when they tell nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import sqrt
from random import Random
from statistics import NormalDist, mean

import pytest

from quizgame.content.blueprint import Blueprint
from quizgame.game.quiz.grading import Confidence
from quizgame.game.quiz.learner import estimate_mastery, estimate_readiness
from quizgame.game.quiz.progress import measure_progress
from quizgame.game.quiz.reviews import Review

DAY = timedelta(days=1)


def answered(
    item: str, right: bool, instant: datetime, *, domain: str = "ebpf", competency: str = "role-of-ebpf",
    confidence: Confidence | None = None
) -> Review:  # fmt: skip
    return Review(item, domain, competency, right, confidence, instant, "practice")


def spread(blueprint: Blueprint, start: datetime, right: float, count: int = 60) -> list[Review]:
    """Answers to different questions over all competencies, the same share of them right everywhere."""
    names = [(domain.id, known.id) for domain in blueprint.domains for known in domain.competencies]
    return [
        answered(f"q{n}", (n // len(names) * 7 + n) % 10 < 10 * right, start, domain=names[n % len(names)][0],
                 competency=names[n % len(names)][1])
        for n in range(count)
    ]  # fmt: skip


def test_no_answers_leave_even_odds_and_no_claim(blueprint: Blueprint, start: datetime) -> None:
    mastery = estimate_mastery([], blueprint, start)
    assert {estimate.mean for estimate in mastery.competencies.values()} == {0.5}
    readiness = estimate_readiness(mastery, blueprint)
    assert readiness.probability is None
    assert readiness.answers_missing == 40
    assert len(readiness.domains_missing) == 8


def test_right_answers_raise_and_wrong_ones_lower(blueprint: Blueprint, start: datetime) -> None:
    def estimate(right: bool) -> float:
        reviews = [answered(f"q{n}", right, start) for n in range(5)]
        return estimate_mastery(reviews, blueprint, start).competencies["role-of-ebpf"].mean

    assert estimate(True) > 0.7
    assert estimate(False) < 0.3


def test_competency_without_answers_takes_after_its_domain(blueprint: Blueprint, start: datetime) -> None:
    right = [answered(f"r{n}", True, start) for n in range(20)]
    wrong = [answered(f"w{n}", False, start, domain="architecture", competency="ipam") for n in range(20)]
    mastery = estimate_mastery(right + wrong, blueprint, start).competencies
    assert mastery["benefits-of-ebpf"].mean > mastery["using-hubble"].mean > mastery["component-roles"].mean
    assert mastery["role-of-ebpf"].spread < mastery["benefits-of-ebpf"].spread


def test_old_answers_count_less(blueprint: Blueprint, start: datetime) -> None:
    old = [answered(f"w{n}", False, start - 120 * DAY) for n in range(10)]
    new = [answered(f"r{n}", True, start) for n in range(10)]
    assert estimate_mastery(old + new, blueprint, start).competencies["role-of-ebpf"].mean > 0.7


def test_answering_one_question_again_and_again_shows_little_mastery(blueprint: Blueprint, start: datetime) -> None:
    again = estimate_mastery([answered("q", True, start)] * 10, blueprint, start).competencies["role-of-ebpf"]
    fresh = estimate_mastery([answered(f"q{n}", True, start) for n in range(10)], blueprint, start)
    assert again.questions == 1
    assert again.mean < fresh.competencies["role-of-ebpf"].mean - 0.1


def test_domain_that_was_hardly_asked_forbids_a_claim(blueprint: Blueprint, start: datetime) -> None:
    reviews = [one for one in spread(blueprint, start, 0.9, 120) if one.domain != "ebpf"]
    readiness = estimate_readiness(estimate_mastery(reviews, blueprint, start), blueprint)
    assert readiness.probability is None
    assert readiness.domains_missing == ("ebpf",)
    assert readiness.answers_missing == 3


def test_probability_lies_in_its_interval_and_rises_with_skill(blueprint: Blueprint, start: datetime) -> None:
    chances = []
    for right in (0.4, 0.6, 0.8, 1.0):
        readiness = estimate_readiness(estimate_mastery(spread(blueprint, start, right), blueprint, start), blueprint)
        assert readiness.probability is not None
        assert readiness.low is not None
        assert readiness.high is not None
        assert 0 <= readiness.low <= readiness.probability <= readiness.high <= 1
        chances.append(readiness.probability)
    assert chances == sorted(chances)
    assert chances[0] < 0.05
    assert chances[-1] > 0.9


def test_more_answers_narrow_the_interval(blueprint: Blueprint, start: datetime) -> None:
    def width(count: int) -> float:
        mastery = estimate_mastery(spread(blueprint, start, 0.75, count), blueprint, start)
        readiness = estimate_readiness(mastery, blueprint)
        assert readiness.low is not None
        assert readiness.high is not None
        return readiness.high - readiness.low

    assert width(400) < width(100)


def test_weakest_part_of_the_heaviest_domain_would_move_most(blueprint: Blueprint, start: datetime) -> None:
    weak = [answered(f"w{n}", False, start, domain="architecture", competency="ipam") for n in range(10)]
    mastery = estimate_mastery(spread(blueprint, start, 0.8, 200) + weak, blueprint, start)
    moves = estimate_readiness(mastery, blueprint).moves
    assert moves[0].competency == "ipam"
    assert [move.gain for move in moves] == sorted((move.gain for move in moves), reverse=True)


@pytest.mark.parametrize("answers", [60, 150])
def test_stated_probability_matches_the_pass_rate_of_simulated_learners(
    blueprint: Blueprint, start: datetime, answers: int
) -> None:
    chance = Random(answers)
    names = [(domain, known) for domain in blueprint.domains for known in domain.competencies]
    weights = [domain.weight * known.target / sum(one.target for one in domain.competencies) for domain, known in names]
    stated: list[float] = []
    true: list[float] = []
    covered = 0
    for _ in range(400):
        level = chance.uniform(0.55, 0.95)
        skill = {known.id: min(max(chance.gauss(level, 0.1), 0.05), 1.0) for _, known in names}
        reviews = [
            answered(f"q{n}", chance.random() < skill[known.id], start, domain=domain.id, competency=known.id)
            for n, (domain, known) in enumerate(chance.choices(names, weights, k=answers))
        ]
        readiness = estimate_readiness(estimate_mastery(reviews, blueprint, start), blueprint)
        if readiness.probability is None or readiness.low is None or readiness.high is None:
            continue
        expected = sum(60 * weight / 100 * skill[known.id] for (_, known), weight in zip(names, weights, strict=True))
        luck = sum(
            60 * weight / 100 * skill[known.id] * (1 - skill[known.id])
            for (_, known), weight in zip(names, weights, strict=True)
        )
        passing = 1 - NormalDist(expected, sqrt(luck)).cdf(44.5)
        stated.append(readiness.probability)
        true.append(passing)
        covered += readiness.low - 0.02 <= passing <= readiness.high + 0.02
    assert len(stated) > 200
    # Standard error of the mean with 250 learners: about 0.025.
    assert abs(mean(stated) - mean(true)) < 0.05
    assert covered / len(stated) > 0.85
    for low, high in ((0.0, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 1.01)):
        inside = [(one, other) for one, other in zip(stated, true, strict=True) if low <= one < high]
        assert len(inside) > 20
        assert abs(mean(one for one, _ in inside) - mean(other for _, other in inside)) < 0.12


def test_progress_counts_what_is_seen_due_and_wrongly_sure(blueprint: Blueprint, start: datetime) -> None:
    reviews = [
        answered("a", False, start, confidence=Confidence.SURE),
        answered("b", False, start, confidence=Confidence.SURE),
        answered("b", True, start + DAY, confidence=Confidence.UNSURE),
    ]
    progress = measure_progress({}, blueprint, reviews, {}, start + DAY)
    assert progress.sure_and_wrong == ("a",)
    assert (progress.answers, progress.right) == (3, 1)
    sure = progress.calibration[Confidence.SURE]
    assert (sure.answers, sure.right) == (2, 0)
