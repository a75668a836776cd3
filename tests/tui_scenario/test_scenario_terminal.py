"""``quizgame play`` in a pseudo-terminal: a scenario repaired by keyboard alone, and one that survives ``kill -9``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pexpect
import pytest

from quizgame.content.scenarios import load_scenarios
from quizgame.store.store import Store
from tests.terminal import ROOT, Terminal

PACKS = Path(__file__).parent / "packs"
PROMPT = "workstation:~$"


def is_at_prompt(run: Terminal) -> bool:
    return any(line.rstrip() == PROMPT for line in run.screen.display)


@pytest.mark.parametrize("name", ["l7-method-denied"])
def test_a_scenario_is_repaired_by_keyboard_along_its_expert_path(
    terminal: Callable[..., Terminal], tmp_path: Path, name: str
) -> None:
    expert = load_scenarios([ROOT / "scenarios"]).find(name).draw(3).scenario.experts[0]
    run = terminal("play", name, "--seed", "3", columns=100, lines=40)
    run.wait("What earns points", "enter Start")
    run.keys("\r")
    run.wait(PROMPT, "Notebook")
    with Store(tmp_path / "home" / "quizgame.db") as store:
        (attempt,) = store.attempts("scenario")
        for number, line in enumerate(expert.lines, 2):
            run.keys(line.rstrip("\n").replace("\n", "\r") + "\r")
            run.wait(until=lambda: len(store.events(attempt.id)) == number and is_at_prompt(run))  # noqa: B023  # at once
    run.keys("\x1b[19~")
    run.wait("Submit?")
    run.keys("y")
    run.wait("✓ PASSED   100 of 100 points")
    run.keys("h")
    run.wait("Broken clusters")
    run.keys("\x11")
    run.child.expect(pexpect.EOF)
    run.child.close()
    assert run.child.exitstatus == 0
    with Store(tmp_path / "home" / "quizgame.db") as store:
        (attempt,) = store.attempts("scenario")
    assert attempt.result is not None
    assert (attempt.result["score"], attempt.result["passed"]) == (100, True)


def test_what_was_shown_survives_kill_nine_and_the_attempt_goes_on(
    terminal: Callable[..., Terminal], tmp_path: Path
) -> None:
    copytree(PACKS, tmp_path / "home" / "packs")
    run = terminal("play", "closed-door", "--seed", "0")
    run.wait("What earns points", "enter Start")
    run.keys("\r")
    run.wait(PROMPT)
    run.keys("hubble observe --verdict DROPPED --last 1\r")
    run.wait("✓ evidence +25")
    run.kill()
    again = terminal()
    again.wait("Continue: The shop cannot reach its catalogue", "1 line, 25 points so far")
    again.keys("c")
    again.wait("hubble observe --verdict DROPPED --last 1", "25 points", PROMPT, until=lambda: is_at_prompt(again))
    again.keys("echo on\r")
    again.wait("\non")
    again.kill()
    with Store(tmp_path / "home" / "quizgame.db") as store:
        (attempt,) = store.attempts("scenario")
        lines = [event.payload["line"] for event in store.events(attempt.id)[1:]]
    assert lines == ["hubble observe --verdict DROPPED --last 1", "echo on"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nowhere",), 'unknown scenario or lab "nowhere"'),
        (("no-such-file.yaml",), "no such file"),
        (("l7-method-denied", "--pack", "/no/such/folder"), "no folder /no/such/folder"),
    ],
)
def test_wrong_usage_is_one_line_and_status_two(
    terminal: Callable[..., Terminal], words: tuple[str, ...], message: str
) -> None:
    run = terminal("play", *words, columns=200)
    run.child.expect(pexpect.EOF)
    text = run.child.before.decode().strip()
    run.child.close()
    assert run.child.exitstatus == 2
    assert text.startswith("quizgame: ")
    assert message in text
    assert "Traceback" not in text
