"""Killing the process at any moment loses nothing that was shown as done; ``make soak`` does the same 200 times."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.soak.killing import kill_and_look, look_at, run_and_kill

KILLS = {"exam": 4, "practice": 3, "scenario": 3, "lab": 3}


@pytest.mark.parametrize("kind", KILLS)
def test_killed_learner_loses_nothing_shown_and_goes_on(tmp_path: Path, kind: str) -> None:
    random = Random(f"{kind} in the suite")
    database = tmp_path / "quizgame.db"
    attempts = [kill_and_look(database, kind, random).attempts for _ in range(KILLS[kind])]
    assert attempts == sorted(attempts), "what one kill left is there at the next"
    assert attempts[-1] >= 1


def test_kill_before_anything_was_done_leaves_a_database_that_opens(tmp_path: Path) -> None:
    database = tmp_path / "quizgame.db"
    assert run_and_kill(database, "exam", seed=1, acts=0, turns=0) == []
    assert look_at(database, "exam", []) == 0


def test_loss_is_noticed(tmp_path: Path) -> None:
    database = tmp_path / "quizgame.db"
    shown = run_and_kill(database, "exam", seed=1, acts=3, turns=0)
    with pytest.raises(AssertionError, match="shown as done and not there"):
        look_at(database, "exam", [shown[-1].replace('"seq": ', '"seq": 9')])
