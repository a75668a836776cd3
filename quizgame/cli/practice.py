"""``quizgame practice``: answer questions."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from quizgame.cli.options import positive
from quizgame.cli.screen import run_app
from quizgame.cli.sources import add_blueprint_option, add_database_option, add_pack_option, blueprint_of
from quizgame.errors import QuizgameError

if TYPE_CHECKING:
    from quizgame.tui.launch import PracticeTerms


def add_arguments(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument(
        "--domain", action="append", default=[], metavar="D", help="only questions of this domain (repeatable)"
    )
    parser.add_argument("--due", action="store_true", help="only questions that are due")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--sure-and-wrong", action="store_true", help="what you were sure of and got wrong last time")
    which.add_argument("--weak", action="store_true", help="the competencies in which you stand below the pass mark")
    which.add_argument("--confused", action="store_true", help="what you took for something else, and that too")
    parser.add_argument("--minutes", type=positive, metavar="N", help="as many questions as this time takes")
    parser.add_argument("--count", type=positive, metavar="N", help="at most this many questions (default: 20)")
    add_blueprint_option(parser)
    add_pack_option(parser)
    add_database_option(parser)


def run(args: Namespace) -> int:
    """Open the app in a practice run: a new one where options ask for it, else the one under way."""
    known = [domain.id for domain in blueprint_of(args).domains]
    for domain in args.domain:
        if domain not in known:
            raise QuizgameError(f'unknown domain "{domain}"', hint=f"known are {', '.join(known)}")
    return run_app(args, practice_terms(args))


def practice_terms(args: Namespace) -> PracticeTerms:
    """What to practise; without options, what is under way."""
    from quizgame.game.quiz.focus import Focus
    from quizgame.tui.launch import PRACTICE_A_MINUTE, PRACTICE_COUNT, PracticeTerms

    chosen = {Focus.SURE_AND_WRONG: args.sure_and_wrong, Focus.WEAK: args.weak, Focus.CONFUSED: args.confused}
    focus = next((focus for focus, is_chosen in chosen.items() if is_chosen), Focus.ANY)
    count = args.count or (args.minutes * PRACTICE_A_MINUTE if args.minutes else PRACTICE_COUNT)
    has_terms = bool(args.domain or args.due or args.count or args.minutes) or focus is not Focus.ANY
    return PracticeTerms(tuple(args.domain), count, args.due, focus, args.minutes, or_resume=not has_terms)
