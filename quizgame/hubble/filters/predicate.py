"""What a filter compiles to."""

from __future__ import annotations

from collections.abc import Callable

from quizgame.errors import QuizgameError
from quizgame.hubble.flow import Flow

Predicate = Callable[[Flow | None], bool]
"""Says whether a flow matches; ``None`` stands for a record without a flow."""


class FilterError(QuizgameError):
    """A filter's value is wrong; the message is the server's own."""


class NotSimulated(QuizgameError):
    """A real option that works only in the real tool; callers print it as ``quizgame: NAME is not simulated``.

    Args:
        name: What was asked for, as typed.
    """

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not simulated")
