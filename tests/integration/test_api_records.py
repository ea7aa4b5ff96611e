"""What was forwarded can be read again, and what is stuck can be sent again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import new_webhook_secret
from api.wiring import Installation, build_installation
from classifier.catalogue import Catalogue
from classifier.reading import Reader
from models.delivery import Delivery, Record
from models.ids import new_id
from models.vocabulary import DeliveryState, Role
from tests.fakes import FakeJobs, StandingClock
from tests.integration.api_fixtures import file_report, key_for, make_settings, make_store

WORDS = "SAP is down for everyone in Lisbon"


@pytest.fixture
def forwarding(
    tmp_path: Path, catalogue: Catalogue, reader: Reader, clock: StandingClock
) -> Iterator[tuple[TestClient, Installation]]:
    """An installation that owes records to one target which nobody calls."""
    secret = new_webhook_secret()
    settings = make_settings(tmp_path, forward_url="http://127.0.0.1:9/in", forward_secret=secret)
    make_store(settings, catalogue)
    house = build_installation(settings, clock=clock, reader=reader, jobs=FakeJobs())
    with TestClient(create_app(house), raise_server_exceptions=False) as found:
        yield found, house
    house.close()


def park(house: Installation) -> list[Delivery]:
    with house.database.transaction() as session:
        session.execute(
            update(Delivery).values(state=DeliveryState.PARKED, reason="answered 400 (bad request)")
        )
    with house.database.reading() as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.seq)))


def test_events_are_read_page_by_page_in_the_order_they_are_forwarded(
    client: TestClient, installation: Installation
) -> None:
    key = key_for(installation, Role.SERVICE)
    for number in range(3):
        file_report(client, key, f"{WORDS}, try {number}", f"p00{number + 1}")
    seen, after = [], 0
    while True:
        page = client.get("/api/v1/events", params={"after": after, "limit": 2}, headers=key).json()
        if not page["events"]:
            break
        seen += page["events"]
        after = page["next"]
    numbers = [int(event["sequence"]) for event in seen]
    assert numbers == sorted(set(numbers))
    assert [event["type"] for event in seen].count("muster.report.recorded.v1") == 3
    with installation.database.reading() as session:
        kept = session.scalars(select(Record).where(Record.superseded.is_(False))).all()
    assert {event["id"] for event in seen} == {str(record.event_id) for record in kept}


def test_events_leave_out_snapshots_that_a_newer_one_replaced(
    client: TestClient, installation: Installation
) -> None:
    key = key_for(installation, Role.SERVICE)
    file_report(client, key, WORDS, "p001")
    with installation.database.transaction() as session:
        first = session.scalars(select(Record).order_by(Record.seq)).first()
        assert first is not None
        first.superseded = True
    told = client.get("/api/v1/events", headers=key).json()["events"]
    assert str(first.event_id) not in {event["id"] for event in told}


@pytest.mark.parametrize("wrong", [{"after": -1}, {"after": "x"}, {"limit": 0}, {"limit": 501}])
def test_a_wrong_place_to_read_from_is_refused(
    client: TestClient, installation: Installation, wrong: dict[str, object]
) -> None:
    key = key_for(installation, Role.SERVICE)
    assert client.get("/api/v1/events", params=wrong, headers=key).status_code == 422


def test_parked_records_are_listed_with_their_reason_and_sent_again_one_by_one_or_all(
    forwarding: tuple[TestClient, Installation], clock: StandingClock
) -> None:
    door, house = forwarding
    key = key_for(house, Role.COMMANDER)
    file_report(door, key, WORDS, "p001")
    parked = park(house)
    told = door.get("/api/v1/deliveries", headers=key).json()["deliveries"]
    assert {one["id"] for one in told} == {str(one.id) for one in parked}
    assert told[0]["reason"] == "answered 400 (bad request)"
    assert told[0]["target"] == "records"
    answer = door.post(f"/api/v1/deliveries/{parked[0].id}/replay", headers=key)
    assert answer.json() == {"replayed": 1}
    again = door.post(f"/api/v1/deliveries/{parked[0].id}/replay", headers=key)
    assert again.status_code == 404
    assert door.post(
        "/api/v1/deliveries/replay", params={"target": "itsm"}, headers=key
    ).json() == {"replayed": 0}  # fmt: skip
    rest = door.post("/api/v1/deliveries/replay", headers=key).json()
    assert rest == {"replayed": len(parked) - 1}
    assert door.get("/api/v1/deliveries", headers=key).json()["deliveries"] == []
    assert door.post(f"/api/v1/deliveries/{new_id()}/replay", headers=key).status_code == 404


def test_metrics_say_how_much_is_owed_and_how_old_it_is(
    forwarding: tuple[TestClient, Installation], clock: StandingClock
) -> None:
    door, house = forwarding
    file_report(door, key_for(house, Role.SERVICE), WORDS, "p001")
    clock.forward(seconds=90)
    told = door.get("/metrics").text
    assert 'muster_delivery_oldest_seconds{target="records"} 90.0' in told
    assert 'muster_deliveries{state="pending",target="records"} 2.0' in told
    park(house)
    assert 'muster_deliveries{state="parked",target="records"} 2.0' in door.get("/metrics").text


def test_the_sweep_wakes_streams_whose_wake_up_was_lost(
    forwarding: tuple[TestClient, Installation],
) -> None:
    door, house = forwarding
    told = file_report(door, key_for(house, Role.SERVICE), WORDS, "p001")
    jobs = house.jobs
    assert isinstance(jobs, FakeJobs)
    jobs.streams.clear()
    house.tending.sweep()
    assert jobs.streams == [("records", told["incident"]["reference"])]
