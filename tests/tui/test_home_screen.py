"""The home screen: what it shows of the learner, and what its keys open."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quizgame.errors import QuizgameError
from quizgame.game.quiz.grading import Confidence
from quizgame.tui.launch import ExamTerms, PracticeTerms
from quizgame.tui.scenario.play import PlayScreen
from quizgame.tui.screens.exam_setup import ExamSetupScreen
from quizgame.tui.screens.home import HomeScreen
from quizgame.tui.screens.practice_setup import PracticeSetupScreen
from quizgame.tui.screens.progress import ProgressScreen
from quizgame.tui.workspace import ScenarioEntry

Press = Callable[..., Any]


def at(app: Any) -> type:
    """The kind of screen in front."""
    return type(app.screen)


async def test_a_newcomer_sees_domains_with_weights_and_no_claim(desktop: Any, press: Press) -> None:
    async with desktop.app().run_test() as pilot:
        text = await press(pilot)
    assert "Mini exam" in text
    assert "Network Policy" in text
    assert text.count("50 %") == 2
    assert text.count("not yet") == 2
    assert "too early to say: 40 more answers needed" in text
    assert "Continue" not in text
    assert "clusters" not in text


async def test_due_questions_and_runs_under_way_are_offered(desktop: Any, press: Press) -> None:
    workspace = desktop.workspace()
    run = workspace.begin_practice(PracticeTerms(count=3))
    run.answer(tuple(choice.key for choice in run.item.choices)[: run.item.choose] or ("x",), None, desktop.clock())
    workspace.begin_exam(ExamTerms())
    workspace.store.close()
    desktop.clock.advance(minutes=20)
    async with desktop.app().run_test() as pilot:
        text = await press(pilot)
        assert "0 of 4 answered · 40:00 left" in text
        assert "1 of 3 done" in text
        assert "1 question" in text
        desktop.clock.advance(seconds=1)
        pilot.app.screen._show_clock()
        assert "39:59 left" in await press(pilot)
        desktop.clock.advance(hours=1)
        pilot.app.screen._show_clock()
        assert "time is over" in await press(pilot)


@pytest.mark.parametrize(("key", "screen"), [("p", PracticeSetupScreen), ("e", ExamSetupScreen), ("g", ProgressScreen)])
async def test_keys_open_screens_and_escape_returns(desktop: Any, press: Press, key: str, screen: type) -> None:
    app = desktop.app()
    async with app.run_test() as pilot:
        await press(pilot, key)
        assert at(app) is screen
        await press(pilot, "escape")
        assert at(app) is HomeScreen


async def test_the_menu_works_by_arrows_and_by_mouse(desktop: Any, press: Press) -> None:
    app = desktop.app()
    async with app.run_test() as pilot:
        await press(pilot)
        await press(pilot, "down", "enter")
        assert at(app) is PracticeSetupScreen
        await press(pilot, "escape")
        await pilot.click("#menu", offset=(10, 4))
        await press(pilot)
        assert at(app) is ProgressScreen


@pytest.mark.parametrize(("number", "clusters"), [("1", 1), ("2", 2)])
async def test_a_free_cluster_is_two_keys_away(desktop: Any, press: Press, number: str, clusters: int) -> None:
    app = desktop.app()
    async with app.run_test() as pilot:
        assert "Two free clusters" in await press(pilot, "f")
        text = await press(pilot, number)
        assert at(app) is PlayScreen
        assert len(app.screen.picture.map.clusters) == clusters
        assert "Nothing is scored or kept." in text
        await press(pilot, "escape")
        assert at(app) is HomeScreen
    with desktop.workspace().store as store:
        assert store.attempts() == [], "nothing of it is kept"


async def test_the_choice_of_a_free_cluster_can_be_left(desktop: Any, press: Press) -> None:
    app = desktop.app()
    async with app.run_test() as pilot:
        await press(pilot, "f", "escape")
        assert at(app) is HomeScreen


async def test_the_key_bar_is_clickable(desktop: Any, press: Press) -> None:
    app = desktop.app()
    async with app.run_test() as pilot:
        text = await press(pilot)
        await pilot.click("KeyBar", offset=(text.splitlines()[-1].index("Progress"), 0))
        await press(pilot)
        assert at(app) is ProgressScreen


async def test_scenarios_are_listed_once_there_are_some(desktop: Any, press: Press) -> None:
    def with_scenarios() -> Any:
        workspace = desktop.workspace()
        entry = ScenarioEntry("drop", "A drop", "scenario", "network-policy", "easy", 15)
        return type(workspace)(
            workspace.store, workspace.library, workspace.blueprint, desktop.clock, lambda: 1, scenarios=(entry,)
        )

    async with desktop.app(open_workspace=with_scenarios).run_test() as pilot:
        text = await press(pilot)
    assert "Broken clusters" in text
    assert "1 scenario" in text


async def test_readiness_is_told_with_its_interval_once_there_is_enough(desktop: Any, press: Press) -> None:
    with desktop.store() as store:
        for number in range(45):
            attempt = store.start_attempt("practice", seed=1, payload={"seed": 1, "items": []}, now=desktop.clock())
            domain, competency = (("network-policy", "rule-structure"), ("ebpf", "role-of-ebpf"))[number % 2]
            from quizgame.game.events import Event

            payload = {
                "item": f"q{number}",
                "domain": domain,
                "competency": competency,
                "response": ["a"],
                "right": number % 10 != 0,
                "confidence": Confidence.SURE.value,
            }
            store.append(attempt.id, Event(1, desktop.clock(), "answered", payload))
    async with desktop.app().run_test() as pilot:
        text = await press(pilot)
    assert "chance of passing today" in text
    assert " to " in text[text.index("chance of passing") :]


async def test_a_store_that_cannot_be_opened_ends_the_app_with_its_reason(desktop: Any, press: Press) -> None:
    def broken() -> Any:
        raise QuizgameError("the database is damaged")

    app = desktop.app(open_workspace=broken)
    async with app.run_test() as pilot:
        await press(pilot)
    assert str(app.failure) == "the database is damaged"
    assert app.return_code == 2


def test_the_first_paint_loads_no_packs_no_store_and_no_plots() -> None:
    """Module sets never flake, times do; see the budget of the first paint."""
    heavy = "{'pydantic', 'yaml', 'sqlite_utils', 'fsrs', 'plotext', 'textual_plotext', 'textual.widgets._markdown'}"
    code = f"import sys, quizgame.tui.app; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert done.stdout.strip() == "[]"
