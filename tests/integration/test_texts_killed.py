"""A real server with a real job runner, killed under texts: all heard, each answered once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.sms_fixtures import twilio
from tests.standins.serving import Muster
from tests.standins.text_load import Counted, Load, count, wait_for_end
from tests.standins.twilio import Twilio

__all__ = ["twilio"]


@pytest.fixture
def muster(tmp_path: Path, twilio: Twilio) -> Muster:
    found = Muster(
        tmp_path / "var",
        {
            "MUSTER_TWILIO_ACCOUNT_SID": twilio.account_sid,
            "MUSTER_TWILIO_AUTH_TOKEN": twilio.auth_token,
            "MUSTER_TWILIO_FROM": twilio.number,
            "MUSTER_TWILIO_API_BASE": twilio.url,
        },
    )
    found.prepare()
    return found


def test_texts_that_were_acknowledged_survive_a_kill_and_are_answered_once(
    muster: Muster, twilio: Twilio
) -> None:
    load = Load(twilio, muster.url, 30, 10)
    muster.start()
    answers = load.run(muster.url, 60)
    muster.kill()
    assert set(answers.signed) == {200}
    muster.start()
    database = muster.open_database()
    try:
        wait_for_end(database, 120, lambda _: None)
        found = count(database, twilio, load.sids)
    finally:
        database.dispose()
        muster.stop()
    assert found == Counted(
        heard=30,
        answered=30,
        forged_accepted=0,
        lost=0,
        double_replies=0,
        unsent=0,
        out_of_order=0,
    )
