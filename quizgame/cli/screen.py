"""Opens the app for the verbs that have a screen."""

from __future__ import annotations

import os
import select
import signal
import sys
from argparse import Namespace
from functools import partial
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from quizgame.cli.main import Exit
from quizgame.cli.sources import blueprint_of, load_packs, new_seed, now, open_store, user_home
from quizgame.errors import QuizgameError

if TYPE_CHECKING:
    from quizgame.tui.launch import Launch
    from quizgame.tui.workspace import Workspace


def run_app(args: Namespace, launch: Launch = None) -> int:
    """Run the app until the user leaves it.

    Args:
        args: The options of `quizgame.cli.sources`.
        launch: What to open above the home screen.

    Raises:
        QuizgameError: There is no terminal, or nothing to work with.
    """
    is_served = "TEXTUAL_DRIVER" in os.environ  # `quizgame serve` runs the app behind pipes
    if not is_served and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise QuizgameError(
            "the app needs a terminal", hint="without one there are `exam --plan`, `list`, `run`, `sh` and `stats`"
        )
    for folder in args.pack:
        if not Path(folder).is_dir():
            raise QuizgameError(f"no folder {folder}", hint="--pack takes a folder of packs")
    from quizgame.tui.app import QuizgameApp

    if not is_served and sys.platform != "win32":
        Thread(target=_end_with_terminal, args=(sys.stdin.fileno(),), daemon=True).start()
    app = QuizgameApp(partial(_open_workspace, args), folder=user_home(), launch=launch)
    app.run()
    if app.failure is not None:
        raise app.failure
    return app.return_code or Exit.DONE


def _end_with_terminal(terminal: int) -> None:
    """Wait until the terminal is gone, and end then, where no hang-up signal came through.

    Under ``make`` nobody else passes the signal on, and an app without a terminal reads its end for ever. Whatever was
    shown as done is saved by then.
    """
    poller = select.poll()
    poller.register(terminal, 0)  # a hang-up is told unasked
    if any(event & select.POLLHUP for _, event in poller.poll()):
        os.kill(os.getpid(), signal.SIGTERM)


def _open_workspace(args: Namespace) -> Workspace:
    """Load packs and open the store; a pack's problems are told on the screen, since stderr lies under it."""
    from quizgame.content.scenarios import scenario_folders
    from quizgame.tui.scenario.shelf import Shelf
    from quizgame.tui.workspace import ScenarioEntry, Workspace

    blueprint = blueprint_of(args)
    folders = [Path(folder) for folder in args.pack]
    library = load_packs(folders)
    store = open_store(args)
    shelf = Shelf.load(scenario_folders(user_home(), folders), store, now, new_seed)
    scenarios = [
        ScenarioEntry(
            source.id, source.sample.title, source.kind, source.sample.domain, source.sample.difficulty.value,
            source.sample.minutes, source.sample.competencies,
        )
        for source in shelf.sources()
    ]  # fmt: skip
    return Workspace(store, library, blueprint, new_seed=new_seed, scenarios=scenarios, shelf=shelf)
