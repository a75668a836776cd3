"""What the terminal has shown: lines broken into rows at its width, selectable, capped."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.segment import Segment
from textual.geometry import Size
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from quizgame.tools.output import Line
from quizgame.tui.scenario.ansi import CLEAR, rows, stripped

MOST_LINES = 5000
DROPPED_AT_ONCE = 500
TOOL, GAME, NOTE, TYPED = "tool", "game", "note", "typed"
"""Whose words a line is: a simulated tool's, the game's, the screen's own, the learner's."""


class Scrollback(Widget):
    """The lines above the prompt. Colour escapes are shown, all else stands as it is; nothing is ever markup."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"scrollback--{role}" for role in (TOOL, GAME, NOTE, TYPED)}

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  # Textual names it so
        super().__init__(id=id)
        self._lines: list[tuple[str, str]] = []
        """Text and role."""
        self._rows: list[tuple[Strip, bool]] = []
        """Each row, and whether it goes on from the row above."""
        self._counts: list[int] = []
        """How many rows each line takes."""
        self._wrapped_at = 0
        self._mark = 0
        """The line with which the output of the present command begins."""
        self._is_unfinished = False
        """Whether the last line has no line end yet."""

    # What is written

    def write(self, lines: Iterable[Line], role: str = TOOL) -> None:
        """Add output."""
        for line in lines:
            text = line.text
            if (found := CLEAR.search(text)) is not None:
                self._forget(0 if found.group().endswith("3J") else self._mark)
                text = text[found.end() :]
                if not text:
                    continue
            if self._is_unfinished:
                text = self._lines[-1][0] + text
                self._drop_last()
            self._add(text, role)
            self._is_unfinished = not line.end
        if len(self._lines) > MOST_LINES + DROPPED_AT_ONCE:
            self._drop_first(len(self._lines) - MOST_LINES)
        self.refresh(layout=True)

    def begin(self, text: str, role: str = TYPED) -> None:
        """Add what was typed; what is written next is the output of it."""
        self._is_unfinished = False
        self.write([Line(text)], role)
        self._mark = len(self._lines)

    def end(self) -> None:
        """The command is done: what follows stands on a line of its own."""
        self._is_unfinished = False

    def clear(self) -> None:
        """Forget everything."""
        self._forget(0)
        self.refresh(layout=True)

    @property
    def text(self) -> str:
        """Everything, as it would be copied."""
        return "\n".join(stripped(text) for text, _ in self._lines)

    def _add(self, text: str, role: str) -> None:
        self._lines.append((text, role))
        if self._wrapped_at:
            self._wrap(text, role)

    def _wrap(self, text: str, role: str) -> None:
        base = self.get_component_rich_style(f"scrollback--{role}", partial=True)
        broken = rows(text, base, self._wrapped_at)
        self._counts.append(len(broken))
        for number, segments in enumerate(broken):
            self._rows.append((Strip(segments), number > 0))

    def _forget(self, since: int) -> None:
        while len(self._lines) > since:
            self._drop_last()
        self._mark = min(self._mark, since)
        self._is_unfinished = False

    def _drop_last(self) -> None:
        self._lines.pop()
        if self._counts:
            del self._rows[-self._counts.pop() :]

    def _drop_first(self, number: int) -> None:
        del self._rows[: sum(self._counts[:number])]
        del self._counts[:number]
        del self._lines[:number]
        self._mark = max(self._mark - number, 0)

    # What is shown

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """A row a line, more where it is longer than the terminal is wide."""
        if width != self._wrapped_at and width > 0:
            self._wrapped_at = width
            self._wrap_all()
        return len(self._rows)

    def notify_style_update(self) -> None:
        """Take the colours of another theme."""
        super().notify_style_update()
        if self._wrapped_at and self.is_mounted:
            self._wrap_all()

    def _wrap_all(self) -> None:
        self._rows.clear()
        self._counts.clear()
        for text, role in self._lines:
            self._wrap(text, role)

    def render_line(self, y: int) -> Strip:
        """One row."""
        width = self.size.width
        style = self.rich_style
        if y >= len(self._rows):
            return Strip.blank(width, style)
        strip = self._rows[y][0].apply_style(style) if style else self._rows[y][0]
        selection = self.text_selection
        if selection is not None and (span := selection.get_span(y)) is not None:
            start, end = span
            strip = self._selected(strip, start, strip.cell_length if end == -1 else end)
        return strip.adjust_cell_length(width, style).apply_offsets(0, y)

    def _selected(self, strip: Strip, start: int, end: int) -> Strip:
        chosen = self.screen.get_component_rich_style("screen--selection")
        parts = strip.crop(start, end)
        marked = [Segment(text, (style + chosen) if style else chosen) for text, style, _ in parts]
        return Strip([*strip.crop(0, start), *marked, *strip.crop(end, None)])

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The chosen text; rows of one line are one line again."""
        chosen: list[str] = []
        for y, (strip, goes_on) in enumerate(self._rows):
            if (span := selection.get_span(y)) is None:
                continue
            start, end = span
            text = strip.text[start : len(strip.text) if end == -1 else end]
            if chosen and goes_on:
                chosen[-1] += text
            else:
                chosen.append(text.rstrip())
        return ("\n".join(chosen), "\n") if chosen else None

    def selection_updated(self, selection: Selection | None) -> None:
        """Show what is chosen."""
        self.refresh()
