"""A program that opens an app without a terminal, up to its first paint: ``empty`` or ``quizgame``.

What the app opens after its first paint (packs, store) is held back: that it comes later is what the budget is about.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from threading import Event
from time import process_time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.app import App
    from textual.pilot import Pilot

SIZE = (100, 30)


def empty() -> App[Any]:
    """An app with nothing in it."""
    from textual.app import App

    return App()


def quizgame(has_painted: Event) -> App[Any]:
    """Ours, at home."""
    from quizgame.errors import QuizgameError
    from quizgame.tui.app import QuizgameApp

    def open_workspace() -> Any:
        has_painted.wait()
        raise QuizgameError("measured up to here")

    return QuizgameApp(open_workspace, folder=Path.cwd())


def main() -> None:
    """Print the CPU seconds of this process up to the first paint."""
    has_painted = Event()
    app = empty() if sys.argv[1] == "empty" else quizgame(has_painted)

    async def report(pilot: Pilot[Any]) -> None:
        painted = asyncio.Event()
        app.call_after_refresh(painted.set)
        await painted.wait()
        sys.stdout.write(f"{process_time()}\n")
        has_painted.set()
        app.exit()

    app.run(headless=True, size=SIZE, auto_pilot=report)


if __name__ == "__main__":
    main()
