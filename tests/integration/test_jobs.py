"""Durable jobs: written with their cause, run after it, and taken over from the dead."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from classifier.catalogue import Catalogue
from incidents.jobs import DurableJobs, build_jobs_engine
from models.clock import utc_now
from models.database import Database
from models.ids import MessageId, new_id
from tests.conftest import ROOT, House, build_house
from tests.fakes import PlainReader, StandingClock, plain_scorer
from tests.standins.receiver import Receiver, wait_until


@dataclass
class Workplace:
    """A house whose jobs are durable, and worker processes beside it."""

    house: House
    url: str
    jobs: DurableJobs
    outside: Receiver
    log: Path
    start_worker: Callable[..., subprocess.Popen[str]]

    @property
    def jobs_known(self) -> int:
        table = "workflow_status" if self.house.database.is_sqlite else "dbos.workflow_status"
        with self.house.database.reading() as session:
            return session.scalars(text(f"SELECT count(*) FROM {table}")).one()

    def log_lines(self) -> list[list[str]]:
        if not self.log.exists():
            return []
        return [line.split() for line in self.log.read_text(encoding="utf-8").splitlines()]

    def owe_text(self) -> MessageId:
        message = MessageId(new_id())
        with self.house.database.transaction() as session:
            self.jobs.owe_sms(session, message)
        return message


@pytest.fixture
def workplace(
    database: Database, database_url: str, catalogue: Catalogue, tmp_path: Path
) -> Iterator[Workplace]:
    engine = build_jobs_engine(database_url)
    jobs = DurableJobs(engine)
    house = build_house(
        database,
        catalogue,
        PlainReader(catalogue),
        StandingClock(utc_now()),
        plain_scorer(),
        jobs,
    )
    started: list[subprocess.Popen[str]] = []
    log = tmp_path / "sent.log"
    with Receiver() as outside:

        def start_worker(*more: str) -> subprocess.Popen[str]:
            worker = subprocess.Popen(
                [
                    sys.executable, "-m", "tests.standins.worker",
                    database_url, outside.url, str(log), *more,
                ],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )  # fmt: skip
            started.append(worker)
            assert worker.stdout is not None
            assert worker.stdout.readline() == "ready\n"
            return worker

        yield Workplace(house, database_url, jobs, outside, log, start_worker)
        for worker in started:
            worker.kill()
            worker.communicate()
    jobs.close()
    engine.dispose()


def test_a_recorded_report_is_sent_after_its_commit(workplace: Workplace) -> None:
    workplace.start_worker()
    reference = workplace.house.file("the wifi in berlin is down", "p001").report.reference
    workplace.outside.wait_for(2)
    assert workplace.outside.accepted[0]["subject"] == reference


def test_a_transaction_that_is_rolled_back_owes_nothing(workplace: Workplace) -> None:
    class ChangedMindError(Exception):
        pass

    workplace.house.file("the wifi in berlin is down", "p001")
    before = workplace.jobs_known
    assert before == 1

    def owe_and_change_my_mind() -> None:
        with workplace.house.database.transaction() as session:
            workplace.jobs.wake_stream(session, "records", "INC-ANOTHER")
            workplace.jobs.owe_sms(session, MessageId(new_id()))
            raise ChangedMindError

    with pytest.raises(ChangedMindError):
        owe_and_change_my_mind()
    assert workplace.jobs_known == before


def test_one_transaction_wakes_a_stream_once_and_a_later_one_surely_again(
    workplace: Workplace,
) -> None:
    with workplace.house.database.transaction() as session:
        for _ in range(3):
            workplace.jobs.wake_stream(session, "records", "INC-ONE")
    assert workplace.jobs_known == 1
    for _ in range(3):
        with workplace.house.database.transaction() as session:
            workplace.jobs.wake_stream(session, "records", "INC-ONE")
    assert workplace.jobs_known == 2


def test_an_outside_that_fails_and_hangs_gets_everything_once_and_in_order(
    workplace: Workplace,
) -> None:
    workplace.outside.troubles.extend(["503", "503", "hang"])
    workplace.outside.hang_for = 5
    workplace.start_worker()
    for person in range(1, 7):
        words = "the wifi in berlin is down" if person % 2 else f"printer {person} eats paper"
        workplace.house.file(words, f"p00{person}")
    wait_until(lambda: not pending(workplace.house.database))
    streams = workplace.outside.by_stream()
    assert len(streams) >= 2
    for events in streams.values():
        numbers = [int(event["sequence"]) for event in events]
        assert numbers == sorted(numbers)
    assert len(workplace.outside.ids) == len(set(workplace.outside.ids))
    assert workplace.outside.refused == []


def test_a_worker_that_was_killed_leaves_nothing_undone(workplace: Workplace) -> None:
    """SQLite: its successor takes over at the start. PostgreSQL: a living one, while running."""
    doomed = workplace.start_worker("hold")
    message = workplace.owe_text()
    wait_until(lambda: [str(doomed.pid), "began", str(message)] in workplace.log_lines())
    if workplace.house.database.is_sqlite:
        doomed.kill()
        doomed.wait()
        survivor = workplace.start_worker()
    else:
        survivor = workplace.start_worker()
        assert len(workplace.log_lines()) == 1
        doomed.kill()
    wait_until(lambda: [str(survivor.pid), "sent", str(message)] in workplace.log_lines())


def test_a_sender_that_was_killed_in_the_middle_of_a_record_is_followed_by_another(
    workplace: Workplace,
) -> None:
    workplace.outside.troubles.append("hang")
    doomed = workplace.start_worker()
    workplace.house.file("the wifi in berlin is down", "p001")
    workplace.outside.wait_until(lambda: len(workplace.outside.tries) == 1)
    doomed.kill()
    doomed.wait()
    workplace.start_worker()
    workplace.outside.wait_for(2)
    assert len(workplace.outside.ids) == len(set(workplace.outside.ids)) == 2
    assert workplace.outside.tries[0] == workplace.outside.ids[0]


def test_a_report_that_could_not_be_read_is_read_by_a_worker(workplace: Workplace) -> None:
    house = workplace.house
    first = house.file("the wifi in berlin is down", "p001")
    reader = house.intake.reader
    assert isinstance(reader, PlainReader)
    reader.broken = "still loading"
    unread = house.file("the wifi in berlin is down again", "p002")
    assert unread.incident.reference != first.incident.reference
    workplace.start_worker()
    wait_until(lambda: house.incident(first.incident.reference).reports == 2)


def pending(database: Database) -> int:
    with database.reading() as session:
        query = text("SELECT count(*) FROM delivery WHERE state = 'pending'")
        return session.scalars(query).one()
