"""The store: one object owns the connection and offers typed methods.

Rules for this file: every action of a user is one transaction, and a method returns only when it is committed. Events
are appended and never changed; answers and cards follow from them in the same transaction.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from quizgame import __version__
from quizgame.game.events import Event, Payload
from quizgame.game.quiz.grading import Confidence
from quizgame.game.quiz.reviews import Review, reviews_of
from quizgame.game.quiz.scheduling import Card, rating_of, review
from quizgame.store.errors import AttemptMoved, StoreError
from quizgame.store.migrations import MIGRATIONS
from quizgame.store.opening import open_database

DATABASE_NAME = "quizgame.db"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A practice run, an exam or a scenario, begun once."""

    id: int
    kind: str
    subject: str
    """The blueprint's or the scenario's id; empty for practice."""
    seed: int
    pack: str
    """Hash of the packs it was begun with."""
    engine: str
    """Version of the program it was begun with."""
    started: datetime
    finished: datetime | None
    result: Payload | None
    """Payload of the last event, once finished."""


class Store:
    """All that is kept of a learner, in one SQLite file.

    One thread at a time may use it. Use it as a context manager, or call `close`.

    Raises:
        StoreError: The file cannot be used; it is then left as it was.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db, migrated = open_database(path, MIGRATIONS)
        if migrated:
            self.rebuild()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; the store cannot be used afterwards."""
        self._db.close()

    # Attempts

    def start_attempt(
        self,
        kind: str,
        *,
        subject: str = "",
        seed: int,
        payload: Payload,
        now: datetime,
        pack: str = "",
        engine: str = __version__,
    ) -> Attempt:
        """Begin an attempt; ``payload`` is that of its first event, of type ``started`` and seq 0."""
        with self._transaction():
            number = self._value("SELECT coalesce(max(id), 0) + 1 FROM attempts")
            self._db.table("attempts").insert(
                {
                    "id": number,
                    "kind": kind,
                    "subject": subject,
                    "seed": seed,
                    "pack": pack,
                    "engine": engine,
                    "started": _text(now),
                }
            )
            self._insert(number, kind, Event(0, now, "started", payload))
        return Attempt(number, kind, subject, seed, pack, engine, now, None, None)

    def append(self, attempt_id: int, event: Event) -> None:
        """Record an event of an open attempt.

        Raises:
            AttemptMoved: Its seq is not the next one, or the attempt is finished: another window went on with it.
        """
        with self._transaction():
            self._insert(attempt_id, self._open_kind(attempt_id), event)

    def finish(self, attempt_id: int, event: Event) -> None:
        """Record the last event of an attempt; its payload becomes the attempt's result."""
        with self._transaction():
            self._insert(attempt_id, self._open_kind(attempt_id), event)
            self._db.execute(
                "UPDATE attempts SET finished = ?, result = ? WHERE id = ?",
                [_text(event.instant), _json(event.payload), attempt_id],
            )

    def journal(self, attempt_id: int) -> AttemptJournal:
        """What a session of this attempt records its events to."""
        return AttemptJournal(self, attempt_id)

    def attempt(self, attempt_id: int) -> Attempt:
        """One attempt.

        Raises:
            StoreError: There is none with this id.
        """
        for row in self._rows("SELECT * FROM attempts WHERE id = ?", [attempt_id]):
            return _attempt(row)
        raise StoreError(f"there is no attempt {attempt_id}")

    def attempts(self, kind: str | None = None, *, subject: str | None = None) -> list[Attempt]:
        """All attempts (of a kind, of a subject), the oldest first."""
        return [
            _attempt(row)
            for row in self._rows(
                "SELECT * FROM attempts WHERE coalesce(:kind, kind) = kind AND coalesce(:subject, subject) = subject "
                "ORDER BY id",
                {"kind": kind, "subject": subject},
            )
        ]

    def open_attempts(self, kind: str | None = None) -> list[Attempt]:
        """The attempts that were begun and not finished, the newest first."""
        return [
            _attempt(row)
            for row in self._rows(
                "SELECT * FROM attempts WHERE finished IS NULL AND coalesce(:kind, kind) = kind ORDER BY id DESC",
                {"kind": kind},
            )
        ]

    def last_items(self, kind: str, *, subject: str | None = None) -> tuple[str, ...]:
        """Ids of the questions of the attempt that was begun last, finished or not; empty where there is none."""
        attempts = self.attempts(kind, subject=subject)
        if not attempts:
            return ()
        return tuple(
            item if isinstance(item, str) else item["id"] for item in self.events(attempts[-1].id)[0].payload["items"]
        )

    def events(self, attempt_id: int) -> list[Event]:
        """The events of an attempt in their order."""
        rows = self._rows("SELECT * FROM events WHERE attempt = ? ORDER BY seq", [attempt_id])
        return [_event(row) for row in rows]

    # What follows from events

    def reviews(self) -> list[Review]:
        """Every question answered, in the order in which it happened."""
        return [
            Review(
                row["item"],
                row["domain"],
                row["competency"],
                bool(row["right"]),
                Confidence(row["confidence"]) if row["confidence"] else None,
                datetime.fromisoformat(row["instant"]),
                row["kind"],
            )
            for row in self._rows("SELECT * FROM answers ORDER BY event, place")
        ]

    def given(self) -> list[Review]:
        """Every question answered with what was answered, by instant; slower than `reviews`."""
        found = [
            one
            for attempt in self.attempts()
            for event in self.events(attempt.id)
            for one in reviews_of(attempt.kind, event)
        ]
        return sorted(found, key=lambda one: one.instant)

    def cards(self) -> dict[str, Card]:
        """The memory of every question answered, by its id."""
        return {row["item"]: _card(row) for row in self._rows("SELECT * FROM cards ORDER BY item")}

    def due_cards(self, now: datetime) -> list[Card]:
        """The cards that are due, the longest overdue first."""
        return [_card(row) for row in self._rows("SELECT * FROM cards WHERE due <= ? ORDER BY due, item",
                                                 [_text(now)])]  # fmt: skip

    def rebuild(self) -> None:
        """Derive answers and cards from the events again."""
        with self._transaction():
            self._db.execute("DELETE FROM answers")
            self._db.execute("DELETE FROM cards")
            kinds = {row["id"]: row["kind"] for row in self._rows("SELECT id, kind FROM attempts")}
            for row in list(self._rows("SELECT * FROM events ORDER BY id")):
                self._derive(row["id"], kinds[row["attempt"]], _event(row))

    # Inside

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Take the write lock at once, so that two windows wait for each other instead of failing half way."""
        connection = self._db.conn
        try:
            connection.execute("BEGIN IMMEDIATE")
            with connection:  # commits, or rolls back whatever is raised
                yield
        except sqlite3.Error as error:
            raise StoreError(f"cannot write to the database {self.path}: {error}") from error

    def _open_kind(self, attempt_id: int) -> str:
        attempt = self.attempt(attempt_id)
        if attempt.finished is not None:
            raise AttemptMoved(f"attempt {attempt_id} is finished", hint="it went on in another window")
        return attempt.kind

    def _insert(self, attempt_id: int, kind: str, event: Event) -> None:
        following = self._value("SELECT coalesce(max(seq), -1) + 1 FROM events WHERE attempt = ?", [attempt_id])
        if event.seq != following:
            raise AttemptMoved(
                f"attempt {attempt_id} has {following} events, not {event.seq}", hint="it went on in another window"
            )
        number = self._value("SELECT coalesce(max(id), 0) + 1 FROM events")
        self._db.table("events").insert(
            {
                "id": number,
                "attempt": attempt_id,
                "seq": event.seq,
                "instant": _text(event.instant),
                "type": event.type,
                "payload": _json(event.payload),
            }
        )
        self._derive(number, kind, event)

    def _derive(self, number: int, kind: str, event: Event) -> None:
        for place, one in enumerate(reviews_of(kind, event)):
            self._db.table("answers").insert(
                {
                    "event": number,
                    "place": place,
                    "kind": one.kind,
                    "item": one.item,
                    "domain": one.domain,
                    "competency": one.competency,
                    "right": int(one.right),
                    "confidence": one.confidence.value if one.confidence else None,
                    "instant": _text(one.instant),
                }
            )
            if not one.comes_back:
                continue
            known = [_card(row) for row in self._rows("SELECT * FROM cards WHERE item = ?", [one.item])]
            card = review(known[0] if known else None, one.item, rating_of(one.right, one.confidence), one.instant)
            self._db.table("cards").upsert(
                {
                    "item": card.item,
                    "state": card.state,
                    "step": card.step,
                    "stability": card.stability,
                    "difficulty": card.difficulty,
                    "due": _text(card.due),
                    "last_review": _text(card.last_review) if card.last_review else None,
                },
                pk="item",
            )

    def _rows(self, sql: str, values: Sequence[object] | dict[str, object] = ()) -> Iterator[dict[str, Any]]:
        try:
            cursor = self._db.execute(sql, values)
            names = [column[0] for column in cursor.description]
            for row in cursor:
                yield dict(zip(names, row, strict=True))
        except sqlite3.Error as error:
            raise StoreError(f"cannot read the database {self.path}: {error}") from error

    def _value(self, sql: str, values: Sequence[object] = ()) -> int:
        return int(self._db.execute(sql, values).fetchone()[0])


@dataclass(frozen=True, slots=True)
class AttemptJournal:
    """The journal of one attempt; see `quizgame.game.events.Journal`."""

    store: Store
    attempt_id: int

    def append(self, event: Event) -> None:
        """Record an event."""
        self.store.append(self.attempt_id, event)

    def finish(self, event: Event) -> None:
        """Record the last event."""
        self.store.finish(self.attempt_id, event)


def _text(instant: datetime) -> str:
    """Text that sorts as the instants do."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def _json(payload: Payload) -> str:
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))


def _event(row: Mapping[str, Any]) -> Event:
    return Event(row["seq"], datetime.fromisoformat(row["instant"]), row["type"], json.loads(row["payload"]))


def _attempt(row: Mapping[str, Any]) -> Attempt:
    finished = row["finished"]
    return Attempt(
        row["id"],
        row["kind"],
        row["subject"],
        row["seed"],
        row["pack"],
        row["engine"],
        datetime.fromisoformat(row["started"]),
        datetime.fromisoformat(finished) if finished else None,
        json.loads(row["result"]) if row["result"] else None,
    )


def _card(row: Mapping[str, Any]) -> Card:
    last = row["last_review"]
    return Card(
        row["item"],
        row["state"],
        row["step"],
        row["stability"],
        row["difficulty"],
        datetime.fromisoformat(row["due"]),
        datetime.fromisoformat(last) if last else None,
    )
