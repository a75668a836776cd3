"""Labs on the screen: tasks beside the terminal, ticks and explanations as they are done, by keyboard alone."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, cast

import pytest

from quizgame.tui.launch import PlayTerms
from quizgame.tui.scenario.briefing import BriefingScreen
from quizgame.tui.scenario.debriefing import DebriefScreen
from quizgame.tui.scenario.diagnosis import DiagnosisScreen
from quizgame.tui.scenario.play import PlayScreen
from quizgame.tui.screens.help import HelpScreen
from quizgame.tui.screens.home import HomeScreen
from quizgame.tui.screens.practice import PracticeScreen

GOLDEN = Path(__file__).parent / "golden"
CALL = "kubectl -n front exec shop -- curl -sI http://catalogue/"
CLOSE = "kubectl apply -f closed.yaml"


def flat(text: str) -> str:
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", text).split())


async def test_the_briefing_lists_the_tasks(desktop: Any, until: Any) -> None:
    async with desktop.do_lab().run_test(size=(80, 24)) as pilot:
        text = await until(pilot, "enter Start")
    assert "Lab › A first door" in text
    assert "1  See that it is open" in text
    assert "nothing costs points" in text
    assert "points ×" not in text


async def test_the_first_task_stands_in_the_terminal_and_in_its_pane(desktop: Any, start: Any, until: Any) -> None:
    async with desktop.do_lab().run_test(size=(80, 24)) as pilot:
        text = await start(pilot)
        assert "Task 1 of 2: See that it is open" in text
        assert "Call http://catalogue/ from the pod shop." in text, "marks of Markdown are shown as what they stand for"
        assert "0 of 2 tasks" in text.splitlines()[0]
        await pilot.press("f2")
        pane = await until(pilot, "▸ See that it is open", "○ Close it")
        assert "2 hints left: f5" in pane
        assert "Who drops" not in pane, "later questions are not shown"
        await pilot.press("f2")
        await until(pilot, "workstation:~$")


async def test_a_lab_by_keyboard_from_home_to_its_last_page_and_back(
    desktop: Any, enter: Any, until: Any, start: Any
) -> None:
    app = desktop.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, "1 scenario, 1 lab")
        await pilot.press("s")
        await until(pilot, "Lab: A first door")
        await pilot.press("enter")
        await start(pilot)
        text = await enter(pilot, CALL)
        assert "[x] 1 of 2: See that it is open" in text
        assert "Nothing selects catalogue, so nothing is enforced." in text
        assert "Task 2 of 2: Close it" in text
        assert "1 of 2 tasks" in text.splitlines()[0]
        await enter(pilot, CLOSE)
        await pilot.press("f6")
        await until(pilot, lambda: isinstance(app.screen, DiagnosisScreen))
        wrong, right = (place_of(app, text) for text in ("The Service", "The agent's datapath, by policy"))
        await pilot.press(str(wrong), "enter")
        await until(pilot, "No: A Service drops nothing.")
        await pilot.press("f2")
        assert "✗ The Service" in await until(pilot, "f6 answers")
        await pilot.press("f6")
        await until(pilot, lambda: isinstance(app.screen, DiagnosisScreen))
        await pilot.press(str(right), "enter")
        text = await until(pilot, "[x] 2 of 2: Close it", "All tasks are done")
        assert isinstance(app.screen, PlayScreen), "what the last task explains is not covered"
        await pilot.press("f8")
        text = await until(pilot, "✓ DONE   2 of 2 tasks", lambda: isinstance(app.screen, DebriefScreen))
        assert "right at try 2" in text
        await pilot.press("t")
        assert "front" in await enter(pilot, "kubectl get ns")
        await pilot.press("f8")
        await until(pilot, lambda: isinstance(app.screen, DebriefScreen))
        await pilot.press("h")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        await pilot.press("s")
        assert "✓ 100" in await until(pilot, "Lab: A first door")
    with desktop.workspace().store as store:
        (attempt,) = store.attempts("lab")
        assert (attempt.result["score"], attempt.result["passed"]) == (100, True)
        assert store.attempts("scenario") == []
        (review,) = store.reviews()
        assert (review.item, review.right) == ("first-door/close", False)


def place_of(app: Any, text: str) -> int:
    choices = [choice.text for choice in app.screen._view.choices]
    return choices.index(text) + 1


async def test_what_was_explained_can_be_read_again(desktop: Any, start: Any, enter: Any, until: Any) -> None:
    async with desktop.do_lab().run_test(size=(80, 24)) as pilot:
        await start(pilot)
        await enter(pilot, CALL)
        await pilot.press("f3")
        text = flat(await until(pilot, "$ kubectl -n front exec shop"))
        assert "✓ See that it is open" in text
        assert "Nothing selects catalogue, so nothing is enforced." in text


async def test_hints_are_given_without_asking(desktop: Any, start: Any, until: Any) -> None:
    app = desktop.do_lab()
    async with app.run_test(size=(80, 24)) as pilot:
        await start(pilot)
        await pilot.press("f5")
        await until(pilot, "Hint 1 of 2: kubectl exec runs a command in a pod.")
        await until(pilot, lambda: not screen_of(app).terminal.is_busy)
        await pilot.press("f5")
        await until(pilot, "Hint 2 of 2")
        await until(pilot, lambda: not app.screen.check_action("hint", ()))


def screen_of(app: Any) -> PlayScreen:
    return cast("PlayScreen", app.screen)


async def test_a_lab_goes_on_after_a_kill(desktop: Any, start: Any, enter: Any, until: Any) -> None:
    async with desktop.do_lab().run_test(size=(80, 24)) as pilot:
        await start(pilot)
        await enter(pilot, "hint", CALL)
    app = desktop.app()
    async with app.run_test(size=(80, 24)) as pilot:
        text = await until(pilot, "Continue: A first door")
        assert "2 lines, 1 task done so far" in text
        await pilot.press("c")
        text = await until(pilot, "[x] 1 of 2: See that it is open", "workstation:~$", "1 of 2 tasks")
        await pilot.press("escape")
        await until(pilot, "under way: 1 task done", lambda: isinstance(app.screen, BriefingScreen))


async def test_a_lab_of_a_file_goes_on_as_well(
    desktop: Any, scenarios: Any, start: Any, enter: Any, until: Any
) -> None:
    """``quizgame play FOLDER`` again: the lab is in no library."""
    source = scenarios.find("first-door")
    desktop.scenarios = type(scenarios)({}, ())
    async with desktop.app(PlayTerms("first-door", 0, source)).run_test(size=(80, 24)) as pilot:
        await start(pilot)
        await enter(pilot, CALL)
    async with desktop.app(PlayTerms("first-door", None, source)).run_test(size=(80, 24)) as pilot:
        await until(pilot, "1 line, 1 task done so far", "enter Continue")
        await pilot.press("enter")
        await until(pilot, "[x] 1 of 2: See that it is open", "workstation:~$")


async def test_ending_early_is_asked_and_shows_what_is_left(desktop: Any, start: Any, until: Any) -> None:
    app = desktop.do_lab()
    async with app.run_test(size=(80, 24)) as pilot:
        await start(pilot)
        await pilot.press("f8")
        await until(pilot, "2 tasks would be left undone")
        await pilot.press("y")
        text = await until(pilot, "✗ NOT DONE   0 of 2 tasks", lambda: isinstance(app.screen, DebriefScreen))
        assert "points" not in text


async def test_the_last_page_leads_to_questions_and_back(desktop: Any, start: Any, enter: Any, until: Any) -> None:
    from quizgame.content.packfiles import PackFile

    desktop.packs = [PackFile("pack.yaml", QUESTIONS.encode())]
    app = desktop.do_lab()
    async with app.run_test(size=(80, 24)) as pilot:
        await start(pilot)
        await enter(pilot, "end")
        await until(pilot, lambda: isinstance(app.screen, DebriefScreen))
        await pilot.press("p")
        text = await until(pilot, "Which one?", lambda: isinstance(app.screen, PracticeScreen))
        assert "1 of 1" in text.splitlines()[0], "only what the lab trains"
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, DebriefScreen))
        await pilot.press("h")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))


QUESTIONS = """\
apiVersion: quizgame/v1
kind: Questions
domain: network-policy
questions:
  - &one
    id: one
    competency: layer-3-and-4-policies
    kind: single
    difficulty: easy
    stem: Which one?
    options:
      - {text: this, correct: true, reason: It is.}
      - {text: that, reason: It is not.}
    versions: "1.19"
  - <<: *one
    id: other
    competency: rule-structure
    stem: And which one is this?
"""


async def test_questions_from_a_last_page_leave_the_run_below_open(
    desktop: Any, start: Any, enter: Any, until: Any
) -> None:
    """Practice → lab → practice on the same competency: the first run goes on as if nothing had been."""
    from quizgame.content.packfiles import PackFile
    from quizgame.tui.launch import PracticeTerms

    desktop.packs = [PackFile("pack.yaml", QUESTIONS.encode())]
    app = desktop.app(PracticeTerms(count=2, competencies=("layer-3-and-4-policies", "rule-structure")))
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, "1 of 2")
        await pilot.press("1", "enter")
        await until(pilot, "comes back in")
        app.open_scenario(PlayTerms("first-door", 0))
        await start(pilot)
        await enter(pilot, "end")
        await until(pilot, lambda: isinstance(app.screen, DebriefScreen))
        await pilot.press("p")
        await until(pilot, "Which one?", "1 of 1")
        await pilot.press("1", "enter")
        await until(pilot, "comes back in")
        await pilot.press("enter")
        await until(pilot, "1 of 1 right")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, DebriefScreen))
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, PlayScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, BriefingScreen))
        await pilot.press("escape")
        await until(pilot, "comes back in", lambda: isinstance(app.screen, PracticeScreen))
        await pilot.press("enter")
        await until(pilot, "2 of 2")
        await pilot.press("1", "enter")
        await until(pilot, "2 of 2", "comes back in")


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)])
async def test_nothing_is_cut_off(desktop: Any, start: Any, enter: Any, size: tuple[int, int]) -> None:
    async with desktop.do_lab().run_test(size=size) as pilot:
        await start(pilot)
        text = await enter(pilot, CALL)
        last = text.splitlines()[-1]
        assert all(word in last for word in ("Answer", "Verify", "End", "Leave", "Help"))
        assert "1 of 2 tasks" in text.splitlines()[0]
        assert "of 8 min" in text.splitlines()[0]
        assert all(len(line) <= size[0] for line in text.splitlines())


async def test_help_tells_of_labs(desktop: Any, start: Any, until: Any) -> None:
    app = desktop.do_lab()
    async with app.run_test(size=(80, 50)) as pilot:
        await start(pilot)
        await pilot.press("f1")
        text = await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        assert "nothing is wrong" in flat(text)
        assert "Answer the task's question" not in text, "nothing is asked now"


async def test_the_tasks_at_80_by_24_look_as_they_should(
    desktop: Any, start: Any, enter: Any, until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``UPDATE_GOLDEN=1`` writes the picture anew, to be read before it is committed."""
    monkeypatch.setattr("quizgame.tui.scenario.side.FLASH_S", 0.01)
    monkeypatch.setattr("quizgame.tui.scenario.notice.NOTICE_S", 3600.0)
    async with desktop.do_lab().run_test(size=(80, 24)) as pilot:
        await start(pilot)
        await enter(pilot, CALL)
        await pilot.press("f2")
        text = await until(pilot, "▸ Close it", "╭─ Tasks")
        # The clock is the one thing that a change of the simulation may move.
        shown = re.sub(r"\d\d:\d\d of", "00:00 of", text).rstrip() + "\n"
    golden = GOLDEN / "lab-80x24.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(shown, encoding="utf-8")
    assert shown == golden.read_text(encoding="utf-8")
