"""First reports of one event that arrive at the same moment make one incident."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from classifier.catalogue import Catalogue
from incidents import actions as act
from incidents.identities import record_identity
from models.database import Database
from models.incident import Incident, Membership
from models.people import Identity
from models.vocabulary import Channel
from tests.conftest import ROOT, House, build_house, open_house
from tests.fakes import PlainReader, StandingClock, plain_scorer
from tests.standins.crowd import WORDS, file_at_once, read_one


@pytest.fixture
def crowded(database: Database, catalogue: Catalogue, clock: StandingClock) -> House:
    return build_house(database, catalogue, PlainReader(catalogue), clock, plain_scorer())


def only_incident(house: House) -> Incident:
    with house.database.reading() as session:
        return session.scalars(select(Incident)).one()


def test_eight_first_reports_at_the_same_moment_make_one_incident(crowded: House) -> None:
    reads = [read_one(crowded, number) for number in range(8)]
    assert all(not read.look.scored for read in reads if read.look is not None)
    references = file_at_once(crowded, reads)
    incident = only_incident(crowded)
    assert set(references) == {incident.reference}
    assert (incident.reports, incident.reporters, incident.version) == (8, 8, 8)


def test_two_processes_that_file_at_the_same_moment_make_one_incident(
    postgres: Database, postgres_url: str, catalogue: Catalogue, clock: StandingClock
) -> None:
    house = build_house(postgres, catalogue, PlainReader(catalogue), clock, plain_scorer())
    command = [sys.executable, "-m", "tests.standins.crowd", postgres_url]
    crowds = [
        subprocess.Popen(
            [*command, *numbers],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for numbers in (("0", "3"), ("4", "7"))
    ]
    try:
        for crowd in crowds:
            assert crowd.stdout is not None
            assert crowd.stdout.readline() == "ready\n"
        for crowd in crowds:
            assert crowd.stdin is not None
            crowd.stdin.write("go\n")
            crowd.stdin.flush()
        told = [crowd.communicate(timeout=60)[0].split() for crowd in crowds]
    finally:
        for crowd in crowds:
            crowd.kill()
            crowd.wait()
    incident = only_incident(house)
    assert [len(each) for each in told] == [4, 4]
    assert {reference for each in told for reference in each} == {incident.reference}
    assert (incident.reports, incident.reporters, incident.version) == (8, 8, 8)


def test_another_process_sees_what_the_first_one_recorded(
    crowded: House, catalogue: Catalogue, clock: StandingClock
) -> None:
    other = open_house(crowded.database, catalogue, PlainReader(catalogue), clock, plain_scorer())
    first = crowded.file(WORDS[0], "p001")
    second = other.file(WORDS[1], "p002")
    third = crowded.file(WORDS[2], "p003")
    assert first.incident.reference == second.incident.reference == third.incident.reference


def test_one_address_that_writes_twice_at_once_is_one_identity(crowded: House) -> None:
    gate = threading.Barrier(6)

    def arrive(_: int) -> object:
        gate.wait(30)
        with crowded.database.transaction() as session:
            return record_identity(session, Channel.SMS, "+4930123456", now=crowded.clock()).id

    with ThreadPoolExecutor(6) as pool:
        found = set(pool.map(arrive, range(6)))
    assert len(found) == 1
    with crowded.database.reading() as session:
        query = select(func.count()).where(Identity.address == "+4930123456")
        assert session.scalars(query).one() == 1


def test_a_review_and_a_report_at_the_same_moment_both_count(crowded: House) -> None:
    first = crowded.file(WORDS[0], "p001")
    reference = first.incident.reference
    read = read_one(crowded, 1)
    gate = threading.Barrier(2)

    def review(_: object = None) -> None:
        gate.wait(30)
        action = act.Retitle(act.Target(reference, None), "Coffee")
        crowded.reviewer.perform(action, actor="ana")

    def record(_: object = None) -> None:
        gate.wait(30)
        with crowded.database.transaction() as session:
            # The row was looked at before the lock, as a turn of a conversation may do.
            seen = session.scalars(select(Incident).where(Incident.reference == reference)).one()
            crowded.intake.record_report(session, read, now=crowded.clock())
            assert seen.reports == 2

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda run: run(), (review, record)))
    incident = only_incident(crowded)
    assert (incident.reports, incident.version, incident.title) == (2, 3, "Coffee")


def test_what_was_looked_at_before_the_lock_is_looked_at_again_under_it(
    postgres: Database, catalogue: Catalogue, clock: StandingClock
) -> None:
    house = build_house(postgres, catalogue, PlainReader(catalogue), clock, plain_scorer())
    reference = house.file(WORDS[0], "p001").incident.reference
    read = read_one(house, 1)
    with postgres.transaction() as session:
        seen = session.scalars(select(Incident).where(Incident.reference == reference)).one()
        house.reviewer.perform(act.Retitle(act.Target(reference, None), "Coffee"), actor="ana")
        house.intake.record_report(session, read, now=clock())
        assert seen.version == 3
    incident = house.incident(reference)
    assert (incident.reports, incident.version, incident.title) == (2, 3, "Coffee")


def test_a_record_that_is_rolled_back_leaves_no_trace_in_the_window(crowded: House) -> None:
    class ChangedMindError(Exception):
        pass

    first, second = read_one(crowded, 0), read_one(crowded, 1)

    def record_both_and_change_my_mind() -> None:
        with crowded.database.transaction() as session:
            crowded.intake.record_report(session, first, now=crowded.clock())
            crowded.intake.record_report(session, second, now=crowded.clock())
            raise ChangedMindError

    with pytest.raises(ChangedMindError):
        record_both_and_change_my_mind()
    recorded = crowded.file(WORDS[2], "p001")
    assert not recorded.joined
    later = crowded.file(WORDS[3], "p002")
    assert later.incident.reference == recorded.incident.reference
    with crowded.database.reading() as session:
        assert session.scalars(select(func.count(Membership.id))).one() == 2
