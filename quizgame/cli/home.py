"""``quizgame`` without a verb: the app, at home."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from quizgame.cli.screen import run_app
from quizgame.cli.sources import add_blueprint_option, add_database_option, add_pack_option
from quizgame.errors import QuizgameError


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of every run of the app."""
    add_blueprint_option(parser)
    add_pack_option(parser)
    add_database_option(parser)


def run(args: Namespace) -> int:
    """Open the app with the default packs, blueprint and database, where the options name no others."""
    given = vars(args)
    return run_app(Namespace(pack=given.get("pack", []), blueprint=given.get("blueprint") or "cca", db=given.get("db")))


def main() -> int:
    """Run as a program of its own, as `quizgame serve` does once a browser tab."""
    parser = ArgumentParser(prog="quizgame")
    add_arguments(parser)
    try:
        return run(parser.parse_args())
    except QuizgameError as error:
        sys.stderr.write(f"quizgame: {error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
