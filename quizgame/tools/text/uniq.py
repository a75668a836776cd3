"""``uniq``."""

from __future__ import annotations

from quizgame.tools.output import Line, Result
from quizgame.tools.text.options import Invocation, OptionTable, TextTool

OPTIONS = OptionTable(
    "c,count", "d,repeated", "D", "u,unique", "i,ignore-case", "f,skip-fields=", "s,skip-chars=", "w,check-chars=",
    "z,zero-terminated!", "group?!", "all-repeated?!",
)  # fmt: skip


def _amount(call: Invocation, key: str, what: str) -> int:
    text = call.value(key, "0")
    if not text.isdigit():
        raise call.stop(f"{text}: invalid number of {what}")
    return int(text)


def _uniq(call: Invocation) -> Result:
    if len(call.operands) > 2:
        raise call.usage(f"extra operand '{call.operands[2]}'")
    output = call.operands.pop() if len(call.operands) == 2 else None
    skipped_fields = _amount(call, "f", "fields to skip")
    skipped = _amount(call, "s", "bytes to skip")
    compared = _amount(call, "w", "bytes to compare")

    def key(line: Line) -> str:
        text = line.text
        for _ in range(skipped_fields):
            text = text.lstrip(" \t")
            text = text[len(text.split(" ", 1)[0].split("\t", 1)[0]) :]
        text = text[skipped:]
        text = text[:compared] if call.has("w") else text
        return text.lower() if call.has("i") else text

    groups: list[list[Line]] = []
    last = None
    for line in call.all_lines():
        current = key(line)
        if groups and current == last:
            groups[-1].append(line)
        else:
            groups.append([line])
        last = current
    out: list[Line] = []
    for group in groups:
        if (call.has("d") or call.has("D")) and len(group) == 1:
            continue
        if call.has("u") and len(group) > 1:
            continue
        for line in group if call.has("D") else group[:1]:
            text = f"{len(group):7d} {line.text}" if call.has("c") else line.text
            facts = tuple(dict.fromkeys(fact for member in group if member.text == line.text for fact in member.facts))
            out.append(Line(text, facts))
    if output is not None:
        call.write(output, out)
        return call.result
    return call.finish(out)


UNIQ = TextTool("uniq", OPTIONS, _uniq)
