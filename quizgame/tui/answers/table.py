"""Which widget takes the answer to which kind of question."""

from __future__ import annotations

from collections.abc import Mapping

from quizgame.game.quiz.items import Item, Response
from quizgame.tui.answers.area import AnswerArea
from quizgame.tui.answers.choices import Choices, Lines
from quizgame.tui.answers.fill_in import Blank
from quizgame.tui.answers.matching import Pairs
from quizgame.tui.answers.ordering import Order

AREAS: Mapping[str, type[AnswerArea]] = {
    "single": Choices,
    "multiple": Choices,
    "ordering": Order,
    "matching": Pairs,
    "fill-in": Blank,
    "spot": Lines,
}


def answer_area(item: Item, response: Response = (), struck: frozenset[str] = frozenset()) -> AnswerArea:
    """The widget for an item."""
    return AREAS[item.kind](item, response, struck)
