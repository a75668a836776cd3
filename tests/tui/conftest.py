"""A small bank with every kind of question, a clock that stands still, and the app on both."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from quizgame.content.blueprint import Blueprint
from quizgame.content.library import Library, build_library
from quizgame.content.packfiles import PackFile
from quizgame.game.quiz.templates.template import Template
from quizgame.store.store import Store
from quizgame.tui.app import QuizgameApp
from quizgame.tui.launch import Launch
from quizgame.tui.workspace import Workspace

PACK = (Path(__file__).parent / "bank.yaml").read_bytes()
START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


class Clock:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.instant = START

    def __call__(self) -> datetime:
        return self.instant

    def advance(self, **span: float) -> None:
        self.instant += timedelta(**span)


class Desktop:
    """Makes apps on one database, as one learner opens the program several times."""

    def __init__(self, database: Path, library: Library, blueprint: Blueprint) -> None:
        self.clock = Clock()
        self.database = database
        self.library = library
        self.blueprint = blueprint
        self.folder = database.parent
        self.templates: Mapping[str, Template] = {}

    def workspace(self) -> Workspace:
        return Workspace(
            Store(self.database),
            self.library,
            self.blueprint,
            now=self.clock,
            new_seed=lambda: 7,
            templates=self.templates,
        )

    def app(self, launch: Launch = None, *, open_workspace: Callable[[], Workspace] | None = None) -> QuizgameApp:
        return QuizgameApp(
            open_workspace or self.workspace, folder=self.folder, launch=launch, now=self.clock, catch_bugs=False
        )

    def store(self) -> Store:
        return Store(self.database)


def _blueprint() -> Blueprint:
    return Blueprint.model_validate(
        {
            "apiVersion": "quizgame/v1",
            "kind": "Exam",
            "id": "mini",
            "title": "Mini exam",
            "questions": 4,
            "minutes": 60,
            "pass": 75,
            "kinds": ["single", "multiple"],
            "domains": [
                {
                    "id": "network-policy",
                    "title": "Network Policy",
                    "weight": 50,
                    "competencies": [
                        {"id": "rule-structure", "title": "Policy rule structure", "target": 4},
                        {"id": "enforcement-modes", "title": "Policy enforcement modes", "target": 2},
                    ],
                },
                {
                    "id": "ebpf",
                    "title": "eBPF",
                    "weight": 50,
                    "competencies": [{"id": "role-of-ebpf", "title": "Role of eBPF in Cilium", "target": 4}],
                },
            ],
        }
    )


def _library() -> Library:
    first, _, second = PACK.partition(b"\n---\n")
    library = build_library([PackFile("policy.yaml", first), PackFile("ebpf.yaml", second)])
    assert library.problems == ()
    return library


@pytest.fixture(autouse=True)
def _own_world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test sees the developer's files, theme or terminal."""
    monkeypatch.setenv("QUIZGAME_HOME", str(tmp_path / "home"))
    for name in ("NO_COLOR", "TEXTUAL_THEME", "TEXTUAL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def desktop(tmp_path: Path) -> Desktop:
    return Desktop(tmp_path / "home" / "quizgame.db", _library(), _blueprint())


async def settle(pilot: Pilot[None]) -> None:
    """Wait until nothing is going on any more."""
    for _ in range(3):
        with suppress(WorkerCancelled):  # a newer worker of its group has taken its place
            await pilot.app.workers.wait_for_complete()
        await pilot.pause()


def shown(app: QuizgameApp) -> str:
    """The text on the screen, line by line, as a terminal would show it."""
    return "\n".join(
        "".join(segment.text for segment in strip).rstrip() for strip in app.screen._compositor.render_strips()
    )


@pytest.fixture
def look() -> Callable[[QuizgameApp], str]:
    return shown


@pytest.fixture
def press() -> Callable[..., Awaitable[str]]:
    """Press keys one after another, each when the one before has been dealt with; give what is then shown."""

    async def press_all(pilot: Pilot[None], *keys: str) -> str:
        for key in keys or ("",):
            if key:
                await pilot.press(key)
            await settle(pilot)
        return shown(cast("QuizgameApp", pilot.app))

    return press_all
