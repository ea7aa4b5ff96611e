"""The database: engines, and the one `transaction()` that commits.

SQLite: a *write* engine with one connection (`BEGIN IMMEDIATE`, `synchronous=FULL`) and a
*read* engine (`query_only`), so that no reader waits for a writer. PostgreSQL: the same two
words over psycopg. See docs/adr/0002.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from models.base import Base
from models.errors import StorageFullError

_PATIENCE: Final = 30.0
_FULL = ("database or disk is full", "disk full", "no space left")


@dataclass(frozen=True, slots=True)
class Database:
    """Where everything is stored."""

    write_engine: Engine
    read_engine: Engine

    @property
    def is_sqlite(self) -> bool:
        return self.write_engine.dialect.name == "sqlite"

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction; commits at the end, rolls back on any error. The only commit.

        Raises:
            StorageFullError: The disk took no more; nothing was written.

        """
        with Session(self.write_engine, expire_on_commit=False) as session:
            try:
                yield session
                session.commit()
            except OperationalError as error:
                session.rollback()
                if any(sign in str(error.orig).lower() for sign in _FULL):
                    msg = "The storage is full; nothing was recorded. Free space, then try again."
                    raise StorageFullError(msg) from error
                raise

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads: one consistent snapshot, never waits for a writer."""
        with Session(self.read_engine, expire_on_commit=False) as session:
            yield session

    def dispose(self) -> None:
        self.read_engine.dispose()
        self.write_engine.dispose()


def build_database(url: str) -> Database:
    """Open `sqlite:///path` or `postgresql+psycopg://...`."""
    if make_url(url).get_backend_name() == "sqlite":
        return Database(_sqlite_engine(url, write=True), _sqlite_engine(url, write=False))
    return Database(_postgres_engine(url, write=True), _postgres_engine(url, write=False))


def insert_if_absent(session: Session, table: type[Base], **values: Any) -> None:
    """Insert a row unless another transaction was quicker with the same key.

    Waits for that transaction's end, so the row is there afterwards, one way or the other.
    """
    lite = session.get_bind().dialect.name == "sqlite"
    insert = sqlite.insert(table) if lite else postgresql.insert(table)
    session.execute(insert.values(**values).on_conflict_do_nothing())


def _sqlite_engine(url: str, *, write: bool) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,  # an error's words go to the log, what people said must not
        poolclass=QueuePool,
        pool_size=1 if write else 8,
        max_overflow=0,
        pool_timeout=30,
        connect_args={"check_same_thread": False, "timeout": 30},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None  # transactions are ours: see begin below
        cursor = connection.cursor()
        _use_write_ahead_log(cursor)
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA busy_timeout=30000")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA cache_size=-16000")
        if not write:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _use_write_ahead_log(cursor: sqlite3.Cursor) -> None:
    """Switch the file to WAL, waiting for others who do the same to a new file just now.

    SQLite gives up at once there: its busy timeout does not hold while the mode changes.
    """
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def _postgres_engine(url: str, *, write: bool) -> Engine:
    options = "-c lock_timeout=20000 -c statement_timeout=30000 -c timezone=UTC"
    if not write:
        options += " -c default_transaction_read_only=on"
    return create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        hide_parameters=True,
        pool_size=8,
        max_overflow=8,
        pool_pre_ping=True,
        # A reader sees one moment; a writer that waited for a lock must see what it waited for.
        isolation_level="READ COMMITTED" if write else "REPEATABLE READ",
        connect_args={"options": options},
    )
