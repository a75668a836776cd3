"""Practice: what is due first, then what is new or weak, one question at a time with its reasons.

Rules for this file: as in exams, the state is the fold of the attempt's events, and every action records its event
first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Protocol

from quizgame.cluster.keyed import keyed_int
from quizgame.content.answers import answer_texts
from quizgame.content.blueprint import Blueprint
from quizgame.content.library import BankQuestion
from quizgame.errors import QuizgameError
from quizgame.game.events import Event, Journal, Payload
from quizgame.game.quiz.grading import Confidence, Mark, check_response, grade
from quizgame.game.quiz.items import Item, Response, present, shuffled
from quizgame.game.quiz.scheduling import Card, rating_of, retrievability, review
from quizgame.game.quiz.shares import apportion
from quizgame.game.quiz.templates.template import VARIANT_SEEDS, Template, subject_of, variant_id


class PracticeEvent(StrEnum):
    """The types of event of a practice run."""

    STARTED = "started"
    ANSWERED = "answered"
    SKIPPED = "skipped"
    ENDED = "ended"


class Subject(Protocol):
    """Something to practise: a question, or a template that gives another variant each time."""

    @property
    def id(self) -> str:
        """What its card is kept under."""
        ...  # pragma: no cover

    @property
    def competency(self) -> str:
        """The competency."""
        ...  # pragma: no cover


@dataclass(frozen=True, slots=True)
class PracticePlan:
    """A practice run before it begins."""

    seed: int
    items: tuple[str, ...]
    """Ids in the order in which they are asked; may be empty."""
    due: int
    """How many of them, from the first, are due."""
    minutes: int | None = None
    """How long the run lasts on the wall clock; ``None``: until its questions are dealt with."""

    def started(self) -> Payload:
        """What the first event of the run's attempt says."""
        timed: Payload = {} if self.minutes is None else {"minutes": self.minutes}
        return {"seed": self.seed, "items": list(self.items), "due": self.due, **timed}


def plan_practice(
    bank: Sequence[Subject],
    blueprint: Blueprint,
    cards: Mapping[str, Card],
    mastery: Mapping[str, float],
    *,
    now: datetime,
    seed: int,
    count: int,
    due_only: bool = False,
    minutes: int | None = None,
) -> PracticePlan:
    """Choose the questions of a practice run.

    Questions whose card is due come first, the longest overdue leading. The other places are shared out by the
    blueprint's weights times what is not yet mastered, first over domains, then over competencies; there, new
    questions come before those least likely to be recalled.

    Args:
        bank: The questions and templates to choose from, already restricted to the wanted domains. Of a template
            that is chosen the run asks a variant made from a seed of its own.
        blueprint: Weights and targets.
        cards: By the id of the question or template; none for what was never answered.
        mastery: By competency, from 0 to 1; a missing one counts as unknown, 0.5.
        now: Decides what is due (UTC).
        seed: Decides between equals, and the order of options.
        count: At most this many questions.
        due_only: Leave out what is not due.
        minutes: When the run is over, whatever is then left.
    """
    known = [entry for entry in bank if entry.id in cards]
    due = sorted(
        (entry for entry in known if cards[entry.id].due <= now), key=lambda entry: (cards[entry.id].due, entry.id)
    )
    chosen = [entry.id for entry in due[:count]]
    overdue = len(chosen)
    if not due_only:
        rest = [entry for entry in bank if entry.id not in cards or cards[entry.id].due > now]
        chosen += _fresh_or_weak(rest, blueprint, cards, mastery, now, seed, count - overdue)
    templates = {entry.id for entry in bank if isinstance(entry, Template)}
    asked = (
        variant_id(name, keyed_int(seed, "practice variant", name, below=VARIANT_SEEDS)) if name in templates else name
        for name in chosen
    )
    return PracticePlan(seed, tuple(asked), overdue, minutes)


def _fresh_or_weak(
    bank: Sequence[Subject],
    blueprint: Blueprint,
    cards: Mapping[str, Card],
    mastery: Mapping[str, float],
    now: datetime,
    seed: int,
    count: int,
) -> list[str]:
    need: dict[str, Fraction] = {}
    for domain in blueprint.domains:
        targets = sum(competency.target for competency in domain.competencies)
        for competency in domain.competencies:
            missing = Fraction(max(1 - mastery.get(competency.id, 0.5), 0.05)).limit_denominator(1000)
            need[competency.id] = Fraction(domain.weight * competency.target, targets) * missing
    for entry in bank:
        need.setdefault(entry.competency, Fraction(1))
    pools: dict[str, list[Subject]] = {name: [] for name in need}
    for entry in shuffled(bank, seed, "practice draw", lambda entry: entry.id):
        pools[entry.competency].append(entry)
    for pool in pools.values():
        pool.sort(key=lambda entry: retrievability(cards[entry.id], now) if entry.id in cards else -1.0)
    shares = apportion(need, count, seed=seed, capacity={name: len(pool) for name, pool in pools.items()})
    drawn = [entry for name, share in shares.items() for entry in pools[name][:share]]
    return [entry.id for entry in shuffled(drawn, seed, "practice order", lambda entry: entry.id)]


@dataclass(frozen=True, slots=True)
class Feedback:
    """What the learner is told after an answer."""

    item: Item
    response: Response
    mark: Mark
    answer: tuple[str, ...]
    """The right answer as texts."""
    confidence: Confidence | None
    next_review: datetime
    """When the question comes back."""

    @property
    def right(self) -> bool:
        """Whether the answer was right."""
        return self.mark.right


@dataclass(frozen=True, slots=True)
class PracticeSummary:
    """How a run went so far."""

    total: int
    """How many were to be asked; of a run by minutes, how many were dealt with."""
    answered: int
    right: int
    skipped: int
    sure_and_wrong: tuple[str, ...]
    """Ids of questions answered wrongly with confidence: what to look at first."""


class PracticeSession:
    """One practice run.

    Args:
        bank: The library's questions, with the variants of templates among them.
        events: All events of the attempt so far, the ``started`` one first.
        journal: Where further ones are recorded.
        cards: The cards as they are now, to tell when a question comes back.
    """

    def __init__(
        self,
        bank: Mapping[str, BankQuestion],
        events: Sequence[Event],
        journal: Journal,
        cards: Mapping[str, Card],
    ) -> None:
        first, *rest = events
        self._journal = journal
        self._cards = dict(cards)
        self._last = first
        self._answers: dict[str, Payload] = {}
        self._skipped: set[str] = set()
        self._ended = False
        self.items: tuple[Item, ...] = tuple(
            present(bank[name], first.payload["seed"]) for name in first.payload["items"] if name in bank
        )
        """The questions in their order, without those that no pack holds any more."""
        self.started = first.instant
        minutes = first.payload.get("minutes")
        self.deadline: datetime | None = None if minutes is None else first.instant + timedelta(minutes=minutes)
        """When a run by minutes is over; the question then shown may still be answered."""
        for event in rest:
            self._apply(event)

    def is_over(self, now: datetime) -> bool:
        """Whether no further question is to be asked."""
        return self.item is None or (self.deadline is not None and now >= self.deadline)

    @property
    def item(self) -> Item | None:
        """The next question neither answered nor skipped; ``None`` when there are no more."""
        if self._ended:
            return None
        done = self._answers.keys() | self._skipped
        return next((item for item in self.items if item.id not in done), None)

    @property
    def position(self) -> int:
        """How many questions have been dealt with."""
        return len(self._answers) + len(self._skipped)

    @property
    def is_ended(self) -> bool:
        """Whether the run was ended."""
        return self._ended

    @property
    def summary(self) -> PracticeSummary:
        """How it went so far."""
        answers = self._answers
        return PracticeSummary(
            len(self.items) if self.deadline is None else self.position,
            len(answers),
            sum(answer["right"] for answer in answers.values()),
            len(self._skipped),
            tuple(
                name
                for name, answer in answers.items()
                if not answer["right"] and answer["confidence"] == Confidence.SURE.value
            ),
        )

    def answer(self, response: Response, confidence: Confidence | None, now: datetime) -> Feedback:
        """Answer the question that ``item`` is; the one after it is then ``item``.

        Raises:
            ResponseError: Not a complete answer to this item; nothing was recorded.
            QuizgameError: There is no question left.
        """
        item = self._current()
        check_response(item, response, complete=True)
        mark = grade(item, response)
        payload: Payload = {
            "item": item.id,
            "domain": item.domain,
            "competency": item.competency,
            "response": list(response),
            "right": mark.right,
            "confidence": confidence.value if confidence else None,
        }
        event = self._record(PracticeEvent.ANSWERED, payload, now)
        subject = subject_of(item.id)
        card = review(self._cards.get(subject), subject, rating_of(mark.right, confidence), event.instant)
        self._cards[subject] = card
        return Feedback(item, response, mark, answer_texts(item.question), confidence, card.due)

    def skip(self, now: datetime) -> None:
        """Leave the question that ``item`` is for another time; it counts neither way."""
        self._record(PracticeEvent.SKIPPED, {"item": self._current().id}, now)

    def end(self, now: datetime) -> PracticeSummary:
        """End the run, finished or not."""
        summary = self.summary
        if not self._ended:
            event = self._event(
                PracticeEvent.ENDED,
                {
                    "total": summary.total,
                    "answered": summary.answered,
                    "right": summary.right,
                    "skipped": summary.skipped,
                },
                now,
            )
            self._journal.finish(event)
            self._apply(event)
        return summary

    def _current(self) -> Item:
        item = self.item
        if item is None:
            raise QuizgameError("there is no question left in this practice run")
        return item

    def _event(self, event_type: PracticeEvent, payload: Payload, now: datetime) -> Event:
        return Event(self._last.seq + 1, max(now, self._last.instant), event_type.value, payload)

    def _record(self, event_type: PracticeEvent, payload: Payload, now: datetime) -> Event:
        event = self._event(event_type, payload, now)
        self._journal.append(event)
        self._apply(event)
        return event

    def _apply(self, event: Event) -> None:
        self._last = event
        if event.type == PracticeEvent.ANSWERED:
            self._answers[event.payload["item"]] = event.payload
        elif event.type == PracticeEvent.SKIPPED:
            self._skipped.add(event.payload["item"])
        else:
            self._ended = True
