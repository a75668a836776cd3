"""``nl``."""

from __future__ import annotations

from quizgame.tools.output import Line, Result
from quizgame.tools.text.options import Invocation, OptionTable, TextTool

OPTIONS = OptionTable(
    "b,body-numbering=", "w,number-width=", "s,number-separator=", "v,starting-line-number=",
    "i,line-increment=", "n,number-format=",
    "d,section-delimiter=!", "f,footer-numbering=!", "h,header-numbering=!", "l,join-blank-lines=!", "p,no-renumber!",
)  # fmt: skip
FORMATS = {"ln": "<", "rn": ">", "rz": "0"}


def _integer(call: Invocation, key: str, default: str, what: str) -> int:
    text = call.value(key, default)
    if not text.lstrip("-").isdigit():
        raise call.stop(f"invalid {what}: ‘{text}’")
    return int(text)


def _nl(call: Invocation) -> Result:
    style = call.value("b", "t")
    if style not in ("a", "t", "n"):
        raise (
            call.refuse(f"-b {style}")
            if style.startswith("p")
            else call.usage(f"invalid body numbering style: ‘{style}’")
        )
    width = min(_integer(call, "w", "6", "line number field width"), 1000)
    number = _integer(call, "v", "1", "starting line number")
    step = _integer(call, "i", "1", "line number increment")
    layout = call.value("n", "rn")
    if layout not in FORMATS:
        raise call.usage(f"invalid line numbering format: ‘{layout}’")
    separator = call.value("s", "\t")
    out: list[Line] = []
    for line in call.all_lines():
        if style == "a" or (style == "t" and line.text):
            digits = f"{number:0{width}d}" if layout == "rz" else f"{number:{FORMATS[layout]}{width}d}"
            out.append(Line(digits + separator + line.text, line.facts))
            number += step
        else:
            out.append(Line(" " * (width + len(separator)) + line.text, line.facts))
    return call.finish(out)


NL = TextTool("nl", OPTIONS, _nl)
