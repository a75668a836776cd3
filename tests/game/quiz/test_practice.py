"""Practice: what comes first, what an answer records, and when a question comes back."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizgame.content.blueprint import Blueprint
from quizgame.content.library import Library
from quizgame.errors import QuizgameError
from quizgame.game.events import Event
from quizgame.game.quiz.grading import Confidence, ResponseError
from quizgame.game.quiz.items import Response, text_key
from quizgame.game.quiz.practice import PracticeSession, plan_practice
from quizgame.game.quiz.reviews import reviews_of
from quizgame.game.quiz.scheduling import Card, Rating, rating_of, retrievability, review

DAY = timedelta(days=1)


def card(item: str, due: datetime) -> Card:
    return Card(item, 2, None, 10.0, 5.0, due, due - 10 * DAY)


def answers(session: PracticeSession, *, right: bool) -> Response:
    assert session.item is not None
    wanted = "a" if right else "b"
    return (next(choice.key for choice in session.item.choices if choice.text == wanted),)


@pytest.fixture
def journal(large_bank: Library, recorder: Any) -> Any:
    names = ["ipam-0", "ipam-1", "role-of-ebpf-0", "using-hubble-0"]
    assert large_bank.questions.keys() >= set(names)
    return recorder({"seed": 5, "items": names, "due": 0})


@pytest.fixture
def session(large_bank: Library, journal: Any) -> PracticeSession:
    return PracticeSession(large_bank.questions, journal.events, journal, {})


def test_due_questions_come_first_the_longest_overdue_leading(
    large_bank: Library, blueprint: Blueprint, start: datetime
) -> None:
    cards = {
        "ipam-3": card("ipam-3", start - DAY),
        "ipam-1": card("ipam-1", start),
        "ipam-2": card("ipam-2", start - 3 * DAY),
        "ipam-4": card("ipam-4", start + timedelta(seconds=1)),
    }
    bank = list(large_bank.questions.values())
    plan = plan_practice(bank, blueprint, cards, {}, now=start, seed=1, count=20)
    assert plan.items[:3] == ("ipam-2", "ipam-3", "ipam-1")
    assert (plan.due, len(plan.items), len(set(plan.items))) == (3, 20, 20)
    assert "ipam-4" not in plan.items
    due = plan_practice(bank, blueprint, cards, {}, now=start, seed=1, count=2, due_only=True)
    assert due.items == ("ipam-2", "ipam-3")
    assert plan_practice(bank, blueprint, {}, {}, now=start, seed=1, count=5, due_only=True).items == ()


def test_new_questions_follow_the_blueprint(large_bank: Library, blueprint: Blueprint, start: datetime) -> None:
    bank = list(large_bank.questions.values())
    plan = plan_practice(bank, blueprint, {}, {}, now=start, seed=1, count=100)
    counts = Counter(large_bank.questions[name].domain for name in plan.items)
    for domain in blueprint.domains:
        assert abs(counts[domain.id] - domain.weight) <= 3  # one seat a competency is lost or won by rounding


def test_weak_competencies_get_more_places(large_bank: Library, blueprint: Blueprint, start: datetime) -> None:
    mastery = {known.id: 0.95 for domain in blueprint.domains for known in domain.competencies} | {"ipam": 0.2}
    bank = list(large_bank.questions.values())
    plan = plan_practice(bank, blueprint, {}, mastery, now=start, seed=1, count=20)
    counts = Counter(large_bank.questions[name].competency for name in plan.items)
    assert counts.most_common(1)[0][0] == "ipam"
    assert counts["ipam"] >= 8


def test_what_is_fading_comes_before_what_is_fresh_when_nothing_is_new(
    samples: Library, blueprint: Blueprint, start: datetime
) -> None:
    bank = [samples.questions[name] for name in ("single-deny", "multiple-entities", "multiple-layers")]
    fresh, fading = start, start - 9 * DAY
    cards = {
        entry.id: Card(entry.id, 2, None, 10.0, 5.0, start + DAY, fading if entry.id == "multiple-layers" else fresh)
        for entry in bank
    }
    plan = plan_practice(bank, blueprint, cards, {}, now=start, seed=1, count=1)
    assert plan.items == ("multiple-layers",)


def test_same_seed_plans_the_same_and_small_banks_are_used_up(
    samples: Library, blueprint: Blueprint, start: datetime
) -> None:
    bank = list(samples.questions.values())
    plans = [plan_practice(bank, blueprint, {}, {}, now=start, seed=seed, count=50) for seed in (1, 1, 2)]
    assert plans[0] == plans[1]
    assert plans[0].items != plans[2].items
    assert set(plans[0].items) == samples.questions.keys()


def test_answer_gives_reasons_and_the_next_review(samples: Library, recorder: Any, start: datetime) -> None:
    journal = recorder({"seed": 5, "items": ["single-deny"], "due": 0})
    session = PracticeSession(samples.questions, journal.events, journal, {})
    feedback = session.answer((text_key("Shop"),), Confidence.SURE, start + timedelta(seconds=8))
    assert not feedback.right
    assert feedback.answer == ("Nothing",)
    assert {part.text: part.reason for part in feedback.mark.parts}["Shop"] == (
        "Its allow rule loses against the deny rule."
    )
    assert feedback.next_review == start + timedelta(seconds=8, minutes=1)
    assert session.item is None
    assert session.summary.sure_and_wrong == ("single-deny",)


def test_run_goes_on_where_it_was(large_bank: Library, session: PracticeSession, journal: Any, start: datetime) -> None:
    session.answer(answers(session, right=True), None, start)
    session.skip(start)
    resumed = PracticeSession(large_bank.questions, journal.events, journal, {})
    assert resumed.position == 2
    assert resumed.item == session.item
    assert resumed.item is not None
    assert resumed.item.id == "role-of-ebpf-0"
    assert resumed.summary == session.summary


def test_ended_run_has_no_more_questions(
    large_bank: Library, session: PracticeSession, journal: Any, start: datetime
) -> None:
    session.answer(answers(session, right=False), Confidence.UNSURE, start)
    summary = session.end(start)
    assert (summary.total, summary.answered, summary.right, summary.skipped) == (4, 1, 0, 0)
    assert journal.finished
    assert session.end(start) == summary
    resumed = PracticeSession(large_bank.questions, journal.events, journal, {})
    assert resumed.is_ended
    assert resumed.item is None
    with pytest.raises(QuizgameError, match="no question left"):
        resumed.skip(start)


def test_incomplete_answer_is_refused_and_not_recorded(session: PracticeSession, journal: Any, start: datetime) -> None:
    with pytest.raises(ResponseError, match="choose 1, not 0"):
        session.answer((), None, start)
    assert len(journal.events) == 1
    assert session.position == 0


def test_reviews_are_read_from_events(session: PracticeSession, journal: Any, start: datetime) -> None:
    session.answer(answers(session, right=True), Confidence.UNSURE, start)
    session.skip(start)
    (one,) = [review for event in journal.events for review in reviews_of("practice", event)]
    assert (one.item, one.domain, one.competency) == ("ipam-0", "architecture", "ipam")
    assert (one.right, one.confidence, one.instant) == (True, Confidence.UNSURE, start)


def test_unanswered_exam_questions_say_nothing_about_memory(start: datetime) -> None:
    items = [
        {"id": "x", "domain": "d", "competency": "c", "response": ["k"], "right": True, "flagged": False},
        {"id": "y", "domain": "d", "competency": "c", "response": [], "right": False, "flagged": False},
    ]
    event = Event(1, start, "submitted", {"items": items})
    assert [one.item for one in reviews_of("exam", event)] == ["x"]
    assert reviews_of("practice", event) == ()


def test_ratings_follow_rightness_and_confidence() -> None:
    assert rating_of(False, Confidence.SURE) is Rating.AGAIN
    assert rating_of(True, Confidence.UNSURE) is Rating.HARD
    assert rating_of(True, Confidence.SURE) is rating_of(True, None) is Rating.GOOD


def test_intervals_are_those_of_fsrs_without_chance(start: datetime) -> None:
    # Source: py-fsrs 6, default parameters: learning steps of 1 and 10 minutes, then days by stability.
    first = review(None, "x", Rating.GOOD, start)
    assert first.due - start == timedelta(minutes=10)
    second = review(first, "x", Rating.GOOD, first.due)
    assert second.due - first.due == 2 * DAY
    assert second.stability == pytest.approx(2.3065, abs=0.01)
    third = review(second, "x", Rating.GOOD, second.due)
    assert 5 * DAY < third.due - second.due < 20 * DAY
    assert review(second, "x", Rating.GOOD, second.due) == third
    lapsed = review(third, "x", Rating.AGAIN, third.due)
    assert lapsed.due - third.due == timedelta(minutes=10)
    assert lapsed.stability is not None
    assert third.stability is not None
    assert lapsed.stability < third.stability


def test_unsure_answers_come_back_sooner(start: datetime) -> None:
    known = review(review(None, "x", Rating.GOOD, start), "x", Rating.GOOD, start + timedelta(minutes=10))
    assert review(known, "x", Rating.HARD, known.due).due < review(known, "x", Rating.GOOD, known.due).due


def test_recall_fades(start: datetime) -> None:
    known = review(review(None, "x", Rating.GOOD, start), "x", Rating.GOOD, start + timedelta(minutes=10))
    chances = [retrievability(known, start + days * DAY) for days in (1, 3, 10, 100)]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > 0.9 > chances[2]


@given(st.lists(st.tuples(st.sampled_from(Rating), st.integers(1, 10**7)), max_size=30))
def test_due_lies_after_the_review_and_within_a_year(history: list[tuple[Rating, int]]) -> None:
    now, known = datetime(2026, 1, 1, tzinfo=UTC), None
    for rating, seconds in history:
        now += timedelta(seconds=seconds)
        known = review(known, "x", rating, now)
        assert now < known.due <= now + 365 * DAY
        assert known.last_review == now
