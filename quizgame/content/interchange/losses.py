"""What records, tables and notes do not carry of a bank, one line each; a bank that has none of it loses nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from quizgame.content.library import BankQuestion
from quizgame.content.questions import FillIn, Matching, Ordering, Question, Spot, carries_proof


def losses_of_records(bank: Iterable[BankQuestion]) -> list[str]:
    """What the JSON and the CSV export leave behind."""
    return _losses(bank, (*_REASONS, *_GRADING))


def losses_of_notes(bank: Iterable[BankQuestion]) -> list[str]:
    """What the notes for Anki leave behind."""
    lost = _losses(bank, (*_REASONS, *_GRADING))
    return ["not carried: shuffled options, grading of answers, the schedule here", *lost]


_Check = tuple[str, Callable[[Question], bool]]


def _losses(bank: Iterable[BankQuestion], checks: Sequence[_Check]) -> list[str]:
    entries = list(bank)
    counted = ((what, sum(has(entry.question) for entry in entries)) for what, has in checks)
    return [f"not carried: {what} ({count})" for what, count in counted if count]


def _has_part_reasons(question: Question) -> bool:
    if isinstance(question, Ordering):
        return any(entry.reason for entry in question.sequence)
    if isinstance(question, Matching):
        return any(pair.reason for pair in question.pairs)
    return isinstance(question, Spot) and any(line.reason for line in question.lines)


_REASONS: tuple[_Check, ...] = (("the reasons of entries, pairs and lines", _has_part_reasons),)
_GRADING: tuple[_Check, ...] = (
    ("the reason and the near answers of what is typed, and how it is compared", lambda one: isinstance(one, FillIn)),
    ("the worlds and claims of proofs", carries_proof),
)
