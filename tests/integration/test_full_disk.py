"""A full disk: a clear refusal, nothing half written, and all is well once there is room."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from classifier.catalogue import Catalogue
from incidents.jobs import DurableJobs, build_jobs_engine
from models.database import Database, build_database
from models.errors import StorageFullError
from models.migrate import migrate
from tests.conftest import House, build_house
from tests.fakes import PlainReader, StandingClock, plain_scorer
from tests.integration.test_atomic import everything

LONG = "the wifi in berlin is down " * 400


def limit_pages(database: Database, pages: int) -> None:
    with database.write_engine.connect() as connection:
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))
        connection.rollback()


def pages_used(database: Database) -> int:
    with database.read_engine.connect() as connection:
        return int(connection.execute(text("PRAGMA page_count")).scalar_one())


@pytest.fixture(params=["remembered jobs", "durable jobs"])
def house(
    request: pytest.FixtureRequest, tmp_path: Path, catalogue: Catalogue, clock: StandingClock
) -> Iterator[House]:
    url = f"sqlite:///{tmp_path / 'small.db'}"
    database = build_database(url)
    migrate(database)
    engine = build_jobs_engine(url)
    jobs = DurableJobs(engine)
    chosen = jobs if request.param == "durable jobs" else None
    yield build_house(database, catalogue, PlainReader(catalogue), clock, plain_scorer(), chosen)
    jobs.close()
    engine.dispose()
    database.dispose()


def test_a_full_disk_refuses_clearly_writes_nothing_and_recovers(house: House) -> None:
    house.file(LONG, "p001")
    for spare in range(4):
        limit_pages(house.database, pages_used(house.database) + spare)
        with pytest.raises(StorageFullError, match="Free space"):
            fill(house)
        before = everything(house.database)
        with pytest.raises(StorageFullError):
            house.file(LONG, "p001")
        assert everything(house.database) == before
        limit_pages(house.database, 1_000_000)
        house.file(LONG, "p001")


def fill(house: House) -> None:
    for _ in range(30):
        house.file(LONG, "p001")


def test_a_disk_that_fills_up_in_the_middle_of_a_recording_is_told_as_full(house: House) -> None:
    """The engine may end the whole transaction by itself; the refusal must not depend on it."""
    house.file(LONG, "p001")
    full_from = 0
    seen = 0

    def fill_up(_: object, cursor: Any, *__: object) -> None:
        nonlocal seen
        seen += 1
        if seen == full_from:
            cursor.execute("PRAGMA max_page_count = 1")

    event.listen(house.database.write_engine, "before_cursor_execute", fill_up)
    refused = 0
    for full_from in range(3, 40, 3):  # noqa: B007 - the listener reads it
        before = everything(house.database)
        seen = 0
        try:
            house.file(LONG, "p001")
        except StorageFullError:
            refused += 1
            assert everything(house.database) == before
        limit_pages(house.database, 1_000_000)
    event.remove(house.database.write_engine, "before_cursor_execute", fill_up)
    assert refused > 3
    house.file(LONG, "p001")
