"""How the programs of containers that take options read their command lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps

from quizgame.tools.output import Line, Result
from quizgame.tools.pod.context import PodContext, PodProgram
from quizgame.tools.text.options import OptionTable, ToolExit

Body = Callable[[PodContext, dict[str, str], list[str]], Result]
"""What a program does in its place, given its options, of each the last, and its operands."""


def with_options(table: OptionTable) -> Callable[[Body], PodProgram]:
    """Make a program of a body and the options that it takes; it has no use for standard input."""

    def program_of(body: Body) -> PodProgram:
        @wraps(body)
        def run(argv: Sequence[str], context: PodContext, stdin: Sequence[Line]) -> Result:
            del stdin
            try:
                options, operands = table.parse(argv)
            except ToolExit as leaving:
                return leaving.result
            return body(context, dict(options), operands)

        return run

    return program_of
