"""An exhibit on the whole screen, for manifests that are longer than their pane."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from quizgame.tui.page import Page
from quizgame.tui.widgets.keybar import KeyBar
from quizgame.tui.widgets.question import Exhibit
from quizgame.tui.widgets.topbar import TopBar


class ExhibitScreen(Page[None]):
    """Shows one exhibit.

    Args:
        text: The exhibit as it stands.
    """

    CSS_PATH = "exhibit.tcss"
    HELP = "The exhibit as it stands. The arrows and page keys scroll it."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,v,q", "back", "Back", id="exhibit.back", tooltip="Back to the question"),
    ]

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """Nothing but the exhibit."""
        yield TopBar("Exhibit")
        yield Exhibit(self._text)
        yield KeyBar()

    def on_mount(self) -> None:
        """Scroll by the arrows at once."""
        self.query_one(Exhibit).focus()
