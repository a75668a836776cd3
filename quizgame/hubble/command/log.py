"""Log lines as Go's slog text handler writes them to stderr."""

from __future__ import annotations

from collections.abc import Mapping

from quizgame.goflags.quoting import quote
from quizgame.goflags.times import format_time


def log_line(now_ns: int, level: str, message: str, attributes: Mapping[str, str]) -> str:
    """Return ``time=... level=WARN msg="..." key=value`` with its newline; values are quoted where they must be."""
    time = format_time(now_ns, "2006-01-02T15:04:05.000Z07:00")
    pairs = {"time": time, "level": level, "msg": message, **attributes}
    return " ".join(f"{key}={_value(value)}" for key, value in pairs.items()) + "\n"


def _value(text: str) -> str:
    # Source: Go log/slog needsQuoting: a backslash alone needs none.
    plain = text and text.isprintable() and not any(char in ' "=' or char.isspace() for char in text)
    return text if plain else quote(text)
