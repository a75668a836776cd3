"""Attempts, events and what is derived from them."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlite_utils import Database

from quizgame.errors import QuizgameError
from quizgame.game.events import Event
from quizgame.game.quiz.grading import Confidence
from quizgame.store.errors import AttemptMoved, DamagedStore, NewerStore, StoreError
from quizgame.store.migrations import MIGRATIONS
from quizgame.store.store import Store

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "quizgame.db"


def answered(seq: int, item: str, right: bool, instant: datetime = NOW, confidence: str | None = None) -> Event:
    payload = {"item": item, "domain": "d", "competency": "c", "response": ["k"], "right": right,
               "confidence": confidence}  # fmt: skip
    return Event(seq, instant, "answered", payload)


def practise(store: Store, *answers: Event) -> int:
    attempt = store.start_attempt("practice", seed=3, payload={"items": ["a"]}, now=NOW, pack="p1")
    for answer in answers:
        store.append(attempt.id, answer)
    return attempt.id


def test_attempt_is_its_events_and_survives_closing(path: Path) -> None:
    with Store(path) as store:
        attempt = store.start_attempt(
            "scenario", subject="mesh-policy-drop", seed=7, payload={"é": [1, None, "→"]}, now=NOW, pack="p", engine="9"
        )
        store.append(
            attempt.id, Event(1, NOW + timedelta(seconds=1), "line", {"line": "kubectl get pods", "points": 5})
        )
    with Store(path) as store:
        assert store.open_attempts() == [attempt]
        assert (attempt.subject, attempt.seed, attempt.engine, attempt.started) == ("mesh-policy-drop", 7, "9", NOW)
        assert store.events(attempt.id) == [
            Event(0, NOW, "started", {"é": [1, None, "→"]}),
            Event(1, NOW + timedelta(seconds=1), "line", {"line": "kubectl get pods", "points": 5}),
        ]
        store.journal(attempt.id).finish(Event(2, NOW + timedelta(hours=1), "submitted", {"score": 95}))
        assert store.open_attempts() == []
        done = store.attempt(attempt.id)
        assert (done.finished, done.result) == (NOW + timedelta(hours=1), {"score": 95})
        assert len(store.events(attempt.id)) == 3


def test_attempts_are_found_by_kind_and_subject(path: Path) -> None:
    with Store(path) as store:
        for kind, subject in (("exam", "cca"), ("exam", "five"), ("practice", ""), ("exam", "cca")):
            store.start_attempt(kind, subject=subject, seed=1, payload={"items": [{"id": f"{subject}-q"}]}, now=NOW)
        assert [attempt.id for attempt in store.attempts()] == [1, 2, 3, 4]
        assert [attempt.id for attempt in store.attempts("exam", subject="cca")] == [1, 4]
        assert [attempt.id for attempt in store.open_attempts("exam")] == [4, 2, 1]
        assert store.last_items("exam", subject="five") == ("five-q",)
        assert store.last_items("scenario") == ()
        with pytest.raises(StoreError, match="no attempt 9"):
            store.attempt(9)


def test_event_out_of_turn_is_refused_and_changes_nothing(path: Path) -> None:
    with Store(path) as store:
        number = practise(store, answered(1, "a", True))
        for seq in (0, 1, 3):
            with pytest.raises(AttemptMoved):
                store.append(number, answered(seq, "b", True))
        store.finish(number, Event(2, NOW, "ended", {}))
        with pytest.raises(AttemptMoved, match="finished"):
            store.append(number, answered(3, "b", True))
        assert [event.seq for event in store.events(number)] == [0, 1, 2]
        assert [one.item for one in store.reviews()] == ["a"]


def test_two_windows_cannot_go_on_with_one_attempt(path: Path) -> None:
    with Store(path) as one, Store(path) as other:
        number = practise(one, answered(1, "a", True))
        other.append(number, answered(2, "b", True))
        with pytest.raises(AttemptMoved):
            one.append(number, answered(2, "c", True))
        assert [review.item for review in one.reviews()] == ["a", "b"]


def test_answers_and_cards_follow_from_events(path: Path) -> None:
    with Store(path) as store:
        practise(
            store, answered(1, "a", True, confidence="unsure"), answered(2, "b", False, NOW + timedelta(minutes=1))
        )
        assert [(one.item, one.right, one.confidence, one.kind) for one in store.reviews()] == [
            ("a", True, Confidence.UNSURE, "practice"),
            ("b", False, None, "practice"),
        ]
        cards = store.cards()
        assert set(cards) == {"a", "b"}
        assert cards["b"].due == NOW + timedelta(minutes=2)
        assert [card.item for card in store.due_cards(NOW + timedelta(minutes=2))] == ["b"]
        assert [card.item for card in store.due_cards(NOW + timedelta(minutes=2, microseconds=-1))] == []
        assert [card.item for card in store.due_cards(NOW + timedelta(days=1))] == ["b", "a"]


def test_derived_tables_can_be_dropped_and_rebuilt(path: Path) -> None:
    with Store(path) as store:
        practise(store, *(answered(n, f"q{n % 3}", n % 4 > 0, NOW + timedelta(hours=n)) for n in range(1, 20)))
        items = [{"id": "q1", "domain": "d", "competency": "c", "response": ["k"], "right": False, "flagged": False}]
        exam = store.start_attempt("exam", subject="cca", seed=1, payload={"items": []}, now=NOW)
        store.finish(exam.id, Event(1, NOW + timedelta(days=2), "submitted", {"items": items}))
        before = store.reviews(), store.cards()
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM answers")
        connection.execute("UPDATE cards SET stability = 99")
    with Store(path) as store:
        assert (store.reviews(), store.cards()) != before
        store.rebuild()
        assert (store.reviews(), store.cards()) == before


@pytest.mark.parametrize("change", ["UPDATE events SET payload = '{}'", "DELETE FROM events"])
def test_events_are_append_only(path: Path, change: str) -> None:
    with Store(path) as store:
        practise(store, answered(1, "a", True))
    with sqlite3.connect(path) as connection, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(change)


def test_instants_of_any_zone_are_kept_as_utc(path: Path) -> None:
    berlin = timezone(timedelta(hours=2))
    with Store(path) as store:
        number = store.start_attempt("practice", seed=1, payload={}, now=NOW.astimezone(berlin)).id
        assert store.events(number)[0].instant == NOW
        assert store.attempt(number).started.utcoffset() == timedelta()


def test_connection_is_set_up_for_safety(path: Path) -> None:
    with Store(path) as store:
        pragmas = {name: store._db.execute(f"PRAGMA {name}").fetchone()[0]
                   for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")}  # fmt: skip
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 1, "busy_timeout": 5000}


def test_store_opened_by_a_worker_is_used_by_another_thread(path: Path) -> None:
    opened: list[Store] = []
    worker = Thread(target=lambda: opened.append(Store(path)))
    worker.start()
    worker.join()
    with opened[0] as store:
        assert store.attempts() == []


# Files that cannot be used


def old_database(path: Path) -> None:
    """A database of the first schema, with two answers in it."""
    path.parent.mkdir(parents=True)
    db = Database(path, strict=True)
    MIGRATIONS.apply(db, stop_before="0002_answers_and_cards")
    db.table("attempts").insert(
        {"id": 1, "kind": "practice", "subject": "", "seed": 1, "pack": "", "engine": "0", "started": NOW.isoformat()}
    )
    for seq, payload in enumerate(("{}", '{"item":"a","domain":"d","competency":"c","right":true,"confidence":null}')):
        db.table("events").insert(
            {"id": seq + 1, "attempt": 1, "seq": seq, "instant": NOW.isoformat(), "payload": payload,
             "type": "answered" if seq else "started"}
        )  # fmt: skip
    db.close()


def schema(path: Path) -> list[Any]:
    with sqlite3.connect(path) as connection:
        return connection.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
        ).fetchall()


def test_old_database_is_backed_up_then_brought_up_to_date(path: Path, tmp_path: Path) -> None:
    old_database(path)
    old_schema = schema(path)
    with Store(path) as store:
        assert [one.item for one in store.reviews()] == ["a"]
        assert set(store.cards()) == {"a"}
    Store(tmp_path / "fresh.db").close()
    assert schema(path) == schema(tmp_path / "fresh.db")
    copy = path.with_name("quizgame.db.before-0002_answers_and_cards")
    assert schema(copy) == old_schema
    assert not list(path.parent.glob("*.partial"))
    Store(path).close()
    assert len(list(path.parent.glob("*.before-*"))) == 1


def test_migration_that_fails_leaves_the_database_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old_database(path)
    before = schema(path)

    def fail(db: Database) -> None:
        db.execute("CREATE TABLE half (x)")
        raise sqlite3.OperationalError("no space")

    monkeypatch.setattr(MIGRATIONS._migrations[1], "fn", fail)
    with pytest.raises(StoreError, match="no space"):
        Store(path)
    assert schema(path) == before


def test_newer_database_is_refused_and_not_touched(path: Path) -> None:
    Store(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('quizgame', '0099_future', '')"
        )
    connection.close()
    before = path.read_bytes()
    with pytest.raises(NewerStore, match=r"newer quizgame \(its schema has 0099_future"):
        Store(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", ["text", "zeroed header", "middle", "cut"])
def test_damaged_file_is_told_and_not_touched(path: Path, damage: str) -> None:
    with Store(path) as store:
        practise(store, *(answered(n, f"question-{n}", True) for n in range(1, 60)))
    good = path.read_bytes()
    path.write_bytes(
        {
            "text": b"this is no database\n" * 50,
            "zeroed header": b"\0" * 100 + good[100:],
            "middle": good[:4096] + b"\x5a" * (len(good) - 8192) + good[-4096:],
            "cut": good[: len(good) // 2],
        }[damage]
    )
    before = path.read_bytes()
    with pytest.raises(DamagedStore, match=r"is damaged: .*left as it is"):
        Store(path)
    assert path.read_bytes() == before


def test_database_of_another_program_is_refused(path: Path) -> None:
    path.parent.mkdir(parents=True)
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE bookmarks (url)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program"):
        Store(path)
    assert path.read_bytes() == before


def test_empty_file_becomes_a_database(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.touch()
    with Store(path) as store:
        assert store.attempts() == []


def test_path_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(QuizgameError, match="cannot open the database"):
        Store(tmp_path / "file" / "quizgame.db")
    with pytest.raises(QuizgameError, match="cannot open the database"):
        Store(tmp_path)
