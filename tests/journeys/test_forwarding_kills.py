"""What was being sent when the process died."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from models.delivery import Record
from tests.conftest import House
from tests.fakes import FakeTransport
from tests.journeys.test_forwarding import Outside, wifi


@pytest.fixture
def outside(plain_house: House) -> Outside:
    return Outside(plain_house, FakeTransport())


class DiedError(Exception):
    """The process died with the answer in its hands."""


@dataclass
class DiesAfter:
    """Hands each record on, and dies once after a chosen one was accepted."""

    outside: FakeTransport
    number: int

    def deliver(self, event: Mapping[str, Any]) -> None:
        self.outside.deliver(event)
        if len(self.outside.accepted) == self.number:
            raise DiedError


def test_a_snapshot_that_went_out_just_before_a_kill_is_never_folded_away(outside: Outside) -> None:
    stream = wifi(outside.house, "p001")
    outside.send_all()
    wifi(outside.house, "p002")
    dying = outside.sender("dying", records=DiesAfter(outside.transport, 4))
    with pytest.raises(DiedError):
        dying.deliver_stream("records", stream)
    wifi(outside.house, "p003")
    outside.house.clock.forward(minutes=1)
    outside.sender("next").deliver_stream("records", stream)
    known = {event["id"] for event in outside.transport.accepted}
    with outside.house.database.reading() as session:
        listed = session.scalars(select(Record.event_id).where(Record.superseded.is_(False))).all()
    assert known == {str(one) for one in listed}
