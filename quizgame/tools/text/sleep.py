"""``sleep``, which moves the simulated clock."""

from __future__ import annotations

from math import isinf

from quizgame.tools.output import Result
from quizgame.tools.text.duration import LONGEST_S, parse_duration
from quizgame.tools.text.options import Invocation, OptionTable, TextTool


def _sleep(call: Invocation) -> Result:
    if not call.operands:
        raise call.usage("missing operand")
    total = 0.0
    for text in call.operands:
        seconds = parse_duration(text)
        if seconds is None:
            raise call.usage(f"invalid time interval ‘{text}’")
        total += seconds
    call.session.world.advance(call.session.stream_span_s if isinf(total) else min(total, LONGEST_S))
    return call.result


SLEEP = TextTool("sleep", OptionTable(), _sleep)
