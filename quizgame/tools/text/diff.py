"""``diff``: normal, unified and brief."""

from __future__ import annotations

from difflib import SequenceMatcher

from quizgame.tools import folder
from quizgame.tools.output import Line, Result
from quizgame.tools.text.date import render_date
from quizgame.tools.text.ls import START_NS
from quizgame.tools.text.options import Invocation, OptionTable, TextTool

OPTIONS = OptionTable(
    "u", "U,unified?", "q,brief", "s,report-identical-files", "i,ignore-case", "w,ignore-all-space",
    "b,ignore-space-change",
    "B,ignore-blank-lines!", "y,side-by-side!", "c!", "C,context?!", "r,recursive!", "N,new-file", "a,text",
    "e,ed!", "n,rcs!",
    "color?", "label=", "t,expand-tabs!", "W,width=!", "strip-trailing-cr", "E,ignore-tab-expansion!",
    "Z,ignore-trailing-space",
    "x,exclude=!", "p,show-c-function!", "I,ignore-matching-lines=!", "normal",
    usage_lines="{name}: Try '{name} --help' for more information.\n",
    status=2,
)  # fmt: skip
TROUBLE = 2
NO_NEWLINE = "\\ No newline at end of file"


def _read(call: Invocation, name: str) -> list[Line] | None:
    try:
        return call.read(name)
    except folder.FileProblem as problem:
        if call.has("N") and problem.message == folder.NO_SUCH_FILE:
            return []
        call.complain(f"{name}: {problem.message}", TROUBLE)
        return None


def _compared(call: Invocation, line: Line) -> str:
    text = line.text
    if call.has("w"):
        text = "".join(text.split())
    elif call.has("b"):
        text = " ".join(text.rstrip().split(" ")) if not text.strip() else " ".join(text.split())
    elif call.has("Z"):
        text = text.rstrip()
    if call.has("i"):
        text = text.lower()
    return text + line.end


def _span(start: int, end: int) -> str:
    if end - start == 1:
        return str(start + 1)
    return f"{start + 1},{end}" if end > start else str(start)


def _side(sign: str, content: list[Line], separator: str) -> list[Line]:
    out: list[Line] = []
    for line in content:
        out.append(Line(f"{sign}{separator}{line.text}", line.facts))
        if not line.end:
            out.append(Line(NO_NEWLINE))
    return out


def _normal(matcher: SequenceMatcher[str], left: list[Line], right: list[Line]) -> list[Line]:
    out: list[Line] = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            continue
        letter = {"replace": "c", "delete": "d", "insert": "a"}[tag]
        first = _span(i1, i2) if tag != "insert" else str(i1)
        second = _span(j1, j2) if tag != "delete" else str(j1)
        out.append(Line(f"{first}{letter}{second}"))
        out.extend(_side("<", left[i1:i2], " "))
        if tag == "replace":
            out.append(Line("---"))
        out.extend(_side(">", right[j1:j2], " "))
    return out


def _hunk_span(start: int, end: int) -> str:
    length = end - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


def _unified(call: Invocation, matcher: SequenceMatcher[str], left: list[Line], right: list[Line]) -> list[Line]:
    context = call.value("U", "3") or "3"
    if not context.isdigit():
        raise call.usage(f"invalid context length '{context}'")
    labels = call.values("label")
    stamp = render_date("%Y-%m-%d %H:%M:%S.%N +0000", START_NS)
    names = [
        labels[place] if place < len(labels) else f"{name}\t{stamp}" for place, name in enumerate(call.operands[:2])
    ]
    out = [Line(f"--- {names[0]}"), Line(f"+++ {names[1]}")]
    for group in matcher.get_grouped_opcodes(int(context[:6])):
        i1, i2, j1, j2 = group[0][1], group[-1][2], group[0][3], group[-1][4]
        out.append(Line(f"@@ -{_hunk_span(i1, i2)} +{_hunk_span(j1, j2)} @@"))
        for tag, a1, a2, b1, b2 in group:
            if tag == "equal":
                out.extend(_side(" ", left[a1:a2], ""))
                continue
            out.extend(_side("-", left[a1:a2], ""))
            out.extend(_side("+", right[b1:b2], ""))
    return out


def _diff(call: Invocation) -> Result:
    if len(call.operands) != 2:
        if len(call.operands) > 2:
            raise call.usage(f"extra operand '{call.operands[2]}'")
        raise call.usage(f"missing operand after '{call.operands[0] if call.operands else 'diff'}'")
    contents = [_read(call, name) for name in call.operands]
    left, right = contents
    if left is None or right is None:
        return call.result
    a, b = ([_compared(call, line) for line in side] for side in (left, right))
    first, second = call.operands
    if a == b:
        return call.finish([Line(f"Files {first} and {second} are identical")] if call.has("s") else [])
    call.result.exit = 1
    if call.has("q"):
        return call.finish([Line(f"Files {first} and {second} differ")])
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    is_unified = call.has("u") or call.has("U")
    return call.finish(_unified(call, matcher, left, right) if is_unified else _normal(matcher, left, right))


DIFF = TextTool("diff", OPTIONS, _diff)
