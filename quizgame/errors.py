"""The one base of all errors that are told to a user as a line, never as a traceback."""

from __future__ import annotations


class QuizgameError(Exception):
    """Something a user can act on.

    Args:
        message: What is wrong and where; lower case, no full stop.
        hint: What to do about it, if that is not obvious.
        source: The place, as ``FILE:LINE:COL``, if there is one.
    """

    def __init__(self, message: str, *, hint: str | None = None, source: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.source = source

    def __str__(self) -> str:
        text = f"{self.source}: {self.message}" if self.source else self.message
        return f"{text} ({self.hint})" if self.hint else text
