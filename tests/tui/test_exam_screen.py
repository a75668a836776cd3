"""The exam on the screen: answers, flags, the clock, the report; what survives a crash."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from quizgame.tui.answers.area import AnswerArea
from quizgame.tui.launch import ExamTerms, Resume
from quizgame.tui.screens.confirm import ConfirmScreen
from quizgame.tui.screens.exam import ExamScreen
from quizgame.tui.screens.exam_browse import ExamBrowseScreen
from quizgame.tui.screens.exam_report import ExamReportScreen
from quizgame.tui.screens.exam_review import JumpScreen, ReviewScreen
from quizgame.tui.screens.exam_setup import ExamSetupScreen
from quizgame.tui.screens.home import HomeScreen
from quizgame.tui.settings import load_settings
from quizgame.tui.widgets.numbergrid import NumberGrid

Press = Callable[..., Any]
SIZE = (80, 24)


def at(app: Any) -> type:
    """The kind of screen in front."""
    return type(app.screen)


def events(desktop: Any) -> list[tuple[str, dict[str, Any]]]:
    with desktop.store() as store:
        attempt = store.attempts("exam")[-1]
        return [(event.type, event.payload) for event in store.events(attempt.id)][1:]


def right_numbers(app: Any) -> list[str]:
    """The numbers of the right choices of the question on the screen."""
    item = app.screen.query_one(AnswerArea).item
    right = {option.text for option in item.question.options if option.correct}
    return [str(number) for number, choice in enumerate(item.choices, 1) if choice.text in right]


async def begin(desktop: Any, pilot: Any, press: Press) -> ExamScreen:
    await press(pilot)
    await press(pilot, "enter")
    screen = pilot.app.screen
    assert isinstance(screen, ExamScreen)
    return screen


async def test_the_terms_are_shown_before_the_clock_starts(desktop: Any, press: Press) -> None:
    app = desktop.app(ExamTerms())
    async with app.run_test(size=SIZE) as pilot:
        text = await press(pilot)
        assert at(app) is ExamSetupScreen
        assert "4 questions in 60 minutes" in text
        assert "75 % to pass" in text
        text = await press(pilot, "left")
        assert "2 questions in 30 minutes" in text
        await press(pilot, "escape")
        assert at(app) is HomeScreen
    with desktop.store() as store:
        assert store.attempts() == []


async def test_each_action_is_in_the_store_when_the_screen_shows_it(desktop: Any, press: Press) -> None:
    app = desktop.app(ExamTerms())
    async with app.run_test(size=SIZE) as pilot:
        screen = await begin(desktop, pilot, press)
        item = screen.session.item
        text = await press(pilot, "1")
        assert "1 answered" in text
        assert events(desktop)[-1] == ("answered", {"item": item.id, "response": [item.choices[0].key]})
        text = await press(pilot, "f")
        assert "⚑ flagged" in text
        assert events(desktop)[-1] == ("flagged", {"item": item.id, "on": True})
        await press(pilot, "down", "x")
        assert events(desktop)[-1] == ("struck", {"item": item.id, "choice": item.choices[1].key, "on": True})
        assert "2 of 4" in await press(pilot, "right")
        assert events(desktop)[-1] == ("moved", {"position": 1})
        assert "✓" not in text
        assert "reason" not in text


async def test_an_exam_interrupted_goes_on_with_the_clock_still_running(desktop: Any, press: Press) -> None:
    app = desktop.app(ExamTerms())
    async with app.run_test(size=SIZE) as pilot:
        await begin(desktop, pilot, press)
        await press(pilot, "2", "f", "right")
    desktop.clock.advance(minutes=25)
    app = desktop.app(Resume.EXAM)
    async with app.run_test(size=SIZE) as pilot:
        text = await press(pilot)
        assert "2 of 4" in text
        assert "35:00 left" in text
        assert "1 answered · 3 open · 1 flagged" in text
        text = await press(pilot, "left")
        assert "⚑ flagged" in text
        assert "●" in next(line for line in text.splitlines() if line.lstrip(" ▸").startswith("2 "))


async def test_the_clock_warns_at_thirty_fifteen_and_five_minutes(desktop: Any, press: Press) -> None:
    app = desktop.app(ExamTerms())
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        screen = await begin(desktop, pilot, press)
        seen = []
        for minutes in (29, 1.5, 15, 10):
            desktop.clock.advance(minutes=minutes)
            await screen.tick()
            text = await press(pilot)
            seen += [mark for mark in (30, 15, 5) if f"{mark} minutes left" in text and mark not in seen]
            if minutes == 29:
                assert seen == []
        assert seen == [30, 15, 5]
        assert "04:30 left" in text


async def test_time_ends_the_exam_whatever_is_open_above_it(desktop: Any, press: Press) -> None:
    app = desktop.app(ExamTerms())
    async with app.run_test(size=SIZE) as pilot:
        screen = await begin(desktop, pilot, press)
        await press(pilot, "1", "r", "h")
        assert at(app) is ConfirmScreen
        desktop.clock.advance(hours=2)
        await screen.tick()
        text = await press(pilot)
        assert at(app) is ExamReportScreen
        assert "time ran out" in text
        await press(pilot, "escape")
        assert at(app) is HomeScreen
    assert events(desktop)[-1][0] == "submitted"


async def test_an_answer_that_comes_too_late_shows_the_report(desktop: Any, press: Press) -> None:
    app = desktop.app(ExamTerms())
    async with app.run_test(size=SIZE) as pilot:
        await begin(desktop, pilot, press)
        desktop.clock.advance(hours=2)
        await press(pilot, "1")
        assert at(app) is ExamReportScreen
    assert "answered" not in [name for name, _ in events(desktop)]


async def test_an_exam_whose_time_ran_out_meanwhile_shows_its_report(desktop: Any, press: Press) -> None:
    app = desktop.app(ExamTerms())
    async with app.run_test(size=SIZE) as pilot:
        await begin(desktop, pilot, press)
    desktop.clock.advance(hours=2)
    app = desktop.app()
    async with app.run_test(size=SIZE) as pilot:
        assert "time is over" in await press(pilot)
        text = await press(pilot, "c")
        assert at(app) is ExamReportScreen
        assert "✗ FAIL" in text


async def test_jumping_by_number(desktop: Any, press: Press) -> None:
    app = desktop.app(ExamTerms())
    async with app.run_test(size=SIZE) as pilot:
        screen = await begin(desktop, pilot, press)
        text = await press(pilot, "f", "g")
        assert at(app) is JumpScreen
        assert "⚑" in text
        await press(pilot, "3", "enter")
        assert at(app) is ExamScreen
        assert screen.session.position == 2
        await press(pilot, "g", "escape")
        assert screen.session.position == 2


async def test_the_grid_is_clickable(desktop: Any, press: Press) -> None:
    app = desktop.app(ExamTerms())
    async with app.run_test(size=SIZE) as pilot:
        screen = await begin(desktop, pilot, press)
        await press(pilot, "g")
        await pilot.click(NumberGrid, offset=(3 * 7 + 2, 0))
        await press(pilot)
        assert screen.session.position == 3


async def test_the_review_counts_what_is_open_and_hands_in(desktop: Any, press: Press) -> None:
    app = desktop.app(ExamTerms())
    async with app.run_test(size=SIZE) as pilot:
        screen = await begin(desktop, pilot, press)
        for _ in range(4):
            await press(pilot, *right_numbers(app), "right")
        text = await press(pilot, "f", "r")
        assert at(app) is ReviewScreen
        assert "every question is answered" in text
        assert "1 flagged" in text
        await press(pilot, "h", "n")
        assert screen.session.report is None
        text = await press(pilot, "h", "y")
        assert at(app) is ExamReportScreen
    assert "✓ PASS   100 %" in text
    assert "4 of 4 right, 75 % needed · handed in · blueprint mini" in " ".join(text.split())


async def test_enter_on_the_last_question_leads_to_the_review(desktop: Any, press: Press) -> None:
    app = desktop.app(ExamTerms())
    async with app.run_test(size=SIZE) as pilot:
        await begin(desktop, pilot, press)
        for _ in range(4):
            await press(pilot, *right_numbers(app), "enter")
        assert at(app) is ReviewScreen


async def test_the_report_says_what_to_study_and_leads_to_the_reasons(desktop: Any, press: Press) -> None:
    app = desktop.app(ExamTerms())
    async with app.run_test(size=(80, 40)) as pilot:
        screen = await begin(desktop, pilot, press)
        wrong = {"1", "2"} - set(right_numbers(app))
        await press(pilot, *sorted(wrong)[:1] or ["1"])
        text = await press(pilot, "r", "h", "y")
        assert "✗ FAIL   0 %" in text
        assert "What to study" in text
        assert "docs.cilium.io/" in text
        text = await press(pilot, "b")
        assert at(app) is ExamBrowseScreen
        assert "Question 1 of 4" in text
        assert "✗ Wrong" in text
        assert "← the answer" in text
        text = await press(pilot, "right")
        assert "✗ Not answered" in text
        text = await press(pilot, "w", "g")
        assert text.count("✗") >= 4
        await press(pilot, "4", "enter")
        assert app.screen.place == 3
        assert screen.session.is_over


async def test_one_exam_at_a_time(desktop: Any, press: Press) -> None:
    async with desktop.app(ExamTerms()).run_test(size=SIZE) as pilot:
        await begin(desktop, pilot, press)
    app = desktop.app(ExamTerms(seed=5))
    async with app.run_test(size=SIZE) as pilot:
        text = await press(pilot)
        assert "An exam is under way" in text
        await press(pilot, "h", "y")
        assert at(app) is ExamReportScreen
        await press(pilot, "escape", "e", "enter")
        assert at(app) is ExamScreen
    with desktop.store() as store:
        assert [attempt.finished is None for attempt in store.attempts("exam")] == [False, True]


async def test_a_bank_too_small_for_an_exam_is_told(desktop: Any, press: Press) -> None:
    app = desktop.app(ExamTerms(questions=50))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await press(pilot)
        assert "the bank is too small" in await press(pilot, "enter")
        assert at(app) is HomeScreen


async def test_progress_lists_exams_and_opens_their_reports(desktop: Any, press: Press) -> None:
    app = desktop.app(ExamTerms())
    async with app.run_test(size=(120, 40)) as pilot:
        await begin(desktop, pilot, press)
        await press(pilot, *right_numbers(app), "r", "h", "y", "escape")
        text = await press(pilot, "g")
        assert "Exam scores, 75 % passes" in text
        assert "Due in the next 14 days: 1" in text
        assert "✗ Exam 1" in text
        assert "1 of 4 right   25 %" in text
        await press(pilot, "enter")
        assert at(app) is ExamReportScreen


async def test_progress_plans_up_to_a_day_that_is_remembered(desktop: Any, press: Press) -> None:
    async with desktop.app().run_test(size=(120, 40)) as pilot:
        text = await press(pilot, "g")
        assert "2026-12-21" in text, "four weeks ahead until a day is chosen"
        assert "28 days to study" in text
        assert "No promise." in text
        text = await press(pilot, "right_square_bracket", "left")
        assert "2026-12-27" in text
        await press(pilot, "ctrl+t")
    async with desktop.app().run_test(size=(80, 24)) as pilot:
        text = await press(pilot, "g", "right")
        assert load_settings(desktop.folder).exam_day == "2026-12-28", "changing the theme forgets nothing"
    desktop.clock.advance(days=60)
    async with desktop.app().run_test(size=(120, 40)) as pilot:
        assert "28 days to study" in await press(pilot, "g"), "an exam that is over is planned for no more"
