"""Writes an attempt into its journal: one event for each line, one for the end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from quizgame.game.events import Event, Journal, Payload

if TYPE_CHECKING:
    from quizgame.game.scenario.workstation import LineResult

LINE = "line"
SUBMITTED = "submitted"
"""Types of events; the first event of every attempt is ``started``."""


class Recorder:
    """Numbers events and hands them to a journal.

    Args:
        journal: Where they go; ``None``: nowhere.
        seq: The number of the next one.
    """

    def __init__(self, journal: Journal | None, seq: int) -> None:
        self.seq = seq
        self._journal = journal

    def line(
        self,
        outcome: LineResult,
        now: datetime | None,
        *,
        earned: Mapping[str, int],
        waited_ms: int,
        fed: Payload,
        simulated: str,
    ) -> None:
        """Record a line.

        Args:
            outcome: What it did.
            now: The real instant.
            earned: Points of each step that it earned.
            waited_ms: Simulated time that had passed before it.
            fed: What the screen gave to its command.
            simulated: The simulated instant after it.
        """
        if self._journal is None:
            return
        payload: dict[str, Any] = {
            "line": outcome.line,
            "waited_ms": waited_ms,
            "fed": fed,
            "exit": outcome.exit,
            "simulated": simulated,
            "facts": [str(fact) for fact in outcome.new_facts],
            "earned": dict(earned),
            "deductions": [
                {"reason": deduction.reason, "points": deduction.points} for deduction in outcome.deductions
            ],
        }
        self._journal.append(Event(self._next(), _instant(now), LINE, payload))

    def end(self, result: Payload, now: datetime | None) -> None:
        """Record the end and what it came to."""
        if self._journal is not None:
            self._journal.finish(Event(self._next(), _instant(now), SUBMITTED, result))

    def _next(self) -> int:
        number, self.seq = self.seq, self.seq + 1
        return number


def _instant(now: datetime | None) -> datetime:
    if now is None:
        raise ValueError("an attempt with a journal needs the instant of each line")
    return now.astimezone(UTC)
