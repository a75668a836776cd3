"""``yes``, bounded."""

from __future__ import annotations

from quizgame.tools.output import Line, Result
from quizgame.tools.text.options import Invocation, OptionTable, TextTool

COUNT = 10_000
"""Lines printed: enough for any reader that a pipe could have."""


def _yes(call: Invocation) -> Result:
    return call.finish([Line(" ".join(call.operands) or "y")] * COUNT)


YES = TextTool("yes", OptionTable(), _yes)
