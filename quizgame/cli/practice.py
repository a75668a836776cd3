"""``quizgame practice``: answer questions."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from quizgame.cli.options import positive
from quizgame.cli.screen import run_app
from quizgame.cli.sources import add_blueprint_option, add_database_option, add_pack_option, blueprint_of
from quizgame.errors import QuizgameError


def add_arguments(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument(
        "--domain", action="append", default=[], metavar="D", help="only questions of this domain (repeatable)"
    )
    parser.add_argument("--due", action="store_true", help="only questions that are due")
    parser.add_argument("--count", type=positive, metavar="N", help="at most this many questions (default: 20)")
    add_blueprint_option(parser)
    add_pack_option(parser)
    add_database_option(parser)


def run(args: Namespace) -> int:
    """Open the app in a practice run: a new one where options ask for it, else the one under way."""
    from quizgame.tui.launch import PRACTICE_COUNT, PracticeTerms

    known = [domain.id for domain in blueprint_of(args).domains]
    for domain in args.domain:
        if domain not in known:
            raise QuizgameError(f'unknown domain "{domain}"', hint=f"known are {', '.join(known)}")
    has_terms = bool(args.domain or args.due or args.count)
    terms = PracticeTerms(tuple(args.domain), args.count or PRACTICE_COUNT, args.due, or_resume=not has_terms)
    return run_app(args, terms)
