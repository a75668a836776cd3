"""Asks before something that cannot be undone."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalGroup
from textual.widgets import Static

from quizgame.tui.page import Dialog
from quizgame.tui.widgets.keybar import KeyBar


class ConfirmScreen(Dialog[bool]):
    """A question that is answered with yes or no.

    Args:
        title: What it is about.
        text: What would happen.
    """

    CSS_PATH = "confirm.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "yes", "Yes", id="confirm.yes", tooltip="Do it"),
        Binding("n,escape", "no", "No", id="confirm.no", key_display="n", tooltip="Do nothing"),
    ]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        """The text in a box, the answers among the keys."""
        with VerticalGroup(classes="dialog", id="confirm") as box:
            box.border_title = self._title
            box.border_subtitle = "y yes · n no"
            yield Static(self._text, markup=False)
        yield KeyBar()

    def action_yes(self) -> None:
        """Do it."""
        self.dismiss(True)

    def action_no(self) -> None:
        """Do nothing."""
        self.dismiss(False)
