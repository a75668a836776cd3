"""What the focus of a practice run leaves of a bank."""

from __future__ import annotations

from datetime import datetime, timedelta

from quizgame.content.blueprint import Blueprint
from quizgame.content.library import BankQuestion, Library
from quizgame.content.questions import SingleChoice
from quizgame.game.quiz.focus import NOTHING, Focus
from quizgame.game.quiz.grading import Confidence
from quizgame.game.quiz.items import text_key
from quizgame.game.quiz.learner import estimate_mastery
from quizgame.game.quiz.practice import PracticeSession, plan_practice
from quizgame.game.quiz.reviews import Review
from quizgame.game.quiz.selection import focused


def about(entry: BankQuestion, right: bool, confidence: Confidence | None, instant: datetime, *chosen: str) -> Review:
    keys = tuple(text_key(text) for text in chosen)
    return Review(entry.id, entry.domain, entry.competency, right, confidence, instant, "practice", response=keys)


def chosen(bank: Library, blueprint: Blueprint, focus: Focus, reviews: list[Review], now: datetime) -> list[str]:
    entries = list(bank.questions.values())
    return [one.id for one in focused(entries, focus, reviews, estimate_mastery(reviews, blueprint, now), blueprint)]


def test_sure_and_wrong_goes_by_the_last_answer(large_bank: Library, blueprint: Blueprint, start: datetime) -> None:
    first, second, third, fourth = list(large_bank.questions.values())[:4]
    reviews = [
        about(first, False, Confidence.SURE, start),
        about(second, False, Confidence.UNSURE, start),
        about(third, False, Confidence.SURE, start),
        about(third, True, Confidence.SURE, start),
        about(fourth, True, Confidence.SURE, start),
    ]
    assert chosen(large_bank, blueprint, Focus.SURE_AND_WRONG, reviews, start) == [first.id]
    assert chosen(large_bank, blueprint, Focus.SURE_AND_WRONG, [], start) == []


def test_weak_are_the_competencies_below_the_pass_mark(
    large_bank: Library, blueprint: Blueprint, start: datetime
) -> None:
    by_competency = {entry.competency: entry for entry in large_bank.questions.values()}
    strong, weak = by_competency["ipam"], by_competency["using-hubble"]
    reviews = [about(strong, True, None, start)] * 40 + [about(weak, False, None, start)] * 5
    found = chosen(large_bank, blueprint, Focus.WEAK, reviews, start)
    assert {large_bank.questions[name].competency for name in found} == {"using-hubble"}
    assert len(found) == sum(entry.competency == "using-hubble" for entry in large_bank.questions.values())


def choice(name: str, right: str, wrong: str) -> BankQuestion:
    options = [{"text": right, "correct": True}, {"text": wrong}]
    question = SingleChoice.model_validate(
        {"id": name, "competency": "ipam", "kind": "single", "difficulty": "easy", "stem": "?", "versions": "1.19",
         "options": options}
    )  # fmt: skip
    return BankQuestion(question, "architecture")


def test_confused_brings_the_counterpart_of_what_was_chosen(blueprint: Blueprint, start: datetime) -> None:
    entries = [
        choice("asks-a", "A", "B"), choice("asks-b", "B", "A"), choice("asks-c", "C", "B"), choice("asks-d", "D", "E")
    ]  # fmt: skip
    reviews = [about(entries[0], False, None, start, "B"), about(entries[3], True, None, start, "D")]
    mastery = estimate_mastery(reviews, blueprint, start)
    found = focused(entries, Focus.CONFUSED, reviews, mastery, blueprint)
    assert [entry.id for entry in found] == ["asks-a", "asks-b"]
    mended = [*reviews, about(entries[0], True, None, start, "A")]
    assert focused(entries, Focus.CONFUSED, mended, mastery, blueprint) == []


def test_every_focus_says_when_it_leaves_nothing() -> None:
    assert set(NOTHING) == set(Focus)


def test_a_run_by_minutes_ends_by_the_clock(
    large_bank: Library, blueprint: Blueprint, recorder: type, start: datetime
) -> None:
    bank = list(large_bank.questions.values())
    plan = plan_practice(bank, blueprint, {}, {}, now=start, seed=1, count=60, minutes=10)
    journal = recorder(plan.started(), start)
    session = PracticeSession(large_bank.questions, journal.events, journal, {})
    assert not session.is_over(start + timedelta(minutes=9, seconds=59))
    assert session.is_over(start + timedelta(minutes=10))
    session.skip(start + timedelta(minutes=11))  # what is on the screen is dealt with all the same
    summary = session.end(start + timedelta(minutes=12))
    assert (summary.total, summary.skipped) == (1, 1), "what was never shown is not left unasked"
