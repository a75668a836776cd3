"""``basename`` and ``dirname``."""

from __future__ import annotations

from quizgame.tools.output import Line, Result
from quizgame.tools.text.options import Invocation, OptionTable, TextTool


def _base(path: str) -> str:
    stripped = path.rstrip("/")
    return stripped.rpartition("/")[2] if stripped else path[:1]


def _basename(call: Invocation) -> Result:
    if not call.operands:
        raise call.usage("missing operand")
    suffix = call.value("s")
    names = call.operands
    if not (call.has("a") or call.has("s")):
        if len(names) > 2:
            raise call.usage(f"extra operand ‘{names[2]}’")
        suffix = names[1] if len(names) == 2 else ""
        names = names[:1]
    shown = [_base(name) for name in names]
    return call.finish([Line(name.removesuffix(suffix) if suffix and name != suffix else name) for name in shown])


def _dirname(call: Invocation) -> Result:
    if not call.operands:
        raise call.usage("missing operand")
    out = []
    for path in call.operands:
        stripped = path.rstrip("/")
        parent = stripped.rpartition("/")[0].rstrip("/")
        out.append(Line(parent or ("/" if path.startswith("/") else ".")))
    return call.finish(out)


BASENAME = TextTool("basename", OptionTable("a,multiple", "s,suffix=", "z,zero!"), _basename)
DIRNAME = TextTool("dirname", OptionTable("z,zero!"), _dirname)
