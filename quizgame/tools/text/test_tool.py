"""``test`` and ``[``."""

from __future__ import annotations

from collections.abc import Sequence

from quizgame.tools.output import Line, Result, failure
from quizgame.tools.session import Session
from quizgame.tools.shell.conditional import TestProblem, evaluate_test


class Test:
    """``test EXPRESSION`` and ``[ EXPRESSION ]``."""

    __test__ = False
    name = "test"

    def run(self, argv: Sequence[str], session: Session, stdin: Sequence[Line]) -> Result:
        """End with 0 if the expression holds, 1 if not, 2 if it is none; see ``Tool.run``."""
        words = list(argv[1:])
        if argv[0] == "[" and (not words or words.pop() != "]"):
            return failure("bash: [: missing `]'", 2)
        try:
            return Result(exit=0 if evaluate_test(session, words) else 1)
        except TestProblem as problem:
            return failure(f"bash: {argv[0]}: {problem.message}", 2)


TEST = Test()
