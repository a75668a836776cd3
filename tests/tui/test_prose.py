"""Texts of packs and small pictures, as pure functions."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizgame.tui.meters import bar, clock, counted, percent, span
from quizgame.tui.prose import CODE_STYLE, STRONG_STYLE, inline, plain, prose, verbatim


def test_lines_of_a_paragraph_are_joined_and_lists_kept() -> None:
    text = "One\ntwo\n\nthree:\n- a\n- b\n1. c\n    code\nend"
    assert prose(text).plain == "One two\n\nthree:\n- a\n- b\n1. c\n    code\nend"


def test_code_and_strong_text_lose_their_marks_and_get_a_style() -> None:
    content = inline("use `kubectl get` **now**")
    assert content.plain == "use kubectl get now"
    assert [(span.start, span.end, span.style) for span in content.spans] == [
        (4, 15, CODE_STYLE),
        (16, 19, STRONG_STYLE),
    ]


@pytest.mark.parametrize("text", ["[red]x[/red]", "[/]", "[@click=app.quit]x[/]", "a ` b", "2 ** 3"])
def test_markup_stays_text(text: str) -> None:
    assert prose(text).plain == text
    assert verbatim(text).plain == text


def test_control_characters_become_visible() -> None:
    assert plain("\x1b[31mred\x07\x9b") == "\N{SYMBOL FOR ESCAPE}[31mred\N{SYMBOL FOR BELL}\N{REPLACEMENT CHARACTER}"
    assert plain("\u202eright to left") == "\N{REPLACEMENT CHARACTER}right to left"


@given(st.text())
def test_no_text_of_a_pack_reaches_the_terminal_as_control(text: str) -> None:
    for shown in (prose(text).plain, verbatim(text).plain):
        assert not any(ord(character) < 0x20 and character not in "\n\t" for character in shown)
        assert "\x7f" not in shown


@pytest.mark.parametrize(
    ("share", "shown"), [(0, "────"), (0.5, "━━──"), (0.6, "━━╸─"), (1, "━━━━"), (1.7, "━━━━"), (-1, "────")]
)
def test_bars_fill_to_half_a_character(share: float, shown: str) -> None:
    assert bar(share, 4).plain == shown


@pytest.mark.parametrize(
    ("left", "shown"),
    [
        (timedelta(minutes=90), "1:30:00"),
        (timedelta(seconds=59.2), "01:00"),
        (timedelta(milliseconds=1), "00:01"),
        (timedelta(), "00:00"),
        (timedelta(seconds=-5), "00:00"),
    ],
)
def test_a_clock_shows_zero_only_when_time_is_over(left: timedelta, shown: str) -> None:
    assert clock(left) == shown


@pytest.mark.parametrize(
    ("ahead", "shown"),
    [
        (timedelta(seconds=5), "1 minute"),
        (timedelta(minutes=10), "10 minutes"),
        (timedelta(hours=3), "3 hours"),
        (timedelta(days=4), "4 days"),
    ],
)
def test_spans_are_told_in_one_unit(ahead: timedelta, shown: str) -> None:
    assert span(ahead) == shown


def test_counts_and_percentages() -> None:
    assert (counted(1, "lab"), counted(0, "lab"), percent(0.126)) == ("1 lab", "0 labs", "13 %")
