"""Item statistics of a class: how hard each question is, whether it tells learners apart, which options are used.

Rules for this file: of each learner only the first answer to a question counts, since later ones were given after its
explanation was read; nothing is stated that so few learners cannot show.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import StatisticsError, correlation
from typing import Any

from quizgame.content.answers import pair_text
from quizgame.content.library import BankQuestion
from quizgame.content.questions import FillIn, Matching, MultipleChoice, Ordering, SingleChoice, Spot
from quizgame.game.quiz.answers import same_answer
from quizgame.game.quiz.items import Response, line_key, text_key

LEARNERS_NEEDED = 5
"""Fewer learners give no discrimination: a correlation of four points says nothing."""


@dataclass(frozen=True, slots=True)
class Given:
    """One answer of one learner."""

    item: str
    right: bool
    response: Response
    """As in events; empty where the export does not hold it."""
    instant: datetime


@dataclass(frozen=True, slots=True)
class ChoiceUse:
    """How often something was chosen, put in a place, paired so, or typed."""

    text: str
    correct: bool
    chosen: int
    """By how many learners."""


@dataclass(frozen=True, slots=True)
class ItemStatistics:
    """One question, as a class answered it."""

    id: str
    entry: BankQuestion | None
    """``None`` for a template, and for what no pack holds any more: then choices are unknown."""
    learners: int
    right: int
    discrimination: float | None
    """Correlation, from -1 to 1, of being right here with the share of right answers to all other questions;
    ``None`` with fewer than `LEARNERS_NEEDED` learners, or where all answered alike."""
    choices: tuple[ChoiceUse, ...]

    @property
    def facility(self) -> float:
        """The share of learners who were right, from 0 to 1."""
        return self.right / self.learners


def item_statistics(
    learners: Sequence[Sequence[Given]], bank: Mapping[str, BankQuestion]
) -> tuple[ItemStatistics, ...]:
    """The statistics of every question that someone answered, sorted by id.

    Args:
        learners: The answers of each learner, in any order.
        bank: Knows the options.
    """
    firsts = [_first_answers(answers) for answers in learners]
    scores = [(sum(one.right for one in first.values()), len(first)) for first in firsts]
    found = []
    for name in sorted({name for first in firsts for name in first}):
        given = [(first[name], score) for first, score in zip(firsts, scores, strict=True) if name in first]
        answers = [one for one, _ in given]
        found.append(
            ItemStatistics(
                name,
                bank.get(name),
                len(answers),
                sum(one.right for one in answers),
                _discrimination(given),
                _choices(bank.get(name), [one.response for one in answers if one.response]),
            )
        )
    return tuple(found)


def _first_answers(answers: Sequence[Given]) -> dict[str, Given]:
    first: dict[str, Given] = {}
    for one in sorted(answers, key=lambda one: one.instant):
        first.setdefault(one.item, one)
    return first


def _discrimination(given: Sequence[tuple[Given, tuple[int, int]]]) -> float | None:
    points = [(float(one.right), (right - one.right) / (total - 1)) for one, (right, total) in given if total > 1]
    if len(points) < LEARNERS_NEEDED:
        return None
    try:
        return correlation([here for here, _ in points], [elsewhere for _, elsewhere in points])
    except StatisticsError:  # all alike
        return None


def _choices(entry: BankQuestion | None, responses: Sequence[Response]) -> tuple[ChoiceUse, ...]:
    use = _USE.get(entry.question.kind) if entry else None
    return tuple(use(entry.question, responses)) if entry and use and responses else ()


def _use_of_options(question: SingleChoice | MultipleChoice, responses: Sequence[Response]) -> Iterator[ChoiceUse]:
    chosen = Counter(key for response in responses for key in response)
    for option in question.options:
        yield ChoiceUse(option.text, option.correct, chosen[text_key(option.text)])


def _use_of_lines(question: Spot, responses: Sequence[Response]) -> Iterator[ChoiceUse]:
    """Lines that nobody picked and that are not the answer are left out: an exhibit has many."""
    chosen = Counter(key for response in responses for key in response)
    for number, line in enumerate(question.lines, 1):
        if line.correct or chosen[line_key(number)]:
            yield ChoiceUse(line.text, line.correct, chosen[line_key(number)])


def _use_of_pairs(question: Matching, responses: Sequence[Response]) -> Iterator[ChoiceUse]:
    lefts = [pair.left for pair in question.pairs]
    return _use_of_places(
        [pair.right for pair in question.pairs], responses, lambda at, text: pair_text(lefts[at], text)
    )


def _use_of_sequence(question: Ordering, responses: Sequence[Response]) -> Iterator[ChoiceUse]:
    return _use_of_places([entry.text for entry in question.sequence], responses, lambda at, text: f"{at + 1}. {text}")


def _use_of_places(
    rights: Sequence[str], responses: Sequence[Response], shown: Callable[[int, str], str]
) -> Iterator[ChoiceUse]:
    """What was put in each place, those of one place together.

    Args:
        rights: What belongs in each place.
        responses: Answers: a key for each place.
        shown: How a text in a place, counted from 0, is shown.
    """
    chosen = Counter((at, key) for response in responses for at, key in enumerate(response))
    for at, right in enumerate(rights):
        for text in rights:
            count = chosen[at, text_key(text)]
            if count or text is right:
                yield ChoiceUse(shown(at, text), text is right, count)


def _use_of_texts(question: FillIn, responses: Sequence[Response]) -> Iterator[ChoiceUse]:
    """What was typed, the commonest first; spellings of one answer together."""
    typed: dict[str, int] = {}
    for response in responses:
        alike = (known for known in typed if same_answer(question.normalise, response[0], known))
        text = next(alike, response[0].strip())
        typed[text] = typed.get(text, 0) + 1
    for text, count in sorted(typed.items(), key=lambda one: (-one[1], one[0])):
        right = any(same_answer(question.normalise, text, accepted) for accepted in question.answers)
        yield ChoiceUse(text, right, count)


_USE: Mapping[str, Callable[[Any, Sequence[Response]], Iterator[ChoiceUse]]] = {
    "single": _use_of_options,
    "multiple": _use_of_options,
    "spot": _use_of_lines,
    "ordering": _use_of_sequence,
    "matching": _use_of_pairs,
    "fill-in": _use_of_texts,
}
