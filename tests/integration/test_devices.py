"""A known person on several devices at the same moment, on both databases."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from assistant.messages import Opened
from classifier.catalogue import Catalogue
from classifier.reading import Reader
from models.database import Database
from tests.conftest import build_house
from tests.fakes import StandingClock
from tests.journeys.talk import desk_of

DEVICES = 6


def test_devices_that_open_at_the_same_moment_speak_in_one_conversation(
    database: Database, catalogue: Catalogue, reader: Reader, clock: StandingClock
) -> None:
    desk = desk_of(build_house(database, catalogue, reader, clock))
    desk.open_web(locale="en", time_zone=None, context={}, person="p003")
    clock.forward(days=2)  # whom we know, but without a conversation to take up
    gate = threading.Barrier(DEVICES)

    def come(_: int) -> Opened:
        gate.wait(30)
        return desk.open_web(locale="en", time_zone=None, context={}, person="p003")

    with ThreadPoolExecutor(DEVICES) as pool:
        opened = list(pool.map(come, range(DEVICES)))
    assert len({one.conversation for one in opened}) == 1
    assert sum(one.resumed for one in opened) == DEVICES - 1
