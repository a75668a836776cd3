"""The real command in a pseudo-terminal: what a person sees, and what is left after ``kill -9``."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pexpect
import pyte
import pytest

from quizgame.store.store import Store

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 30


class Terminal:
    """A terminal of 80×24 that runs the command and shows what it draws."""

    def __init__(self, home: Path, *words: str, columns: int = 80, lines: int = 24) -> None:
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

    def wait(self, *texts: str) -> str:
        """Read until all texts are on the screen."""
        end = time.monotonic() + 2 * TIMEOUT_S  # a screen with a clock always has something to say
        while not all(text in self.text for text in texts):
            assert time.monotonic() < end, f"{texts} not on the screen:\n{self.text}"
            try:
                self._stream.feed(self.child.read_nonblocking(65536, timeout=TIMEOUT_S))
            except (pexpect.TIMEOUT, pexpect.EOF) as error:
                raise AssertionError(f"{texts} not on the screen:\n{self.text}") from error
        return self.text

    def keys(self, *keys: str) -> None:
        for key in keys:
            self.child.send(key)

    def end(self) -> int:
        """Quit, and give the exit status."""
        self.keys("\x11")
        self.child.expect(pexpect.EOF)
        self.child.close()
        return int(self.child.exitstatus or 0)

    def kill(self) -> None:
        self.child.kill(signal.SIGKILL)
        self.child.wait()


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def start(*words: str, **size: int) -> Terminal:
        opened.append(Terminal(tmp_path / "home", *words, **size))
        return opened[-1]

    yield start
    for one in opened:
        one.child.close(force=True)


def test_practice_from_home_by_keyboard(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    run = terminal()
    run.wait("Cilium Certified Associate", "Practise", "? Help")
    run.keys("p")
    run.wait("What to practise", "20 questions")
    run.keys("\r")
    run.wait("Practice", "1 of 20")
    run.keys("\x1bOS")  # F4: a question that is typed takes letters for its answer
    run.wait("2 of 20")
    run.keys("\x1b")
    run.wait("1 of 20 done")
    assert run.end() == 0
    with Store(tmp_path / "home" / "quizgame.db") as store:
        assert len(store.open_attempts("practice")) == 1


def test_an_exam_survives_kill_nine(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    run = terminal("exam", "--seed", "5")
    run.wait("60 questions in 90 minutes", "seed 5")
    run.keys("\r")
    run.wait("1 of 60", "0 answered")
    run.keys("1")
    run.wait("1 answered")
    run.keys("f")
    run.wait("flagged   1:")
    run.keys("\x1b[C")
    run.wait("2 of 60")
    run.kill()
    again = terminal("exam", "--resume")
    again.wait("2 of 60", "1 answered", "1 flagged", "left")
    assert again.end() == 0
    with Store(tmp_path / "home" / "quizgame.db") as store:
        (attempt,) = store.attempts("exam")
        assert [event.type for event in store.events(attempt.id)] == ["started", "answered", "flagged", "moved"]


def test_a_small_terminal_is_told(terminal: Callable[..., Terminal]) -> None:
    run = terminal(columns=60, lines=15)
    run.wait("needs at least 80×24", "60×15")
    assert run.end() == 0


def test_no_color_draws_no_colour(terminal: Callable[..., Terminal], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    run = terminal()
    run.wait("Practise", "? Help")
    colours: set[Any] = {
        colour
        for row in run.screen.buffer.values()
        for cell in row.values()
        for colour in (cell.fg, cell.bg)
        if len(colour) == 6 and len({colour[:2], colour[2:4], colour[4:]}) > 1
    }
    assert colours == set()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("practice", "--domain", "nonsense"), 'unknown domain "nonsense"'),
        (("practice", "--pack", "/no/such/folder"), "no folder /no/such/folder"),
        (("exam", "--resume"), "no exam is under way"),
        (("exam", "--json"), "--json belongs to --plan"),
        (("exam", "--resume", "--seed", "3"), "--resume goes on with an exam as it was begun"),
    ],
)
def test_wrong_usage_is_one_line_and_status_two(
    terminal: Callable[..., Terminal], words: tuple[str, ...], message: str
) -> None:
    run = terminal(*words, columns=200)
    run.child.expect(pexpect.EOF)
    lines = run.child.before.decode().strip().splitlines()
    run.child.close()
    assert run.child.exitstatus == 2
    assert len(lines) == 1
    assert lines[0].startswith(f"quizgame: {message}")


def test_a_damaged_database_is_told_after_the_screen_is_gone(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    database = tmp_path / "damaged.db"
    database.write_bytes(b"this is no database, and long enough to have a header" * 40)
    run = terminal("practice", "--db", str(database), columns=200)
    run.child.expect(pexpect.EOF)
    text = run.child.before.decode()
    run.child.close()
    assert run.child.exitstatus == 2
    assert "damaged.db" in text
    assert "Traceback" not in text
