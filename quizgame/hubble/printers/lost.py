"""Lost events as text. The time is the response's own; the count is printed as recorded."""

from __future__ import annotations

from quizgame.hubble.observer import LostEvent
from quizgame.hubble.timestamps import TimeFormatter


def lost_count(lost: LostEvent, format_time: TimeFormatter, separator: str) -> str:
    """Return ``CPU(1) 17``, or ``CPU(1) - 17`` with another separator, and when the events were lost if known."""
    text = f"CPU({lost.cpu or 0}){separator}{lost.num_events_lost or 0}"
    if lost.first is not None and lost.last is not None:
        text += f" (first: {format_time(lost.first)}, last: {format_time(lost.last)})"
    return text
