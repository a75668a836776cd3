"""How the command ends early."""

from __future__ import annotations

from quizgame.errors import QuizgameError


class CommandFailure(QuizgameError):
    """The command line cannot be done; the message is one line on stderr, the exit status 1."""
