"""``cat``, ``less`` and ``more``."""

from __future__ import annotations

from quizgame.tools.derive import joined
from quizgame.tools.output import Line, Result
from quizgame.tools.text.options import Invocation, OptionTable, TextTool

CAT_OPTIONS = OptionTable(
    "n,number", "b,number-nonblank", "s,squeeze-blank", "A,show-all", "E,show-ends", "T,show-tabs", "e", "t",
    "u", "v,show-nonprinting",
)  # fmt: skip


def visible(text: str) -> str:
    """Control characters as ``cat -v`` shows them (``^A``, ``M-a``); tab stays."""
    if text.isascii() and text.isprintable():
        return text
    out: list[str] = []
    for byte in text.encode("utf-8", "surrogateescape"):
        high = "M-" if byte >= 128 else ""
        low = byte & 127
        if low < 32 and not (low == 9 and not high):
            out.append(f"{high}^{chr(low + 64)}")
        elif low == 127:
            out.append(high + "^?")
        else:
            out.append(high + chr(low))
    return "".join(out)


def _cat(call: Invocation) -> Result:
    shown = joined(line for _, content in call.inputs() for line in content)
    if not call.options:
        return call.finish(shown)
    letters = {key for key, _ in call.options}
    shows_rest = bool(letters & {"A", "e", "t", "v"})
    out: list[Line] = []
    number = 0
    was_blank = False
    for line in shown:
        is_blank = line.text == ""
        if is_blank and was_blank and "s" in letters:
            continue
        was_blank = is_blank
        text = visible(line.text) if shows_rest else line.text
        if letters & {"A", "T", "t"}:
            text = text.replace("\t", "^I")
        if letters & {"A", "E", "e"} and line.end:
            text += "$"
        if ("b" in letters and not is_blank) or ("n" in letters and "b" not in letters):
            number += 1
            text = f"{number:6d}\t{text}"
        out.append(Line(text, line.facts, line.end))
    return call.finish(out)


def _page(call: Invocation) -> Result:
    return call.finish(joined(line for _, content in call.inputs() for line in content))


CAT = TextTool("cat", CAT_OPTIONS, _cat)
PAGER = TextTool("less", OptionTable("R", "S", "N!", "F", "X", "i", "e", "E", "r"), _page)
"""Prints everything: the terminal scrolls."""
