"""What reaches the terminal of tool output: colours and text, and nothing that steers it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from quizgame.tui.scenario.ansi import rows, runs, stripped

PLAIN = Style()


def texts(line: str) -> list[str]:
    return [segment.text for segment in runs(line, PLAIN)]


def test_a_colour_escape_colours_what_follows_up_to_the_reset() -> None:
    first, second = runs("\x1b[31mDROPPED\x1b[0m rest", PLAIN)
    assert (first.text, second.text) == ("DROPPED", " rest")
    assert first.style is not None
    assert first.style.color is not None
    assert first.style.color.name == "red"
    assert second.style == PLAIN


def test_bold_and_bright_colours_add_up() -> None:
    (only,) = runs("\x1b[1;92mok", PLAIN)
    assert only.style == Style(bold=True, color="bright_green")


@pytest.mark.parametrize(
    "hostile", ["\x1b]0;title\x07", "\x1b[2J", "\x1b[10;10H", "\x07", "\x9b5m", "\x1b]52;c;eA==\x07"]
)
def test_other_control_sequences_become_visible_characters(hostile: str) -> None:
    text = "".join(texts(f"a{hostile}b"))
    assert text.startswith("a")
    assert text.endswith("b")
    assert all(ord(character) >= 0x20 and not 0x7F <= ord(character) < 0xA0 for character in text)


def test_markup_stands_as_it_is() -> None:
    assert texts("[red]x[/] [/nothing]") == ["[red]x[/] [/nothing]"]


def test_a_tab_goes_to_the_next_eighth_column_of_the_line() -> None:
    assert "".join(texts("ab\x1b[1mc\td")) == "abc     d"


def test_long_lines_break_at_the_width_as_terminals_break_them() -> None:
    broken = rows("x" * 25, PLAIN, 10)
    assert ["".join(segment.text for segment in row) for row in broken] == ["x" * 10, "x" * 10, "x" * 5]


def test_an_empty_line_takes_one_row() -> None:
    assert rows("", PLAIN, 10) == [[]]


@given(st.text(max_size=60), st.integers(2, 20))
def test_rows_hold_all_text_and_none_is_too_wide(line: str, width: int) -> None:
    broken = rows(line, PLAIN, width)
    joined = "".join(segment.text for row in broken for segment in row)
    assert joined == "".join(texts(line)) == stripped(line)
    assert all(sum(cell_len(segment.text) for segment in row) <= width for row in broken)
