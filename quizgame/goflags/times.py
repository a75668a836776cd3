"""Go's time layouts over nanoseconds since the epoch, with a fixed offset from UTC.

``format_time(ns, layout)`` understands the reference time (``Mon Jan 2 15:04:05 MST 2006``).
"""

from __future__ import annotations

import re
from datetime import date, timedelta

SECOND = 1_000_000_000
_EPOCH = date(1970, 1, 1)

RFC1123Z = "Mon, 02 Jan 2006 15:04:05 -0700"
RFC3339 = "2006-01-02T15:04:05Z07:00"
RFC3339_MILLI = "2006-01-02T15:04:05.999Z07:00"
RFC3339_MICRO = "2006-01-02T15:04:05.999999Z07:00"
RFC3339_NANO = "2006-01-02T15:04:05.999999999Z07:00"
GO_STRING = "2006-01-02 15:04:05.999999999 -0700 MST"
"""What a time prints of itself."""
STAMP_MILLI = "Jan _2 15:04:05.000"

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_TOKENS = re.compile(
    r"January|Jan|Monday|Mon|MST|2006|Z07:00|Z0700|-07:00|-0700|-07"
    r"|[.,]0+(?![0-9])|[.,]9+(?![0-9])|01|02|03|04|05|06|002|15|PM|pm|_2|1|2|3|4|5"
)


def format_time(ns: int, layout: str, *, offset_s: int = 0, zone: str = "UTC") -> str:
    """Return an instant in a Go layout.

    Args:
        ns: Nanoseconds since 1970-01-01T00:00:00Z.
        layout: A Go layout; fractions are cut, never rounded.
        offset_s: Seconds east of UTC.
        zone: What ``MST`` prints.
    """
    seconds, fraction = divmod(ns, SECOND)
    days, second_of_day = divmod(seconds + offset_s, 86400)
    day = _EPOCH + timedelta(days=days)
    hour, rest = divmod(second_of_day, 3600)
    minute, second = divmod(rest, 60)
    nine = f"{fraction:09d}"

    def replace(match: re.Match[str]) -> str:
        token = match[0]
        if token[0] in ".,":
            digits = nine[: len(token) - 1]
            if token[1] == "0":
                return token[0] + digits
            digits = digits.rstrip("0")
            return token[0] + digits if digits else ""
        return fields[token]

    twelve = hour % 12 or 12
    fields = {
        "January": _MONTHS[day.month - 1],
        "Jan": _MONTHS[day.month - 1][:3],
        "Monday": _DAYS[day.weekday()],
        "Mon": _DAYS[day.weekday()][:3],
        "MST": zone,
        "2006": f"{day.year:04d}",
        "06": f"{day.year % 100:02d}",
        "01": f"{day.month:02d}",
        "1": str(day.month),
        "02": f"{day.day:02d}",
        "_2": f"{day.day:2d}",
        "2": str(day.day),
        "002": f"{day.timetuple().tm_yday:03d}",
        "15": f"{hour:02d}",
        "03": f"{twelve:02d}",
        "3": str(twelve),
        "04": f"{minute:02d}",
        "4": str(minute),
        "05": f"{second:02d}",
        "5": str(second),
        "PM": "PM" if hour >= 12 else "AM",
        "pm": "pm" if hour >= 12 else "am",
        "-0700": _offset(offset_s, ""),
        "-07:00": _offset(offset_s, ":"),
        "-07": _offset(offset_s, "")[:3],
        "Z07:00": _offset(offset_s, ":") if offset_s else "Z",
        "Z0700": _offset(offset_s, "") if offset_s else "Z",
    }
    return _TOKENS.sub(replace, layout)


def _offset(offset_s: int, separator: str) -> str:
    minutes = abs(offset_s) // 60
    return f"{'-' if offset_s < 0 else '+'}{minutes // 60:02d}{separator}{minutes % 60:02d}"
