"""Playing on the screen: lines run, what they show is noted, and everything is saved before it is shown."""

from __future__ import annotations

from typing import Any, cast

import pytest
from textual.widgets import TextArea

from quizgame.game.scenario.attempt import Attempt
from quizgame.tui.launch import PlayTerms
from quizgame.tui.scenario.briefing import BriefingScreen
from quizgame.tui.scenario.debriefing import DebriefScreen
from quizgame.tui.scenario.diagnosis import DiagnosisScreen
from quizgame.tui.scenario.editor import EditorScreen
from quizgame.tui.scenario.play import PlayScreen
from quizgame.tui.screens.bug import BugScreen
from quizgame.tui.screens.help import HelpScreen
from quizgame.tui.screens.home import HomeScreen

DROPS = "hubble observe --verdict DROPPED --last 3"
POLICY = "kubectl -n front get cnp catalogue -o yaml"
CALL = "kubectl -n front exec deploy/shop -- curl -s -m 5 http://catalogue/"


def play_screen(app: Any) -> PlayScreen:
    return cast("PlayScreen", app.screen)


async def test_the_briefing_names_points_without_telling_the_answer(desktop: Any, until: Any) -> None:
    async with desktop.play().run_test() as pilot:
        text = await until(pilot, "What earns points")
    assert "cannot reach catalogue" in text
    assert "40  evidence ×2" in text
    assert "2 hints for 3, 5 points" in text
    assert "about 10 min" in text
    assert "boutique" not in text


async def test_a_line_is_in_the_journal_once_its_output_is_shown(desktop: Any, start: Any, enter: Any) -> None:
    async with desktop.play().run_test() as pilot:
        await start(pilot)
        text = await enter(pilot, "kubectl config current-context")
        assert "kind-kind" in text
        assert desktop.lines() == ["kubectl config current-context"]


async def test_evidence_is_noted_and_told(desktop: Any, start: Any, enter: Any, until: Any) -> None:
    async with desktop.play().run_test() as pilot:
        await start(pilot)
        text = await enter(pilot, DROPS)
        assert "✓ evidence +25" in text
        assert "25 points" in text.splitlines()[0]
        assert "Notebook 1✦" in text
        await pilot.press("f3")
        text = await until(pilot, "$ hubble observe")
        assert "The catalogue's node drops the requests of shop" in text
        assert "Notebook 1✦" not in text


async def test_panes_come_to_the_front_one_at_a_time_and_typing_goes_back(desktop: Any, start: Any, until: Any) -> None:
    async with desktop.play().run_test(size=(80, 24)) as pilot:
        await start(pilot)
        await pilot.press("f2")
        await until(pilot, "○ evidence not found yet")
        await pilot.press("f4")
        text = await until(pilot, "kind-worker2", "✗ shop → catalogue")
        assert "dropped · 80/TCP · Policy denied" in text
        await pilot.press("l", "s")
        assert "workstation:~$ ls" in await until(pilot, "workstation:~$ ls")


async def test_a_wide_terminal_shows_all_panes_beside_it(desktop: Any, start: Any, until: Any) -> None:
    async with desktop.play().run_test(size=(120, 36)) as pilot:
        await start(pilot)
        text = await until(pilot, "workstation:~$", "Steps", "Notebook", "Map", "✗ shop→catalogue:80")
    assert all(len(line) <= 120 for line in text.splitlines())


async def test_the_expert_path_by_keys_leads_to_a_debrief_and_back_home(
    desktop: Any, start: Any, enter: Any, until: Any
) -> None:
    app = desktop.play()
    async with app.run_test(size=(100, 40)) as pilot:
        await start(pilot)
        await enter(pilot, DROPS, POLICY)
        await pilot.press("f6")
        await until(pilot, "All evidence is found.")
        assert isinstance(app.screen, DiagnosisScreen)
        text = "\n".join(choice.text for choice in app.screen._view.choices)
        number = text.splitlines().index("An ingress policy of the catalogue") + 1
        await pilot.press(str(number), "s")
        await until(pilot, "What it is worth is told at the end")
        await enter(pilot, "kubectl apply -f repair.yaml", CALL)
        await pilot.press("f7")
        await until(pilot, "the repair holds")
        await pilot.press("f8")
        await until(pilot, "Submit?")
        await pilot.press("y")
        text = await until(pilot, "✓ PASSED   100 of 100 points", lambda: isinstance(app.screen, DebriefScreen))
        assert "right, and you were sure" in text
        await pilot.press("t")
        await until(pilot, "workstation:~$", "Debrief")
        assert not play_screen(app).check_action("submit", ())
        await pilot.press("f8")
        await until(pilot, lambda: isinstance(app.screen, DebriefScreen))
        await pilot.press("h")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
    with desktop.workspace().store as store:
        (attempt,) = store.attempts("scenario")
    assert attempt.result["score"] == 100


async def test_a_hint_names_its_price_before_it_is_bought(desktop: Any, start: Any, until: Any) -> None:
    async with desktop.play().run_test() as pilot:
        await start(pilot)
        await pilot.press("f5")
        await until(pilot, "Hint 1 of 2 costs 3 of 100 points")
        await pilot.press("n")
        await until(pilot, "workstation:~$")
        assert desktop.lines() == []
        await pilot.press("f5", "y")
        text = await until(pilot, "Hubble keeps what was dropped", "− 3 points")
    assert "hint 1 of 2" in text


async def test_a_here_document_prompts_for_more(desktop: Any, start: Any, enter: Any, until: Any) -> None:
    async with desktop.play().run_test() as pilot:
        await start(pilot)
        for line in ("cat <<EOF", "a: [b]", "EOF"):
            await enter(pilot, line)
        text = await until(pilot, "> EOF", "\na: [b]")
        assert "> a: [b]" in text
        assert desktop.lines() == ["cat <<EOF\na: [b]\nEOF"]


async def test_pasted_lines_run_one_after_another_and_the_last_waits(desktop: Any, start: Any, until: Any) -> None:
    app = desktop.play()
    async with app.run_test() as pilot:
        await start(pilot)
        app.copy_to_clipboard("echo one\ncat <<X\ntwo\nX\necho thr")
        await pilot.press("ctrl+v")
        await until(pilot, "\none", "\ntwo", "$ echo thr")
        await pilot.press("e", "e", "enter")
        await until(pilot, "\nthree")
    assert desktop.lines() == ["echo one", "cat <<X\ntwo\nX", "echo three"]


async def test_keys_typed_right_behind_enter_belong_to_the_next_line(desktop: Any, start: Any, until: Any) -> None:
    async with desktop.play().run_test() as pilot:
        await start(pilot)
        await pilot.press(*"echo a", "enter", *"echo b", "enter")
        await until(pilot, lambda: desktop.lines() == ["echo a", "echo b"])


async def test_history_search_and_completion_at_the_prompt(desktop: Any, start: Any, enter: Any, until: Any) -> None:
    app = desktop.play()
    async with app.run_test() as pilot:
        await start(pilot)
        await enter(pilot, "echo first", "echo second")
        await pilot.press("up", "up")
        assert play_screen(app).terminal.prompt.value == "echo first"
        await pilot.press("ctrl+c", "ctrl+r", *"sec")
        await until(pilot, "found: echo second")
        await pilot.press("right")
        assert play_screen(app).terminal.prompt.value == "echo second"
        await pilot.press("ctrl+c", *"ans", "tab")
        await until(pilot, lambda: play_screen(app).terminal.prompt.value == "answer ")
        await pilot.press("tab")
        await until(pilot, lambda: play_screen(app).terminal.prompt.value == "answer layer ")
        await pilot.press("tab")
        await app.workers.wait_for_complete()
        await pilot.press("tab")
        await until(pilot, "--sure")


async def test_ctrl_c_ends_a_stream_and_what_it_showed_counts(desktop: Any, start: Any, until: Any) -> None:
    app = desktop.play()
    async with app.run_test() as pilot:
        await start(pilot)
        play_screen(app).terminal.prompt.show("hubble observe -f --verdict DROPPED")
        await pilot.press("enter")
        await until(pilot, "Policy denied DROPPED")
        assert play_screen(app).terminal.is_busy
        await pilot.press("ctrl+c")
        text = await until(pilot, lambda: not play_screen(app).terminal.is_busy, "^C")
        assert "✓ evidence +25" in text


async def test_watch_redraws_in_place(desktop: Any, start: Any, until: Any) -> None:
    app = desktop.play()
    async with app.run_test() as pilot:
        await start(pilot)
        play_screen(app).terminal.prompt.show("watch -n 0.2 date")
        await pilot.press("enter")
        first = await until(pilot, "Every 0.2s: date")
        text = await until(pilot, lambda: "08:05:04" not in app_text(app) and "Every" in app_text(app))
        await pilot.press("ctrl+c")
        await until(pilot, lambda: not play_screen(app).terminal.is_busy)
    assert first.count("Every") == text.count("Every") == 1


def app_text(app: Any) -> str:
    return play_screen(app).terminal.scrollback.text


async def test_an_editor_opens_saves_and_can_be_left(desktop: Any, start: Any, enter: Any, until: Any) -> None:
    app = desktop.play()
    async with app.run_test() as pilot:
        await start(pilot)
        play_screen(app).terminal.prompt.show("vi notes.yaml")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen))
        app.screen.query_one(TextArea).text = "kind: [Pod]\n"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, PlayScreen) and not app.screen.terminal.is_busy)
        assert "kind: [Pod]" in await enter(pilot, "cat notes.yaml")
        play_screen(app).terminal.prompt.show("vi notes.yaml")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen))
        app.screen.query_one(TextArea).text = "lost"
        await pilot.pause()
        await pilot.press("escape")
        await until(pilot, "esc again throws the changes away")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, PlayScreen) and not app.screen.terminal.is_busy)
        assert "lost" not in await enter(pilot, "clear", "cat notes.yaml")


async def test_the_editor_goes_on_with_the_indentation_and_no_key_selects_everything(
    desktop: Any, start: Any, until: Any
) -> None:
    app = desktop.play()
    async with app.run_test() as pilot:
        await start(pilot)
        play_screen(app).terminal.prompt.show("vi new.yaml")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen))
        area = app.screen.query_one(TextArea)
        await pilot.press(*"spec:", "enter", "tab", *"a: 1", "enter", *"b:", "enter", "tab", *"- x", "enter")
        assert area.text == "spec:\n  a: 1\n  b:\n    - x\n    "
        await pilot.press("f7", "f6", "y")
        assert area.text == "spec:\n  a: 1\n  b:\n    - x\n    y", "nothing was selected, so nothing is overwritten"
        await pilot.press("up", "up", "end", "enter", *"c: 2")
        assert area.text == "spec:\n  a: 1\n  b:\n  c: 2\n    - x\n    y"


async def test_news_that_do_not_fit_end_in_an_ellipsis(desktop: Any, start: Any, enter: Any) -> None:
    async with desktop.play().run_test(size=(80, 24)) as pilot:
        await start(pilot)
        text = await enter(pilot, "hint", "hint", f"{DROPS}; {POLICY}")
        (news,) = [line for line in text.splitlines() if "✓ evidence +25" in line]
        assert news.rstrip().endswith("…")
        assert len(news) <= 80


async def test_an_attempt_is_continued_where_it_was_left(desktop: Any, start: Any, enter: Any, until: Any) -> None:
    async with desktop.play().run_test() as pilot:
        await start(pilot)
        await enter(pilot, DROPS)
    app = desktop.app()
    async with app.run_test() as pilot:
        text = await until(pilot, "Continue: The shop cannot reach its catalogue")
        assert "1 line, 25 points so far" in text
        await pilot.press("c")
        text = await until(pilot, "Policy denied DROPPED", "workstation:~$", "25 points")
        await enter(pilot, POLICY)
        assert desktop.lines() == [DROPS, POLICY]
        await pilot.press("escape")
        await until(pilot, "under way: 40 points", lambda: isinstance(app.screen, BriefingScreen))
        await pilot.press("enter")
        await until(pilot, "app: boutique", lambda: isinstance(app.screen, PlayScreen))


async def test_another_one_of_the_family_gives_the_open_attempt_up(
    desktop: Any, start: Any, enter: Any, until: Any
) -> None:
    async with desktop.play().run_test() as pilot:
        await start(pilot)
        await enter(pilot, DROPS)
        await pilot.press("escape")
        await until(pilot, "Another one")
        await pilot.press("n")
        await until(pilot, "enter Start")
        await pilot.press("enter")
        await until(pilot, "0 points", "workstation:~$")
    shelf = desktop.workspace().shelf
    assert [attempt.record.seed for attempt in [shelf.open_attempt()]] == [100]


async def test_a_changed_scenario_shows_what_was_found_and_cannot_go_on(
    desktop: Any, start: Any, enter: Any, until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desktop.play().run_test() as pilot:
        await start(pilot)
        await enter(pilot, DROPS)
    monkeypatch.setattr("quizgame.tui.scenario.shelf.__version__", "99")
    async with desktop.play().run_test() as pilot:
        text = await until(pilot, "cannot go on")
    assert "1 line, 25 points so far" in text
    assert "flow(" in text
    assert "enter Continue" not in text


async def test_a_bug_in_a_tool_is_told_and_the_attempt_goes_on(
    desktop: Any, start: Any, enter: Any, until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = desktop.play()
    real = Attempt.run_line

    def faulty(self: Attempt, text: str, now: Any = None) -> Any:
        if text == "boom":
            self.world.advance(100)
            raise KeyError("spec")
        return real(self, text, now)

    monkeypatch.setattr(Attempt, "run_line", faulty)
    async with app.run_test() as pilot:
        await start(pilot)
        await enter(pilot, DROPS)
        before = play_screen(app).picture.elapsed_s
        play_screen(app).terminal.prompt.show("boom")
        await pilot.press("enter")
        await until(pilot, "KeyError: 'spec'", lambda: isinstance(app.screen, BugScreen))
        await pilot.press("escape")
        await until(pilot, "This line was not run")
        text = await enter(pilot, "echo on")
        assert "\non" in text
        assert play_screen(app).picture.elapsed_s < before + 50
    assert desktop.lines() == [DROPS, "echo on"]


async def test_time_passes_and_traffic_flows_while_the_learner_thinks(
    desktop: Any, start: Any, until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quizgame.tui.scenario.play.TICK_S", 0.05)
    app = desktop.play()
    async with app.run_test() as pilot:
        await start(pilot)
        first = play_screen(app).picture
        await until(pilot, lambda: play_screen(app).picture.elapsed_s > first.elapsed_s + 0.2)
        assert play_screen(app).picture.map.flows != first.map.flows


async def test_the_question_mark_helps_at_an_empty_prompt_and_types_elsewhere(
    desktop: Any, start: Any, until: Any
) -> None:
    app = desktop.play()
    async with app.run_test() as pilot:
        await start(pilot)
        await pilot.press(*"ls ?")
        assert play_screen(app).terminal.prompt.value == "ls ?"
        await pilot.press("ctrl+u", "?")
        text = await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        assert "Lines typed before" in text
        await pilot.press("escape")
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))


async def test_selected_output_is_copied_with_ctrl_c(desktop: Any, start: Any, enter: Any) -> None:
    app = desktop.play()
    async with app.run_test() as pilot:
        await start(pilot)
        await enter(pilot, "clear", f"echo {'x' * 100}y")
        app.screen.text_select_all()
        await pilot.press("ctrl+c")
        assert f"\n{'x' * 100}y" in app.clipboard


async def test_the_list_of_scenarios_shows_what_they_came_to(desktop: Any, start: Any, enter: Any, until: Any) -> None:
    app = desktop.play()
    async with app.run_test() as pilot:
        await start(pilot)
        await enter(pilot, "submit")
        await until(pilot, "✗ NOT PASSED")
        await pilot.press("h")
        await until(pilot, "Broken clusters")
        await pilot.press("s")
        text = await until(pilot, "The shop cannot reach its catalogue", "best 0")
        assert "easy · 10 min" in text


async def test_the_same_scenario_is_offered_by_its_file(desktop: Any, scenarios: Any, until: Any) -> None:
    source = scenarios.find("closed-door")
    async with desktop.app(PlayTerms("elsewhere", 3, source)).run_test() as pilot:
        await until(pilot, "What earns points")


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)])
async def test_nothing_is_cut_off(desktop: Any, start: Any, until: Any, size: tuple[int, int]) -> None:
    app = desktop.play()
    async with app.run_test(size=size) as pilot:
        await start(pilot)
        text = await until(pilot, "workstation:~$")
        last = text.splitlines()[-1]
        assert all(word in last for word in ("Hint", "Diagnose", "Verify", "Submit", "Leave", "Help"))
        assert "0 points" in text.splitlines()[0]
        assert "of 10 min" in text.splitlines()[0]
