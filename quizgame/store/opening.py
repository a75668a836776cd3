"""Opens the database: checks it before anything is written, backs it up, brings it up to date.

Rules for this file: a file that cannot be used (damaged, foreign, newer) is never changed.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database, Migrations

from quizgame.store.errors import DamagedStore, NewerStore, StoreError

BUSY_TIMEOUT_MS = 5_000
_MAGIC = b"SQLite format 3\x00"


def open_database(path: Path, migrations: Migrations) -> tuple[Database, bool]:
    """Open or create the database.

    Returns:
        The database, and whether a migration ran on it.

    Raises:
        StoreError: It cannot be used; see the classes of `quizgame.store.errors`.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        exists = path.is_file() and path.stat().st_size > 0
        if exists:
            _check_header(path)
        # One thread at a time uses a store, but a worker may open it for the thread that does.
        connection = sqlite3.connect(path, check_same_thread=False)
        db = Database(connection, strict=True, execute_plugins=False)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"cannot open the database {path}: {_reason(error)}") from error
    try:
        db.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        if exists:
            _check_contents(db, path, migrations)
        pending = migrations.pending(db)
        if exists and pending:
            _back_up(db, path, pending[0].name)
        db.enable_wal()
        db.execute("PRAGMA foreign_keys=ON")
        db.execute("PRAGMA synchronous=NORMAL")
        if pending:
            connection.execute("BEGIN IMMEDIATE")  # another process may be at the same
            migrations.apply(db)
            connection.commit()
    except sqlite3.DatabaseError as error:
        db.close()
        if isinstance(error, sqlite3.OperationalError) and "malformed" not in str(error):
            raise StoreError(f"cannot use the database {path}: {error}") from error
        raise _damaged(path, str(error)) from error
    except StoreError:
        db.close()
        raise
    return db, bool(pending)


def _check_header(path: Path) -> None:
    with path.open("rb") as stream:
        if stream.read(len(_MAGIC)) != _MAGIC:
            raise _damaged(path, "not a SQLite database")


def _check_contents(db: Database, path: Path, migrations: Migrations) -> None:
    verdict = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise _damaged(path, str(verdict).splitlines()[-1])
    tables = set(db.table_names())
    applied = [migration.name for migration in migrations.applied(db)]
    if tables and not applied:
        raise StoreError(f"{path} is a database of another program", hint="name another file with --db")
    known = {migration.name for migration in migrations.pending(Database(memory=True))}
    newer = [name for name in applied if name not in known]
    if newer:
        raise NewerStore(
            f"{path} was written by a newer quizgame (its schema has {newer[-1]})",
            hint="update quizgame, or name another file with --db",
        )


def _back_up(db: Database, path: Path, migration: str) -> None:
    """Copy the database beside itself, whole or not at all."""
    copy = path.with_name(f"{path.name}.before-{migration}")
    partial = copy.with_name(copy.name + ".partial")
    partial.unlink(missing_ok=True)
    with closing(sqlite3.connect(partial)) as target:
        db.conn.backup(target)
    partial.replace(copy)


def _damaged(path: Path, reason: str) -> DamagedStore:
    return DamagedStore(
        f"the database {path} is damaged: {reason}",
        hint="it was left as it is; move it away to start afresh, or restore a copy",
    )


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
