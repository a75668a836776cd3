"""A mock exam under way: answers, flags, strike-outs, the clock, and the end.

Rules for this file: all state is the fold of the attempt's events, so that beginning and resuming are the same thing.
Every action records its event first. Time comes in as an argument and runs on whether the program runs or not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from quizgame.content.library import BankQuestion
from quizgame.errors import QuizgameError
from quizgame.game.events import Event, Journal, Payload
from quizgame.game.quiz.grading import check_response, grade
from quizgame.game.quiz.items import Item, Response, present
from quizgame.game.quiz.report import ExamReport, ItemResult, report_from

ALERTS_MIN = (30, 15, 5)
"""Remaining minutes at which the learner is told."""


class ExamOver(QuizgameError):
    """The exam has been submitted or its time has run out; nothing was recorded."""


class ExamEvent(StrEnum):
    """The types of event of an exam."""

    STARTED = "started"
    ANSWERED = "answered"
    FLAGGED = "flagged"
    STRUCK = "struck"
    MOVED = "moved"
    SUBMITTED = "submitted"


@dataclass(slots=True)
class _State:
    """What the events so far add up to."""

    started: datetime
    terms: Payload
    last: Event
    position: int = 0
    responses: dict[str, Response] = field(default_factory=dict)
    flagged: set[str] = field(default_factory=set)
    struck: dict[str, set[str]] = field(default_factory=dict)
    result: Payload | None = None

    def apply(self, event: Event) -> None:
        self.last = event
        _APPLY[event.type](self, event.payload)


def _answered(state: _State, payload: Payload) -> None:
    state.responses[payload["item"]] = tuple(payload["response"])


def _flagged(state: _State, payload: Payload) -> None:
    (state.flagged.add if payload["on"] else state.flagged.discard)(payload["item"])


def _struck(state: _State, payload: Payload) -> None:
    keys = state.struck.setdefault(payload["item"], set())
    (keys.add if payload["on"] else keys.discard)(payload["choice"])


def _moved(state: _State, payload: Payload) -> None:
    state.position = payload["position"]


def _submitted(state: _State, payload: Payload) -> None:
    state.result = payload


_APPLY: Mapping[str, Callable[[_State, Payload], None]] = {
    ExamEvent.ANSWERED: _answered,
    ExamEvent.FLAGGED: _flagged,
    ExamEvent.STRUCK: _struck,
    ExamEvent.MOVED: _moved,
    ExamEvent.SUBMITTED: _submitted,
}


@dataclass(frozen=True, slots=True)
class Tick:
    """What the clock says."""

    remaining: timedelta
    """Never below zero."""
    alert: int | None
    """Minutes mark that was passed since the last tick, to be shown once."""
    is_over: bool
    """Whether the exam is submitted, by now at the latest."""


class ExamSession:
    """One exam.

    Args:
        bank: The library's questions.
        events: All events of the attempt so far, the ``started`` one first.
        journal: Where further ones are recorded.

    Raises:
        QuizgameError: The bank holds none of its questions.
    """

    def __init__(self, bank: Mapping[str, BankQuestion], events: Sequence[Event], journal: Journal) -> None:
        first, *rest = events
        terms = first.payload
        self._journal = journal
        self._state = _State(first.instant, terms, first)
        for event in rest:
            self._state.apply(event)
        ids = [planned["id"] for planned in terms["items"]]
        self.items: tuple[Item, ...] = tuple(present(bank[name], terms["seed"]) for name in ids if name in bank)
        """The questions in their order, without those that no pack holds any more."""
        self.missing: tuple[str, ...] = tuple(name for name in ids if name not in bank)
        """Ids of questions that a pack has lost since the exam began; they are not scored."""
        if not self.items:
            raise QuizgameError("no pack holds the questions of this exam any more", hint="name its packs with --pack")
        self._by_id = {item.id: item for item in self.items}
        self._alerted: set[int] = {mark for mark in ALERTS_MIN if mark >= terms["minutes"]}

    @property
    def title(self) -> str:
        """The exam's name."""
        return str(self._state.terms["title"])

    @property
    def started(self) -> datetime:
        """When it began."""
        return self._state.started

    @property
    def deadline(self) -> datetime:
        """When it ends by itself."""
        return self.started + timedelta(minutes=self._state.terms["minutes"])

    @property
    def position(self) -> int:
        """Index in ``items`` of the question on the screen."""
        return min(self._state.position, len(self.items) - 1)

    @property
    def item(self) -> Item:
        """The question on the screen."""
        return self.items[self.position]

    @property
    def is_over(self) -> bool:
        """Whether it has been submitted."""
        return self._state.result is not None

    @property
    def report(self) -> ExamReport | None:
        """The report, once it is over."""
        return report_from(self._state.result) if self._state.result is not None else None

    def response(self, item_id: str) -> Response:
        """What is answered so far; empty for nothing."""
        return self._state.responses.get(item_id, ())

    def is_answered(self, item_id: str) -> bool:
        """Whether anything is answered."""
        return bool(self.response(item_id))

    def is_complete(self, item_id: str) -> bool:
        """Whether as much is answered as the question asks for."""
        return len(self.response(item_id)) == self._by_id[item_id].choose

    def is_flagged(self, item_id: str) -> bool:
        """Whether it is flagged for review."""
        return item_id in self._state.flagged

    def struck(self, item_id: str) -> frozenset[str]:
        """Keys of the choices that the learner has ruled out."""
        return frozenset(self._state.struck.get(item_id, ()))

    def remaining(self, now: datetime) -> timedelta:
        """Time left, never below zero; a clock that was turned back gives nothing back beyond the last event."""
        return max(self.deadline - max(now, self._state.last.instant), timedelta())

    def tick(self, now: datetime) -> Tick:
        """Look at the clock: submits when time is over, and says which alert is due."""
        remaining = self.remaining(now)
        if self._close_if_due(now):
            return Tick(remaining, None, True)
        passed = [mark for mark in ALERTS_MIN if remaining <= timedelta(minutes=mark)]
        new = [mark for mark in passed if mark not in self._alerted]
        self._alerted.update(passed)
        return Tick(remaining, min(new, default=None), False)

    def answer(self, item_id: str, response: Response, now: datetime) -> None:
        """Set the answer to a question; the empty response takes it back.

        Raises:
            ResponseError: No answer to this item.
            ExamOver: Too late.
        """
        check_response(self._item(item_id), response, complete=False)
        self._record(ExamEvent.ANSWERED, {"item": item_id, "response": list(response)}, now)

    def flag(self, item_id: str, on: bool, now: datetime) -> None:
        """Flag a question for review, or take the flag away."""
        self._record(ExamEvent.FLAGGED, {"item": self._item(item_id).id, "on": on}, now)

    def strike(self, item_id: str, choice: str, on: bool, now: datetime) -> None:
        """Rule a choice out, or take that back; it changes no answer."""
        check_response(self._item(item_id), (choice,), complete=False)
        self._record(ExamEvent.STRUCK, {"item": item_id, "choice": choice, "on": on}, now)

    def move(self, position: int, now: datetime) -> None:
        """Go to a question by its index in ``items``; beyond the ends it stays at the end."""
        self._record(ExamEvent.MOVED, {"position": min(max(position, 0), len(self.items) - 1)}, now)

    def submit(self, now: datetime) -> ExamReport:
        """End the exam; what is not answered is wrong."""
        if not self._close_if_due(now):
            self._submit(max(now, self._state.last.instant), "learner")
        assert self._state.result is not None
        return report_from(self._state.result)

    def _item(self, item_id: str) -> Item:
        item = self._by_id.get(item_id)
        if item is None:
            raise QuizgameError(f'"{item_id}" is no question of this exam')
        return item

    def _close_if_due(self, now: datetime) -> bool:
        """Submit if time has run out; return whether the exam is over."""
        if not self.is_over and not self.remaining(now):
            self._submit(self.deadline, "time")
        return self.is_over

    def _record(self, event_type: ExamEvent, payload: Payload, now: datetime) -> None:
        if self._close_if_due(now):
            raise ExamOver("the exam is over")
        event = Event(self._state.last.seq + 1, max(now, self._state.last.instant), event_type.value, payload)
        self._journal.append(event)
        self._state.apply(event)

    def _submit(self, instant: datetime, by: str) -> None:
        results = tuple(
            ItemResult(
                item.id,
                item.domain,
                item.competency,
                self.response(item.id),
                grade(item, self.response(item.id)).right,
                self.is_flagged(item.id),
            )
            for item in self.items
        )
        terms = self._state.terms
        right = sum(result.right for result in results)
        report = ExamReport(terms["blueprint"], terms["pass"], right, len(results), by, results)
        event = Event(self._state.last.seq + 1, instant, ExamEvent.SUBMITTED.value, report.payload())
        self._journal.finish(event)
        self._state.apply(event)
