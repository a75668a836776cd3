"""An attempt in the store: what was shown is there after a crash, and the attempt goes on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from quizgame.game.scenario.attempt import Attempt
from quizgame.game.scenario.reference import Reference
from quizgame.game.scenario.stage import Stage
from quizgame.store.store import Store

NOW = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
LINES = ("hubble observe -n shop --verdict DROPPED --last 5", "hint", "kubectl -n shop get cnp api-ingress -o yaml")


def test_an_attempt_goes_on_where_its_process_died(stage: Stage, tmp_path: Path) -> None:
    source = stage.drawn.source
    with Store(tmp_path / "quizgame.db") as store:
        begun = store.start_attempt(
            "scenario", subject=source.id, seed=0, payload=Attempt(stage).started(), now=NOW, pack=source.digest
        )
        first = Attempt(stage, journal=store.journal(begun.id))
        for number, line in enumerate(LINES):
            first.let_pass(3)
            first.run_line(line, NOW + timedelta(seconds=number))
    # No submission, nothing closed in order: the store alone is left.
    with Store(tmp_path / "quizgame.db") as store:
        (found,) = store.open_attempts("scenario")
        assert (found.subject, found.pack) == (source.id, source.digest)
        reference = Reference(stage)
        again = Attempt(stage, journal=store.journal(found.id), reference=lambda: reference)
        again.replay(store.events(found.id))
        assert [result.stdout_text for result in again.results] == [result.stdout_text for result in first.results]
        assert again.steps() == first.steps()
        assert again.deductions == first.deductions
        again.run_line('answer cause "The policy on the API" --sure', NOW + timedelta(minutes=1))
        again.run_line("submit", NOW + timedelta(minutes=2))
        finished = store.attempt(found.id)
        assert finished.finished is not None
        assert finished.result is not None
        assert finished.result["score"] == again.submit().score == 62
        assert not store.open_attempts("scenario")
