"""An installation with texts switched on, and what its job runner would do: import what you need."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from api.app import create_app
from api.wiring import Installation, build_installation
from classifier.reading import Reader
from models.conversation import Message
from models.report import Report
from models.vocabulary import Direction
from tests.fakes import FakeJobs, StandingClock
from tests.integration.api_fixtures import make_settings
from tests.standins.twilio import Twilio

PUBLIC = "https://muster.example.org/base"
PHONE = "+4915112345678"
OUTAGE = "wifi is completely dead in berlin since 9, the whole team is affected"


@pytest.fixture
def twilio() -> Iterator[Twilio]:
    with Twilio() as found:
        yield found


@pytest.fixture
def house(
    tmp_path: Path, prepared_store: Path, reader: Reader, clock: StandingClock, twilio: Twilio
) -> Iterator[Installation]:
    settings = make_settings(
        tmp_path,
        public_base_url=PUBLIC,
        twilio_account_sid=twilio.account_sid,
        twilio_auth_token=twilio.auth_token,
        twilio_from=twilio.number,
        twilio_api_base=twilio.url,
    )
    shutil.copy(prepared_store, settings.data_dir / "muster.db")
    found = build_installation(settings, clock=clock, reader=reader, jobs=FakeJobs())
    yield found
    found.close()


@pytest.fixture
def client(house: Installation) -> Iterator[TestClient]:
    with TestClient(create_app(house), raise_server_exceptions=False) as found:
        yield found


def jobs_of(house: Installation) -> FakeJobs:
    assert isinstance(house.jobs, FakeJobs)
    return house.jobs


def hear_owed(house: Installation) -> None:
    """What the job runner would do with what came."""
    assert house.texts is not None
    while jobs_of(house).texts:
        house.texts.hearing.hear_text(jobs_of(house).texts.pop(0))


def hear_later(house: Installation, clock: StandingClock) -> None:
    """Wait as long as the jobs do that were put off, and hear."""
    assert house.texts is not None
    while jobs_of(house).texts_later:
        text_id, wait = jobs_of(house).texts_later.pop(0)
        clock.forward(seconds=wait.total_seconds())
        house.texts.hearing.hear_text(text_id)


def send_owed(house: Installation) -> None:
    """What the job runner would do."""
    hear_owed(house)
    assert house.texts is not None
    while jobs_of(house).sms:
        house.texts.sending.send_sms(jobs_of(house).sms.pop(0))


def inbound(house: Installation) -> int:
    """How many texts were heard, once the job runner has done its work."""
    hear_owed(house)
    with house.database.reading() as session:
        return session.execute(
            select(func.count()).where(Message.direction == Direction.INBOUND)
        ).scalar_one()


def reports(house: Installation) -> int:
    with house.database.reading() as session:
        return session.execute(select(func.count(Report.id))).scalar_one()
