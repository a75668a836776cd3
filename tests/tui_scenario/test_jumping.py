"""From a question to a scenario on the same competency, and back."""

from __future__ import annotations

from typing import Any

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


def shown(app: Any) -> str:
    """The text on the screen."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


def at(app: Any) -> type:
    """The kind of screen in front."""
    return type(app.screen)


async def settled(pilot: Any) -> None:
    for _ in range(3):
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()


def practise(desktop: Any, competency: str, domain: str, proof: str = "") -> Any:
    """The app in a practice run of one question on a competency."""
    desktop.packs = [PackFile("pack.yaml", (PACK.format(domain=domain, competency=competency) + proof).encode())]
    return desktop.app(PracticeTerms(count=1))


async def jump(pilot: Any) -> str:
    """Answer the question, then ask where one can go."""
    await settled(pilot)
    await pilot.press("j")
    await settled(pilot)
    assert isinstance(pilot.app.screen, PracticeScreen), "nothing to jump to before the answer"
    await pilot.press("1", "enter")
    await settled(pilot)
    await pilot.press("j")
    await settled(pilot)
    return shown(pilot.app)


async def test_a_question_leads_to_a_scenario_on_its_competency_and_back(desktop: Any) -> None:
    scenario = desktop.scenarios.find("closed-door").sample
    app = practise(desktop, scenario.competencies[0], scenario.domain)
    async with app.run_test(size=(100, 40)) as pilot:
        text = await jump(pilot)
        assert scenario.title in text
        await pilot.press("1")
        await settled(pilot)
        assert at(app) is BriefingScreen
        await pilot.press("escape")
        await settled(pilot)
        assert at(app) is PracticeScreen
        assert "comes back in" in shown(app), "the same question, answered"


async def test_a_question_that_nothing_trains_leads_to_a_free_cluster_and_back(desktop: Any, until: Any) -> None:
    app = practise(desktop, "using-hubble", "network-observability")
    async with app.run_test(size=(100, 40)) as pilot:
        text = await jump(pilot)
        assert "Lab" not in text
        assert "scenario" not in text
        await pilot.press("1")
        await until(pilot, "workstation:~$", "Free cluster › one cluster")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, PracticeScreen))


PROOF = """\
    proof:
      manifests: |
        {apiVersion: v1, kind: Pod, metadata: {name: till, namespace: shop, labels: {app: till}}}
        ---
        {apiVersion: v1, kind: Pod, metadata: {name: stock, namespace: shop, labels: {app: stock}}}
      holds: [{probe: {from: {pod: shop/till}, to: {pod: shop/stock}, port: 8080}, verdict: FORWARDED}]
"""


async def test_the_world_of_a_proof_can_be_played_on(desktop: Any, until: Any, enter: Any) -> None:
    app = practise(desktop, "using-hubble", "network-observability", PROOF)
    async with app.run_test(size=(100, 40)) as pilot:
        text = await jump(pilot)
        assert "A free cluster with this question's manifests" in text
        await pilot.press("1")
        await until(pilot, "workstation:~$", "Free cluster")
        text = await enter(pilot, "kubectl -n shop get pods", "why shop/till shop/stock 8080")
        assert "stock" in text
        assert "goes through" in text
        await pilot.press("escape")
        await until(pilot, "Leave the free cluster?")
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, PracticeScreen))


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
