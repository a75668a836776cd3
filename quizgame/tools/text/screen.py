"""``clear``."""

from __future__ import annotations

from quizgame.tools.output import Line, Result
from quizgame.tools.text.options import Invocation, OptionTable, TextTool


def _clear(call: Invocation) -> Result:
    return call.finish([Line("\x1b[H\x1b[2J\x1b[3J", end="")] if call.session.is_screen else [])


CLEAR = TextTool("clear", OptionTable("x", "T=", "V!"), _clear)
