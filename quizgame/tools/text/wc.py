"""``wc``."""

from __future__ import annotations

from quizgame.tools.output import Line, Result, render
from quizgame.tools.text.options import Invocation, OptionTable, TextTool

OPTIONS = OptionTable("l,lines", "w,words", "m,chars", "c,bytes", "L,max-line-length", "files0-from=!", "total=!")


def _wc(call: Invocation) -> Result:
    given = {key for key, _ in call.options}
    columns = [key for key in "lwmcL" if key in given] or ["l", "w", "c"]
    rows: list[tuple[list[int], str]] = []
    for name, content in call.inputs():
        text = render(content)
        counts = {
            "l": sum(1 for line in content if line.end),
            "w": len(text.split()),
            "m": len(text),
            "c": len(text.encode("utf-8", "surrogateescape")),
            "L": max((len(line.text.expandtabs()) for line in content), default=0),
        }
        rows.append(([counts[key] for key in columns], name if call.operands else ""))
    if len(call.operands) > 1:
        totals = [
            (max if key == "L" else sum)(row[0][place] for row in rows) if rows else 0
            for place, key in enumerate(columns)
        ]
        rows.append((totals, "total"))
    # Source: GNU wc: columns are as wide as the total size in bytes; one column of one input is not padded,
    # and standard input, whose size is not known beforehand, is given 7 places.
    if len(columns) == 1 and len(rows) <= 1:
        width = 1
    elif not call.operands or "-" in call.operands:
        width = 7
    else:
        sizes = [len(render(content).encode()) for content in _quietly(call)]
        width = len(str(sum(sizes)))
    out = [Line(" ".join(f"{count:{width}d}" for count in row) + (f" {name}" if name else "")) for row, name in rows]
    return call.finish(out)


def _quietly(call: Invocation) -> list[list[Line]]:
    probe = Invocation(call.name, call.table, call.session, call.stdin, [], call.operands)
    return [content for _, content in probe.inputs()]


WC = TextTool("wc", OPTIONS, _wc)
