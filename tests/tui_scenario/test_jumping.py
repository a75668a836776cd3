"""From a question to a scenario on the same competency, and back."""

from __future__ import annotations

from typing import Any

import pytest

from quizgame.content.packfiles import PackFile
from quizgame.tui.launch import PracticeTerms
from quizgame.tui.scenario.briefing import BriefingScreen
from quizgame.tui.screens.home import HomeScreen
from quizgame.tui.screens.practice import PracticeScreen
from quizgame.tui.screens.practice_setup import PracticeSetupScreen

PACK = """\
apiVersion: quizgame/v1
kind: Questions
domain: {domain}
questions:
  - id: one
    competency: {competency}
    kind: single
    difficulty: easy
    stem: Which one?
    options:
      - {{text: this, correct: true, reason: It is.}}
      - {{text: that, reason: It is not.}}
    versions: "1.19"
"""


async def settled(pilot: Any) -> None:
    for _ in range(3):
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()


@pytest.mark.parametrize("is_same", [True, False])
async def test_a_question_leads_to_a_scenario_on_its_competency_and_back(desktop: Any, is_same: bool) -> None:
    (scenario,) = desktop.scenarios.sources.values()
    own = scenario.sample.competencies[0]
    competency = own if is_same else "using-hubble"
    assert (competency == own) is is_same
    text = PACK.format(domain=scenario.sample.domain if is_same else "network-observability", competency=competency)
    desktop.packs = [PackFile("pack.yaml", text.encode())]
    app = desktop.app(PracticeTerms(count=1))
    async with app.run_test(size=(100, 40)) as pilot:
        await settled(pilot)
        await pilot.press("j")
        await settled(pilot)
        assert isinstance(app.screen, PracticeScreen), "nothing to jump to before the answer"
        await pilot.press("1", "enter")
        await settled(pilot)
        await pilot.press("j")
        await settled(pilot)
        assert isinstance(app.screen, BriefingScreen if is_same else PracticeScreen)
        if is_same:
            await pilot.press("escape")
            await settled(pilot)
            assert isinstance(app.screen, PracticeScreen)


async def test_keys_before_the_briefing_start_nothing_else(desktop: Any) -> None:
    """What was typed while home still showed was meant for the scenario that was asked for."""
    app = desktop.play()
    async with app.run_test(size=(100, 40)) as pilot:
        app.screen.action_open("practice")
        await settled(pilot)
        assert [type(screen) for screen in app.screen_stack] == [HomeScreen, BriefingScreen]
        await pilot.press("escape")
        await settled(pilot)
        await pilot.press("p")
        await settled(pilot)
        assert isinstance(app.screen, PracticeSetupScreen)
