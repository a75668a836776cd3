"""History and completion, as functions."""

from __future__ import annotations

import pytest

from quizgame.tui.scenario.completing import extension, word_at
from quizgame.tui.scenario.history import History


def test_going_back_and_forth_returns_to_what_was_being_typed() -> None:
    history = History(["one", "two"])
    assert history.step(-1, "dra") == "two"
    assert history.step(-1, "two") == "one"
    assert history.step(-1, "one") is None
    assert history.step(1, "one") == "two"
    assert history.step(1, "two") == "dra"
    assert history.step(1, "dra") is None


def test_a_repeated_line_and_an_empty_one_are_not_kept() -> None:
    history = History(["one", "one", " ", "two"])
    assert history.lines == ["one", "two"]


def test_a_search_finds_the_newest_first_and_each_line_once() -> None:
    history = History(["get pods", "get nodes", "get pods", "apply"])
    assert history.find("get") == "get pods"
    assert history.find("get", 1) == "get nodes"
    assert history.find("get", 2) is None
    assert history.find("") is None


@pytest.mark.parametrize(
    ("word", "found", "added"),
    [
        ("kub", ["kubectl"], "ectl "),
        ("a", ["a/"], "/"),
        ("po", ["pods", "podtemplates"], "d"),
        ("pod", ["pods", "podtemplates"], ""),
        ("x", [], ""),
    ],
)
def test_a_word_is_extended_as_far_as_there_is_no_choice(word: str, found: list[str], added: str) -> None:
    assert extension(word, found) == added


@pytest.mark.parametrize(("line", "word"), [("kubectl ge", "ge"), ("a|gr", "gr"), ("cat <fi", "fi"), ("get ", "")])
def test_the_word_at_the_cursor_ends_at_blanks_and_operators(line: str, word: str) -> None:
    assert word_at(line, len(line)) == word
