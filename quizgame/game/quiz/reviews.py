"""Reviews: what the events of attempts tell of the learner.

Cards, mastery and readiness are derived from reviews alone, so that they can be dropped and rebuilt from the events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from quizgame.game.events import Event, Payload
from quizgame.game.quiz.grading import Confidence
from quizgame.game.quiz.items import Response
from quizgame.game.quiz.templates.template import subject_of


@dataclass(frozen=True, slots=True)
class Review:
    """One question answered once."""

    item: str
    """What it was about: the question, or the template whose variant was asked."""
    domain: str
    competency: str
    right: bool
    confidence: Confidence | None
    """``None`` where it was not asked, as in exams."""
    instant: datetime
    kind: str
    """The kind of attempt: ``practice``, ``exam``, ``scenario`` or ``lab``."""
    comes_back: bool = True
    """Whether it is a question that is asked again when it is due; a scenario's step is not."""
    response: Response = ()
    """What was answered, where it is read from events; the derived answers do without."""


def reviews_of(kind: str, event: Event) -> tuple[Review, ...]:
    """The reviews that an event of an attempt of this kind contains, usually none."""
    read = _READERS.get((kind, event.type))
    return read(event.payload, event.instant) if read else ()


def _practice_answer(payload: Payload, instant: datetime) -> tuple[Review, ...]:
    confidence = Confidence(payload["confidence"]) if payload["confidence"] else None
    return (
        Review(
            subject_of(payload["item"]),
            payload["domain"],
            payload["competency"],
            payload["right"],
            confidence,
            instant,
            "practice",
            response=tuple(payload.get("response", ())),
        ),
    )


def _exam_result(payload: Payload, instant: datetime) -> tuple[Review, ...]:
    """An exam counts when it is submitted; what was left unanswered says nothing about what is remembered."""
    return tuple(
        Review(
            subject_of(item["id"]),
            item["domain"],
            item["competency"],
            item["right"],
            None,
            instant,
            "exam",
            response=tuple(item["response"]),
        )
        for item in payload["items"]
        if item["response"]
    )


def _scenario_result(payload: Payload, instant: datetime) -> tuple[Review, ...]:
    """What was seen and how it was diagnosed tells of the competency like answers do; a repair has many causes."""
    if not payload.get("competencies"):
        return ()
    given = {answer["step"]: answer["confidence"] for answer in payload["answers"]}
    return tuple(
        Review(
            f"{payload['scenario']}/{step['id']}",
            payload["domain"],
            payload["competencies"][0],
            step["earned"] > 0,
            Confidence(given[step["id"]]) if given.get(step["id"]) else None,
            instant,
            "scenario",
            comes_back=False,
        )
        for step in payload["steps"]
        if step["kind"] in ("evidence", "diagnosis")
    )


def _lab_result(payload: Payload, instant: datetime) -> tuple[Review, ...]:
    """Answers to a lab's questions tell of the competency; doing what a task says step by step does not."""
    return tuple(
        Review(
            f"{payload['lab']}/{answer['step']}",
            payload["domain"],
            payload["competencies"][0],
            answer["right"],
            None,
            instant,
            "lab",
            comes_back=False,
        )
        for answer in payload["answers"]
    )


_READERS: Mapping[tuple[str, str], Callable[[Payload, datetime], tuple[Review, ...]]] = {
    ("practice", "answered"): _practice_answer,
    ("exam", "submitted"): _exam_result,
    ("scenario", "submitted"): _scenario_result,
    ("lab", "submitted"): _lab_result,
}
