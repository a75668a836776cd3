"""Reasons, explanations and sources: what a learner needs after an answer."""

from __future__ import annotations

from collections.abc import Iterable

from quizgame.content.library import BankQuestion
from quizgame.content.lint.validator import Validator, problem
from quizgame.content.questions import FillIn, Matching, MultipleChoice, Ordering, SingleChoice, Spot
from quizgame.yamlsource.place import YamlProblem

SPOT_REASONS = 3
"""Lines of a spot question that say why they are, or are not, the one."""


class Reasons(Validator):
    """Every option, entry, pair and right line carries its own reason."""

    def check(self, entry: BankQuestion) -> Iterable[YamlProblem]:
        """Parts without a reason."""
        question = entry.question
        if isinstance(question, SingleChoice | MultipleChoice):
            yield from _missing(entry, "options", [option.reason for option in question.options], "option")
        elif isinstance(question, Ordering):
            yield from _missing(entry, "sequence", [step.reason for step in question.sequence], "entry")
        elif isinstance(question, Matching):
            yield from _missing(entry, "pairs", [pair.reason for pair in question.pairs], "pair")
        elif isinstance(question, FillIn):
            if question.reason is None:
                yield problem(entry, "no reason: say why the answer is right")
        else:
            yield from self._spot(entry, question)

    def _spot(self, entry: BankQuestion, question: Spot) -> Iterable[YamlProblem]:
        for index, line in enumerate(question.lines):
            if line.correct and line.reason is None:
                yield problem(entry, "right line without a reason", "lines", index)
        given = sum(line.reason is not None for line in question.lines)
        if given < min(SPOT_REASONS, len(question.lines)):
            yield problem(entry, f"{given} lines carry a reason: give one to {SPOT_REASONS} at least", "lines")


class Explanations(Validator):
    """Every question has an explanation."""

    def check(self, entry: BankQuestion) -> Iterable[YamlProblem]:
        """A missing one."""
        if entry.question.explanation is None:
            yield problem(entry, "no explanation")


class Sources(Validator):
    """Every question names a source."""

    def check(self, entry: BankQuestion) -> Iterable[YamlProblem]:
        """Missing ones."""
        if not entry.question.sources:
            yield problem(entry, "no source: name the documentation page that shows the answer")


def _missing(entry: BankQuestion, key: str, reasons: list[str | None], noun: str) -> Iterable[YamlProblem]:
    for index, reason in enumerate(reasons):
        if reason is None:
            yield problem(entry, f"{noun} without a reason", key, index)
