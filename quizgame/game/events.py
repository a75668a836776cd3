"""Events: what an attempt consists of, whatever is attempted.

An attempt (a practice run, an exam, a scenario) is the list of its events. Its state is what folding them gives, so it
can be resumed after any interruption by reading them back. Rule for all sessions: an event is recorded first and shown
afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

Payload = dict[str, Any]
"""What an event says: JSON values only."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened in an attempt."""

    seq: int
    """Its place in the attempt, from 0 without gaps."""
    instant: datetime
    """When, in UTC."""
    type: str
    """A word that the kind of attempt defines; ``started`` is always the first."""
    payload: Payload


class Journal(Protocol):
    """Where a session records the events of its attempt; returns only when they would survive a crash."""

    def append(self, event: Event) -> None:
        """Record an event."""
        ...  # pragma: no cover

    def finish(self, event: Event) -> None:
        """Record the last event; its payload is the attempt's result."""
        ...  # pragma: no cover
