"""What all answer widgets have in common.

An area proposes and shows: what the learner does is told as `Proposed`, and the owner calls ``show`` with what then
stands, after recording it. So nothing is on the screen that is not in the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import VerticalGroup
from textual.content import Content
from textual.message import Message
from textual.reactive import var

from quizgame.game.quiz.items import Item, Response
from quizgame.tui.prose import inline
from quizgame.tui.widgets.row import Row


class AnswerArea(VerticalGroup):
    """Takes the answer to one item.

    Args:
        item: The item.
        response: What stands so far.
        struck: Keys of choices that were ruled out.
    """

    HELP_TITLE: ClassVar[str] = "The answer"

    @dataclass
    class Proposed(Message):
        """The learner wants this answer."""

        response: Response

    @dataclass
    class StrikeProposed(Message):
        """The learner wants to rule a choice out, or back in."""

        key: str
        on: bool

    @dataclass
    class Refused(Message):
        """Something cannot be done; says why."""

        reason: str

    class Finished(Message):
        """The learner wants to go on from a complete answer."""

    def __init__(self, item: Item, response: Response = (), struck: frozenset[str] = frozenset()) -> None:
        super().__init__()
        self.item = item
        self.response = response
        self.struck = struck

    @property
    def draft(self) -> Response:
        """What would be answered now."""
        return self.response

    @property
    def is_complete(self) -> bool:
        """Whether as much is answered as the item asks for."""
        return len(self.draft) == self.item.choose

    @property
    def hint(self) -> str:
        """What to do, and how far it is done."""
        return f"{len(self.draft)} of {self.item.choose}"

    def show(self, response: Response) -> None:
        """Show an answer that now stands."""
        self.response = response
        self.refresh_rows()

    def show_struck(self, struck: frozenset[str]) -> None:
        """Show which choices are ruled out."""
        self.struck = struck
        self.refresh_rows()

    def refresh_rows(self) -> None:
        """Bring what is shown up to date."""

    def finish(self) -> None:
        """Go on if the answer is complete; else say what is missing."""
        if self.is_complete:
            self.post_message(self.Finished())
        else:
            self.post_message(self.Refused(self.hint))


def numbers(last: int, what: str) -> list[BindingType]:
    """Bindings of the digits from 1, shown as one."""
    return [
        Binding(str(number), f"number({number})", what, show=False, key_display=f"1 … {last}", tooltip=what)
        for number in range(1, last + 1)
    ]


def pointer(is_here: bool) -> str:
    """The sign of the cursor, beside its colour."""
    return "▸ " if is_here else "  "


class RowArea(AnswerArea, can_focus=True):
    """An area of rows with a cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="answer.up"),
        Binding("down,j", "move(1)", "Down", show=False, id="answer.down"),
        Binding("home", "move(-1000)", "First", show=False, id="answer.first"),
        Binding("end", "move(1000)", "Last", show=False, id="answer.last"),
    ]
    INDENT: ClassVar[int] = 7

    cursor: var[int] = var(0)

    def __init__(self, item: Item, response: Response = (), struck: frozenset[str] = frozenset()) -> None:
        super().__init__(item, response, struck)
        self.rows = [Row(text, indent=self.INDENT, classes="answer-row") for text in self.texts()]

    def texts(self) -> Sequence[Content]:
        """The text of each row."""
        return [inline(" ".join(choice.text.split())) for choice in self.item.choices]

    def sign(self, place: int) -> Content:
        """What stands before a row: the cursor."""
        return Content(pointer(place == self.cursor))

    def compose(self) -> list[Row]:
        """The rows."""
        return list(self.rows)

    def on_mount(self) -> None:
        """Show what stands."""
        self.refresh_rows()

    def refresh_rows(self) -> None:
        """Signs and classes of every row."""
        for place, row in enumerate(self.rows):
            row.sign = self.sign(place)
            row.set_class(place == self.cursor, "-cursor")

    def validate_cursor(self, cursor: int) -> int:
        """Keep it on a row."""
        return max(0, min(cursor, len(self.rows) - 1))

    def watch_cursor(self) -> None:
        """Show where it is."""
        if self.rows and self.is_mounted:
            self.refresh_rows()
            self.rows[self.cursor].scroll_visible(animate=False)

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self.cursor += by

    def on_click(self, event: events.Click) -> None:
        """Act on the row under the mouse."""
        if event.widget in self.rows:
            self.cursor = self.rows.index(event.widget)
            self.clicked()

    def clicked(self) -> None:
        """Act on the row under the mouse, where the cursor now is."""
