"""The questions of an exam as a grid of numbers, each with a sign of its state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

CELL = 7
"""Columns a number takes."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One number's state."""

    sign: str
    """One character."""
    style: str
    mark: str = " "
    """A second sign, one character: the flag."""


class NumberGrid(Widget, can_focus=True):
    """The grid, with a cursor; digits typed move it to their number."""

    HELP_TITLE: ClassVar[str] = "The questions"
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move(-1)", "Left", show=False, id="grid.left"),
        Binding("right", "move(1)", "Right", show=False, id="grid.right"),
        Binding("up,k", "row(-1)", "Up", show=False, id="grid.up"),
        Binding("down,j", "row(1)", "Down", show=False, id="grid.down"),
        Binding("home", "move(-1000)", "First", show=False, id="grid.first"),
        Binding("end", "move(1000)", "Last", show=False, id="grid.last"),
        Binding("enter,space", "choose", "Go there", id="grid.choose", key_display="enter"),
    ]

    cells: reactive[tuple[Cell, ...]] = reactive((), layout=True)
    cursor: reactive[int] = reactive(0)

    @dataclass
    class Chosen(Message):
        """A number was chosen."""

        place: int
        """From 0."""

    def __init__(self, cells: Sequence[Cell], cursor: int = 0) -> None:
        super().__init__()
        self.set_reactive(NumberGrid.cells, tuple(cells))
        self.set_reactive(NumberGrid.cursor, cursor)
        self._typed = ""

    @property
    def columns(self) -> int:
        """Numbers a row: ten or twenty where they fit, so that rows end in round numbers."""
        fit = max(self.content_size.width // CELL, 1)
        return next((round_ for round_ in (20, 10, 5) if round_ <= fit), fit)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """Ten numbers."""
        return 10 * CELL

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The rows that are needed."""
        fit = max(width // CELL, 1)
        columns = next((round_ for round_ in (20, 10, 5) if round_ <= fit), fit)
        return -(-len(self.cells) // columns)

    def validate_cursor(self, cursor: int) -> int:
        """Keep it on a number."""
        return max(0, min(cursor, len(self.cells) - 1))

    def watch_cursor(self) -> None:
        """Keep it in sight."""
        if isinstance(self.parent, Widget):
            at = Region(0, self.virtual_region.y + self.cursor // self.columns, 1, 1)
            self.parent.scroll_to_region(at, animate=False, force=True)

    def render(self) -> Content:
        """All numbers."""
        columns = self.columns
        rows = [range(start, min(start + columns, len(self.cells))) for start in range(0, len(self.cells), columns)]
        return Content("\n").join(Content("").join(self._cell(place) for place in row) for row in rows)

    def _cell(self, place: int) -> Content:
        cell = self.cells[place]
        if place == self.cursor:
            style = "$block-cursor-foreground on $block-cursor-background bold" if self.has_focus else "reverse"
            return Content.assemble((f"▸{place + 1:>3} {cell.sign}{cell.mark}", style))
        return Content.assemble(
            (f" {place + 1:>3} ", "$foreground"), (cell.sign, cell.style), (cell.mark, "bold $text-warning")
        )

    def action_move(self, by: int) -> None:
        """Move by numbers."""
        self._typed = ""
        self.cursor += by

    def action_row(self, by: int) -> None:
        """Move by rows."""
        self._typed = ""
        target = self.cursor + by * self.columns
        if 0 <= target < len(self.cells):
            self.cursor = target

    def action_choose(self) -> None:
        """Choose the number under the cursor."""
        self.post_message(self.Chosen(self.cursor))

    def on_key(self, event: events.Key) -> None:
        """Digits move to the number that they spell."""
        if event.character is not None and event.character.isdecimal():
            event.stop()
            typed = self._typed + event.character
            if not 1 <= int(typed) <= len(self.cells):
                typed = event.character
            self._typed = typed
            if 1 <= int(typed) <= len(self.cells):
                self.cursor = int(typed) - 1

    def on_click(self, event: events.Click) -> None:
        """Choose the number under the mouse."""
        column, place = event.x // CELL, event.y * self.columns + event.x // CELL
        if column < self.columns and place < len(self.cells):
            self.cursor = place
            self.action_choose()
