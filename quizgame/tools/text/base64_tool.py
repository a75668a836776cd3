"""``base64``."""

from __future__ import annotations

import base64
import binascii

from quizgame.tools.derive import derived_stream
from quizgame.tools.output import Line, Result, lines, render
from quizgame.tools.text.options import Invocation, OptionTable, TextTool

OPTIONS = OptionTable("d,decode", "i,ignore-garbage", "w,wrap=")


def _base64(call: Invocation) -> Result:
    if len(call.operands) > 1:
        raise call.usage(f"extra operand ‘{call.operands[1]}’")
    wrap = call.value("w", "76")
    if not wrap.isdigit():
        raise call.stop(f"invalid wrap size: ‘{wrap}’")
    content = call.all_lines()
    if call.result.exit:
        return call.result
    text = render(content)
    if not call.has("d"):
        encoded = base64.b64encode(text.encode("utf-8", "surrogateescape")).decode()
        width = int(wrap)
        if width == 0:
            return call.finish(lines(encoded))
        return call.finish([Line(encoded[start : start + width]) for start in range(0, len(encoded), width)])
    packed = "".join(text.split("\n"))
    if call.has("i"):
        packed = "".join(char for char in packed if char.isascii() and (char.isalnum() or char in "+/="))
    try:
        decoded = base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError):
        raise call.stop("invalid input") from None
    return call.finish(derived_stream(lines(decoded.decode("utf-8", "replace")), content))


BASE64 = TextTool("base64", OPTIONS, _base64)
