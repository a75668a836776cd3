"""Killing the process at any moment loses nothing that was shown as done."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quizgame.content.library import load_library
from quizgame.content.packfiles import builtin_folder
from quizgame.game.quiz.exam import ExamSession
from quizgame.game.quiz.practice import PracticeSession
from quizgame.store.store import Store

PROGRAM = Path(__file__).parent / "recording_process.py"


def kill_after(path: Path, what: str, lines: int) -> tuple[int, int]:
    """Run the program, kill -9 it once it has shown so many lines, and return the last attempt and step it showed."""
    shown = []
    with subprocess.Popen(
        [sys.executable, str(PROGRAM), str(path), what], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stdout:
            shown.append(line)
            if len(shown) == lines:
                process.kill()  # what it prints until the signal arrives counts as shown too
        assert process.stderr.read() == ""
    complete = [line.split() for line in shown if line.endswith("\n")]
    assert len(complete) >= lines
    return int(complete[-1][1]), int(complete[-1][2])


@pytest.mark.parametrize(("what", "lines"), [("exam", 1), ("exam", 7), ("exam", 60), ("practice", 3), ("practice", 26)])
def test_killed_process_loses_nothing_shown(tmp_path: Path, what: str, lines: int) -> None:
    path = tmp_path / "quizgame.db"
    attempt, step = kill_after(path, what, lines)
    library = load_library([builtin_folder("questions")])
    with Store(path) as store:
        events = store.events(attempt)
        assert step <= events[-1].seq <= step + 1  # one more may be recorded than was shown
        before = store.reviews(), store.cards()
        store.rebuild()
        assert (store.reviews(), store.cards()) == before
        (newest, *_) = [*store.open_attempts(what), store.attempt(attempt)]
        journal = store.journal(newest.id)
        now = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
        if what == "exam":
            session = ExamSession(library.questions, store.events(newest.id), journal)
            session.flag(session.item.id, True, now)
            assert session.submit(now).total == 60
        else:
            run = PracticeSession(library.questions, store.events(newest.id), journal, store.cards())
            run.end(now)
        assert store.attempt(newest.id).finished is not None


def test_second_kill_on_the_same_database_loses_nothing_either(tmp_path: Path) -> None:
    path = tmp_path / "quizgame.db"
    totals = []
    for lines in (5, 9, 13):
        attempt, step = kill_after(path, "practice", lines)
        with Store(path) as store:
            assert store.events(attempt)[-1].seq >= step
            totals.append(len(store.reviews()))
    assert totals == sorted(totals)
    assert len(set(totals)) == 3
