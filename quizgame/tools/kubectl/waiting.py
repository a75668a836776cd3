"""Letting simulated time pass until something has come about."""

from __future__ import annotations

from collections.abc import Callable

from quizgame.goflags.times import SECOND
from quizgame.tools.kubectl.call import LONGEST_WAIT_S, Call


def wait_until(call: Call, holds: Callable[[], bool], timeout_ns: int = 0) -> bool:
    """Advance the clock second by second until a condition holds.

    Args:
        call: The command that waits.
        holds: The condition.
        timeout_ns: How long to wait; 0: until it is given up.

    Returns:
        Whether it holds; without it, the time is over.
    """
    call.world.settle()
    if holds():
        return True
    end_ns = call.now_ns + (timeout_ns or LONGEST_WAIT_S * SECOND)
    while call.now_ns < end_ns:
        call.world.advance(min(1, (end_ns - call.now_ns) / SECOND))
        if holds():
            return True
    return False
