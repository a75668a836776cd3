"""What a practice run may choose from: everything, or what the learner's answers point at."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TypeVar

from quizgame.content.answers import answer_texts
from quizgame.content.blueprint import Blueprint
from quizgame.content.library import BankQuestion
from quizgame.content.questions import Matching, MultipleChoice, SingleChoice
from quizgame.game.quiz.focus import Focus
from quizgame.game.quiz.grading import Confidence
from quizgame.game.quiz.items import text_key
from quizgame.game.quiz.learner import Mastery
from quizgame.game.quiz.practice import Subject
from quizgame.game.quiz.reviews import Review

S = TypeVar("S", bound=Subject)


def focused(
    bank: Sequence[S], focus: Focus, reviews: Sequence[Review], mastery: Mastery, blueprint: Blueprint
) -> list[S]:
    """The part of a bank that a focus leaves.

    Args:
        bank: Questions and templates.
        focus: Which of them.
        reviews: All answers in their order; `Focus.CONFUSED` needs their responses.
        mastery: By competency.
        blueprint: Its pass mark says what is weak.
    """
    if focus is Focus.ANY:
        return list(bank)
    if focus is Focus.WEAK:
        weak = weak_competencies(mastery, blueprint)
        return [entry for entry in bank if entry.competency in weak]
    wanted = sure_and_wrong(reviews) if focus is Focus.SURE_AND_WRONG else confused(bank, reviews)
    return [entry for entry in bank if entry.id in wanted]


def sure_and_wrong(reviews: Sequence[Review]) -> list[str]:
    """Ids whose last answer was sure and wrong, in the order of their first answers."""
    last = {one.item: one for one in reviews}
    return [name for name, one in last.items() if not one.right and one.confidence is Confidence.SURE]


def weak_competencies(mastery: Mastery, blueprint: Blueprint) -> frozenset[str]:
    """The competencies with answers in which the estimate is below the pass mark."""
    return frozenset(
        name
        for name, estimate in mastery.competencies.items()
        if estimate.answers and estimate.mean < blueprint.pass_ / 100
    )


def confused(bank: Sequence[Subject], reviews: Sequence[Review]) -> Collection[str]:
    """Ids of the questions whose last answer took one thing for another, and of their counterparts."""
    last = {one.item: one for one in reviews if one.response}
    questions = {entry.id: entry for entry in bank if isinstance(entry, BankQuestion)}
    taken: set[str] = set()
    found: list[str] = []
    for name, one in last.items():
        if name in questions and not one.right:
            chosen = set(one.response) & _wrong_keys(questions[name])
            if chosen:
                found.append(name)
                taken |= chosen
    counterparts = (
        name for name, entry in questions.items() if taken & {text_key(text) for text in answer_texts(entry.question)}
    )
    return dict.fromkeys([*found, *counterparts])


def _wrong_keys(entry: BankQuestion) -> frozenset[str]:
    """The keys of what can be taken for the right answer; of pairs, the right sides."""
    question = entry.question
    if isinstance(question, SingleChoice | MultipleChoice):
        return frozenset(text_key(option.text) for option in question.options if not option.correct)
    if isinstance(question, Matching):
        return frozenset(text_key(pair.right) for pair in question.pairs)
    return frozenset()
