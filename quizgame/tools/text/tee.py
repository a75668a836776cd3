"""``tee``."""

from __future__ import annotations

from quizgame.tools import folder
from quizgame.tools.derive import joined
from quizgame.tools.output import Result
from quizgame.tools.text.options import Invocation, OptionTable, TextTool

OPTIONS = OptionTable("a,append", "i,ignore-interrupts", "p,output-error?")


def _tee(call: Invocation) -> Result:
    content = joined(call.stdin)
    for name in call.operands:
        if name in ("/dev/stderr", "/dev/fd/2"):
            call.result.stderr.extend(content)
            continue
        try:
            folder.open_file(call.session, name, is_append=call.has("a")).extend(content)
        except folder.FileProblem as problem:
            call.complain(f"{name}: {problem.message}")
    return call.finish(content)


TEE = TextTool("tee", OPTIONS, _tee)
