"""Times as the agent's API writes and the tool reads them."""

from __future__ import annotations

from functools import lru_cache

from quizgame.cluster.clock import parse_rfc3339
from quizgame.goflags.durations import format_duration
from quizgame.goflags.times import SECOND, format_time

NEVER = "0001-01-01T00:00:00.000Z"


@lru_cache(maxsize=4096)
def api_time(instant_ns: int) -> str:
    """An instant with three decimals. Source: go-openapi/strfmt DateTime."""
    return format_time(instant_ns, "2006-01-02T15:04:05.000Z07:00")


def since(text: str, now_ns: int) -> str:
    """How long ago something was, in whole seconds: ``58s ago``, or ``never``."""
    if not text or text == NEVER:
        return "never"
    return f"{format_duration((now_ns - parse_rfc3339(text) + SECOND // 2) // SECOND * SECOND)} ago"
