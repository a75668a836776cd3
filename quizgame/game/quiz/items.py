"""Items: a question as one attempt shows it, with its choices shuffled by the attempt's seed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeVar

from quizgame.cluster.keyed import keyed_bytes
from quizgame.content.library import BankQuestion
from quizgame.content.questions import FillIn, Matching, MultipleChoice, Ordering, Question, SingleChoice, Spot

Response = tuple[str, ...]
"""What a learner answered, by kind; the empty tuple is no answer.

single, multiple: the keys of the chosen choices, in any order. ordering: the keys of all choices in the learner's
order. matching: for each prompt in the order of ``Item.prompts`` the key of the choice put beside it. fill-in: the
typed text, alone. spot: the keys of the chosen lines.
"""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose, to place or to match."""

    key: str
    """Names the choice in responses and events; a hash of its text, so that reordering a pack changes no answer."""
    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """A question as shown."""

    id: str
    domain: str
    question: Question
    choices: tuple[Choice, ...]
    """In the order in which they are shown; empty for fill-in, the lines of the exhibit in their order for spot."""
    prompts: tuple[Choice, ...] = ()
    """Matching only: the left sides, in the order of the pack."""
    choose: int = 1
    """How many choices an answer names: all of them for ordering and matching, 1 text for fill-in."""

    @property
    def kind(self) -> str:
        """The question's kind."""
        return self.question.kind

    @property
    def competency(self) -> str:
        """The question's competency."""
        return self.question.competency

    def choice(self, key: str) -> Choice | None:
        """The choice with this key, if there is one."""
        return next((choice for choice in self.choices if choice.key == key), None)


def present(entry: BankQuestion, seed: int) -> Item:
    """Show a question in an attempt with this seed; the same seed shows it the same way."""
    question = entry.question
    choices, prompts, choose = _SHOWN[question.kind](question, seed)
    return Item(entry.id, entry.domain, question, choices, prompts, choose)


def text_key(text: str) -> str:
    """The key of a choice with this text."""
    return sha256(text.strip().encode()).hexdigest()[:10]


def line_key(number: int) -> str:
    """The key of a line of a spot question; lines may repeat, so it is their number from 1."""
    return str(number)


def shuffled(things: Iterable[T], seed: int, purpose: str, name: Callable[[T], str]) -> list[T]:
    """The things in an order that depends on seed, purpose and their names alone."""
    return sorted(things, key=lambda thing: (keyed_bytes(seed, purpose, name(thing)), name(thing)))


_Shown = tuple[tuple[Choice, ...], tuple[Choice, ...], int]


def _choices(texts: Iterable[str], question: Question, seed: int) -> tuple[Choice, ...]:
    made = [Choice(text_key(text), text) for text in texts]
    return tuple(shuffled(made, seed, f"options of {question.id}", lambda choice: choice.key))


def _show_options(question: SingleChoice | MultipleChoice, seed: int) -> _Shown:
    return _choices((option.text for option in question.options), question, seed), (), question.choose


def _show_sequence(question: Ordering, seed: int) -> _Shown:
    choices = _choices((entry.text for entry in question.sequence), question, seed)
    if [choice.text for choice in choices] == [entry.text for entry in question.sequence]:
        choices = (*choices[1:], choices[0])  # shown in the right order it would ask nothing
    return choices, (), len(choices)


def _show_pairs(question: Matching, seed: int) -> _Shown:
    prompts = tuple(Choice(text_key(pair.left), pair.left) for pair in question.pairs)
    return _choices((pair.right for pair in question.pairs), question, seed), prompts, len(prompts)


def _show_blank(question: FillIn, seed: int) -> _Shown:
    return (), (), 1


def _show_lines(question: Spot, seed: int) -> _Shown:
    lines = tuple(Choice(line_key(number), line.text) for number, line in enumerate(question.lines, 1))
    return lines, (), question.choose


_SHOWN: Mapping[str, Callable[[Any, int], _Shown]] = {
    "single": _show_options,
    "multiple": _show_options,
    "ordering": _show_sequence,
    "matching": _show_pairs,
    "fill-in": _show_blank,
    "spot": _show_lines,
}
