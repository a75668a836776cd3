"""``paste``."""

from __future__ import annotations

from itertools import zip_longest

from quizgame.tools import folder
from quizgame.tools.derive import derived, joined
from quizgame.tools.output import Line, Result
from quizgame.tools.text.options import Invocation, OptionTable, TextTool

OPTIONS = OptionTable("s,serial", "d,delimiters=", "z,zero-terminated!")
ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", "0": ""}


def _delimiters(text: str) -> list[str]:
    out: list[str] = []
    position = 0
    while position < len(text):
        char = text[position]
        if char == "\\" and position + 1 < len(text):
            position += 1
            char = ESCAPES.get(text[position], text[position])
        out.append(char)
        position += 1
    return out or [""]


def _join(row: list[Line], delimiters: list[str]) -> Line:
    text = ""
    for place, line in enumerate(row):
        text += line.text
        if place < len(row) - 1:
            text += delimiters[place % len(delimiters)]
    return derived(text, row)


def _paste(call: Invocation) -> Result:
    delimiters = _delimiters(call.value("d", "\t"))
    stdin = joined(call.stdin)
    names = call.operands or ["-"]
    dashes = names.count("-")
    columns: list[list[Line]] = []
    taken = 0
    for name in names:
        if name == "-":
            columns.append(stdin if call.has("s") else stdin[taken::dashes])
            taken += 1
            continue
        try:
            columns.append(folder.read_file(call.session, name))
        except folder.FileProblem as problem:
            raise call.stop(f"{name}: {problem.message}") from None
    if call.has("s"):
        return call.finish([_join(column, delimiters) for column in columns])
    rows = [list(row) for row in zip_longest(*columns, fillvalue=Line(""))]
    return call.finish([_join(row, delimiters) for row in rows])


PASTE = TextTool("paste", OPTIONS, _paste)
