"""The demo's button: a labelled morning is told to this very server through its public route."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from api.demo import choose_rows
from api.settings import Environment, resolve_settings
from api.wiring import Installation, build_installation
from classifier.catalogue import Catalogue
from classifier.reading import Reader
from models.report import Report
from models.staff import ApiKey
from tests.fakes import FakeJobs
from tests.integration.api_fixtures import make_store, serving


@pytest.fixture
def demo(tmp_path: Path, catalogue: Catalogue, reader: Reader) -> Iterator[Installation]:
    settings = resolve_settings(environment=Environment.DEMO, data_dir=tmp_path / "var")
    make_store(settings, catalogue)
    house = build_installation(settings, reader=reader, jobs=FakeJobs())
    house.start(work=False)
    yield house
    house.close()


@pytest.fixture
def door(demo: Installation) -> Iterator[httpx.Client]:
    with serving(demo) as served, httpx.Client(base_url=served.url, timeout=20) as found:
        yield found


def wait_for(door: httpx.Client, state: str) -> dict[str, object]:
    pause = threading.Event()
    for _ in range(600):
        told: dict[str, object] = door.get("/demo/replay").json()
        if told["state"] == state:
            return told
        pause.wait(0.05)
    raise AssertionError(told)


def count(house: Installation) -> int:
    with house.database.reading() as session:
        return session.execute(select(func.count(Report.id))).scalar_one()


def test_the_sample_morning_is_told_through_the_front_door(
    door: httpx.Client, demo: Installation
) -> None:
    assert door.get("/demo/replay").json()["state"] == "idle"
    begun = door.post("/demo/replay", json={"reports": 12, "per_second": 50})
    assert begun.status_code == 202
    told = wait_for(door, "done")
    assert told["sent"] == told["total"] == 12 == count(demo)


def test_a_second_replay_waits_for_the_first_and_then_tells_all_again(
    door: httpx.Client, demo: Installation
) -> None:
    door.post("/demo/replay", json={"reports": 5, "per_second": 5})
    refused = door.post("/demo/replay")
    assert (refused.status_code, refused.json()["code"]) == (409, "replay.running")
    wait_for(door, "done")
    assert door.post("/demo/replay", json={"reports": 3, "per_second": 50}).status_code == 202
    wait_for(door, "done")
    assert count(demo) == 8
    with demo.database.reading() as session:
        live = session.scalars(select(ApiKey).where(ApiKey.revoked_at.is_(None))).all()
    assert len(live) == 1  # the key of an earlier replay is worth nothing


def test_another_site_cannot_press_the_button(door: httpx.Client) -> None:
    answer = door.post("/demo/replay", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert door.get("/demo/replay").json()["state"] == "idle"


@pytest.mark.parametrize("wrong", [{"reports": 0}, {"scenario": "war"}, {"per_second": 0.01}])
def test_an_odd_wish_is_refused(door: httpx.Client, wrong: dict[str, object]) -> None:
    assert door.post("/demo/replay", json=wrong).status_code == 422


def test_outside_the_demo_there_is_no_button(http: httpx.Client) -> None:
    assert http.post("/demo/replay").status_code == 404
    assert http.get("/demo/replay").status_code == 404


def test_the_chosen_morning_holds_the_outage_and_everyday_reports_in_order() -> None:
    rows = choose_rows("office-network", 60)
    assert len(rows) == 60
    assert {row["scenario"] for row in rows} == {"office-network", "background", "passwords"}
    assert sum(row["scenario"] == "office-network" for row in rows) > 30
    assert [row["t"] for row in rows] == sorted(row["t"] for row in rows)
