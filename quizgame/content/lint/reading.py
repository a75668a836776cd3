"""Reading: exhibits that fit a terminal, stems that are no essay, how much of the bank reads something."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from quizgame.content.library import BankQuestion
from quizgame.content.lint.validator import BANK_SIZE, Figure, Validator, percent, problem
from quizgame.content.questions import Spot
from quizgame.yamlsource.place import YamlProblem

EXHIBIT_COLUMNS = 76
"""What a terminal of 80 columns shows beside a frame."""
EXHIBIT_LINES = 25
STEM_WORDS = 90
READING_AT_LEAST = 33.0
"""Percent of the bank that reads a manifest, an output or a topology."""


class ExhibitSize(Validator):
    """Exhibits fit into a terminal of 80 columns."""

    def check(self, entry: BankQuestion) -> Iterable[YamlProblem]:
        """Lines that are too long, and exhibits of too many lines."""
        question = entry.question
        exhibit = question.exhibit.rstrip("\n").split("\n") if question.exhibit else []
        for key, lines in (
            ("exhibit", exhibit),
            ("lines", [line.text for line in question.lines] if isinstance(question, Spot) else []),
        ):
            for number, line in enumerate(lines):
                columns = len(line.expandtabs())
                if columns > EXHIBIT_COLUMNS:
                    path = (key, number) if key == "lines" else (key,)
                    message = f"{key} line {number + 1} has {columns} columns: at most {EXHIBIT_COLUMNS}"
                    yield problem(entry, message, *path)
            if len(lines) > EXHIBIT_LINES:
                yield problem(entry, f"{key} has {len(lines)} lines: at most {EXHIBIT_LINES}", key)


class StemLength(Validator):
    """How many stems are long to read under time pressure."""

    def __init__(self) -> None:
        self._long = 0

    def check(self, entry: BankQuestion) -> Iterable[YamlProblem]:
        """Count."""
        self._long += len(entry.question.stem.split()) > STEM_WORDS
        return ()

    def figures(self) -> Iterable[Figure]:
        """How many."""
        yield Figure(f"stems-over-{STEM_WORDS}-words", self._long, "questions")


class Spread(Validator):
    """How the bank is made up: kinds, difficulties, and questions that read something."""

    def __init__(self) -> None:
        self._kinds: Counter[str] = Counter()
        self._difficulties: Counter[str] = Counter()
        self._reading = 0

    def check(self, entry: BankQuestion) -> Iterable[YamlProblem]:
        """Count."""
        question = entry.question
        self._kinds[question.kind] += 1
        self._difficulties[question.difficulty.value] += 1
        self._reading += question.exhibit is not None or isinstance(question, Spot)
        return ()

    def figures(self) -> Iterable[Figure]:
        """One share each."""
        total = self._kinds.total()
        for kind, count in sorted(self._kinds.items()):
            yield Figure(f"kind-{kind}", percent(count, total), "%")
        for difficulty, count in sorted(self._difficulties.items()):
            yield Figure(f"difficulty-{difficulty}", percent(count, total), "%")
        low = READING_AT_LEAST if total >= BANK_SIZE else None
        yield Figure("reads-something", percent(self._reading, total), "%", low=low)
