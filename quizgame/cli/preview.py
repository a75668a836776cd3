"""``quizgame preview``: a question of a pack file as learners will see it, while its author writes it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from quizgame.cli.screen import run_app
from quizgame.cli.sources import add_blueprint_option, add_database_option, add_pack_option, library_of
from quizgame.errors import QuizgameError

if TYPE_CHECKING:
    from quizgame.tui.launch import PreviewTerms


def add_arguments(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("what", metavar="ID|FILE", help="a question, or a file of questions")
    add_blueprint_option(parser)
    add_pack_option(parser)
    add_database_option(parser)


def run(args: Namespace) -> int:
    """Open the app in the preview; the file is read again whenever it changes."""
    return run_app(args, preview_terms(args))


def preview_terms(args: Namespace) -> PreviewTerms:
    """The file to show, and where to begin.

    Raises:
        QuizgameError: There is neither such a file nor such a question.
    """
    from quizgame.content.validation import close_match
    from quizgame.tui.launch import PreviewTerms

    path = Path(args.what)
    if path.is_file():
        return PreviewTerms(path)
    bank = library_of(args).questions
    entry = bank.get(args.what)
    if entry is None or entry.document is None:
        raise QuizgameError(
            f'no file and no question "{args.what}"{close_match(args.what, [*bank])}',
            hint="`quizgame list questions` names them",
        )
    return PreviewTerms(Path(entry.document.source), entry.id)
