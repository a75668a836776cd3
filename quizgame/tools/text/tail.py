"""``tail``."""

from __future__ import annotations

from quizgame.tools import folder
from quizgame.tools.following import Following
from quizgame.tools.output import Line, Result, lines
from quizgame.tools.text.excerpt import expand_digits, last_characters, parse_count, print_excerpts
from quizgame.tools.text.options import Invocation, OptionTable, TextTool

OPTIONS = OptionTable(
    "n,lines=", "c,bytes=", "f,follow?", "F", "q,quiet,silent", "v,verbose", "retry!", "s,sleep-interval=", "pid=!",
    "z,zero-terminated!", *"0123456789",
)  # fmt: skip


def _tail(call: Invocation) -> Result:
    expand_digits(call)
    unit, text = next(((key, value) for key, value in reversed(call.options) if key in "nc"), ("n", "10"))
    count, sign = parse_count(call, text, unit)

    def excerpt(content: list[Line]) -> list[Line]:
        if unit == "c":
            whole = sum(len((line.text + line.end).encode()) for line in content)
            return last_characters(content, max(0, count - 1) if sign == "+" else max(0, whole - count))
        if sign == "+":
            return content[max(0, count - 1) :]
        return content[max(0, len(content) - count) :] if count else []

    result = print_excerpts(call, excerpt)
    if (call.has("f") or call.has("F")) and call.operands:
        _follow(call, result)
    return result


def _follow(call: Invocation, result: Result) -> None:
    """Show what background jobs write into the files."""
    known = {name: len(_content(call, name)) for name in call.operands}
    shown_last = call.operands[-1]
    following = Following(call.session, result.stdout)
    if call.session.stream is not None:
        printed, result.stdout = result.stdout, []
        following.show(printed)
    while following.wait():
        for name, length in known.items():
            content = _content(call, name)
            known[name] = len(content)
            is_cut = len(content) < length
            if is_cut:
                result.stderr += lines(f"tail: {name}: file truncated\n")
            if news := content if is_cut else content[length:]:
                heads = lines(f"\n==> {name} <==\n") if len(known) > 1 and name != shown_last else []
                shown_last = name
                following.show([*heads, *news])


def _content(call: Invocation, name: str) -> list[Line]:
    try:
        return folder.read_file(call.session, name)
    except folder.FileProblem:
        return []


TAIL = TextTool("tail", OPTIONS, _tail)
