"""Small pictures made of characters: bars, clocks, spans of time. Pure functions."""

from __future__ import annotations

from datetime import timedelta

from textual.content import Content

FILLED, HALF, TRACK = "━", "╸", "─"


def bar(share: float, width: int, style: str = "$primary") -> Content:
    """A line that is heavy for a share from 0 to 1, to half a character, and light for the rest."""
    whole, half = divmod(round(min(max(share, 0.0), 1.0) * width * 2), 2)
    heavy = FILLED * whole + HALF * half
    return Content.assemble((heavy, style), (TRACK * (width - len(heavy)), "$foreground-muted"))


def clock(left: timedelta) -> str:
    """``1:02:03`` or ``02:03``; part of a second counts as a whole one, so that 0 means over."""
    seconds = -(-left // timedelta(seconds=1))
    hours, rest = divmod(max(seconds, 0), 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


def span(ahead: timedelta) -> str:
    """How far off something is, in the one unit that says it best."""
    minutes = ahead / timedelta(minutes=1)
    for limit, unit, size in ((60, "minute", 1), (60 * 24, "hour", 60), (float("inf"), "day", 60 * 24)):
        if minutes < limit or limit == float("inf"):
            number = max(round(minutes / size), 1)
            return counted(number, unit)
    raise AssertionError("the last unit has no limit")


def counted(number: int, noun: str) -> str:
    """``1 question``, ``2 questions``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def percent(share: float) -> str:
    """A share as a whole percentage."""
    return f"{round(100 * share)} %"
