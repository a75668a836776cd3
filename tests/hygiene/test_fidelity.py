"""The page on what is simulated says what the code does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fidelity.coverage import all_tools
from tests.fidelity.page import PACKAGE, PAGE, PARTS, ROOT, brought_up_to_date
from tests.fidelity.simplified import simplifications
from tests.fidelity.unread import NOTHING_TO_DO, unread_options


def test_page_is_what_the_generator_makes() -> None:
    stored = PAGE.read_text(encoding="utf-8")
    assert brought_up_to_date(stored) == stored, "run `make fidelity` and look at the difference"


def test_page_has_every_part_once() -> None:
    stored = PAGE.read_text(encoding="utf-8")
    assert [stored.count(f"<!-- generated: {name} -->") for name in PARTS] == [1] * len(PARTS)


def test_parts_are_made_anew_between_their_marks() -> None:
    marked = "by hand\n<!-- generated: simplified -->\nstale\n<!-- end -->\nby hand, too\n"
    made = brought_up_to_date(marked)
    assert "stale" not in made
    assert made.startswith("by hand\n<!-- generated: simplified -->\n")
    assert made.endswith("<!-- end -->\nby hand, too\n")
    assert brought_up_to_date(made) == made


def test_no_option_is_both_simulated_and_refused() -> None:
    both = [
        (tool.name, entry.command, option)
        for tool in all_tools()
        for entry in tool.entries
        for option in entry.simulated
        if option in entry.refused
    ]
    assert both == []


def test_an_option_is_read_or_has_a_reason_not_to_be() -> None:
    assert {*unread_options(all_tools(), PACKAGE)} == {*NOTHING_TO_DO}


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("# Simplified: one thing.\nx = 1\n", "one thing."),
        ("    # Simplified: a note\n    # of two lines.\n    x = 1\n", "a note of two lines."),
        ('"""What it is. Simplified: the ``rest``."""\n', "the `rest`."),
        ('"""What it is.\n\nSimplified: the\nrest.\n\nMore.\n"""\n', "the rest."),
        ('"""What it is.\n\nSimplified: the rest.\n\nArgs:\n    x: it.\n"""\n', "the rest."),
        ('"""What.\n\n    # Simplified: a mark in\n    # a docstring.\n    """\n', "a mark in a docstring."),
    ],
)
def test_note_ends_where_its_comment_or_paragraph_ends(tmp_path: Path, source: str, text: str) -> None:
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "module.py").write_text(source, encoding="utf-8")
    assert [*simplifications(tmp_path)] == [("room/module.py", text)]


def test_readme_leads_to_the_page() -> None:
    assert "(docs/fidelity.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
