"""``column -t`` and the filling of columns."""

from __future__ import annotations

import re

from quizgame.tools.derive import derived
from quizgame.tools.output import Line, Result
from quizgame.tools.text.options import Invocation, OptionTable, TextTool

OPTIONS = OptionTable(
    "t,table", "s,separator=", "o,output-separator=", "c,output-width=", "x,fillrows", "N,table-columns=",
    "R,table-right=",
    "n,table-name=!", "J,json!", "L,keep-empty-lines", "d,table-noheadings", "e,table-header-repeat!",
    "E,table-noextreme=!",
    "H,table-hide=!", "O,table-order=!", "T,table-truncate=!", "W,table-wrap=!", "l,table-columns-limit=!",
    "r,tree=!",
    "i,tree-id=!", "p,tree-parent=!",
)  # fmt: skip


def _rows(call: Invocation, content: list[Line]) -> list[tuple[list[str], Line]]:
    rows: list[tuple[list[str], Line]] = []
    if call.has("N"):
        rows.append((call.value("N").split(","), Line("")))
    for line in content:
        if line.text.strip() == "":
            if call.has("L"):
                rows.append(([], line))
            continue
        if call.has("s"):
            rows.append((re.split(f"[{re.escape(call.value('s'))}]", line.text), line))
        else:
            rows.append((line.text.split(), line))
    return rows


def _table(call: Invocation, content: list[Line]) -> list[Line]:
    rows = _rows(call, content)
    count = max((len(cells) for cells, _ in rows), default=0)
    widths = [max((len(cells[place]) for cells, _ in rows if place < len(cells)), default=0) for place in range(count)]
    right = {int(number) for number in call.value("R").split(",") if number.isdigit()}
    joiner = call.value("o", "  ")
    out: list[Line] = []
    for cells, line in rows:
        shown = [
            cell.rjust(widths[place]) if place + 1 in right else cell.ljust(widths[place])
            for place, cell in enumerate([*cells, *[""] * (count - len(cells))])
        ]
        if shown and count not in right:
            shown[-1] = shown[-1].rstrip(" ")
        out.append(derived(joiner.join(shown), [line]))
    return out


def _fill(call: Invocation, content: list[Line]) -> list[Line]:
    entries = [line for line in content if line.text.strip()]
    if not entries:
        return []
    width_text = call.value("c", str(call.session.width))
    if not width_text.isdigit():
        raise call.stop(f"invalid columns argument: '{width_text}'")
    # Source: util-linux column: cells are as wide as the longest entry, rounded up to the next tab stop.
    cell = (max(len(line.text) for line in entries) // 8 + 1) * 8
    per_row = max(1, int(width_text) // cell)
    height = -(-len(entries) // per_row)
    out: list[Line] = []
    for row in range(height):
        across = slice(row * per_row, (row + 1) * per_row)
        chosen = entries[across] if call.has("x") else entries[row::height]
        text = ""
        for place, line in enumerate(chosen):
            text += line.text
            if place < len(chosen) - 1:
                text += "\t" * -(-(cell - len(line.text)) // 8)
        out.append(derived(text, chosen))
    return out


def _column(call: Invocation) -> Result:
    content = call.all_lines(message="cannot open {name}: {problem}")
    return call.finish(_table(call, content) if call.has("t") else _fill(call, content))


COLUMN = TextTool("column", OPTIONS, _column)
