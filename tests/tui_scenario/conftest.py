"""A small scenario and a small lab of our own, a clock that stands still, and the app on all of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from textual.pilot import Pilot

from quizgame.content.blueprint_files import load_blueprint
from quizgame.content.library import build_library
from quizgame.content.packfiles import PackFile
from quizgame.content.scenarios import ScenarioLibrary, load_scenarios
from quizgame.store.store import Store
from quizgame.tui.app import QuizgameApp
from quizgame.tui.launch import Launch, PlayTerms
from quizgame.tui.scenario.shelf import Shelf
from quizgame.tui.workspace import ScenarioEntry, Workspace

PACKS = Path(__file__).parent / "packs"
START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SCENARIO = "closed-door"
LAB = "first-door"
ROUNDS = 6000


class Desktop:
    """Makes apps on one database, as one learner opens the program several times."""

    def __init__(self, database: Path, scenarios: ScenarioLibrary) -> None:
        self.database = database
        self.scenarios = scenarios
        self.seeds = iter(range(100, 200))
        self.packs: list[PackFile] = []

    def now(self) -> datetime:
        return START

    def workspace(self) -> Workspace:
        store = Store(self.database)
        shelf = Shelf(self.scenarios, store, self.now, lambda: next(self.seeds))
        entries = [
            ScenarioEntry(
                one.id, one.sample.title, one.kind, one.sample.domain, "easy", one.sample.minutes,
                one.sample.competencies,
            )
            for one in shelf.sources()
        ]  # fmt: skip
        return Workspace(
            store,
            build_library(self.packs),
            load_blueprint("cca"),
            now=self.now,
            scenarios=entries,
            shelf=shelf,
            templates={},
        )

    def app(self, launch: Launch = None) -> QuizgameApp:
        return QuizgameApp(self.workspace, folder=self.database.parent, launch=launch, now=self.now, catch_bugs=False)

    def play(self, seed: int | None = 0) -> QuizgameApp:
        return self.app(PlayTerms(SCENARIO, seed))

    def do_lab(self) -> QuizgameApp:
        return self.app(PlayTerms(LAB, 0))

    def lines(self) -> list[str]:
        """The lines of the last attempt, as another process finds them in the database."""
        with Store(self.database) as store:
            attempt = max(
                (each for kind in ("scenario", "lab") for each in store.attempts(kind)), key=lambda one: one.id
            )
            return [event.payload["line"] for event in store.events(attempt.id) if event.type == "line"]


@pytest.fixture(autouse=True)
def _own_world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test sees the developer's files, theme or terminal, and no time passes by itself."""
    monkeypatch.setenv("QUIZGAME_HOME", str(tmp_path / "home"))
    for name in ("NO_COLOR", "TEXTUAL_THEME", "TEXTUAL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("quizgame.tui.scenario.play.TICK_S", 3600.0)


@pytest.fixture(scope="session")
def scenarios() -> ScenarioLibrary:
    library = load_scenarios([PACKS])
    assert library.problems == ()
    return library


@pytest.fixture
def desktop(tmp_path: Path, scenarios: ScenarioLibrary) -> Desktop:
    return Desktop(tmp_path / "home" / "quizgame.db", scenarios)


def shown(app: QuizgameApp) -> str:
    """The text on the screen, line by line, as a terminal would show it."""
    return "\n".join(
        "".join(segment.text for segment in strip).rstrip() for strip in app.screen._compositor.render_strips()
    )


Until = Callable[..., Awaitable[str]]
Enter = Callable[..., Awaitable[str]]


@pytest.fixture
def until() -> Until:
    """Wait until texts are on the screen (or a condition holds); give what is then shown."""

    async def wait(pilot: Pilot[None], *wanted: str | Callable[[], bool]) -> str:
        app = cast("QuizgameApp", pilot.app)
        for _ in range(ROUNDS):
            text = shown(app)
            if all(one in text if isinstance(one, str) else one() for one in wanted):
                return text
            await pilot.pause(0.01)
        raise AssertionError(f"{wanted} did not come about:\n{shown(app)}")

    return wait


@pytest.fixture
def start(until: Until) -> Until:
    """Go from the start of the app through the briefing to the prompt."""

    async def go(pilot: Pilot[None]) -> str:
        await until(pilot, "enter Start")
        await pilot.press("enter")
        return await until(pilot, "workstation:~$")

    return go


@pytest.fixture
def enter(until: Until) -> Enter:
    """Run lines at the prompt, each when the one before is done; give what is then shown."""

    async def run(pilot: Pilot[None], *lines: str) -> str:
        screen = cast("Any", pilot.app.screen)
        for line in lines:
            screen.terminal.prompt.show(line)
            await pilot.press("enter")
            await until(pilot, lambda: not screen.terminal.is_busy)
        await pilot.pause()
        return shown(cast("QuizgameApp", pilot.app))

    return run
