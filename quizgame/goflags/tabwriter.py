"""Go's ``text/tabwriter``: columns of text that are padded to their widest cell.

A cell ends at a tab; the text after the last tab of a line is no cell of a column. A column is a run of neighbouring
lines that all have that cell, so a line with fewer tabs ends the column and starts a new one below it.
"""

from __future__ import annotations

from enum import IntFlag


class Flags(IntFlag):
    """How cells are set."""

    NONE = 0
    ALIGN_RIGHT = 1
    DISCARD_EMPTY_COLUMNS = 2
    TAB_INDENT = 4
    """Leading empty cells are padded with tabs."""
    DEBUG = 8
    """A bar between columns."""
    REMEMBER_WIDTHS = 16
    """A flush keeps the widths, so that later rows are never narrower (kubectl's printer does this)."""


_LEFT_ALIGNED = frozenset({Flags.NONE, Flags.DISCARD_EMPTY_COLUMNS, Flags.REMEMBER_WIDTHS})


class TabWriter:
    """Collects lines and returns them aligned.

    Args:
        min_width: Least width of a column, padding included.
        tab_width: Width of a tab stop, where ``pad_char`` is a tab.
        padding: Added to the widest cell.
        pad_char: What cells are filled with; a tab means that columns end at tab stops.
        flags: See `Flags`.
    """

    def __init__(
        self, min_width: int, tab_width: int, padding: int, pad_char: str = " ", flags: Flags = Flags.NONE
    ) -> None:
        self._min_width = min_width
        self._tab_width = tab_width
        self._padding = padding
        self._pad_char = pad_char
        # Source: text/tabwriter Init: tabs cannot pad on the left of right-aligned text.
        self._flags = flags & ~Flags.ALIGN_RIGHT if pad_char == "\t" else flags
        self._text: list[str] = []
        self._remembered: list[int] = []

    def write(self, text: str) -> None:
        """Add text; cells end at tabs, lines at newlines."""
        self._text.append(text)

    def flush(self) -> str:
        """Return everything written since the last flush, aligned, and forget it."""
        text = "".join(self._text)
        self._text.clear()
        if not text:
            return ""
        out: list[str] = []
        for section in text.split("\f"):
            lines = [line.replace("\v", "\t").split("\t") for line in section.split("\n")]
            out.append("\n".join(self._set(lines)))
        return "\n".join(out)

    def _set(self, lines: list[list[str]]) -> list[str]:
        widths: list[list[int]] = [[] for _ in lines]
        self._measure(lines, widths)
        return [self._row(cells, row_widths) for cells, row_widths in zip(lines, widths, strict=True)]

    def _measure(self, lines: list[list[str]], widths: list[list[int]]) -> None:
        """Fill each line's widths, block by block: first a block, then the columns to its right, then what is below."""
        pending = [(0, 0, len(lines))]
        while pending:
            column, top, end = pending.pop()
            while top < end and column >= len(lines[top]) - 1:
                top += 1
            if top == end:
                continue
            bottom = top
            while bottom < end and column < len(lines[bottom]) - 1:
                bottom += 1
            width = self._column_width([lines[row][column] for row in range(top, bottom)], column)
            for row in range(top, bottom):
                widths[row].append(width)
            pending.append((column, bottom, end))
            pending.append((column + 1, top, bottom))

    def _column_width(self, cells: list[str], column: int) -> int:
        widest = max(map(len, cells))
        if widest == 0 and self._flags & Flags.DISCARD_EMPTY_COLUMNS:
            return 0
        width = max(self._min_width, widest + self._padding)
        if self._flags & Flags.REMEMBER_WIDTHS:
            if column == len(self._remembered):
                self._remembered.append(width)
            width = self._remembered[column] = max(self._remembered[column], width)
        return width

    def _row(self, cells: list[str], widths: list[int]) -> str:
        if self._flags in _LEFT_ALIGNED and self._pad_char != "\t" and len(widths) == len(cells) - 1:
            pad = self._pad_char
            return "".join([cell.ljust(width, pad) for cell, width in zip(cells, widths, strict=False)]) + cells[-1]
        out: list[str] = []
        use_tabs = bool(self._flags & Flags.TAB_INDENT)
        for index, cell in enumerate(cells):
            if index and self._flags & Flags.DEBUG:
                out.append("|")
            if cell:
                use_tabs = False
            pad = self._pad(len(cell), widths[index], use_tabs) if index < len(widths) else ""
            out.append(pad + cell if self._flags & Flags.ALIGN_RIGHT else cell + pad)
        return "".join(out)

    def _pad(self, text_width: int, cell_width: int, use_tabs: bool) -> str:
        if self._pad_char != "\t" and not use_tabs:
            return self._pad_char * (cell_width - text_width)
        if self._tab_width == 0:
            return ""
        stop = -(-cell_width // self._tab_width) * self._tab_width
        return "\t" * -(-(stop - text_width) // self._tab_width)


def align(
    rows: list[list[str]],
    *,
    min_width: int = 0,
    tab_width: int = 8,
    padding: int = 3,
    pad_char: str = " ",
    flags: Flags = Flags.NONE,
) -> str:
    """Return rows of cells as aligned lines, each ended by a newline; the last cell of a row is not padded."""
    writer = TabWriter(min_width, tab_width, padding, pad_char, flags)
    for row in rows:
        writer.write("\t".join(row) + "\n")
    return writer.flush()
