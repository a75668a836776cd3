"""How ``exit``, ``return``, ``break``, ``continue`` and a failed expansion leave what they are in."""

from __future__ import annotations

from quizgame.errors import QuizgameError


class ExitShell(Exception):
    """Leave the shell (or subshell) with this status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class ReturnFromFunction(Exception):
    """Leave the function with this status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class BreakLoop(Exception):
    """Leave this many loops."""

    def __init__(self, levels: int = 1) -> None:
        super().__init__(levels)
        self.levels = levels


class ContinueLoop(Exception):
    """Go on with the next round of the loop this many levels up."""

    def __init__(self, levels: int = 1) -> None:
        super().__init__(levels)
        self.levels = levels


class ExpansionProblem(QuizgameError):
    """An expansion that fails the command; the message is bash's, without ``bash: ``."""
