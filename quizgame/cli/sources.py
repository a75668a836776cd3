"""What several verbs read: packs, blueprint, database, clock and chance; the options that name them.

The imports are late: a verb pays only for what it opens.
"""

from __future__ import annotations

import os
import secrets
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from quizgame.errors import QuizgameError

if TYPE_CHECKING:
    from quizgame.content.blueprint import Blueprint
    from quizgame.content.library import BankQuestion, Library
    from quizgame.store.store import Store

PROBLEMS_SHOWN = 20


def add_pack_option(parser: ArgumentParser) -> None:
    """``--pack DIR``: more packs."""
    parser.add_argument(
        "--pack", action="append", default=[], metavar="DIR", help="also read the packs of this folder (repeatable)"
    )


def add_domain_option(parser: ArgumentParser) -> None:
    """``--domain D``: only some domains."""
    parser.add_argument("--domain", action="append", default=[], metavar="D", help="only this domain (repeatable)")


def add_blueprint_option(parser: ArgumentParser) -> None:
    """``--blueprint NAME|FILE``: another exam."""
    parser.add_argument(
        "--blueprint", default="cca", metavar="NAME|FILE", help="the exam's domains and weights (default: cca)"
    )


def add_database_option(parser: ArgumentParser) -> None:
    """``--db FILE``: another database."""
    parser.add_argument(
        "--db", metavar="FILE", help="the database (default: quizgame.db in QUIZGAME_HOME or the user data folder)"
    )


def library_of(args: Namespace) -> Library:
    """All packs of this run; problems of packs go to stderr and stop nothing."""
    folders = [Path(folder) for folder in args.pack]
    for folder in folders:
        if not folder.is_dir():
            raise QuizgameError(f"no folder {folder}", hint="--pack takes a folder of packs")
    library = load_packs(folders)
    for problem in library.problems[:PROBLEMS_SHOWN]:
        sys.stderr.write(f"{problem}\n")
    if len(library.problems) > PROBLEMS_SHOWN:
        sys.stderr.write(f"and {len(library.problems) - PROBLEMS_SHOWN} more\n")
    return library


def load_packs(folders: Sequence[Path]) -> Library:
    """The library of the built-in packs, the user's and those of these folders."""
    from quizgame.content.keptpacks import FOLDER, KeptPacks
    from quizgame.content.library import load_library, pack_folders

    return load_library(pack_folders(user_home(), folders), KeptPacks(user_home() / FOLDER))


def entries_of(args: Namespace, library: Library) -> list[BankQuestion]:
    """The questions of the domains that ``--domain`` names, of all if none are named."""
    from quizgame.content.validation import close_match

    known = sorted({entry.domain for entry in library.questions.values()})
    for domain in args.domain:
        if domain not in known:
            raise QuizgameError(
                f'unknown domain "{domain}"{close_match(domain, known)}', hint="`quizgame list domains` names them"
            )
    return library.in_domains(args.domain)


def blueprint_of(args: Namespace) -> Blueprint:
    """The blueprint of this run."""
    from quizgame.content.blueprint_files import load_blueprint

    return load_blueprint(args.blueprint)


def database_path(args: Namespace) -> Path:
    """Where the database of this run is or will be."""
    from quizgame.store.store import DATABASE_NAME

    return Path(args.db) if args.db else user_home() / DATABASE_NAME


def open_store(args: Namespace) -> Store:
    """Open the database of this run, or make it."""
    from quizgame.store.store import Store

    return Store(database_path(args))


@contextmanager
def recorded(args: Namespace) -> Iterator[Store | None]:
    """Open the database of this run for reading; ``None`` where there is none, since reading makes none."""
    if not database_path(args).exists():
        yield None
        return
    with open_store(args) as store:
        yield store


def tell_of_no_database(args: Namespace) -> None:
    """Say on stderr that nothing is recorded, and where it would be."""
    sys.stderr.write(f"there is no database {database_path(args)}: nothing is recorded there yet\n")


def user_home() -> Path:
    """The folder of the user's database and packs."""
    from quizgame.home import home

    return home(os.environ)


def now() -> datetime:
    """The instant, in UTC."""
    return datetime.now(UTC)


def new_seed() -> int:
    """A seed where none was given."""
    return secrets.randbelow(2**31)
