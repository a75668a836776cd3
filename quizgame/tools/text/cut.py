"""``cut``."""

from __future__ import annotations

import re

from quizgame.tools.derive import derived
from quizgame.tools.output import Result
from quizgame.tools.text.options import Invocation, OptionTable, TextTool

OPTIONS = OptionTable(
    "d,delimiter=", "f,fields=", "c,characters=", "b,bytes=", "s,only-delimited", "output-delimiter=",
    "complement", "n",
    "z,zero-terminated!",
)  # fmt: skip
RANGE = re.compile(r"(\d*)(-?)(\d*)\Z", re.ASCII)
ENDLESS = 1 << 60


def parse_ranges(call: Invocation, text: str, kind: str) -> list[tuple[int, int]]:
    """Parse ``1,3-5,7-`` into inclusive ranges counted from 1, merged and in order."""
    what = "field" if kind == "f" else "byte/character position"
    ranges: list[tuple[int, int]] = []
    for piece in re.split(r"[, ]", text):
        match = RANGE.match(piece)
        if match is None or piece == "":
            if kind == "f":
                raise call.usage(f"invalid field value ‘{piece}’" if piece else "fields are numbered from 1")
            raise call.usage(
                f"invalid byte/character position ‘{piece}’"
                if piece
                else "byte/character positions are numbered from 1"
            )
        first, dash, last = match.groups()
        if dash and not first and not last:
            raise call.usage("invalid range with no endpoint: -")
        start = int(first) if first else 1
        end = (int(last) if last else ENDLESS) if dash else start
        if start == 0 or (dash and last and end == 0):
            raise call.usage(f"{what}s are numbered from 1")
        if end < start:
            raise call.usage("invalid decreasing range")
        ranges.append((start, end))
    ranges.sort()
    merged: list[tuple[int, int]] = []
    for start, end in ranges:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _complement(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    position = 1
    for start, end in ranges:
        if start > position:
            out.append((position, start - 1))
        position = end + 1
    if position < ENDLESS:
        out.append((position, ENDLESS))
    return out


def _cut(call: Invocation) -> Result:
    kinds = [key for key, _ in call.options if key in "fcb"]
    if not kinds:
        raise call.usage("you must specify a list of bytes, characters, or fields")
    if len(kinds) > 1:
        raise call.usage("only one list may be specified")
    kind = kinds[0]
    if kind != "f" and call.has("d"):
        raise call.usage("an input delimiter may be specified only when operating on fields")
    if kind != "f" and call.has("s"):
        raise call.usage("suppressing non-delimited lines makes sense\n\tonly when operating on fields")
    delimiter = call.value("d", "\t")
    if len(delimiter) > 1:
        raise call.usage("the delimiter must be a single character")
    delimiter = delimiter or "\0"
    ranges = parse_ranges(call, call.value(kind), kind)
    if call.has("complement"):
        ranges = _complement(ranges)
    joiner = call.value("output-delimiter", delimiter if kind == "f" else "")
    out = []
    for line in call.all_lines():
        if kind == "f":
            if delimiter not in line.text:
                if not call.has("s"):
                    out.append(derived(line.text, [line]))
                continue
            pieces = line.text.split(delimiter)
            text = joiner.join(piece for start, end in ranges for piece in pieces[start - 1 : end])
        else:
            text = joiner.join(line.text[start - 1 : end] for start, end in ranges if line.text[start - 1 : end])
        out.append(derived(text, [line]))
    return call.finish(out)


CUT = TextTool("cut", OPTIONS, _cut)
