"""Kills the learner at seeded moments and looks at what is left.

Moments are found by counting what the learner prints and by a short busy loop after it, never by waiting for a time:
the loop lets the kill fall before, into and after a transaction.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from random import Random

from quizgame.store.store import Store
from tests.soak.learner import PARTS, as_text

ROOT = Path(__file__).resolve().parents[2]
BUSY_TURNS = 60_000
"""The longest busy loop, a few milliseconds: several transactions of an exam."""
MOST_ACTS = {"exam": 100, "practice": 40, "scenario": 12, "lab": 12}
"""A kill falls within so many acts of a start."""


class Lost(AssertionError):
    """Something that was shown as done is not there, or the attempt cannot go on."""


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill and what it left."""

    kind: str
    shown: int
    """Acts that the learner had shown as done since it started."""
    attempts: int
    """Attempts in the database by then."""


def run_and_kill(database: Path, kind: str, seed: int, acts: int, turns: int) -> list[str]:
    """Start the learner, kill -9 it after so many acts and turns of a busy loop; return all that it has printed."""
    shown: list[str] = []
    words = [sys.executable, "-m", "tests.soak.learner", str(database), kind, str(seed)]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        while len(shown) < acts:
            line = process.stdout.readline()
            if not line:
                raise Lost(f"the learner ended by itself: {process.stderr.read()}")
            shown.append(line)
        for _ in range(turns):
            pass
        process.kill()
        shown += process.stdout.readlines()  # what it printed until the signal came counts as shown too
        complaint = process.stderr.read()
    if complaint:
        raise Lost(f"the learner complained: {complaint}")
    return [line.rstrip("\n") for line in shown if line.endswith("\n")]


def look_at(database: Path, kind: str, shown: list[str]) -> int:
    """Check what a kill has left; return how many attempts there are.

    Raises:
        Lost: Something is missing, damaged, or cannot go on.
    """
    with sqlite3.connect(database) as connection:
        (state,) = connection.execute("PRAGMA integrity_check").fetchone()
    connection.close()
    if state != "ok":
        raise Lost(f"the database is damaged: {state}")
    with Store(database) as store:
        for line in shown:
            attempt, seq = (json.loads(line)[key] for key in ("attempt", "seq"))
            events = store.events(attempt)
            if len(events) <= seq or as_text(attempt, events[seq]) != line:
                raise Lost(f"shown as done and not there: {line}")
        derived = store.reviews(), store.cards()
        store.rebuild()
        if (store.reviews(), store.cards()) != derived:
            raise Lost("what is derived from the events is not what they say")
        count = len(store.attempts())
    finish_copy(database, kind)
    return count


def finish_copy(database: Path, kind: str) -> None:
    """Take up the open attempt of a kind in a copy of the database, and go on to its end.

    Raises:
        Lost: It does not end.
    """
    copy = database.with_name("copy.db")
    shutil.copyfile(database, copy)
    with Store(copy) as store:
        waiting = store.open_attempts(kind)
        for number in PARTS[kind](store, 0):
            attempt = number
        if store.attempt(attempt).finished is None or store.open_attempts(kind):
            raise Lost(f"the {kind} did not come to its end")
        if waiting and waiting[0].id != attempt:
            raise Lost(f"the open {kind} was not taken up")
    for path in copy.parent.glob("copy.db*"):
        path.unlink()


def kill_and_look(database: Path, kind: str, random: Random) -> Kill:
    """Kill the learner once at a moment that ``random`` chooses, and look at what is left."""
    acts = random.randrange(MOST_ACTS[kind])
    shown = run_and_kill(database, kind, random.randrange(1000), acts, random.randrange(BUSY_TURNS))
    return Kill(kind, len(shown), look_at(database, kind, shown))
