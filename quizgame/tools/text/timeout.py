"""``timeout``."""

from __future__ import annotations

from quizgame.tools.output import Result, lines
from quizgame.tools.text.duration import LONGEST_S, parse_duration
from quizgame.tools.text.options import Invocation, OptionTable, TextTool

OPTIONS = OptionTable(
    "s,signal=", "k,kill-after=", "preserve-status", "foreground", "v,verbose!", status=125, stops_at_operand=True,
)  # fmt: skip
TIMED_OUT = 124


def _timeout(call: Invocation) -> Result:
    if len(call.operands) < 2:
        raise call.usage("missing operand")
    limit = parse_duration(call.operands[0])
    if limit is None:
        raise call.usage(f"invalid time interval ‘{call.operands[0]}’")
    session = call.session
    run = session.run_program
    if run is None:
        raise call.refuse("without a shell")
    before = (session.stream_span_s, session.is_screen, session.stream)
    if limit:
        session.stream_span_s = min(limit, LONGEST_S)
        session.is_screen, session.stream = False, None
    started_ns = session.world.clock.now_ns
    try:
        result = run(call.operands[1:], call.stdin)
    finally:
        session.stream_span_s, session.is_screen, session.stream = before
    if result.exit == 127:
        return Result(
            stderr=lines(f"timeout: failed to run command ‘{call.operands[1]}’: No such file or directory\n"), exit=127
        )
    # Simplified: a command that takes longer than the limit is not cut short, only reported as if it had been;
    # one that streams without end stops at the limit.
    if limit and session.world.clock.now_ns - started_ns >= limit * 1e9 and not call.has("preserve-status"):
        result.exit = TIMED_OUT
    return result


TIMEOUT = TextTool("timeout", OPTIONS, _timeout)
