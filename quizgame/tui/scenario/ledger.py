"""A list of entries, each a sign, a text that wraps beside it, and a figure at the right end. One widget for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

NOTHING = Content("")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry."""

    text: Content
    sign: Content = NOTHING
    figure: Content = NOTHING
    """Stands at the right end of the first row."""
    indent: int = 2
    """Columns before the text, the sign among them."""
    is_cut: bool = False
    """Whether it is one row, shortened where it does not fit."""


class Ledger(Widget):
    """Shows entries one under another."""

    entries: reactive[tuple[Entry, ...]] = reactive((), layout=True)

    def __init__(self, entries: Sequence[Entry] = (), *, id: str | None = None, classes: str = "") -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.set_reactive(Ledger.entries, tuple(entries))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The rows that the texts take."""
        return sum(len(entry_rows(entry, width)) for entry in self.entries)

    def render(self) -> Content:
        """All rows."""
        width = self.content_size.width
        return Content("\n").join([row for entry in self.entries for row in entry_rows(entry, width)])


def entry_rows(entry: Entry, width: int) -> list[Content]:
    """The rows of one entry in so many columns."""
    tail = entry.figure.cell_length + 1 if entry.figure.cell_length else 0
    room = max(width - entry.indent - tail, 1)
    if entry.is_cut:
        lines = [entry.text.truncate(room, ellipsis=True)]
    else:
        lines = [line for part in entry.text.split("\n", allow_blank=True) for line in part.wrap(room) or [part]]
    gap = " " * max(entry.indent - entry.sign.cell_length, 0)
    first = Content.assemble(entry.sign, gap, lines[0])
    if tail:
        first = Content.assemble(first, " " * max(width - first.cell_length - tail + 1, 1), entry.figure)
    margin = " " * entry.indent
    return [first, *(Content.assemble(margin, line) for line in lines[1:])]


def heading(text: str, figure: Content | str = "") -> Entry:
    """A title between entries."""
    shown = figure if isinstance(figure, Content) else Content.styled(figure, "$foreground-muted")
    return Entry(Content.styled(text, "bold $primary"), figure=shown, indent=0, is_cut=True)


BLANK = Entry(Content(""))
