"""``quizgame`` without a verb: the app, at home."""

from __future__ import annotations

from argparse import Namespace

from quizgame.cli.screen import run_app


def run(args: Namespace) -> int:
    """Open the app with the default packs, blueprint and database."""
    return run_app(Namespace(pack=[], blueprint="cca", db=None))
