"""The bank that ships: sound, sourced, in proportion, and fast to load."""

from __future__ import annotations

import pytest

from quizgame.content.blueprint import Blueprint
from quizgame.content.library import Library, load_library
from quizgame.content.lint.bank import lint
from quizgame.content.packfiles import builtin_folder


@pytest.fixture(scope="module")
def bank() -> Library:
    return load_library([builtin_folder("questions")])


def test_bank_has_no_problems(bank: Library, blueprint: Blueprint) -> None:
    assert [str(problem) for problem in bank.problems] == []
    assert [str(problem) for problem in lint(bank.questions.values(), blueprint).problems] == []


def test_figures_of_the_bank_keep_their_bounds(bank: Library, blueprint: Blueprint) -> None:
    assert len(bank.questions) >= 120
    outside = [figure for figure in lint(bank.questions.values(), blueprint).figures if figure.is_within is False]
    assert outside == []
