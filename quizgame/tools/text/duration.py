"""Spans of time as ``sleep`` and ``timeout`` read them."""

from __future__ import annotations

import re

DURATION = re.compile(r"(\d+\.?\d*|\.\d+)([smhd]?)\Z", re.ASCII)
SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
LONGEST_S = 86400
"""Longer waits are cut to this: the simulation would have to live through them."""


def parse_duration(text: str) -> float | None:
    """Seconds, ``inf`` for ``infinity``, ``None`` for what is no duration."""
    if text.lower() in ("inf", "infinity"):
        return float("inf")
    match = DURATION.match(text)
    return float(match[1]) * SECONDS[match[2]] if match else None
