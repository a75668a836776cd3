"""Go's ``time.Duration``: reading ``1h30m`` and printing ``1h2m5.123456789s``. All values are nanoseconds."""

from __future__ import annotations

import re

from quizgame.goflags.errors import GoValueError
from quizgame.goflags.quoting import quote

NANOSECOND = 1
MICROSECOND = 1_000
MILLISECOND = 1_000_000
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE

_UNITS = {
    "ns": NANOSECOND,
    "us": MICROSECOND,
    "µs": MICROSECOND,
    "μs": MICROSECOND,
    "ms": MILLISECOND,
    "s": SECOND,
    "m": MINUTE,
    "h": HOUR,
}
_PIECE = re.compile(r"(?P<whole>[0-9]*)(?P<fraction>\.[0-9]*)?(?P<unit>[^.0-9]*)")
_LARGEST = (1 << 63) - 1


def parse_duration(text: str) -> int:
    """Read a duration, ``1h30m``, ``1.5h``, ``-300ms`` or ``0``; return nanoseconds.

    Raises:
        GoValueError: ``time: invalid duration "X"``, ``time: missing unit in duration "X"`` or
            ``time: unknown unit "U" in duration "X"``.
    """
    rest = text[1:] if text[:1] in ("-", "+") else text
    if rest == "0":
        return 0
    if not rest:
        raise GoValueError(f"time: invalid duration {quote(text)}")
    total = 0
    while rest:
        match = _PIECE.match(rest)
        if match is None or not (match["whole"] or (match["fraction"] or "")[1:]):
            raise GoValueError(f"time: invalid duration {quote(text)}")
        unit = match["unit"]
        if not unit:
            raise GoValueError(f"time: missing unit in duration {quote(text)}")
        if unit not in _UNITS:
            raise GoValueError(f"time: unknown unit {quote(unit)} in duration {quote(text)}")
        scale = _UNITS[unit]
        total += int(match["whole"] or 0) * scale
        fraction = (match["fraction"] or "")[1:]
        if fraction:
            total += int(fraction) * scale // 10 ** len(fraction)
        if total > _LARGEST:
            raise GoValueError(f"time: invalid duration {quote(text)}")
        rest = rest[match.end() :]
    return -total if text.startswith("-") else total


def format_duration(ns: int) -> str:
    """Return a duration as Go prints it: ``1h2m5.5s``, ``1.5ms``, ``250µs``, ``0s``."""
    if ns == 0:
        return "0s"
    sign, ns = ("-", -ns) if ns < 0 else ("", ns)
    if ns < MICROSECOND:
        return f"{sign}{ns}ns"
    if ns < MILLISECOND:
        return f"{sign}{_decimal(ns, MICROSECOND)}µs"
    if ns < SECOND:
        return f"{sign}{_decimal(ns, MILLISECOND)}ms"
    hours, rest = divmod(ns, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    seconds = _decimal(rest, SECOND) + "s"
    if hours:
        return f"{sign}{hours}h{minutes}m{seconds}"
    return f"{sign}{minutes}m{seconds}" if minutes else sign + seconds


def round_duration(ns: int, unit: int) -> int:
    """Return the multiple of ``unit`` nearest to ``ns``; halves go away from zero, as Go rounds."""
    sign = -1 if ns < 0 else 1
    whole, rest = divmod(abs(ns), unit)
    return sign * (whole + (1 if rest * 2 >= unit else 0)) * unit


def _decimal(ns: int, unit: int) -> str:
    whole, rest = divmod(ns, unit)
    if not rest:
        return str(whole)
    return f"{whole}." + str(rest).rjust(len(str(unit)) - 1, "0").rstrip("0")
