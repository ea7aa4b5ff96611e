"""Many people, several staff and several senders at once: the rules hold at the end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from classifier.catalogue import Catalogue
from incidents import actions as act
from incidents.forwarding import Forwarder, pending_count
from incidents.lifecycle import IllegalMoveError
from incidents.review import AlreadyUndoneError, NewerReviewError
from incidents.review_actions import SenselessReviewError
from models.database import Database
from models.errors import NotFoundError
from models.incident import Incident, Membership
from models.report import Report
from tests.conftest import House, build_house
from tests.fakes import FakeTransport, PlainReader, StandingClock, plain_scorer
from tests.journeys.projection import check_everything, check_records

TEXTS = ("the wifi in berlin is down", "sap is very slow today", "printer eats paper")
REFUSED = (
    SenselessReviewError,
    IllegalMoveError,
    NotFoundError,  # the report was moved by a colleague a moment ago
    NewerReviewError,
    AlreadyUndoneError,
)


class Crossroads(FakeTransport):
    """Accepts from many threads, and notices two that send the same stream at once."""

    def __init__(self) -> None:
        super().__init__()
        self.crashes: list[str] = []
        self._busy: set[str] = set()
        self._lock = threading.Lock()

    def deliver(self, event: Mapping[str, Any]) -> None:
        stream = event["partitionkey"]
        with self._lock:
            if stream in self._busy:
                self.crashes.append(stream)
            self._busy.add(stream)
        super().deliver(event)
        with self._lock:
            self._busy.discard(stream)


@pytest.fixture
def house(database: Database, catalogue: Catalogue, clock: StandingClock) -> House:
    return build_house(database, catalogue, PlainReader(catalogue), clock, plain_scorer())


def all_at_once(*jobs: Callable[[], None]) -> None:
    gate = threading.Barrier(len(jobs))

    def run(job: Callable[[], None]) -> None:
        gate.wait(30)
        job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        for done in [pool.submit(run, job) for job in jobs]:
            done.result()


def person(house: House, seed: int) -> Callable[[], None]:
    def job() -> None:
        chance = Random(seed)
        for turn in range(6):
            house.file(chance.choice(TEXTS), f"p{seed:02}{turn}")

    return job


def analyst(house: House, seed: int) -> Callable[[], None]:
    """Does one thing after another, as it stands at that moment; is refused now and then."""

    def job() -> None:
        chance = Random(seed)
        tokens: list[Any] = []
        for _ in range(8):
            action = choose(house, chance, tokens)
            try:
                tokens.append(house.reviewer.perform(action, actor=f"analyst {seed}").token)
            except REFUSED:
                continue

    return job


def choose(house: House, chance: Random, tokens: list[Any]) -> act.Action:
    with house.database.reading() as session:
        rows = session.execute(
            select(Incident.reference, Report.reference)
            .join(Membership, Membership.incident_id == Incident.id)
            .join(Report, Report.id == Membership.report_id)
            .where(Membership.ended_at.is_(None))
        ).all()
    (one, report), (other, _) = chance.choice(rows), chance.choice(rows)
    target = act.Target(one, None)
    options: list[act.Action] = [
        act.Merge(target, (act.Target(other, None),)),
        act.Split(target, (report,), None),
        act.MoveReport(target, report, other),
        act.Retitle(target, "Ours"),
    ]
    options += [act.Undo(token) for token in tokens[-1:]]
    return chance.choice(options)


def test_people_and_staff_at_once_leave_everything_in_order(house: House) -> None:
    for number, text in enumerate(TEXTS):
        house.file(text, f"p00{number}")
    all_at_once(
        person(house, 1), person(house, 2), person(house, 3), analyst(house, 4), analyst(house, 5)
    )
    check_everything(house)
    check_records(house)
    with house.database.reading() as session:
        assert len(session.scalars(select(Report.id)).all()) == 3 + 3 * 6


def test_four_senders_at_once_send_each_record_once_and_in_order(house: House) -> None:
    for turn in range(4):
        for text in TEXTS:
            house.file(text, f"p00{turn}")
    outside = Crossroads()

    def sender(worker: str) -> Callable[[], None]:
        forwarder = Forwarder(
            house.database,
            house.organisation.outbox,
            {"records": outside},
            source="https://muster.example",
            worker=worker,
            clock=house.clock,
        )

        def job() -> None:
            for _ in range(3):
                for stream in forwarder.due_streams():
                    forwarder.deliver_stream(*stream)

        return job

    all_at_once(sender("a"), sender("a"), sender("b"), sender("b"), person(house, 6))
    sender("last")()
    assert outside.crashes == []
    ids = [event["id"] for event in outside.accepted]
    assert len(ids) == len(set(ids)) > 12
    for stream in {event["partitionkey"] for event in outside.accepted}:
        numbers = [int(e["sequence"]) for e in outside.accepted if e["partitionkey"] == stream]
        assert numbers == sorted(numbers)
    with house.database.reading() as session:
        assert pending_count(session) == 0
