"""``watch``, which runs a command again and again."""

from __future__ import annotations

from quizgame.tools.following import Following
from quizgame.tools.output import Line, Result
from quizgame.tools.text.date import stamp
from quizgame.tools.text.options import Invocation, OptionTable, TextTool

OPTIONS = OptionTable(
    "n,interval=", "d,differences?", "t,no-title", "g,chgexit", "e,errexit", "x,exec", "c,color", "b,beep",
    "p,precise",
    "w,no-wrap", "q,equexit=!", "C,no-color", "r,no-rerun", stops_at_operand=True,
    usage_lines="\nUsage:\n {name} [options] command\n\nFor more details see watch(1).\n",
)  # fmt: skip
SHORTEST_S = 0.1
MAX_ROUNDS = 10_000


def _title(call: Invocation, interval_s: float, command: str) -> list[Line]:
    left = f"Every {interval_s:.1f}s: {command}"
    right = f"workstation: {stamp(call.session.world.clock.now_ns)}"
    gap = call.session.width - len(left) - len(right)
    if gap < 1:
        left = left[: max(0, call.session.width - len(right) - 4)] + "..."
        gap = max(1, call.session.width - len(left) - len(right))
    return [Line(left + " " * gap + right), Line("")]


def _watch(call: Invocation) -> Result:
    if not call.operands:
        raise call.usage_only()
    text = call.value("n", "2").replace(",", ".")
    try:
        interval_s = max(SHORTEST_S, min(float(text), 86400.0))
    except ValueError:
        raise call.stop(f"failed to parse argument: '{text}'") from None
    session = call.session
    run = session.run_program
    if run is None:
        raise call.refuse("without a shell")
    command = " ".join(call.operands)
    argv = call.operands if call.has("x") else ["sh", "-c", command]
    result = call.result
    previous: list[str] | None = None
    following = Following(session, result.stdout, step_s=interval_s)
    for _ in range(MAX_ROUNDS):
        started_ns = session.world.clock.now_ns
        screen, stream = session.is_screen, session.stream
        session.is_screen, session.stream = False, None
        done = run(argv, ())
        session.is_screen, session.stream = screen, stream
        picture = [*([] if call.has("t") else _title(call, interval_s, command)), *done.stdout, *done.stderr]
        shown = [line.text for line in (*done.stdout, *done.stderr)]
        if not following.show([Line("\x1b[H\x1b[2J", end=""), *picture] if stream is not None else picture):
            break
        if (call.has("g") and previous is not None and shown != previous) or (call.has("e") and done.exit):
            result.exit = 8 if call.has("e") and done.exit else 0
            break
        previous = shown
        following.elapsed_s += (session.world.clock.now_ns - started_ns) / 1e9
        if not following.wait() or following.is_over:
            break
    return result


WATCH = TextTool("watch", OPTIONS, _watch)
