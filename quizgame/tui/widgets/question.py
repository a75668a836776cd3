"""A question on the screen: stem, exhibit, and below them the answer or what is said of it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import ScrollableContainer, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from quizgame.game.quiz.items import Item
from quizgame.tui.prose import prose, verbatim


class Exhibit(ScrollableContainer):
    """A manifest, an output or a topology as it stands, scrolling in its own pane."""

    HELP_TITLE: ClassVar[str] = "The exhibit"

    def __init__(self, text: str) -> None:
        super().__init__()
        self.border_title = "Exhibit"
        self._text = verbatim(text)

    def compose(self) -> ComposeResult:
        """The text."""
        yield Static(self._text, markup=False)


class QuestionPane(VerticalScroll, can_focus=False):
    """Holds one question at a time.

    Its content is replaced by ``show``; what follows the exhibit is given by the owner.
    """

    item: Item | None = None

    async def show(self, item: Item, below: Widget, note: Content | None = None) -> None:
        """Show a question from its top.

        Args:
            item: The question.
            below: What follows the exhibit.
            note: A line above the stem.
        """
        self.item = item
        stem = prose(item.question.stem)
        widgets: list[Widget] = [Static(stem if note is None else Content("\n").join([note, stem]), id="stem")]
        if item.question.exhibit:
            widgets.append(Exhibit(item.question.exhibit))
        with self.app.batch_update():
            self.can_focus = False
            await self.remove_children()
            self.set_class(bool(item.question.exhibit), "-has-exhibit")
            await self.mount(*widgets, below)
            self.scroll_home(animate=False)

    async def replace_below(self, old: Widget, new: Widget) -> None:
        """Put something else below the question and bring its top into sight."""
        with self.app.batch_update():
            await old.remove()
            await self.mount(new)
        self.can_focus = True  # with nothing left to answer, the arrows scroll
        self.focus(scroll_visible=False)
        self.call_after_refresh(self.scroll_to_widget, new, animate=False, top=True, force=True)
