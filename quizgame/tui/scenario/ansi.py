"""Output of the simulated tools as styled runs of text.

Rules for this file: pure functions of text. Colour escapes (SGR) become styles; every other control character becomes
a visible picture, so nothing that a tool, a pack or a learner prints ever steers the real terminal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from rich.style import Style

from quizgame.tui.prose import plain

CLEAR = re.compile(r"\x1b\[H\x1b\[2J(?:\x1b\[3J)?")
"""What ``clear`` and ``watch`` print to empty the screen."""

_SGR = re.compile(r"\x1b\[([0-9;]*)m")
_COLOURS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_ATTRIBUTES: dict[int, dict[str, bool]] = {
    1: {"bold": True},
    2: {"dim": True},
    3: {"italic": True},
    4: {"underline": True},
    7: {"reverse": True},
    22: {"bold": False, "dim": False},
    23: {"italic": False},
    24: {"underline": False},
    27: {"reverse": False},
}


def runs(text: str, base: Style) -> Iterator[Segment]:
    """Split one line into runs of one style each.

    Args:
        text: The line, without its end; may hold SGR escapes.
        base: The style that it begins with.
    """
    style, end, column = base, 0, 0
    for match in _SGR.finditer(text):
        if shown := _shown(text[end : match.start()], column):
            column += cell_len(shown)
            yield Segment(shown, style)
        style = _styled(style, base, match.group(1))
        end = match.end()
    if shown := _shown(text[end:], column):
        yield Segment(shown, style)


def rows(text: str, base: Style, width: int) -> list[list[Segment]]:
    """Break one line into the rows that a terminal of this width shows it in; an empty line is one row."""
    found: list[list[Segment]] = [[]]
    room = width
    for segment in runs(text, base):
        rest = segment.text
        while rest:
            piece = _fitting(rest, room)
            if not piece:
                found.append([])
                room = width
                piece = _fitting(rest, room) or rest[:1]
            found[-1].append(Segment(piece, segment.style))
            room -= cell_len(piece)
            rest = rest[len(piece) :]
    return found


def stripped(text: str) -> str:
    """The text alone, as it is copied."""
    return _shown(_SGR.sub("", text), 0)


def _fitting(text: str, room: int) -> str:
    """The longest beginning of a text that takes at most so many cells."""
    if room < 1:
        return ""
    if text.isascii():
        return text[:room]
    first = chop_cells(text[: room + 1], room)[0]
    return first if cell_len(first) <= room else ""


def _shown(text: str, column: int) -> str:
    if "\t" in text:
        text = f"{' ' * (column % 8)}{text}".expandtabs(8)[column % 8 :]
    return plain(text) if not text.isprintable() else text


def _styled(style: Style, base: Style, codes: str) -> Style:
    numbers = [int(code or 0) for code in codes.split(";")]
    while numbers:
        code = numbers.pop(0)
        if code == 0:
            style = base
        elif code in _ATTRIBUTES:
            style += Style(**_ATTRIBUTES[code])  # type: ignore[arg-type]  # the keys are flags of Style
        elif 30 <= code <= 37:
            style += Style(color=_COLOURS[code - 30])
        elif 90 <= code <= 97:
            style += Style(color=f"bright_{_COLOURS[code - 90]}")
        elif 40 <= code <= 47:
            style += Style(bgcolor=_COLOURS[code - 40])
        elif code == 39:
            style += Style(color=base.color)
        elif code == 49:
            style += Style(bgcolor=base.bgcolor)
        elif code in (38, 48):
            del numbers[: 4 if numbers[:1] == [2] else 2]
    return style
