"""A bug in the program is told, can be reported, and does not end the app."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from quizgame.tui.app import QuizgameApp
from quizgame.tui.screens.bug import BugScreen
from quizgame.tui.screens.home import HomeScreen
from quizgame.tui.workspace import Workspace

Press = Callable[..., Any]


def at(app: Any) -> type:
    """The kind of screen in front."""
    return type(app.screen)


class Faulty(QuizgameApp):
    """An app with a bug in an action and one in a worker."""

    def action_toggle_theme(self) -> None:
        raise RuntimeError("no [theme] today")

    def open_practice(self, terms: Any) -> None:
        async def fail() -> None:
            raise RuntimeError("no practice today")

        self.run_worker(fail(), exit_on_error=False)


@pytest.fixture
def faulty(desktop: Any) -> Faulty:
    return Faulty(desktop.workspace, folder=desktop.folder, now=desktop.clock)


async def test_a_bug_in_an_action_is_told_and_the_app_lives_on(faulty: Any, press: Press) -> None:
    async with faulty.run_test(size=(80, 24)) as pilot:
        await press(pilot)
        text = await press(pilot, "ctrl+t")
        assert "RuntimeError: no [theme] today" in text
        await press(pilot, "escape")
        assert at(faulty) is HomeScreen
        assert "Mini exam" in await press(pilot)


async def test_a_bug_in_the_worker_of_a_screen_is_told_too(desktop: Any) -> None:
    class Blind(Workspace):
        def overview(self) -> Any:
            raise RuntimeError("cannot count")

    def blind() -> Any:
        workspace = desktop.workspace()
        return Blind(workspace.store, workspace.library, workspace.blueprint)

    app: Any = QuizgameApp(blind, now=desktop.clock)
    async with app.run_test(size=(80, 24)) as pilot:
        for _ in range(200):
            if at(app) is BugScreen:
                break
            await pilot.pause()
        assert at(app) is BugScreen


async def test_a_bug_in_a_worker_is_told_and_can_be_reported(faulty: Any, press: Press, desktop: Any) -> None:
    async with faulty.run_test(size=(80, 24), notifications=True) as pilot:
        await press(pilot)
        await press(pilot, "p")
        await pilot.press("enter")
        for _ in range(200):
            if at(faulty) is BugScreen:
                break
            await pilot.pause()
        assert at(faulty) is BugScreen
        await pilot.press("s")
        await pilot.pause()
        assert at(faulty) is HomeScreen
    (report,) = (desktop.folder / "reports").iterdir()
    text = report.read_text()
    assert text.startswith("quizgame ")
    assert "no practice today" in text
