"""``nano``, ``vi`` and ``vim``: the terminal's own editor, where there is a screen."""

from __future__ import annotations

from quizgame.tools import folder
from quizgame.tools.derive import derived_stream
from quizgame.tools.output import Line, Result, lines, render
from quizgame.tools.text.options import Invocation, OptionTable, TextTool


def _edit(call: Invocation) -> Result:
    edit = call.session.edit_text
    if edit is None:
        raise call.refuse("without a screen")
    if len(call.operands) != 1:
        raise call.refuse("with other than one file")
    name = call.operands[0]
    before: list[Line] = []
    if folder.is_file(call.session, name) or folder.is_folder(call.session, name):
        try:
            before = folder.read_file(call.session, name)
        except folder.FileProblem as problem:
            raise call.stop(f"{name}: {problem.message}") from None
    text = edit(name, render(before))
    if text is not None:
        try:
            folder.write_file(call.session, name, derived_stream(lines(text), before))
        except folder.FileProblem as problem:
            raise call.stop(f"{name}: {problem.message}") from None
    return call.result


EDITOR = TextTool("vi", OptionTable(), _edit)
