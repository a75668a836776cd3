"""Exams drawn by the blueprint: exact shares, no repeats, the same for the same seed."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizgame.content.blueprint import Blueprint
from quizgame.content.library import Library
from quizgame.game.quiz.plan import PlanError, plan_exam
from quizgame.game.quiz.shares import apportion

SHARES = {
    "architecture": 12, "network-policy": 11, "service-mesh": 10, "network-observability": 6,
    "installation-and-configuration": 6, "cluster-mesh": 6, "ebpf": 6, "bgp-and-external-networking": 3,
}  # fmt: skip
# Source: reference/curriculum.md, "Of a 60-question mock".


@pytest.mark.parametrize("seed", range(200))
def test_sixty_questions_have_the_official_shares(large_bank: Library, blueprint: Blueprint, seed: int) -> None:
    plan = plan_exam(large_bank.questions.values(), blueprint, seed=seed)
    expected = SHARES if seed % 2 == 0 else SHARES | {"service-mesh": 9, "bgp-and-external-networking": 4}
    assert Counter(item.domain for item in plan.items) == expected
    assert len({item.id for item in plan.items}) == 60
    assert {large_bank.questions[item.id].question.kind for item in plan.items} == {"single"}


def test_same_seed_gives_the_same_exam_and_another_seed_another(large_bank: Library, blueprint: Blueprint) -> None:
    bank = list(large_bank.questions.values())
    assert plan_exam(bank, blueprint, seed=5) == plan_exam(reversed(bank), blueprint, seed=5)
    first, second = (plan_exam(bank, blueprint, seed=seed).items for seed in (5, 7))
    assert {item.id for item in first} != {item.id for item in second}


def test_domains_are_mixed_not_asked_in_blocks(large_bank: Library, blueprint: Blueprint) -> None:
    domains = [item.domain for item in plan_exam(large_bank.questions.values(), blueprint, seed=1).items]
    assert sum(left != right for left, right in pairwise(domains)) > 30


def test_questions_left_out_are_used_only_where_there_are_no_others(large_bank: Library, blueprint: Blueprint) -> None:
    bank = list(large_bank.questions.values())
    first = plan_exam(bank, blueprint, seed=1)
    second = plan_exam(bank, blueprint, seed=2, left_out={item.id for item in first.items})
    assert not {item.id for item in first.items} & {item.id for item in second.items}
    assert second.repeated == ()
    asked = {item.id for item in first.items}
    few = [entry for entry in bank if entry.id in asked]
    again = plan_exam(few, blueprint, seed=1, left_out=asked)
    assert {item.id for item in again.items} == asked
    assert len(again.repeated) == 60


def test_bank_is_used_evenly_over_many_exams(large_bank: Library, blueprint: Blueprint) -> None:
    bank = list(large_bank.questions.values())
    used = Counter(item.id for seed in range(300) for item in plan_exam(bank, blueprint, seed=seed).items)
    eligible = [entry.id for entry in bank if entry.question.kind == "single"]
    # 300 exams of 60 out of about 360 questions: 50 uses each.
    assert set(used) == set(eligible)
    assert max(used.values()) < 110
    assert min(used.values()) > 20


@pytest.mark.parametrize("questions", [1, 7, 10, 33, 59, 60, 61, 100, 200])
def test_any_number_of_questions_is_shared_within_one_seat(
    large_bank: Library, blueprint: Blueprint, questions: int
) -> None:
    for seed in range(6):
        plan = plan_exam(large_bank.questions.values(), blueprint, seed=seed, questions=questions)
        counts = Counter(item.domain for item in plan.items)
        assert counts.total() == questions
        for domain in blueprint.domains:
            assert abs(counts[domain.id] - Fraction(domain.weight * questions, 100)) < 1


def test_bank_that_is_too_small_is_told_domain_by_domain(samples: Library, blueprint: Blueprint) -> None:
    with pytest.raises(PlanError, match="architecture has 0 of 12, network-policy has 6 of 11"):
        plan_exam(samples.questions.values(), blueprint, seed=0)


@given(
    st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 100), min_size=1),
    st.integers(0, 300),
    st.integers(-5, 1000),
)
def test_seats_are_shared_by_quota(weights: dict[str, int], seats: int, seed: int) -> None:
    shares = apportion(weights, seats, seed=seed)
    assert sum(shares.values()) == seats
    for name, weight in weights.items():
        assert abs(shares[name] - Fraction(weight * seats, sum(weights.values()))) < 1


@given(
    st.dictionaries(st.sampled_from("abcdefgh"), st.tuples(st.integers(0, 100), st.integers(0, 20)), min_size=1),
    st.integers(0, 300),
)
def test_what_one_cannot_take_goes_to_others(offers: dict[str, tuple[int, int]], seats: int) -> None:
    weights = {name: weight for name, (weight, _) in offers.items()}
    capacity = {name: room for name, (_, room) in offers.items()}
    shares = apportion(weights, seats, capacity=capacity)
    assert all(shares[name] <= capacity[name] for name in weights)
    assert sum(shares.values()) == min(seats, sum(capacity[name] for name in weights if weights[name]))


def test_ties_are_taken_in_turn() -> None:
    assert [max(apportion({"a": 1, "b": 1, "c": 1}, 1, seed=seed).items(), key=lambda pair: pair[1])[0]
            for seed in range(6)] == ["a", "b", "c", "a", "b", "c"]  # fmt: skip
