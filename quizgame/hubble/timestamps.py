"""Instants: RFC 3339 text as the API has it, nanoseconds as code needs it, layouts as tools print it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

from quizgame.goflags.durations import parse_duration
from quizgame.goflags.errors import GoValueError
from quizgame.goflags.times import RFC1123Z, format_time

SECOND = 1_000_000_000
_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)T(\d{1,2}):(\d\d):(\d\d)(?:([.,])(\d+))?(Z|[+-]\d\d:\d\d)", re.ASCII)
_SHORT = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d{1,2})(?::(\d\d))?(Z|[+-]\d\d:\d\d))?", re.ASCII)
_RFC1123Z = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) ([A-Za-z]{3}) (\d{4}) (\d{1,2}):(\d\d):(\d\d)(?:[.,](\d+))? ([+-]\d{4})",
    re.ASCII | re.IGNORECASE,
)
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, start=1)}
_CACHE_LIMIT = 4096
_EARLIEST = -62_135_596_800
"""Seconds of 0001-01-01, the first instant that a protobuf timestamp can hold."""


def format_timestamp(ns: int) -> str:
    """Return nanoseconds since the epoch as the API's JSON has them: UTC, 0, 3, 6 or 9 fraction digits."""
    seconds, fraction = divmod(ns, SECOND)
    text = _whole_seconds(seconds)
    if not fraction:
        return text + "Z"
    digits = f"{fraction:09d}"
    while digits.endswith("000"):
        digits = digits[:-3]
    return f"{text}.{digits}Z"


@lru_cache(maxsize=_CACHE_LIMIT)
def _whole_seconds(seconds: int) -> str:
    """Flows come in crowds: many share a second."""
    return format_time(seconds * SECOND, "2006-01-02T15:04:05")


def parse_timestamp(text: str) -> int:
    """Return an RFC 3339 text as nanoseconds since the epoch.

    Raises:
        ValueError: It is none, has more than 9 fraction digits, or lies outside the years 1 to 9999.
    """
    match = _RFC3339.fullmatch(text)
    if match is None or (match[5] == "." and len(match[6]) > 9):
        raise ValueError(text)
    return _instant(match)


def _instant(match: re.Match[str]) -> int:
    """Return the instant of an RFC 3339 text; digits after the ninth are cut, as Go does."""
    day, hour, minute, second, _, fraction, zone = match.groups()
    seconds = _epoch_seconds(day, int(hour), int(minute), int(second), zone)
    if seconds < _EARLIEST or seconds >= 253_402_300_800:
        raise ValueError(match[0])
    return seconds * SECOND + int((fraction or "0")[:9].ljust(9, "0"))


def parse_moment(text: str, now_ns: int) -> int:
    """Read the value of ``--since`` and ``--until``: a duration before now, or one of the layouts.

    Raises:
        ValueError: It is neither; the text that the real tool prints is the exception's.
    """
    try:
        return now_ns - parse_duration(text)
    except GoValueError:
        pass
    try:
        return _parse_layouts(text)
    except ValueError:
        raise ValueError(f"failed to convert {text} to time") from None


def _parse_layouts(text: str) -> int:
    short = _SHORT.fullmatch(text)
    if short:
        day, hour, minute, zone = short.groups()
        return _epoch_seconds(day, int(hour or 0), int(minute or 0), 0, zone or "Z") * SECOND
    match = _RFC1123Z.fullmatch(text)
    if match is None:
        full = _RFC3339.fullmatch(text)
        if full is None:
            raise ValueError(text)
        return _instant(full)
    date, month, year, hour, minute, second, fraction, zone = match.groups()
    day = f"{year}-{_MONTHS.get(month.lower(), 0):02d}-{date}"
    seconds = _epoch_seconds(day, int(hour), int(minute), int(second), f"{zone[:3]}:{zone[3:]}")
    return seconds * SECOND + int((fraction or "0")[:9].ljust(9, "0"))


def _epoch_seconds(day: str, hour: int, minute: int, second: int, zone: str) -> int:
    year, month, date = map(int, day.split("-"))
    moment = datetime(max(year, 1), month, date, hour, minute, second, tzinfo=UTC)
    if year == 0:
        raise ValueError(day)
    seconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // _ONE_SECOND
    if zone != "Z":
        hours, minutes = int(zone[1:3]), int(zone[4:])
        if hours > 24 or minutes > 59:
            raise ValueError(zone)
        seconds -= (hours * 3600 + minutes * 60) * (-1 if zone[0] == "-" else 1)
    return seconds


_ONE_SECOND = datetime(1970, 1, 1, 0, 0, 1) - datetime(1970, 1, 1)  # noqa: DTZ001  -- only the difference is used
_known_seconds: set[str] = set()


def is_canonical(text: str) -> bool:
    """Say whether a timestamp is valid and written as `format_timestamp` writes it. Fast for runs of equal seconds."""
    head = text[:19]
    if head not in _known_seconds:
        try:
            if format_timestamp(parse_timestamp(head + "Z"))[:19] != head:
                return False
        except ValueError:
            return False
        if len(_known_seconds) >= _CACHE_LIMIT:
            _known_seconds.clear()
        _known_seconds.add(head)
    tail = text[19:]
    if tail == "Z":
        return True
    digits = tail[1:-1]
    return (
        len(digits) in (3, 6, 9)
        and tail[0] == "."
        and tail[-1] == "Z"
        and digits.isdecimal()
        and digits.isascii()
        and not digits.endswith("000")
    )


TimeFormatter = Callable[[str | None], str]
"""Turns a canonical timestamp into text; ``N/A`` for none."""

_LAYOUTS: dict[str, tuple[str, int, bool, str]] = {
    # name: (layout of the seconds, fraction digits, keep trailing zeros, layout after the fraction)
    "stampmilli": ("Jan _2 15:04:05", 3, True, ""),
    "yearmonthday": ("2006-01-02", 0, False, ""),
    "yearmonthdayhour": ("2006-01-02T15Z07:00", 0, False, ""),
    "yearmonthdayhourminute": ("2006-01-02T15:04Z07:00", 0, False, ""),
    "rfc3339": ("2006-01-02T15:04:05Z07:00", 0, False, ""),
    "rfc3339milli": ("2006-01-02T15:04:05", 3, False, "Z"),
    "rfc3339micro": ("2006-01-02T15:04:05", 6, False, "Z"),
    "rfc3339nano": ("2006-01-02T15:04:05", 9, False, "Z"),
    "rfc1123z": (RFC1123Z, 0, False, ""),
}


def time_formatter(name: str) -> TimeFormatter:
    """Return the printer for ``--time-format NAME``; unknown names mean StampMilli, case is ignored."""
    layout, places, keep_zeros, suffix = _LAYOUTS.get(name.lower(), _LAYOUTS["stampmilli"])
    heads: dict[str, str] = {}

    def format_head(second: str) -> str:
        if len(heads) >= _CACHE_LIMIT:
            heads.clear()
        heads[second] = text = format_time(parse_timestamp(second + "Z"), layout) + ("." if keep_zeros else "")
        return text

    def format_stamp(text: str | None) -> str:
        if text is None:
            return "N/A"
        second = text[:19]
        return (heads.get(second) or format_head(second)) + (text[20:-1] + "000")[:3]

    def format_any(text: str | None) -> str:
        if text is None:
            return "N/A"
        second = text[:19]
        head = heads.get(second) or format_head(second)
        fraction = text[20:-1][:places].rstrip("0")
        return f"{head}.{fraction}{suffix}" if fraction else head + suffix

    return format_stamp if keep_zeros else format_any
