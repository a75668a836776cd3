"""Where a user's files live."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def home(environ: Mapping[str, str]) -> Path:
    """The folder of the database and of the user's packs; it need not exist.

    ``QUIZGAME_HOME`` names it, else it is the platform's folder for user data.
    """
    named = environ.get("QUIZGAME_HOME")
    if named:
        return Path(named).expanduser()
    from platformdirs import user_data_path  # costs start-up time, and most runs of the tests never need it

    return user_data_path("quizgame", appauthor=False)
