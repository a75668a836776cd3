"""Exams drawn from the bank that ships: a thousand of them by seed, and mocks one after another."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from quizgame.content.blueprint import Blueprint
from quizgame.content.library import Library, load_library
from quizgame.content.packfiles import builtin_folder
from quizgame.game.quiz.plan import ExamPlan, plan_exam
from quizgame.store.store import Store

EXAMS = 1000
NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def bank() -> Library:
    return load_library([builtin_folder("questions")])


@pytest.fixture(scope="module")
def exams(bank: Library, blueprint: Blueprint) -> list[ExamPlan]:
    entries = list(bank.questions.values())
    return [plan_exam(entries, blueprint, seed=seed) for seed in range(EXAMS)]


def test_shares_are_exact_and_nothing_repeats(exams: list[ExamPlan], blueprint: Blueprint, bank: Library) -> None:
    for exam in exams:
        assert len({item.id for item in exam.items}) == len(exam.items) == 60
        seats = Counter(item.domain for item in exam.items)
        for domain in blueprint.domains:
            # Exact to the seat: no share is rounded by a whole one.
            assert abs(seats[domain.id] - 60 * domain.weight / 100) < 1
        assert all(bank.questions[item.id].question.kind in blueprint.kinds for item in exam.items)
    extra: dict[int, set[int]] = {}
    for domain in blueprint.domains:
        whole, rest = divmod(60 * domain.weight, 100)
        taken = sum(item.domain == domain.id for exam in exams for item in exam.items)
        extra.setdefault(rest, set()).add(taken - whole * EXAMS)
    assert all(max(taken) - min(taken) <= 1 for taken in extra.values()), "domains of equal claim take turns"


def test_the_bank_is_used_evenly(exams: list[ExamPlan], blueprint: Blueprint, bank: Library) -> None:
    """Within a competency every question has the same chance: how often each came is binomial about it."""
    uses = Counter(item.id for exam in exams for item in exam.items)
    drawable: dict[str, list[str]] = {}
    for entry in bank.questions.values():
        if entry.question.kind in blueprint.kinds:
            drawable.setdefault(entry.competency, []).append(entry.id)
    for names in drawable.values():
        counts = [uses[name] for name in names]
        expected = sum(counts) / len(names)
        spread = (expected * max(1 - expected / EXAMS, 0)) ** 0.5
        assert expected > 0
        assert max(abs(count - expected) for count in counts) <= 5 * spread + 1e-9
    assert len(uses) == sum(len(names) for names in drawable.values()), "no question is never drawn"


def test_mocks_in_a_row_share_no_item(bank: Library, blueprint: Blueprint, tmp_path: Path) -> None:
    entries = list(bank.questions.values())
    with Store(tmp_path / "quizgame.db") as store:
        before: set[str] = set()
        for seed in range(20):
            left_out = store.last_items("exam", subject=blueprint.id)
            assert set(left_out) == before
            plan = plan_exam(entries, blueprint, seed=seed, left_out=left_out)
            items = {item.id for item in plan.items}
            assert (plan.repeated, len(items), items & before) == ((), 60, set())
            store.start_attempt(
                "exam", subject=blueprint.id, seed=seed, payload=plan.started(), now=NOW + timedelta(days=seed)
            )
            before = items
