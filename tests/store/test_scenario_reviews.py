"""Scenario attempts feed the learner model as answers do, and schedule nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from quizgame.game.events import Event
from quizgame.store.store import Store

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
RESULT = {
    "scenario": "lost-names",
    "seed": 3,
    "domain": "network-policy",
    "competencies": ["enforcement-modes"],
    "steps": [
        {"id": "seen", "kind": "evidence", "points": 20, "earned": 20, "command": 1},
        {"id": "layer", "kind": "diagnosis", "points": 15, "earned": 0, "command": 2},
        {"id": "repair", "kind": "repair", "points": 25, "earned": 25, "command": None},
    ],
    "answers": [{"step": "layer", "right": False, "confidence": "sure"}],
}


def test_evidence_and_diagnoses_are_reviews_of_the_competency(tmp_path: Path) -> None:
    with Store(tmp_path / "q.db") as store:
        attempt = store.start_attempt("scenario", subject="lost-names", seed=3, payload={}, now=NOW)
        store.finish(attempt.id, Event(1, NOW, "submitted", RESULT))
        found = {(one.item, one.competency, one.right, one.kind) for one in store.reviews()}
        assert found == {
            ("lost-names/seen", "enforcement-modes", True, "scenario"),
            ("lost-names/layer", "enforcement-modes", False, "scenario"),
        }
        assert store.cards() == {}


def test_they_are_derived_again_from_the_events(tmp_path: Path) -> None:
    with Store(tmp_path / "q.db") as store:
        attempt = store.start_attempt("scenario", subject="lost-names", seed=3, payload={}, now=NOW)
        store.finish(attempt.id, Event(1, NOW, "submitted", RESULT))
        before = list(store.reviews())
        store.rebuild()
        assert list(store.reviews()) == before
        assert before
