"""Lets ``python -m quizgame`` do what the ``quizgame`` command does."""

from quizgame.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
