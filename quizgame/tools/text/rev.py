"""``rev``."""

from __future__ import annotations

from quizgame.tools.derive import derived
from quizgame.tools.output import Result
from quizgame.tools.text.options import Invocation, OptionTable, TextTool


def _rev(call: Invocation) -> Result:
    content = call.all_lines(message="cannot open {name}: {problem}")
    return call.finish([derived(line.text[::-1], [line], line.end) for line in content])


REV = TextTool("rev", OptionTable(), _rev)
