"""An exam under way: the clock, resuming, and the end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from quizgame.content.blueprint_files import load_blueprint
from quizgame.content.library import Library
from quizgame.errors import QuizgameError
from quizgame.game.quiz.exam import ExamOver, ExamSession
from quizgame.game.quiz.grading import ResponseError
from quizgame.game.quiz.items import Response
from quizgame.game.quiz.plan import plan_exam
from quizgame.game.quiz.report import report_from

MINUTE = timedelta(minutes=1)


@pytest.fixture
def journal(large_bank: Library, recorder: Any) -> Any:
    return recorder(plan_exam(large_bank.questions.values(), load_blueprint(), seed=4).started())


@pytest.fixture
def session(large_bank: Library, journal: Any) -> ExamSession:
    return ExamSession(large_bank.questions, journal.events, journal)


def right_response(session: ExamSession, index: int) -> Response:
    return (next(choice.key for choice in session.items[index].choices if choice.text == "a"),)


def wrong_response(session: ExamSession, index: int) -> Response:
    return (next(choice.key for choice in session.items[index].choices if choice.text == "b"),)


def test_exam_resumes_where_it_was_with_its_clock_running(
    large_bank: Library, session: ExamSession, journal: Any, start: datetime
) -> None:
    first, second = session.items[0].id, session.items[1].id
    session.answer(first, right_response(session, 0), start + MINUTE)
    session.flag(second, True, start + 2 * MINUTE)
    session.strike(second, wrong_response(session, 1)[0], True, start + 3 * MINUTE)
    session.move(17, start + 4 * MINUTE)
    resumed = ExamSession(large_bank.questions, journal.events, journal)
    assert resumed.items == session.items
    assert resumed.response(first) == right_response(session, 0)
    assert resumed.is_flagged(second)
    assert resumed.struck(second) == {wrong_response(session, 1)[0]}
    assert resumed.position == 17
    assert resumed.remaining(start + 60 * MINUTE) == 30 * MINUTE


def test_answers_flags_and_strikes_can_be_taken_back(session: ExamSession, start: datetime) -> None:
    name = session.items[0].id
    key = session.items[0].choices[0].key
    session.answer(name, (key,), start)
    session.answer(name, (), start)
    session.flag(name, True, start)
    session.flag(name, False, start)
    session.strike(name, key, True, start)
    session.strike(name, key, False, start)
    assert not session.is_answered(name)
    assert not session.is_flagged(name)
    assert not session.struck(name)


def test_exam_submits_itself_when_time_is_over(session: ExamSession, journal: Any, start: datetime) -> None:
    session.answer(session.items[0].id, right_response(session, 0), start + MINUTE)
    assert not session.tick(start + 90 * MINUTE - timedelta(microseconds=1)).is_over
    assert session.tick(start + 90 * MINUTE).is_over
    assert session.report is not None
    assert (session.report.submitted_by, session.report.right) == ("time", 1)
    assert journal.finished
    assert journal.events[-1].instant == session.deadline


def test_exam_left_alone_past_its_end_is_over_when_resumed(
    large_bank: Library, journal: Any, session: ExamSession, start: datetime
) -> None:
    session.answer(session.items[0].id, right_response(session, 0), start + MINUTE)
    resumed = ExamSession(large_bank.questions, journal.events, journal)
    assert resumed.tick(start + timedelta(days=3)).is_over
    assert journal.events[-1].instant == start + 90 * MINUTE


def test_answer_that_comes_too_late_is_not_taken(session: ExamSession, journal: Any, start: datetime) -> None:
    with pytest.raises(ExamOver):
        session.answer(session.items[0].id, right_response(session, 0), start + 90 * MINUTE)
    assert [event.type for event in journal.events] == ["started", "submitted"]
    with pytest.raises(ExamOver):
        session.flag(session.items[0].id, True, start)
    assert session.report is not None
    assert session.report.right == 0


def test_clock_that_is_turned_back_gives_no_time(session: ExamSession, start: datetime) -> None:
    session.move(1, start + 60 * MINUTE)
    assert session.remaining(start) == 30 * MINUTE


def test_alerts_come_once_each(session: ExamSession, start: datetime) -> None:
    minutes = [0, 59, 60, 61, 75, 76, 85, 86, 89]
    assert [session.tick(start + minute * MINUTE).alert for minute in minutes] == [
        None, None, 30, None, 15, None, 5, None, None,
    ]  # fmt: skip


def test_alert_missed_while_away_is_replaced_by_the_next(session: ExamSession, start: datetime) -> None:
    assert session.tick(start + 80 * MINUTE).alert == 15
    assert session.tick(start + 81 * MINUTE).alert is None


def test_short_exam_has_only_the_alerts_that_fit(large_bank: Library, recorder: Any, start: datetime) -> None:
    plan = plan_exam(large_bank.questions.values(), load_blueprint(), seed=4, questions=10, minutes=15)
    journal = recorder(plan.started())
    session = ExamSession(large_bank.questions, journal.events, journal)
    assert [session.tick(start + minute * MINUTE).alert for minute in (0, 9, 10)] == [None, None, 5]


@pytest.mark.parametrize(("right", "passed", "percent"), [(45, True, 75), (44, False, 73), (60, True, 100)])
def test_three_quarters_pass(session: ExamSession, start: datetime, right: int, passed: bool, percent: int) -> None:
    for index, item in enumerate(session.items):
        response = right_response(session, index) if index < right else wrong_response(session, index)
        session.answer(item.id, response, start + MINUTE)
    report = session.submit(start + 2 * MINUTE)
    assert (report.right, report.is_pass, report.percent, report.submitted_by) == (right, passed, percent, "learner")
    assert sum(tally.right for tally in report.by_domain()) == right
    assert sum(tally.total for tally in report.by_competency()) == 60


def test_report_is_the_same_from_the_record(session: ExamSession, journal: Any, start: datetime) -> None:
    session.answer(session.items[3].id, wrong_response(session, 3), start)
    session.flag(session.items[3].id, True, start)
    report = session.submit(start)
    assert report_from(journal.events[-1].payload) == report
    assert session.submit(start) == report
    assert len([event for event in journal.events if event.type == "submitted"]) == 1


def test_report_says_what_to_study_from_which_sources(samples: Library, recorder: Any, start: datetime) -> None:
    names = ["single-deny", "single-label", "multiple-entities", "multiple-layers"]
    items = [
        {"id": name, "domain": "network-policy", "competency": samples.questions[name].competency} for name in names
    ]
    journal = recorder({"blueprint": "cca", "title": "t", "pass": 75, "minutes": 9, "seed": 1, "items": items})
    session = ExamSession(samples.questions, journal.events, journal)
    label = session.items[1]
    session.answer(label.id, (next(choice.key for choice in label.choices if choice.text == "Its identity"),), start)
    (study,) = session.submit(start).to_study(samples.questions)
    assert (study.competency, study.missed) == ("rule-structure", 3)
    assert study.sources == ("docs.cilium.io/en/v1.19/security/policy/language/",)


def test_incomplete_multiple_is_kept_and_counts_wrong(samples: Library, recorder: Any, start: datetime) -> None:
    items = [{"id": "multiple-entities", "domain": "network-policy", "competency": "rule-structure"}]
    journal = recorder({"blueprint": "cca", "title": "t", "pass": 75, "minutes": 9, "seed": 1, "items": items})
    session = ExamSession(samples.questions, journal.events, journal)
    world = next(choice.key for choice in session.item.choices if choice.text == "world")
    session.answer("multiple-entities", (world,), start)
    assert session.is_answered("multiple-entities")
    assert not session.is_complete("multiple-entities")
    assert session.submit(start).right == 0


def test_question_that_its_pack_lost_is_not_scored(large_bank: Library, journal: Any, start: datetime) -> None:
    lost = journal.events[0].payload["items"][0]["id"]
    bank = {name: entry for name, entry in large_bank.questions.items() if name != lost}
    session = ExamSession(bank, journal.events, journal)
    assert session.missing == (lost,)
    assert session.submit(start).total == 59


def test_exam_whose_packs_are_gone_is_told(journal: Any) -> None:
    with pytest.raises(QuizgameError, match="no pack holds the questions"):
        ExamSession({}, journal.events, journal)


def test_what_is_no_answer_is_refused_and_not_recorded(session: ExamSession, journal: Any, start: datetime) -> None:
    with pytest.raises(ResponseError):
        session.answer(session.items[0].id, ("nope",), start)
    with pytest.raises(ResponseError):
        session.strike(session.items[0].id, "nope", True, start)
    with pytest.raises(QuizgameError, match="no question of this exam"):
        session.flag("nope", True, start)
    assert len(journal.events) == 1


def test_journal_that_fails_leaves_the_session_as_it_was(
    large_bank: Library, journal: Any, start: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = ExamSession(large_bank.questions, journal.events, journal)

    def full(event: object) -> None:
        raise QuizgameError("disk full")

    monkeypatch.setattr(journal, "append", full)
    with pytest.raises(QuizgameError, match="disk full"):
        session.answer(session.items[0].id, right_response(session, 0), start)
    assert not session.is_answered(session.items[0].id)


class ExamMachine(RuleBasedStateMachine):
    """Whatever is done in whatever order, reading the events back gives the same exam."""

    bank: Library
    recorder: Any
    start: datetime

    def __init__(self) -> None:
        super().__init__()
        plan = plan_exam(self.bank.questions.values(), load_blueprint(), seed=3, questions=12)
        self.journal = self.recorder(plan.started())
        self.session = ExamSession(self.bank.questions, self.journal.events, self.journal)
        self.now = self.start

    @rule(index=st.integers(0, 11), choice=st.integers(0, 2), on=st.booleans())
    def answer(self, index: int, choice: int, on: bool) -> None:
        item = self.session.items[index]
        response = (item.choices[choice % len(item.choices)].key,) if on else ()
        self.attempt(lambda: self.session.answer(item.id, response, self.now))

    @rule(index=st.integers(0, 11), on=st.booleans())
    def flag(self, index: int, on: bool) -> None:
        self.attempt(lambda: self.session.flag(self.session.items[index].id, on, self.now))

    @rule(index=st.integers(0, 11), choice=st.integers(0, 2), on=st.booleans())
    def strike(self, index: int, choice: int, on: bool) -> None:
        item = self.session.items[index]
        self.attempt(lambda: self.session.strike(item.id, item.choices[choice % len(item.choices)].key, on, self.now))

    @rule(position=st.integers(-3, 20))
    def move(self, position: int) -> None:
        self.attempt(lambda: self.session.move(position, self.now))

    @rule(seconds=st.integers(-60, 1500))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.session.tick(self.now)

    @rule()
    def submit(self) -> None:
        self.session.submit(self.now)

    def attempt(self, action: Any) -> None:
        was_over = self.session.is_over
        try:
            action()
            assert not was_over
        except ExamOver:
            assert self.session.is_over

    @invariant()
    def replay_gives_the_same(self) -> None:
        replayed = ExamSession(self.bank.questions, self.journal.events, self.journal)
        assert replayed.position == self.session.position
        assert replayed.report == self.session.report
        for item in self.session.items:
            assert replayed.response(item.id) == self.session.response(item.id)
            assert replayed.struck(item.id) == self.session.struck(item.id)
            assert replayed.is_flagged(item.id) == self.session.is_flagged(item.id)


def test_any_course_of_an_exam_can_be_read_back(large_bank: Library, recorder: Any, start: datetime) -> None:
    machine = type("Machine", (ExamMachine,), {"bank": large_bank, "recorder": recorder, "start": start})
    run_state_machine_as_test(machine, settings=settings(max_examples=25, stateful_step_count=30, deadline=None))
