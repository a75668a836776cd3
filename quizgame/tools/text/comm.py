"""``comm``."""

from __future__ import annotations

from quizgame.tools import folder
from quizgame.tools.output import Line, Result
from quizgame.tools.text.options import Invocation, OptionTable, TextTool

OPTIONS = OptionTable(
    "1", "2", "3", "output-delimiter=", "check-order", "nocheck-order", "total!", "z,zero-terminated!",
)  # fmt: skip


def _read(call: Invocation, name: str) -> list[Line]:
    try:
        return call.read(name)
    except folder.FileProblem as problem:
        raise call.stop(f"{name}: {problem.message}") from None


def _comm(call: Invocation) -> Result:
    if len(call.operands) < 2:
        raise call.usage(f"missing operand after ‘{call.operands[0]}’" if call.operands else "missing operand")
    if len(call.operands) > 2:
        raise call.usage(f"extra operand ‘{call.operands[2]}’")
    sides = [_read(call, name) for name in call.operands]
    at = [0, 0]
    out: list[Line] = []
    joiner = call.value("output-delimiter", "\t")
    shown = [not call.has("1"), not call.has("2"), not call.has("3")]
    indents = ["", joiner if shown[0] else "", (joiner if shown[0] else "") + (joiner if shown[1] else "")]
    previous: list[str | None] = [None, None]
    has_warned = [False, False]

    def advance(side: int) -> Line:
        line = sides[side][at[side]]
        at[side] += 1
        before = previous[side]
        if before is not None and before > line.text and not has_warned[side] and not call.has("nocheck-order"):
            has_warned[side] = True
            call.complain(f"file {side + 1} is not in sorted order")
        previous[side] = line.text
        return line

    while at[0] < len(sides[0]) or at[1] < len(sides[1]):
        left = sides[0][at[0]].text if at[0] < len(sides[0]) else None
        right = sides[1][at[1]].text if at[1] < len(sides[1]) else None
        if right is None or (left is not None and left < right):
            column, line = 0, advance(0)
        elif left is None or right < left:
            column, line = 1, advance(1)
        else:
            column, line = 2, advance(0)
            advance(1)
        if shown[column]:
            out.append(Line(indents[column] + line.text, line.facts))
    if any(has_warned):
        call.complain("input is not in sorted order")
    return call.finish(out)


COMM = TextTool("comm", OPTIONS, _comm)
