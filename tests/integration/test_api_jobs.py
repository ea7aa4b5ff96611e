"""What an installation does by itself, with the real job runner: reads late, and tidies up."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from api.app import create_app
from api.wiring import Installation, build_installation
from classifier.catalogue import Catalogue
from classifier.reading import Reader
from models.database import Database
from models.vocabulary import Role
from tests.conftest import ROOT
from tests.integration.api_fixtures import file_report, key_for, make_settings, make_store
from tests.standins.receiver import Receiver, wait_until


@pytest.fixture
def outside() -> Iterator[Receiver]:
    with Receiver() as found:
        yield found


@pytest.fixture
def working(tmp_path: Path, prepared_store: Path, outside: Receiver) -> Iterator[Installation]:
    """Everything real: the job runner, the encoder that loads behind our back, an outside."""
    settings = make_settings(tmp_path, forward_url=outside.url, forward_secret=outside.secret)
    shutil.copy(prepared_store, settings.data_dir / "muster.db")
    house = build_installation(settings)
    house.start()
    yield house
    house.close()


def jobs(database: Database) -> int:
    with database.reading() as session:
        found: int = session.execute(text("SELECT count(*) FROM workflow_status")).scalar_one()
    return found


def test_records_go_out_and_their_finished_jobs_are_forgotten(
    working: Installation, outside: Receiver
) -> None:
    with TestClient(create_app(working)) as door:
        key = key_for(working, Role.SERVICE)
        told = file_report(door, key, "SAP is down for everyone in Lisbon", "p001")
        wait_until(lambda: len(outside.accepted) == 2)
        assert {one["subject"] for one in outside.accepted} == {
            told["reference"],
            told["incident"]["reference"],
        }
        assert jobs(working.database) > 0
        working.tending.sweep()
        assert jobs(working.database) > 0  # a day's jobs are kept for those who look
        assert working.runner is not None
        runner = working.runner
        wait_until(lambda: runner.purge_finished(timedelta(0)) == 0 and jobs(working.database) == 0)
        assert door.get("/readyz").status_code == 200


def test_closing_leaves_no_thread_behind(working: Installation) -> None:
    working.close()
    names = {thread.name for thread in threading.enumerate()}
    assert not names & {"sweep", "live-updates", "demo-replay"}
    working.closers.clear()  # the fixture closes once more


def test_on_postgresql_a_worker_of_its_own_sends_what_a_server_owes(
    postgres_url: str,
    tmp_path: Path,
    catalogue: Catalogue,
    reader: Reader,
    outside: Receiver,
) -> None:
    """This process serves and runs no jobs; `muster work` beside it does, and ends on a signal."""
    settings = make_settings(
        tmp_path,
        database_url=postgres_url,
        forward_url=outside.url,
        forward_secret=outside.secret,
    )
    make_store(settings, catalogue)
    house = build_installation(settings, reader=reader)
    house.start(work=False)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MUSTER_")} | {
        "MUSTER_DATA_DIR": str(tmp_path / "worker"),
        "MUSTER_DATABASE_URL": postgres_url,
        "MUSTER_FORWARD_URL": outside.url,
        "MUSTER_FORWARD_SECRET": outside.secret,
    }
    worker = subprocess.Popen(
        [sys.executable, "-m", "api.cli", "work"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        with TestClient(create_app(house)) as door:
            file_report(door, key_for(house, Role.SERVICE), "SAP is down in Lisbon", "p001")
        wait_until(lambda: len(outside.accepted) == 2, within=60)
        worker.send_signal(signal.SIGTERM)
        _, err = worker.communicate(timeout=30)
    finally:
        worker.kill()
        worker.communicate()
        house.close()
    assert worker.returncode == 0, err
    assert "SAP" not in err
