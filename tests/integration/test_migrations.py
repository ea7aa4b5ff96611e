"""The migrations build exactly the tables, on both databases, and may run at every start."""

from __future__ import annotations

import threading
from pathlib import Path

from sqlalchemy import select, text

from models.database import Database, build_database
from models.migrate import differences, migrate
from models.staff import Counter


def test_the_migrations_build_exactly_the_tables(database: Database) -> None:
    with database.write_engine.connect() as connection:
        assert differences(connection) == []


def test_a_missing_column_would_be_noticed(database: Database) -> None:
    with database.write_engine.begin() as connection:
        connection.execute(text("ALTER TABLE incident DROP COLUMN workaround"))
    with database.write_engine.connect() as connection:
        assert differences(connection) != []


def test_migrating_twice_keeps_what_is_stored(database: Database) -> None:
    with database.transaction() as session:
        session.get_one(Counter, "seq").value = 41
    migrate(database)
    with database.reading() as session:
        assert session.scalars(select(Counter.value).where(Counter.name == "seq")).one() == 41


def test_processes_that_start_together_migrate_once(database_url: str) -> None:
    opened = [build_database(database_url) for _ in range(3)]
    troubles: list[Exception] = []

    def start(database: Database) -> None:
        try:
            migrate(database)
        except Exception as error:  # noqa: BLE001 - told by the assertion below
            troubles.append(error)

    threads = [threading.Thread(target=start, args=(one,)) for one in opened]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    with opened[0].write_engine.connect() as connection:
        assert differences(connection) == []
    for one in opened:
        one.dispose()


def test_many_that_open_a_new_file_at_once_all_get_it(tmp_path: Path) -> None:
    troubles: list[Exception] = []

    def start(database: Database) -> None:
        try:
            with database.write_engine.begin() as connection:
                connection.execute(text("CREATE TABLE IF NOT EXISTS one (id INTEGER)"))
        except Exception as error:  # noqa: BLE001 - told by the assertion below
            troubles.append(error)

    for number in range(40):
        opened = [build_database(f"sqlite:///{tmp_path / f'{number}.db'}") for _ in range(4)]
        threads = [threading.Thread(target=start, args=(one,)) for one in opened]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for one in opened:
            one.dispose()
    assert troubles == []
