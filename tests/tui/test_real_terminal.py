"""The real command in a pseudo-terminal: what a person sees, and what is left after ``kill -9``."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pexpect
import pytest

from quizgame.store.store import Store
from tests.terminal import TIMEOUT_S, Terminal


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


@pytest.mark.skipif(sys.platform != "linux", reason="waits for a process by its descriptor, which only Linux gives")
def test_the_app_ends_with_its_terminal_though_no_signal_says_so(
    terminal: Callable[..., Terminal], tmp_path: Path
) -> None:
    run = terminal("exam", "--seed", "5", hangs_up_unheard=True)
    run.wait("60 questions in 90 minutes")
    run.keys("\r")
    run.wait("1 of 60", "0 answered")
    run.keys("1")
    run.wait("1 answered")
    process = os.pidfd_open(run.child.pid)
    run.child.ptyproc.fileobj.close()  # the window is gone
    ended = select.select([process], [], [], TIMEOUT_S)[0]
    os.close(process)
    assert ended, "the app outlived its terminal"
    with Store(tmp_path / "home" / "quizgame.db") as store:
        (attempt,) = store.open_attempts("exam")
        assert [event.type for event in store.events(attempt.id)] == ["started", "answered"]
