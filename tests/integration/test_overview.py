"""What the console counts, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from classifier.catalogue import Catalogue
from incidents import actions as act
from incidents.overview import (
    changed_since,
    count_views,
    entries_since,
    find_incidents,
    forwarding_health,
    newest_seq,
    stuck_records,
)
from models.database import Database
from models.delivery import Delivery, Record
from models.vocabulary import Audience, DeliveryState
from tests.conftest import House, build_house
from tests.fakes import PlainReader, StandingClock, plain_scorer


@pytest.fixture
def rooms(database: Database, catalogue: Catalogue, clock: StandingClock) -> House:
    return build_house(database, catalogue, PlainReader(catalogue), clock, plain_scorer())


def test_views_count_what_they_list_and_nothing_restricted_for_those_who_may_not(
    rooms: House,
) -> None:
    rooms.file("The franking machine swallows envelopes", "p001")
    rooms.file("Somebody sent me a strange letter", "p002", audience=Audience.RESTRICTED)
    with rooms.database.reading() as session:
        everything = count_views(session, restricted=True)
        open_only = count_views(session, restricted=False)
    assert everything["all"] == 2
    assert everything["quiet"] + everything["queue"] == 2
    assert everything["candidates"] == 0
    assert open_only["all"] == 1


def test_what_changed_is_told_once_and_restricted_only_to_those_who_may(rooms: House) -> None:
    one = rooms.file("The franking machine swallows envelopes", "p001").incident
    hidden = rooms.file("A strange letter", "p002", audience=Audience.RESTRICTED).incident
    with rooms.database.reading() as session:
        before = newest_seq(session)
        assert changed_since(session, before, restricted=True) == []
    for incident in (one, hidden):
        rooms.reviewer.perform(
            act.SetLock(act.Target(incident.reference, None), locked=True), actor="ana"
        )
    with rooms.database.reading() as session:
        assert {row.id for row in changed_since(session, before, restricted=True)} == {
            one.id,
            hidden.id,
        }
        assert [row.id for row in changed_since(session, before, restricted=False)] == [one.id]
        assert [entry.kind for entry in entries_since(session, one.id, before)] == [
            "incident.locked"
        ]
        both = [one.reference, hidden.reference, "nonsense"]
        assert set(find_incidents(session, both, restricted=False)) == {one.reference}


def test_a_target_says_what_waits_how_long_and_what_is_stuck(rooms: House) -> None:
    rooms.file("The franking machine swallows envelopes", "p001")
    rooms.clock.forward(hours=1)
    rooms.file("A strange letter", "p002", audience=Audience.RESTRICTED)
    with rooms.database.transaction() as session:
        first, *_, last = session.scalars(select(Delivery.id).order_by(Delivery.seq)).all()
        session.execute(
            update(Delivery).where(Delivery.id == first).values(state=DeliveryState.DELIVERED)
        )
        session.execute(
            update(Delivery)
            .where(Delivery.id == last)
            .values(state=DeliveryState.PARKED, reason="410: gone")
        )
    with rooms.database.reading() as session:
        records, unused = forwarding_health(session, ("records", "unused"))
        stuck = stuck_records(session, restricted=True)
        record = session.get_one(Record, stuck[0].record.event_id)
        assert stuck_records(session, restricted=False) == []
    assert (records.delivered, records.parked) == (1, 1)
    assert records.pending >= 1
    assert records.oldest is not None
    assert rooms.clock() - records.oldest == timedelta(hours=1)
    assert (unused.pending, unused.oldest) == (0, None)
    assert [one.delivery.reason for one in stuck] == ["410: gone"]
    assert record.audience == "restricted"
