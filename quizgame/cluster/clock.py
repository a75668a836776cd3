"""The simulated clock: integer nanoseconds that move only when someone moves them."""

from __future__ import annotations

from datetime import UTC
from functools import lru_cache

from quizgame.goflags.times import RFC3339, RFC3339_NANO, SECOND, format_time

EPOCH_NS = 1_795_420_800 * SECOND
"""2026-11-23T08:00:00Z: the instant at which a freshly built world is handed over."""


class Clock:
    """The one clock of a world; every time in it comes from here."""

    __slots__ = ("now_ns",)

    def __init__(self, now_ns: int = EPOCH_NS) -> None:
        self.now_ns = now_ns
        """Nanoseconds since 1970-01-01T00:00:00Z."""

    def advance_to(self, instant_ns: int) -> None:
        """Move forward to an instant.

        Raises:
            ValueError: the instant lies in the past.
        """
        if instant_ns < self.now_ns:
            raise ValueError(f"the clock cannot go back from {self.now_ns} to {instant_ns}")
        self.now_ns = instant_ns

    def advance(self, seconds: float) -> None:
        """Move forward by a span."""
        self.advance_to(self.now_ns + round(seconds * SECOND))

    def timestamp(self) -> str:
        """The present as API objects write it: RFC 3339, whole seconds, UTC."""
        return rfc3339(self.now_ns)

    def copy(self) -> Clock:
        """A clock that shows the same time and moves on its own."""
        return Clock(self.now_ns)


@lru_cache(maxsize=4096)
def rfc3339(instant_ns: int) -> str:
    """Format an instant with whole seconds, as ``metav1.Time`` does."""
    return format_time(instant_ns, RFC3339)


def rfc3339_micro(instant_ns: int) -> str:
    """Format an instant with six decimals, as ``metav1.MicroTime`` does."""
    return format_time(instant_ns, "2006-01-02T15:04:05.000000Z07:00")


def rfc3339_nano(instant_ns: int) -> str:
    """Format an instant with as many decimals as it needs, as Go's RFC3339Nano does."""
    return format_time(instant_ns, RFC3339_NANO)


def parse_rfc3339(text: str) -> int:
    """Nanoseconds since 1970 of a UTC timestamp (``Z`` suffix, up to nine decimals).

    Raises:
        ValueError: the text is no such timestamp.
    """
    from datetime import datetime  # late: only readers of timestamps pay for it

    whole, _, fraction = text.removesuffix("Z").partition(".")
    moment = datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    return int(moment.timestamp()) * SECOND + int(fraction.ljust(9, "0")[:9] or 0)
