"""``quizgame play``: the app, in a scenario or a lab."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from quizgame.cli.run import scenario_named
from quizgame.cli.screen import run_app
from quizgame.cli.sources import add_blueprint_option, add_database_option, add_pack_option


def add_arguments(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("scenario", metavar="SCENARIO", help="id of a scenario or lab, or its file or folder")
    parser.add_argument("--seed", type=int, metavar="N", help="which one of the family (default: a new one)")
    add_blueprint_option(parser)
    add_pack_option(parser)
    add_database_option(parser)


def run(args: Namespace) -> int:
    """Open the app at the briefing; an attempt under way can be continued there.

    Raises:
        QuizgameError: there is no such scenario or lab, or it is broken.
    """
    from quizgame.tui.launch import PlayTerms

    source = scenario_named(args.scenario, [Path(folder) for folder in args.pack])
    return run_app(args, PlayTerms(source.id, args.seed, source))
