"""``quizgame play`` in a pseudo-terminal: a scenario repaired by keyboard alone, and one that survives ``kill -9``."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copytree

import pexpect
import pyte
import pytest

from quizgame.content.scenarios import load_scenarios
from quizgame.store.store import Store

ROOT = Path(__file__).resolve().parents[2]
PACKS = Path(__file__).parent / "packs"
TIMEOUT_S = 40
PROMPT = "workstation:~$"


class Terminal:
    """A terminal that runs the command and shows what it draws."""

    def __init__(self, home: Path, *words: str, columns: int, lines: int) -> None:
        environ = {
            **{name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")},
            "QUIZGAME_HOME": str(home),
            "TERM": "xterm-256color",
            "TEXTUAL_ANIMATIONS": "none",
            "PYTHONPATH": str(ROOT),
        }
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self.child = pexpect.spawn(
            sys.executable, ["-m", "quizgame", *words], env=environ, dimensions=(lines, columns), timeout=TIMEOUT_S
        )

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.screen.display)

    @property
    def is_at_prompt(self) -> bool:
        return any(line.rstrip() == PROMPT for line in self.screen.display)

    def wait(self, *texts: str, until: Callable[[], bool] = lambda: True) -> str:
        """Read until all texts are on the screen."""
        while not (all(text in self.text for text in texts) and until()):
            try:
                self._stream.feed(self.child.read_nonblocking(65536, timeout=TIMEOUT_S))
            except (pexpect.TIMEOUT, pexpect.EOF) as error:
                raise AssertionError(f"{texts} not on the screen:\n{self.text}") from error
        return self.text

    def keys(self, keys: str) -> None:
        self.child.send(keys)

    def kill(self) -> None:
        self.child.kill(signal.SIGKILL)
        self.child.wait()


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def start(*words: str, columns: int = 80, lines: int = 24) -> Terminal:
        opened.append(Terminal(tmp_path / "home", *words, columns=columns, lines=lines))
        return opened[-1]

    yield start
    for one in opened:
        one.child.close(force=True)


@pytest.mark.parametrize("name", ["l7-method-denied"])
def test_a_scenario_is_repaired_by_keyboard_along_its_expert_path(
    play: Callable[..., Terminal], tmp_path: Path, name: str
) -> None:
    expert = load_scenarios([ROOT / "scenarios"]).find(name).draw(3).scenario.experts[0]
    run = play("play", name, "--seed", "3", columns=100, lines=40)
    run.wait("What earns points", "enter Start")
    run.keys("\r")
    run.wait(PROMPT, "Notebook")
    with Store(tmp_path / "home" / "quizgame.db") as store:
        (attempt,) = store.attempts("scenario")
        for number, line in enumerate(expert.lines, 2):
            run.keys(line.rstrip("\n").replace("\n", "\r") + "\r")
            run.wait(until=lambda: len(store.events(attempt.id)) == number and run.is_at_prompt)  # noqa: B023  # at once
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
    play: Callable[..., Terminal], tmp_path: Path
) -> None:
    copytree(PACKS, tmp_path / "home" / "packs")
    run = play("play", "closed-door", "--seed", "0")
    run.wait("What earns points", "enter Start")
    run.keys("\r")
    run.wait(PROMPT)
    run.keys("hubble observe --verdict DROPPED --last 1\r")
    run.wait("✓ evidence +25")
    run.kill()
    again = play()
    again.wait("Continue: The shop cannot reach its catalogue", "1 line, 25 points so far")
    again.keys("c")
    again.wait("hubble observe --verdict DROPPED --last 1", "25 points", PROMPT, until=lambda: again.is_at_prompt)
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
        (("nowhere",), 'unknown scenario "nowhere"'),
        (("no-such-file.yaml",), "no such file"),
        (("l7-method-denied", "--pack", "/no/such/folder"), "no folder /no/such/folder"),
    ],
)
def test_wrong_usage_is_one_line_and_status_two(
    play: Callable[..., Terminal], words: tuple[str, ...], message: str
) -> None:
    run = play("play", *words, columns=200)
    run.child.expect(pexpect.EOF)
    text = run.child.before.decode().strip()
    run.child.close()
    assert run.child.exitstatus == 2
    assert text.startswith("quizgame: ")
    assert message in text
    assert "Traceback" not in text
