"""The command line: finds the verb, then imports what that verb needs."""

from quizgame.cli.main import main

__all__ = ["main"]
