"""Tells that the program itself failed, and offers to save what is needed to repair it."""

from __future__ import annotations

import platform
import traceback
from hashlib import sha256
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalGroup
from textual.content import Content
from textual.widgets import Static

from quizgame import __version__
from quizgame.tui.page import Dialog
from quizgame.tui.prose import plain
from quizgame.tui.widgets.keybar import KeyBar

REPORTS = "reports"


class BugScreen(Dialog[None]):
    """A bug.

    Args:
        error: What was raised.
        folder: Where a report may be saved; ``None`` for nowhere.
    """

    CSS_PATH = "bug.tcss"
    HELP = "Something in the program went wrong. What you did before is saved."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "save", "Save a report", id="bug.save", tooltip="Save what happened to a file"),
        Binding("escape,enter", "cancel", "Go on", id="bug.close", key_display="esc", tooltip="Close and go on"),
    ]

    def __init__(self, error: Exception, folder: Path | None) -> None:
        super().__init__()
        self._error = error
        self._folder = folder

    def compose(self) -> ComposeResult:
        """What happened, and what can be done."""
        with VerticalGroup(classes="dialog", id="bug") as box:
            box.border_title = "A bug"
            what = plain(f"{type(self._error).__name__}: {self._error}".splitlines()[0])
            yield Static(
                Content.assemble(
                    "The program made a mistake. Everything you did before is saved.\n\n",
                    (what, "$text-error"),
                    "\n\nYou can go on, or save a report of it first.",
                ),
                markup=False,
            )
        yield KeyBar()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A report needs a folder."""
        if action == "save" and self._folder is None:
            return False
        return super().check_action(action, parameters)

    def action_save(self) -> None:
        """Save a report, named by what it says, so that the same bug makes one file."""
        assert self._folder is not None
        text = report(self._error)
        path = self._folder / REPORTS / f"bug-{sha256(text.encode()).hexdigest()[:8]}.txt"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            self.notify(f"the report could not be saved: {error.strerror}", severity="error", markup=False)
            return
        self.notify(f"saved as {path}", markup=False)
        self.dismiss(None)


def report(error: Exception) -> str:
    """What a developer needs: versions and the stack, without values of variables."""
    head = f"quizgame {__version__}, Python {platform.python_version()}, {platform.system()}\n\n"
    return head + "".join(traceback.format_exception(error))
