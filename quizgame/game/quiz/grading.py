"""Grading: whether a response answers an item, part by part, with the reason for each part.

Rules for this file: pure functions of item and response. An item is right as a whole or wrong; the parts are there to
learn from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from quizgame.content.answers import pair_text
from quizgame.content.questions import FillIn, Matching, MultipleChoice, Ordering, SingleChoice, Spot
from quizgame.errors import QuizgameError
from quizgame.game.quiz.answers import same_answer
from quizgame.game.quiz.items import Item, Response, line_key, text_key


class Confidence(Enum):
    """How sure the learner was."""

    SURE = "sure"
    UNSURE = "unsure"


class ResponseError(QuizgameError):
    """A response that the item cannot take; nothing was recorded."""


@dataclass(frozen=True, slots=True)
class Part:
    """One option, place, pair, text or line of an item, judged."""

    text: str
    """The option; ``left → right`` of a pair; the accepted or typed text of a fill-in; the line."""
    chosen: bool
    """Whether the response holds it: chosen, placed here, paired so, or typed."""
    correct: bool
    """Whether the right answer holds it."""
    reason: str | None

    @property
    def is_right(self) -> bool:
        """Whether the learner dealt rightly with this part."""
        return self.chosen == self.correct


@dataclass(frozen=True, slots=True)
class Mark:
    """A graded response."""

    right: bool
    parts: tuple[Part, ...]
    """Choices as shown; the sequence in its right order; the pairs; for fill-in the shown answer and what was typed."""


def grade(item: Item, response: Response) -> Mark:
    """Grade a response; an incomplete or empty one is wrong, never an error."""
    return _GRADERS[item.kind](item, item.question, response)


def check_response(item: Item, response: Response, *, complete: bool) -> None:
    """Refuse what cannot be an answer to this item.

    Args:
        item: What was asked.
        response: What was answered; empty means no answer, which passes unless it must be complete.
        complete: Whether the answer must name as much as the item asks for.

    Raises:
        ResponseError: Unknown or repeated choices, too many, or too few for a complete one.
    """
    if item.kind == "fill-in":
        if len(response) > 1 or (complete and not (response and response[0].strip())):
            raise ResponseError("type one answer")
        return
    known = {choice.key for choice in item.choices}
    for key in response:
        if key not in known:
            raise ResponseError(f'"{key}" is no choice of this question')
    if len(set(response)) < len(response):
        raise ResponseError("each choice counts once")
    if len(response) > item.choose or (complete and len(response) < item.choose):
        raise ResponseError(f"choose {item.choose}, not {len(response)}")


def _grade_options(item: Item, question: SingleChoice | MultipleChoice, response: Response) -> Mark:
    options = {text_key(option.text): option for option in question.options}
    chosen = set(response)
    parts = tuple(
        Part(choice.text, choice.key in chosen, options[choice.key].correct, options[choice.key].reason)
        for choice in item.choices
    )
    return Mark(all(part.is_right for part in parts), parts)


def _grade_sequence(item: Item, question: Ordering, response: Response) -> Mark:
    placed = dict(enumerate(response))
    parts = tuple(
        Part(entry.text, placed.get(index) == text_key(entry.text), True, entry.reason)
        for index, entry in enumerate(question.sequence)
    )
    return Mark(all(part.chosen for part in parts), parts)


def _grade_pairs(item: Item, question: Matching, response: Response) -> Mark:
    placed = dict(enumerate(response))
    parts = tuple(
        Part(pair_text(pair.left, pair.right), placed.get(index) == text_key(pair.right), True, pair.reason)
        for index, pair in enumerate(question.pairs)
    )
    return Mark(all(part.chosen for part in parts), parts)


def _grade_text(item: Item, question: FillIn, response: Response) -> Mark:
    typed = response[0] if response else ""
    if any(same_answer(question.normalise, typed, accepted) for accepted in question.answers):
        return Mark(True, (Part(typed.strip(), True, True, question.reason),))
    shown = Part(question.answers[0], False, True, question.reason)
    if not typed.strip():
        return Mark(False, (shown,))
    near = next((near for near in question.near if same_answer(question.normalise, typed, near.text)), None)
    return Mark(False, (shown, Part(typed.strip(), True, False, near.reason if near else None)))


def _grade_lines(item: Item, question: Spot, response: Response) -> Mark:
    chosen = set(response)
    parts = tuple(
        Part(line.text, line_key(number) in chosen, line.correct, line.reason)
        for number, line in enumerate(question.lines, 1)
    )
    return Mark(all(part.is_right for part in parts), parts)


_GRADERS: Mapping[str, Callable[[Item, Any, Response], Mark]] = {
    "single": _grade_options,
    "multiple": _grade_options,
    "ordering": _grade_sequence,
    "matching": _grade_pairs,
    "fill-in": _grade_text,
    "spot": _grade_lines,
}
