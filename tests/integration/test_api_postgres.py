"""The same front door over PostgreSQL: what is written in another dialect answers the same."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.wiring import Installation, build_installation
from classifier.catalogue import Catalogue
from classifier.reading import Reader
from models.vocabulary import Role
from tests.fakes import FakeJobs, StandingClock
from tests.integration.api_fixtures import (
    file_report,
    key_for,
    make_settings,
    make_store,
    open_chat,
)


@pytest.fixture
def house(
    postgres_url: str,
    tmp_path: Path,
    catalogue: Catalogue,
    reader: Reader,
    clock: StandingClock,
) -> Iterator[Installation]:
    settings = make_settings(tmp_path, database_url=postgres_url)
    make_store(settings, catalogue)
    found = build_installation(settings, clock=clock, reader=reader, jobs=FakeJobs())
    yield found
    found.close()


@pytest.fixture
def door(house: Installation) -> Iterator[TestClient]:
    with TestClient(create_app(house), raise_server_exceptions=False) as found:
        yield found


def test_reports_are_filed_listed_filtered_reviewed_and_forwarded_records_read(
    door: TestClient, house: Installation, clock: StandingClock
) -> None:
    key = key_for(house, Role.ADMIN)
    first = file_report(door, key, "printer at gate 3 jams", "p001", site="rotterdam")
    clock.forward(minutes=5)
    second = file_report(door, key, "my headset has no sound", "p002", site="london")
    found = [one["incident"]["reference"] for one in (first, second)]
    for filters, expected in (
        ({"view": "all"}, found[::-1]),
        ({"site": "london"}, [found[1]]),
        ({"site": "%"}, []),
        ({"words": "HEADSET"}, [found[1]]),
    ):
        answer = door.get("/api/v1/incidents", params=filters, headers=key).json()
        assert [one["reference"] for one in answer["incidents"]] == expected, filters
    page = door.get("/api/v1/incidents", params={"limit": 1}, headers=key).json()
    rest = door.get(
        "/api/v1/incidents", params={"limit": 1, "cursor": page["next"]}, headers=key
    ).json()
    assert [one["reference"] for one in rest["incidents"]] == [found[0]]
    done = door.post(
        f"/api/v1/incidents/{found[0]}/merge",
        json={"from": [{"reference": found[1], "version": 1}]},
        headers=key | {"If-Match": '"1"'},
    )
    assert done.status_code == 200
    undone = door.post(f"/api/v1/reviews/{done.json()['undo']}/undo", headers=key)
    assert undone.status_code == 200
    events = door.get("/api/v1/events", headers=key).json()["events"]
    assert [event["subject"] for event in events][:1] == [first["reference"]]
    assert door.get("/readyz").status_code == 200
    house.tending.sweep()


def test_eight_simultaneous_tries_of_one_report_by_a_new_reporter_file_it_once(
    door: TestClient, house: Installation
) -> None:
    key = key_for(house, Role.SERVICE)
    with ThreadPoolExecutor(8) as pool:
        told = list(
            pool.map(
                lambda _: file_report(door, key, "SAP is down", "new@partner.example", key="one"),
                range(8),
            )
        )
    assert len({one["reference"] for one in told}) == 1


def test_words_with_a_nul_are_mended_where_the_database_takes_none(
    door: TestClient, house: Installation
) -> None:
    url, headers = open_chat(door)
    answer = door.post(
        f"{url}/messages",
        json={"client_id": "\x00odd", "text": "wifi\x00 is down in Berlin", "payload": "\x00"},
        headers=headers,
    )
    assert answer.status_code == 200
    key = key_for(house, Role.SERVICE)
    file_report(
        door, key, "SAP\x00 is down", "p001\x00", attributes={"a\x00": ["b\x00", {"c": "\x00"}]},
        language="en", key="with-nul",
    )  # fmt: skip
    odd = {"Idempotency-Key": "k\x01", **key}
    body = {"text": "x y z", "reporter": "p001"}
    assert door.post("/api/v1/reports", json=body, headers=odd).status_code in {201, 400}
    for path in ("/api/v1/incidents/%00", "/api/v1/reports/INC-%00", "/api/v1/incidents?words=%00"):
        assert door.get(path, headers=key).status_code in {200, 404}
    for wanted in ("service", "site"):
        answer = door.get(f"/api/v1/incidents?{wanted}=%00", headers=key)
        assert answer.status_code in {200, 422}
    odd_name = door.post("/login", data={"name": "\x00", "password": "\x00"})
    assert odd_name.status_code in {400, 401, 422}
    refused = door.post(
        "/api/v1/reports",
        json=body | {"service": "\x00"},
        headers=key | {"Idempotency-Key": "another"},
    )
    assert refused.status_code == 422
