"""``quizgame export``: the bank, or the learner's answers, for other programs."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from quizgame.cli.main import Exit
from quizgame.cli.sources import (
    add_blueprint_option,
    add_database_option,
    add_domain_option,
    add_pack_option,
    blueprint_of,
    entries_of,
    library_of,
    recorded,
    tell_of_no_database,
)
from quizgame.errors import QuizgameError

ANSWER_COLUMNS = ("instant", "kind", "item", "domain", "competency", "right", "confidence", "response")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("--format", choices=("anki", "csv", "gift", "json"), required=True, help="the file's format")
    parser.add_argument(
        "--what", choices=("answers", "questions"), default="questions", help="what to export (default: questions)"
    )
    add_domain_option(parser)
    parser.add_argument("file", metavar="FILE", help="where to write; - is standard output")
    add_pack_option(parser)
    add_blueprint_option(parser)
    add_database_option(parser)


def run(args: Namespace) -> int:
    """Write the file, over an older one if there is one."""
    text = _answers(args) if args.what == "answers" else _questions(args)
    if args.file == "-":
        sys.stdout.write(text)
        return Exit.DONE
    try:
        Path(args.file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise QuizgameError(f"cannot write {args.file}: {error.strerror}") from error
    return Exit.DONE


def _questions(args: Namespace) -> str:
    from quizgame.content.interchange.anki import anki_notes
    from quizgame.content.interchange.gift_writing import write_gift
    from quizgame.content.interchange.losses import losses_of_notes, losses_of_records
    from quizgame.content.interchange.records import question_record
    from quizgame.content.interchange.tables import questions_csv

    bank = entries_of(args, library_of(args))
    if args.format == "gift":
        gift = write_gift(bank)
        _tell(args.format, gift.losses)
        return gift.text
    if args.format == "anki":
        _tell(args.format, losses_of_notes(bank))
        return anki_notes(bank, blueprint_of(args))
    _tell(args.format, losses_of_records(bank))
    return questions_csv(bank) if args.format == "csv" else _json({"questions": [*map(question_record, bank)]})


def _tell(name: str, losses: Iterable[str]) -> None:
    for loss in losses:
        sys.stderr.write(f"{name}: {loss}\n")


def _answers(args: Namespace) -> str:
    from quizgame.content.interchange.tables import rows_csv

    if args.format in ("anki", "gift"):
        raise QuizgameError(f"{args.format} takes questions, not answers", hint="use --format csv or json")
    with recorded(args) as store:
        if store is None:
            tell_of_no_database(args)
        given = store.given() if store is not None else []
    reviews = [one for one in given if not args.domain or one.domain in args.domain]
    rows: list[dict[str, Any]] = [
        {
            "instant": one.instant.isoformat(),
            "kind": one.kind,
            "item": one.item,
            "domain": one.domain,
            "competency": one.competency,
            "right": one.right,
            "confidence": one.confidence.value if one.confidence else None,
            "response": list(one.response) if args.format == "json" else "\n".join(one.response),
        }
        for one in reviews
    ]
    return rows_csv(ANSWER_COLUMNS, rows) if args.format == "csv" else _json({"answers": rows})


def _json(data: dict[str, Any]) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
