"""How long ago something was, and when, as kubectl writes them."""

from __future__ import annotations

from functools import lru_cache

from quizgame.cluster.clock import parse_rfc3339
from quizgame.goflags.times import RFC1123Z, SECOND, format_time

_MINUTE, _HOUR, _DAY, _YEAR = 60, 3600, 86400, 365 * 86400


instant_ns = lru_cache(maxsize=4096)(parse_rfc3339)
"""Nanoseconds since 1970 of an RFC 3339 instant; objects of one moment share it."""


def human_duration(seconds: int) -> str:
    """A span in at most two units, ``95s``, ``5m12s``, ``137m``, ``3d4h``."""
    # Source: kubernetes apimachinery pkg/util/duration/duration.go HumanDuration.
    if seconds < -1:
        return "<invalid>"
    if seconds < 0:
        return "0s"
    if seconds < 2 * _MINUTE:
        return f"{seconds}s"
    minutes = seconds // _MINUTE
    if minutes < 10:
        return _two(minutes, "m", seconds % _MINUTE, "s")
    if minutes < 3 * 60:
        return f"{minutes}m"
    hours = seconds // _HOUR
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    days = hours // 24
    if hours < 24 * 8:
        return _two(days, "d", hours % 24, "h")
    if hours < 24 * 365 * 2:
        return f"{days}d"
    if hours < 24 * 365 * 8:
        return _two(days // 365, "y", days % 365, "d")
    return f"{days // 365}y"


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}{small}{small_unit}" if small else f"{large}{large_unit}"


def age(timestamp: str | None, now_ns: int) -> str:
    """How long ago an RFC 3339 instant was; ``<unknown>`` where there is none."""
    if not timestamp:
        return "<unknown>"
    elapsed_ns = now_ns - instant_ns(timestamp)
    return human_duration(int(elapsed_ns / SECOND) if elapsed_ns >= 0 else -(-elapsed_ns // SECOND))


def long_date(timestamp: str | None) -> str:
    """An RFC 3339 instant as ``describe`` shows it, ``Mon, 23 Nov 2026 07:44:22 +0000``."""
    return format_time(instant_ns(timestamp), RFC1123Z) if timestamp else "<unset>"
