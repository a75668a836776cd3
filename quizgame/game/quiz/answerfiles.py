"""Reads what ``quizgame export --what answers --format json`` wrote: one learner's answers."""

from __future__ import annotations

from datetime import datetime

import msgspec

from quizgame.errors import QuizgameError
from quizgame.game.quiz.itemstats import Given

SIZE_LIMIT = 64 * 1024 * 1024
EXERCISE_KINDS = ("scenario", "lab")
"""Kinds of attempts whose steps count for the learner and are no items of the bank."""


class _Answer(msgspec.Struct):
    """The fields that statistics need; others are passed over."""

    item: str
    right: bool
    instant: datetime
    response: tuple[str, ...] = ()
    kind: str = "practice"


class _Export(msgspec.Struct):
    answers: list[_Answer]


def read_answers(text: bytes, name: str) -> list[Given]:
    """The answers to questions; steps of scenarios and questions in labs are none.

    Args:
        text: The file's text.
        name: What to call it in messages.

    Raises:
        QuizgameError: It is no such export.
    """
    hint = "make it with `export --what answers --format json`"
    if len(text) > SIZE_LIMIT:
        raise QuizgameError(f"{name} is larger than {SIZE_LIMIT // 2**20} MiB", hint=hint)
    try:
        data = msgspec.json.decode(text, type=_Export)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise QuizgameError(f"{name} is no export of answers: {error}", hint=hint) from error
    if any(one.instant.tzinfo is None for one in data.answers):
        raise QuizgameError(f"{name} is no export of answers: an instant has no time zone", hint=hint)
    return [
        Given(one.item, one.right, one.response, one.instant) for one in data.answers if one.kind not in EXERCISE_KINDS
    ]
