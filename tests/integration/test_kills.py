"""The process is killed under load, again and again: nothing acknowledged is lost or doubled."""

from __future__ import annotations

import random
import time
from pathlib import Path

from api.staff import record_key, record_staff
from classifier.train_heads import read_table
from models.clock import utc_now
from models.vocabulary import Role
from tests.conftest import ROOT
from tests.standins.load import Load, find_losses, pending
from tests.standins.receiver import Receiver, wait_until
from tests.standins.serving import Muster

KILLS = 3


def key_of(muster: Muster) -> str:
    database = muster.open_database()
    try:
        with database.transaction() as session:
            staff = record_staff(session, "load", Role.SERVICE, now=utc_now())
            return record_key(session, staff, Role.SERVICE, now=utc_now())
    finally:
        database.dispose()


def test_nothing_acknowledged_is_lost_or_doubled_when_the_process_is_killed(
    tmp_path: Path,
) -> None:
    texts = [row["text"] for row in read_table(ROOT / "training_data" / "tickets.csv")]
    moments = random.Random(7)
    with Receiver() as outside:
        muster = Muster(
            tmp_path / "var",
            {"MUSTER_FORWARD_URL": outside.url, "MUSTER_FORWARD_SECRET": outside.secret},
        )
        muster.prepare()
        load = Load(muster.url, key_of(muster), texts)
        muster.start()
        load.start()
        for _ in range(KILLS):
            load.wait_for(moments.randint(5, 25))
            muster.kill()
            muster.start()
        started = time.monotonic()
        load.wait_for(10)
        load.stop()
        assert load.file_all_again() == []
        database = muster.open_database()
        try:
            wait_until(
                lambda: pending(database) == 0, within=60 - (time.monotonic() - started), every=0.2
            )
            assert find_losses(load, database, outside) == []
        finally:
            database.dispose()
            muster.stop()
        assert load.retries > 0  # the kills were felt
        assert len(load.reports) > 10
        assert load.chats
