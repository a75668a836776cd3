"""What can be wrong with a database; in each case the file is left as it was."""

from __future__ import annotations

from quizgame.errors import QuizgameError


class StoreError(QuizgameError):
    """The database cannot be used."""


class DamagedStore(StoreError):
    """The file is no database, or a damaged one."""


class NewerStore(StoreError):
    """A newer version of the program wrote it."""


class AttemptMoved(StoreError):
    """The attempt went on elsewhere: another window recorded events that this one has not seen."""
