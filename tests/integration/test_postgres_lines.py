"""PostgreSQL cuts lines and serves many at once: readers see one moment, workers go on."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from models.database import Database
from models.incident import Incident
from models.staff import Counter
from tests.integration.test_jobs import Workplace, workplace
from tests.standins.receiver import wait_until

__all__ = ["workplace"]  # the fixture


def count_to(database: Database, value: int) -> None:
    with database.transaction() as session:
        session.get_one(Counter, "seq").value = value


def test_a_reader_sees_one_moment_while_others_commit(database: Database) -> None:
    number = select(Counter.value).where(Counter.name == "seq")
    with database.reading() as session:
        first = session.scalars(number).one()
        count_to(database, 7)
        assert session.scalars(number).one() == first
    with database.reading() as session:
        assert session.scalars(number).one() == 7


def test_a_reader_cannot_write(database: Database) -> None:
    from sqlalchemy.exc import DBAPIError

    with database.reading() as session, pytest.raises(DBAPIError):
        session.execute(text("UPDATE counter SET value = 1"))


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_a_worker_whose_lines_were_cut_still_takes_over_from_the_dead(
    workplace: Workplace,
) -> None:
    survivor = workplace.start_worker()
    before = slot_holders(workplace.house.database)
    cut_all_lines(workplace.house.database)
    wait_until(
        lambda: (
            slot_holders(workplace.house.database).keys() == {0}
            and slot_holders(workplace.house.database) != before
        )
    )
    doomed = workplace.start_worker("hold")
    assert slot_holders(workplace.house.database).keys() == {0, 1}
    took = [0]

    def the_doomed_one_began() -> bool:
        workplace.owe_text()
        took[0] += 1
        return [str(doomed.pid), "began"] in [line[:2] for line in workplace.log_lines()]

    wait_until(the_doomed_one_began, every=0.2)
    doomed.kill()
    wait_until(
        lambda: (
            [line[:2] for line in workplace.log_lines()].count([str(survivor.pid), "sent"])
            >= took[0]
        )
    )
    assert {line[2] for line in workplace.log_lines() if line[1] == "began"} == {
        line[2] for line in workplace.log_lines() if line[1] == "sent"
    }


def test_a_recording_goes_on_after_the_database_cut_every_line(workplace: Workplace) -> None:
    house = workplace.house
    house.file("the wifi in berlin is down", "p001")
    if not house.database.is_sqlite:
        cut_all_lines(house.database)
    house.file("the wifi in berlin is down", "p002")
    with house.database.reading() as session:
        assert session.scalars(select(Incident)).one().reports == 2


def cut_all_lines(database: Database) -> None:
    with database.write_engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )


def slot_holders(database: Database) -> dict[int, int]:
    """Per worker's name the backend that holds it."""
    with database.reading() as session:
        return dict(
            session.execute(
                text(
                    "SELECT objid::int, pid FROM pg_locks JOIN pg_database d ON d.oid = database "
                    "WHERE locktype = 'advisory' AND granted AND objsubid = 2 "
                    "AND datname = current_database() ORDER BY 1"
                )
            ).all()
        )
