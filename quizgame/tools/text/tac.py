"""``tac``."""

from __future__ import annotations

from quizgame.tools.output import Line, Result
from quizgame.tools.text.options import Invocation, OptionTable, TextTool

OPTIONS = OptionTable("b,before!", "r,regex!", "s,separator=!")


def _tac(call: Invocation) -> Result:
    out: list[Line] = []
    for _, content in call.inputs(message="failed to open '{name}' for reading: {problem}"):
        out.extend(reversed(content))
    return call.finish(out)


TAC = TextTool("tac", OPTIONS, _tac)
