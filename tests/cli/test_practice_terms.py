"""The options of ``quizgame practice`` as the terms of a run."""

from __future__ import annotations

from argparse import ArgumentParser

import pytest

from quizgame.cli.practice import add_arguments, practice_terms
from quizgame.game.quiz.focus import Focus
from quizgame.tui.launch import PRACTICE_COUNT, PracticeTerms


def terms(*words: str) -> PracticeTerms:
    parser = ArgumentParser()
    add_arguments(parser)
    return practice_terms(parser.parse_args(words))


def test_without_options_the_run_under_way_goes_on() -> None:
    assert terms() == PracticeTerms(or_resume=True)


@pytest.mark.parametrize(
    ("option", "focus"),
    [("--sure-and-wrong", Focus.SURE_AND_WRONG), ("--weak", Focus.WEAK), ("--confused", Focus.CONFUSED)],
)
def test_a_focus_begins_a_run_of_its_own(option: str, focus: Focus) -> None:
    assert terms(option) == PracticeTerms(focus=focus)


def test_minutes_bound_the_run_and_not_its_questions() -> None:
    found = terms("--minutes", "15")
    assert found.minutes == 15
    assert found.count > PRACTICE_COUNT
    assert terms("--minutes", "15", "--count", "5").count == 5


def test_one_focus_at_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        terms("--weak", "--confused")
    assert "not allowed with" in capsys.readouterr().err
