"""A list of things to open: by its key, by the arrows and Enter, or by the mouse."""

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


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a menu."""

    name: str
    """What is told when it is chosen."""
    title: str
    note: str = ""
    """What is to be known before choosing it."""
    key: str = ""
    """The key that the screen binds to it, shown before it."""
    is_urgent: bool = False
    """Whether its note wants attention."""


class Menu(Widget, can_focus=True):
    """The menu; one widget, whatever its length."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="menu.up"),
        Binding("down,j", "move(1)", "Down", show=False, id="menu.down"),
        Binding("home", "move(-1000)", "First", show=False, id="menu.first"),
        Binding("end", "move(1000)", "Last", show=False, id="menu.last"),
        Binding("enter,space", "choose", "Open", id="menu.choose", key_display="↑↓ enter"),
    ]

    entries: reactive[tuple[Entry, ...]] = reactive((), layout=True)
    cursor: reactive[int] = reactive(0)

    @dataclass
    class Chosen(Message):
        """An entry was chosen."""

        menu: Menu
        name: str

        @property
        def control(self) -> Menu:
            """The menu, for ``@on``."""
            return self.menu

    def __init__(self, entries: Sequence[Entry] = (), *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.set_reactive(Menu.entries, tuple(entries))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """A line an entry."""
        return len(self.entries)

    def validate_cursor(self, cursor: int) -> int:
        """Keep it on an entry."""
        return max(0, min(cursor, len(self.entries) - 1))

    def watch_entries(self, old: tuple[Entry, ...], new: tuple[Entry, ...]) -> None:
        """Keep the cursor on the same thing."""
        name = old[self.cursor].name if self.cursor < len(old) else None
        places = [place for place, entry in enumerate(new) if entry.name == name]
        self.cursor = places[0] if places else 0

    def render(self) -> Content:
        """All lines."""
        return Content("\n").join(self._line(place, entry) for place, entry in enumerate(self.entries))

    def _line(self, place: int, entry: Entry) -> Content:
        is_here = place == self.cursor
        width = self.content_size.width
        mark = "▸" if is_here else " "
        key = f" {entry.key} " if entry.key else " "
        room = max(width - len(mark) - len(key) - len(entry.title) - 2, 0)
        note = Content(entry.note).truncate(room, ellipsis=True)
        gap = " " * max(width - len(mark) - len(key) - len(entry.title) - note.cell_length - 1, 0)
        if is_here and self.has_focus:
            text = Content.assemble(mark, key, entry.title, gap, note, " ")
            return text.stylize("$block-cursor-foreground on $block-cursor-background bold")
        note_style = "bold $text-warning" if entry.is_urgent else "$foreground-muted"
        return Content.assemble(
            mark, (key, "bold $primary"), (entry.title, "bold" if is_here else ""), gap, note.stylize(note_style), " "
        )

    def watch_cursor(self) -> None:
        """Keep it in sight where the menu is longer than its place."""
        if isinstance(self.parent, Widget):
            at = Region(0, self.virtual_region.y + self.cursor, 1, 1)
            self.parent.scroll_to_region(at, animate=False, force=True)

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self.cursor += by

    def action_choose(self) -> None:
        """Choose what is under the cursor."""
        if self.entries:
            self.post_message(self.Chosen(self, self.entries[self.cursor].name))

    def on_click(self, event: events.Click) -> None:
        """Choose what is under the mouse."""
        if 0 <= event.y < len(self.entries):
            self.cursor = event.y
            self.action_choose()
