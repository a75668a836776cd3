"""``seq``."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from quizgame.tools.output import Line, Result, lines
from quizgame.tools.text.options import Invocation, OptionTable, TextTool

OPTIONS = OptionTable("s,separator=", "w,equal-width", "f,format=!", takes_numbers=True)
MAX_COUNT = 200_000


def _number(call: Invocation, text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise call.usage(f"invalid floating point argument: ‘{text}’") from None
    if not value.is_finite() or value.adjusted() > 18 or value.adjusted() < -18:
        raise call.refuse(f"of {text}")
    return value


def _seq(call: Invocation) -> Result:
    operands = call.operands
    if not operands:
        raise call.usage("missing operand")
    if len(operands) > 3:
        raise call.usage(f"extra operand ‘{operands[3]}’")
    numbers = [_number(call, text) for text in operands]
    first = numbers[0] if len(numbers) > 1 else Decimal(1)
    step = numbers[1] if len(numbers) == 3 else Decimal(1)
    last = numbers[-1]
    if step == 0:
        raise call.usage(f"invalid Zero increment value: ‘{operands[1]}’")
    places = max(0, *(-int(n.as_tuple().exponent) for n in (first, step)))
    count = int((last - first) / step) + 1 if (last - first) / step >= 0 else 0
    if count > MAX_COUNT:
        raise call.refuse(f"of more than {MAX_COUNT} numbers")
    shown = [f"{first + step * number:.{places}f}" for number in range(count)]
    if call.has("w") and shown:
        width = max(len(f"{first:.{places}f}"), len(f"{last:.{places}f}"))
        shown = ["-" + text[1:].zfill(width - 1) if text.startswith("-") else text.zfill(width) for text in shown]
    if call.has("s"):
        return call.finish(lines(call.value("s").join(shown) + "\n") if shown else [])
    return call.finish([Line(text) for text in shown])


SEQ = TextTool("seq", OPTIONS, _seq)
