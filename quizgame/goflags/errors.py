"""What a command line written in Go says when it refuses its arguments."""

from __future__ import annotations

from quizgame.errors import QuizgameError
from quizgame.goflags.quoting import quote


class GoValueError(QuizgameError):
    """A text that a Go parser refuses; the message is that parser's own."""


class FlagError(QuizgameError):
    """A command line that pflag refuses; the message is pflag's own."""


class UnknownCommandError(QuizgameError):
    """A word that names no command; the message holds the suggestions.

    Args:
        word: What was typed.
        path: The command that has no such subcommand, as ``hubble`` or ``kubectl config``.
        suggestions: Names that resemble the word, in the order the commands were added.
    """

    def __init__(self, word: str, path: str, suggestions: tuple[str, ...]) -> None:
        text = f'unknown command {quote(word)} for "{path}"'
        if suggestions:
            text += "\n\nDid you mean this?\n" + "".join(f"\t{name}\n" for name in suggestions)
        super().__init__(text)
        self.word = word
        self.path = path
        self.suggestions = suggestions


class HelpRequested(Exception):
    """``--help`` or ``-h`` stood among the flags where the command defines no flag of that name."""
