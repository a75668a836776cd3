"""``head``."""

from __future__ import annotations

from quizgame.tools.output import Line, Result
from quizgame.tools.text.excerpt import expand_digits, first_characters, parse_count, print_excerpts
from quizgame.tools.text.options import Invocation, OptionTable, TextTool

OPTIONS = OptionTable("n,lines=", "c,bytes=", "q,quiet,silent", "v,verbose", "z,zero-terminated!", *"0123456789")


def _head(call: Invocation) -> Result:
    expand_digits(call)
    unit, text = next(((key, value) for key, value in reversed(call.options) if key in "nc"), ("n", "10"))
    count, sign = parse_count(call, text, unit)

    def excerpt(content: list[Line]) -> list[Line]:
        if unit == "c":
            whole = sum(len((line.text + line.end).encode()) for line in content)
            return first_characters(content, max(0, whole - count) if sign == "-" else count)
        if sign == "-":
            return content[: max(0, len(content) - count)]
        return content[:count]

    return print_excerpts(call, excerpt)


HEAD = TextTool("head", OPTIONS, _head)
