"""Makes the README's pictures: the app itself, driven by keys, exported as SVG into ``assets/``.

Run it as ``python -m tests.screenshots`` after a change of the looks, and read the diff. Nothing in them depends on the
day or the machine: the clock stands still and the seeds are fixed.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

from textual.pilot import Pilot

from quizgame.content.blueprint_files import load_blueprint
from quizgame.content.library import load_library
from quizgame.content.scenarios import load_scenarios
from quizgame.store.store import Store
from quizgame.tui.app import QuizgameApp
from quizgame.tui.launch import Launch, PlayTerms
from quizgame.tui.scenario.shelf import Shelf
from quizgame.tui.workspace import ScenarioEntry, Workspace

ROOT = Path(__file__).resolve().parent.parent
START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SIZE = (124, 36)
SCENARIO = "mesh-policy-drop"
ROUNDS = 3000
# The exported picture names a web font; without it the reader's own monospaced font is used.
FONT_FACE = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def _workspace(folder: Path) -> Workspace:
    store = Store(folder / "quizgame.db")
    shelf = Shelf(load_scenarios([ROOT / "scenarios"]), store, lambda: START, lambda: 1)
    entries = [
        ScenarioEntry(one.id, one.sample.title, one.kind, one.sample.domain, one.sample.difficulty, one.sample.minutes)
        for one in shelf.sources()
    ]
    library = load_library([ROOT / "questions"])
    return Workspace(store, library, load_blueprint("cca"), now=lambda: START, scenarios=entries, shelf=shelf)


def _shown(app: QuizgameApp) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


async def _until(pilot: Pilot[None], app: QuizgameApp, is_there: Callable[[str], bool]) -> None:
    for _ in range(ROUNDS):
        if is_there(_shown(app)):
            return
        await pilot.pause(0.01)
    raise SystemExit(f"the screen never came:\n{_shown(app)}")


def _save(app: QuizgameApp, name: str, title: str) -> None:
    picture = FONT_FACE.sub("", app.export_screenshot(title=title))
    (ROOT / "assets" / f"{name}.svg").write_text(picture, encoding="utf-8")
    sys.stdout.write(f"assets/{name}.svg\n")


async def _home(folder: Path) -> None:
    app = _app(folder)
    async with app.run_test(size=SIZE) as pilot:
        await _until(pilot, app, lambda text: "Broken clusters" in text or "Scenario" in text)
        await pilot.pause()
        _save(app, "home", "quizgame")


async def _scenario(folder: Path) -> None:
    app = _app(folder, PlayTerms(SCENARIO, 1))
    async with app.run_test(size=SIZE) as pilot:
        await _until(pilot, app, lambda text: "What earns points" in text)
        await pilot.press("enter")
        await _until(pilot, app, lambda text: "workstation:~$" in text)
        for number, line in enumerate(
            (
                "kubectl config use-context kind-old",
                "hubble observe --verdict DROPPED --last 1",
                "kubectl get ccnp -o yaml | grep -A4 fromEndpoints:",
            ),
            start=1,
        ):
            await pilot.press(*line)
            await pilot.press("enter")
            await _until(pilot, app, lambda text, number=number: text.count("workstation:~$") > number)  # type: ignore[misc]  # the default binds the loop's value
        await pilot.pause()
        _save(app, "scenario", "quizgame play mesh-policy-drop")


def _app(folder: Path, launch: Launch = None) -> QuizgameApp:
    return QuizgameApp(lambda: _workspace(folder), folder=folder, launch=launch, now=lambda: START, catch_bugs=False)


def main() -> None:
    """Make all pictures."""
    with patch("quizgame.tui.scenario.play.TICK_S", 3600.0):
        for make in (_home, _scenario):
            with tempfile.TemporaryDirectory() as folder:
                asyncio.run(make(Path(folder)))


if __name__ == "__main__":
    main()
