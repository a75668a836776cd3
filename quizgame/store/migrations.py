"""The database's schema, as numbered steps that are never edited after release.

`attempts` and `events` are the truth. `answers` and `cards` are derived from them and may be dropped and rebuilt.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

MIGRATIONS = Migrations("quizgame")


@MIGRATIONS(name="0001_attempts_and_events")
def _attempts_and_events(db: Database) -> None:
    db.table("attempts").create(
        {
            "id": int,
            "kind": str,  # practice, exam, scenario
            "subject": str,  # blueprint or scenario id; empty for practice
            "seed": int,
            "pack": str,  # hash of the packs that it was begun with
            "engine": str,  # version of the program that began it
            "started": str,  # UTC, ISO 8601
            "finished": str,
            "result": str,  # JSON: payload of the last event
        },
        pk="id",
        not_null={"kind", "subject", "seed", "pack", "engine", "started"},
    )
    db.table("events").create(
        {
            "id": int,  # order over all attempts
            "attempt": int,
            "seq": int,
            "instant": str,
            "type": str,
            "payload": str,  # JSON
        },
        pk="id",
        not_null={"attempt", "seq", "instant", "type", "payload"},
        foreign_keys=[("attempt", "attempts", "id")],
    )
    db.table("events").create_index(["attempt", "seq"], unique=True)
    for change in ("UPDATE", "DELETE"):
        db.execute(
            f"CREATE TRIGGER events_never_{change.lower()} BEFORE {change} ON events "
            "BEGIN SELECT RAISE(ABORT, 'events are append-only'); END"
        )


@MIGRATIONS(name="0002_answers_and_cards")
def _answers_and_cards(db: Database) -> None:
    db.table("answers").create(
        {
            "event": int,
            "place": int,  # within the event, from 0
            "kind": str,
            "item": str,
            "domain": str,
            "competency": str,
            "right": int,
            "confidence": str,
            "instant": str,
        },
        pk=("event", "place"),
        not_null={"kind", "item", "domain", "competency", "right", "instant"},
        foreign_keys=[("event", "events", "id")],
    )
    db.table("cards").create(
        {
            "item": str,
            "state": int,
            "step": int,
            "stability": float,
            "difficulty": float,
            "due": str,
            "last_review": str,
        },
        pk="item",
        not_null={"state", "due"},
    )
    db.table("cards").create_index(["due"])
