"""``true`` and ``false``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quizgame.tools.output import Line, Result
from quizgame.tools.session import Session


@dataclass(frozen=True, slots=True)
class Constant:
    """A program that does nothing but end with its status."""

    name: str
    status: int

    def run(self, argv: Sequence[str], session: Session, stdin: Sequence[Line]) -> Result:
        """End with the status; see ``Tool.run``."""
        return Result(exit=self.status)


TRUE = Constant("true", 0)
FALSE = Constant("false", 1)
