"""An installation over HTTP for tests: import the fixtures you need, and `sign_in`, `key_for`.

The app runs in this process without a server and without the job runner: what is owed is
remembered by `FakeJobs`. `served` is the same behind a real server on a free loopback port.
"""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.server import Server, build_server
from api.settings import Environment, Settings, resolve_settings
from api.staff import record_key, record_link, record_staff
from api.wiring import Installation, build_installation
from classifier.catalogue import Catalogue
from classifier.reading import Reader
from incidents.importing import record_catalogue, record_people
from models.database import build_database
from models.ids import new_id
from models.migrate import migrate
from models.vocabulary import Role
from tests.conftest import ORGANISATION
from tests.fakes import FakeJobs, StandingClock


def make_settings(folder: Path, **more: object) -> Settings:
    return resolve_settings(environment=Environment.TEST, data_dir=folder / "var", **more)


def make_store(settings: Settings, catalogue: Catalogue) -> None:
    """Migrated, with the sample organisation."""
    database = build_database(settings.store_url)
    migrate(database)
    with database.transaction() as session:
        record_catalogue(session, catalogue)
        record_people(session, ORGANISATION / "people.csv")
    database.dispose()


@pytest.fixture(scope="session")
def prepared_store(tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue) -> Path:
    """A migrated database file with the sample organisation, to be copied."""
    folder = tmp_path_factory.mktemp("store")
    settings = make_settings(folder)
    make_store(settings, catalogue)
    path = folder / "prepared.db"
    with sqlite3.connect(settings.data_dir / "muster.db") as source:
        source.execute("VACUUM INTO ?", (str(path),))
    source.close()
    return path


@pytest.fixture
def installation(
    tmp_path: Path, prepared_store: Path, reader: Reader, clock: StandingClock
) -> Iterator[Installation]:
    settings = make_settings(tmp_path)
    shutil.copy(prepared_store, settings.data_dir / "muster.db")
    house = build_installation(settings, clock=clock, reader=reader, jobs=FakeJobs())
    yield house
    house.close()


@pytest.fixture
def client(installation: Installation) -> Iterator[TestClient]:
    """A stranger: no key, no cookie."""
    with TestClient(create_app(installation), raise_server_exceptions=False) as found:
        yield found


def key_for(house: Installation, role: Role, name: str | None = None) -> dict[str, str]:
    """Headers with a fresh API key of that role."""
    with house.database.transaction() as session:
        staff = record_staff(session, name or f"{role}-key", role, now=house.clock())
        key = record_key(session, staff, role, now=house.clock())
    return {"Authorization": f"Bearer {key}"}


def link_for(house: Installation, role: Role, name: str = "Robin") -> str:
    """The token of a one-time sign-in link."""
    with house.database.transaction() as session:
        staff = record_staff(session, name, role, now=house.clock())
        return record_link(session, staff, now=house.clock())


def file_report(
    client: httpx.Client, headers: dict[str, str], text: str, reporter: str, **more: object
) -> dict[str, Any]:
    """File one report through the front door; `key` is drawn where it does not matter."""
    key = str(more.pop("key", None) or new_id())
    answer = client.post(
        "/api/v1/reports",
        json={"text": text, "reporter": reporter, **more},
        headers=headers | {"Idempotency-Key": key},
    )
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


def open_chat(client: httpx.Client, **body: object) -> tuple[str, dict[str, str]]:
    """The address of a fresh conversation and the headers that open it."""
    answer = client.post("/api/v1/conversations", json=body)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    return f"/api/v1/conversations/{told['id']}", {"Authorization": f"Bearer {told['token']}"}


@dataclass
class Served:
    """A real server: its address and its installation."""

    url: str
    house: Installation
    server: Server


@contextmanager
def serving(house: Installation) -> Iterator[Served]:
    """Serve an installation on a free loopback port until the block ends."""
    server = build_server(house, port=0)
    thread = threading.Thread(target=server.run, name="served", daemon=True)
    thread.start()
    try:
        server.began.wait(20)
        yield Served(server.url, house, server)
    finally:
        server.should_exit = True
        thread.join(20)


@pytest.fixture
def served(installation: Installation) -> Iterator[Served]:
    installation.start(work=False)
    with serving(installation) as found:
        yield found


@pytest.fixture
def http(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url, timeout=20) as found:
        yield found
