"""What holds on every screen: help, palette, themes, small terminals, no colour, a golden picture."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.command import CommandPalette
from textual.theme import Theme

from quizgame.tui.launch import ExamTerms, PracticeTerms
from quizgame.tui.screens.help import HelpScreen
from quizgame.tui.screens.practice import PracticeScreen
from quizgame.tui.settings import FILE_NAME, Settings, load_settings, save_settings
from quizgame.tui.themes import DARK, LIGHT

Press = Callable[..., Any]
GOLDEN = Path(__file__).parent / "golden"


def at(app: Any) -> type:
    """The kind of screen in front."""
    return type(app.screen)


def check_golden(name: str, text: str) -> None:
    """Compare with a golden file; ``UPDATE_GOLDEN=1`` writes it, to be read before it is committed."""
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
    assert text + "\n" == path.read_text(encoding="utf-8")


async def test_a_terminal_too_small_says_so_until_it_is_enlarged(desktop: Any, press: Press) -> None:
    app = desktop.app(PracticeTerms())
    async with app.run_test(size=(60, 15)) as pilot:
        text = await press(pilot)
        assert "quizgame needs at least 80×24" in text
        assert "This terminal has 60×15" in text
        assert "Practice" not in text
        await press(pilot, "n", "1", "s")
        await pilot.resize_terminal(70, 20)
        assert "70×20" in await press(pilot)
        await pilot.resize_terminal(80, 24)
        text = await press(pilot)
        assert "needs at least" not in text
        assert "1 of 9" in text, "keys did nothing while nothing was shown"
        assert "2 of 9" in await press(pilot, "n")


async def test_help_is_made_of_the_bindings_of_the_screen_in_front(desktop: Any, press: Press) -> None:
    app = desktop.app(PracticeTerms())
    async with app.run_test(size=(80, 60)) as pilot:
        await press(pilot)
        shown = {
            active.binding.tooltip
            for active in app.screen.active_bindings.values()
            if active.binding.id and active.enabled
        }
        text = await press(pilot, "question_mark")
        assert at(app) is HelpScreen
        flat = " ".join(text.replace("│", " ").split())
        assert "Say how sure you are" in flat
        for tooltip in filter(None, shown):
            assert tooltip in flat
        await press(pilot, "question_mark")
        assert at(app) is PracticeScreen


async def test_help_names_the_palette_once_and_keys_that_belong_together_on_one_row(desktop: Any, press: Press) -> None:
    app = desktop.app(ExamTerms(seed=1))
    async with app.run_test(size=(100, 50)) as pilot:
        await press(pilot)
        await press(pilot, "enter")
        text = await press(pilot, "question_mark")
        assert text.count("ctrl+p") == 1
        assert "^p" not in text
        (row,) = [line for line in text.splitlines() if "The question before" in line]
        assert row.split()[1:3] == ["←→", "The"]
        assert "the next one" in row


async def test_every_key_of_a_screen_is_in_the_palette_too(desktop: Any, press: Press) -> None:
    app = desktop.app(PracticeTerms())
    async with app.run_test(size=(80, 40)) as pilot:
        await press(pilot)
        titles = [command.title for command in app.get_system_commands(app.screen)]
        assert {"Sure (s)", "Skip (n)", "End (q)", "Help (?)", "Light or dark (^t)", "Theme"} <= set(titles)
        assert len(titles) == len(set(titles))


async def test_a_command_of_the_palette_acts_on_the_screen_below_it(desktop: Any, press: Press) -> None:
    app = desktop.app(PracticeTerms())
    async with app.run_test(size=(80, 40)) as pilot:
        await press(pilot)
        await press(pilot, "ctrl+p")
        assert at(app) is CommandPalette
        await pilot.press(*"skip")
        await app.workers.wait_for_complete()
        await press(pilot, "down", "enter")
        assert at(app) is PracticeScreen
        assert app.screen.session.position == 1


async def test_the_theme_is_remembered(desktop: Any, press: Press) -> None:
    app = desktop.app()
    async with app.run_test() as pilot:
        await press(pilot)
        assert app.theme == DARK.name
        await press(pilot, "ctrl+t")
        assert app.theme == LIGHT.name
    assert json.loads((desktop.folder / FILE_NAME).read_text()) == {"theme": LIGHT.name}
    assert desktop.app().theme == LIGHT.name


@pytest.mark.parametrize("text", ["", "{", "[]", '{"theme": 3}', '{"other": 1}', "\x00\xff"])
def test_settings_that_make_no_sense_give_the_defaults(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE_NAME).write_text(text, encoding="latin-1")
    assert load_settings(tmp_path) == Settings()


def test_settings_are_read_as_they_were_written(tmp_path: Path) -> None:
    save_settings(tmp_path / "new", Settings("quizgame-light"))
    assert load_settings(tmp_path / "new") == Settings("quizgame-light")
    assert [path.name for path in (tmp_path / "new").iterdir()] == [FILE_NAME]


async def test_an_unknown_theme_in_the_settings_is_passed_over(desktop: Any, press: Press) -> None:
    save_settings(desktop.folder, Settings("no-such-theme"))
    app = desktop.app()
    async with app.run_test() as pilot:
        await press(pilot)
        assert app.theme == DARK.name


async def test_no_color_leaves_signs_and_no_colours(
    desktop: Any, press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = desktop.app(PracticeTerms())
    async with app.run_test(size=(80, 40)) as pilot:
        await press(pilot)
        text = await press(pilot, "1")
        colours = set()
        for strip in app.screen._compositor.render_strips():
            for segment in strip.apply_filter(app._filters[-1], app.screen.background_colors[1]):
                for colour in (segment.style.color, segment.style.bgcolor) if segment.style else ():
                    if colour is not None and colour.triplet is not None:
                        colours.add(len(set(colour.triplet)))
    assert colours == {1}, "every colour is a grey"
    assert "▸" in text


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)])
async def test_nothing_is_wider_than_the_terminal(desktop: Any, press: Press, size: tuple[int, int]) -> None:
    app = desktop.app(ExamTerms())
    async with app.run_test(size=size) as pilot:
        await press(pilot)
        for keys in (
            ["enter"],
            ["r"],
            ["h"],
            ["y"],
            ["b"],
            ["escape"],
            ["escape"],
            ["g"],
            ["escape"],
            ["p"],
            ["enter"],
        ):
            text = await press(pilot, *keys)
            assert app.screen.max_scroll_x == 0, keys
            assert text.splitlines()[-1].strip(), "the keys are on the last line"
            for pane in app.screen.query("VerticalScroll"):
                assert pane.max_scroll_x == 0, (keys, pane)


async def test_home_looks_as_it_should(desktop: Any, press: Press) -> None:
    async with desktop.app().run_test(size=(80, 24)) as pilot:
        text = await press(pilot)
    assert "Practise what is due" in text
    check_golden("home-80x24.txt", text)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_a_question_with_an_exhibit_looks_as_it_should(desktop: Any, press: Press, size: tuple[int, int]) -> None:
    from dataclasses import replace

    desktop.library = replace(desktop.library, questions={"single-deny": desktop.library.questions["single-deny"]})
    async with desktop.app(PracticeTerms()).run_test(size=size) as pilot:
        text = await press(pilot)
    assert "name: both}" in text
    check_golden("question-{}x{}.txt".format(*size), text)


async def test_a_report_looks_as_it_should(desktop: Any, press: Press) -> None:
    async with desktop.app(ExamTerms()).run_test(size=(80, 24)) as pilot:
        await press(pilot)
        text = await press(pilot, "enter", "1", "r", "h", "y")
    assert "FAIL" in text
    check_golden("report-80x24.txt", text)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
async def test_home_has_the_colours_of_its_theme(desktop: Any, press: Press, theme: Theme) -> None:
    app = desktop.app()
    async with app.run_test(size=(80, 24)) as pilot:
        app.theme = theme.name
        await press(pilot)
        picture = app.export_screenshot(simplify=True)
    assert str(theme.primary) in picture
    assert str(theme.background) in picture
    check_golden(f"home-{theme.name}.svg", picture)
