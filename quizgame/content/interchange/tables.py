"""Rows for spreadsheets."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from typing import Any

from quizgame.content.interchange.records import question_record
from quizgame.content.library import BankQuestion

OPTIONS = 8
"""Columns for options: as many as the format allows."""
COLUMNS = (
    "id", "domain", "competency", "kind", "difficulty", "stem", "exhibit",
    *(f"option_{number}" for number in range(1, OPTIONS + 1)),
    "correct", "reasons", "answer", "explanation", "sources", "versions", "tags",
)  # fmt: skip


def questions_csv(bank: Iterable[BankQuestion]) -> str:
    """The questions, one a row; cells of several values hold one a line."""
    return _table(COLUMNS, (_row(question_record(entry)) for entry in bank))


def rows_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Any rows."""
    return _table(columns, rows)


def _row(record: Mapping[str, Any]) -> dict[str, Any]:
    options = record["options"]
    row = {name: record[name] for name in COLUMNS if name in record}
    row |= {f"option_{number}": option["text"] for number, option in enumerate(options, 1)}
    row["correct"] = " ".join(str(number) for number, option in enumerate(options, 1) if option["correct"])
    row["reasons"] = "\n".join(option["reason"] or "" for option in options)
    row["answer"] = "\n".join(record["answer"] or ())
    row["sources"] = "\n".join(record["sources"])
    row["tags"] = " ".join(record["tags"])
    return row


def _table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    out = StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
