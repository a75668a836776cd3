"""Item statistics: figures that can be worked out by hand."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from quizgame.content.library import Library
from quizgame.content.questions import Matching, Ordering, Question
from quizgame.game.quiz.items import text_key
from quizgame.game.quiz.itemstats import Given, item_statistics

# A strong half and a weak one; "tells" is right for the strong alone, "fools" for the weak alone, "all" for everyone.
STRONG = {"tells": True, "fools": False, "all": True, "a": True, "b": True, "c": True}
WEAK = {"tells": False, "fools": True, "all": True, "a": False, "b": False, "c": False}


def answers(of: dict[str, bool], start: datetime) -> list[Given]:
    return [Given(name, right, (), start) for name, right in of.items()]


def test_discrimination_tells_the_strong_from_the_weak(start: datetime) -> None:
    classroom = [answers(STRONG, start)] * 3 + [answers(WEAK, start)] * 3
    found = {one.id: one for one in item_statistics(classroom, {})}
    assert found["tells"].facility == 0.5
    assert found["tells"].discrimination == pytest.approx(1.0)
    assert found["fools"].discrimination == pytest.approx(-1.0)
    assert (found["all"].facility, found["all"].discrimination) == (1.0, None)


def test_four_learners_show_no_discrimination(start: datetime) -> None:
    found = item_statistics([answers(STRONG, start)] * 2 + [answers(WEAK, start)] * 2, {})
    assert {one.discrimination for one in found} == {None}


def test_only_the_first_answer_of_a_learner_counts(start: datetime) -> None:
    later = Given("q", True, (), start + timedelta(days=1))
    (found,) = item_statistics([[later, Given("q", False, (), start)]], {})
    assert (found.learners, found.right) == (1, 0)


def test_use_of_distractors(samples: Library, start: datetime) -> None:
    entry = next(entry for entry in samples.questions.values() if entry.question.kind == "single")
    options = entry.question.options  # type: ignore[union-attr]  # a single question has options
    wrong = next(option for option in options if not option.correct)
    (found,) = item_statistics([[Given(entry.id, False, (text_key(wrong.text),), start)]] * 3, samples.questions)
    assert {use.text: use.chosen for use in found.choices} == {
        option.text: 3 if option is wrong else 0 for option in options
    }
    assert [use.correct for use in found.choices] == [option.correct for option in options]


def texts_of_places(question: Question) -> list[str]:
    if isinstance(question, Ordering):
        return [entry.text for entry in question.sequence]
    assert isinstance(question, Matching)
    return [pair.right for pair in question.pairs]


@pytest.mark.parametrize("kind", ["ordering", "matching"])
def test_use_of_places(samples: Library, start: datetime, kind: str) -> None:
    entry = next(entry for entry in samples.questions.values() if entry.question.kind == kind)
    texts = texts_of_places(entry.question)
    right = [text_key(text) for text in texts]
    swapped = (right[1], right[0], *right[2:])
    given = [[Given(entry.id, False, swapped, start)]] * 2 + [[Given(entry.id, True, tuple(right), start)]]
    (found,) = item_statistics(given, samples.questions)
    assert [(use.correct, use.chosen) for use in found.choices[:4]] == [(True, 1), (False, 2), (False, 2), (True, 1)]
    assert [(use.correct, use.chosen) for use in found.choices[4:]] == [(True, 3)] * (len(texts) - 2)
    assert all(
        text in use.text for text, use in zip((texts[0], texts[1], texts[0], texts[1]), found.choices[:4], strict=True)
    )


def test_spellings_of_one_typed_answer_are_one(samples: Library, start: datetime) -> None:
    entry = next(
        entry for entry in samples.questions.values()
        if entry.question.kind == "fill-in" and entry.question.normalise.value == "word"
    )  # fmt: skip
    right = entry.question.answers[0]  # type: ignore[union-attr]  # a fill-in question has answers
    typed = [right, right.upper(), "quite something else"]
    found = item_statistics([[Given(entry.id, False, (text,), start)] for text in typed], samples.questions)
    assert [(use.correct, use.chosen) for use in found[0].choices] == [(True, 2), (False, 1)]
