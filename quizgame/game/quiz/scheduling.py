"""When a question comes back: FSRS, with the instants handed in and no chance in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from fsrs import Card as FsrsCard
from fsrs import Rating as FsrsRating
from fsrs import Scheduler
from fsrs import State as FsrsState

from quizgame.game.quiz.grading import Confidence

DESIRED_RETENTION = 0.9
MAXIMUM_INTERVAL_DAYS = 365
"""Nobody prepares longer for this exam than a year."""

_SCHEDULER = Scheduler(
    desired_retention=DESIRED_RETENTION, maximum_interval=MAXIMUM_INTERVAL_DAYS, enable_fuzzing=False
)


class Rating(IntEnum):
    """How a review went; the values are FSRS's."""

    AGAIN = 1
    HARD = 2
    GOOD = 3


@dataclass(frozen=True, slots=True)
class Card:
    """The memory of one question."""

    item: str
    state: int
    """FSRS's: 1 learning, 2 review, 3 relearning."""
    step: int | None
    """Of the short steps while learning; ``None`` in review."""
    stability: float | None
    """Days after which it is recalled with a probability of 0.9."""
    difficulty: float | None
    """From 1 to 10."""
    due: datetime
    last_review: datetime | None


def rating_of(right: bool, confidence: Confidence | None) -> Rating:
    """A wrong answer is forgotten, a right but unsure one is hard, any other right one is good."""
    if not right:
        return Rating.AGAIN
    return Rating.HARD if confidence is Confidence.UNSURE else Rating.GOOD


def review(card: Card | None, item: str, rating: Rating, now: datetime) -> Card:
    """The card after a review at an instant (UTC); ``None`` is a question never seen."""
    before = _to_fsrs(card) if card else FsrsCard(card_id=0, due=now)
    after, _ = _SCHEDULER.review_card(before, FsrsRating(int(rating)), review_datetime=now)
    return Card(item, int(after.state), after.step, after.stability, after.difficulty, after.due, after.last_review)


def retrievability(card: Card, now: datetime) -> float:
    """The probability, by FSRS, that the question is recalled at an instant."""
    return float(_SCHEDULER.get_card_retrievability(_to_fsrs(card), now))


def _to_fsrs(card: Card) -> FsrsCard:
    return FsrsCard(
        card_id=0,
        state=FsrsState(card.state),
        step=card.step,
        stability=card.stability,
        difficulty=card.difficulty,
        due=card.due,
        last_review=card.last_review,
    )
