"""Two thousand texts, doubled, out of order and forged: each is heard once and answered once.

A small sister of `python -m benchmarks texts`, which says how soon they are acknowledged.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from api.wiring import Installation
from tests.integration.api_fixtures import serving
from tests.integration.sms_fixtures import PUBLIC, house, jobs_of, twilio
from tests.standins.text_load import Counted, Load, count, waiting
from tests.standins.twilio import Twilio

__all__ = ["house", "twilio"]
TEXTS, PHONES, RATE = 2_000, 250, 200


def work_off(house: Installation) -> None:
    """What a job runner with four workers does, missed wake-ups included."""
    texts, jobs = house.texts, jobs_of(house)
    assert texts is not None
    with ThreadPoolExecutor(4) as pool:
        while any(waiting(house.database)):
            due, jobs.texts = [*jobs.texts, *texts.hearing.box.due_texts()], []
            list(pool.map(texts.hearing.hear_text, due))
            owed, jobs.sms = [*jobs.sms, *texts.sending.due_messages()], []
            list(pool.map(texts.sending.send_sms, owed))


def test_no_text_is_lost_no_answer_is_doubled_and_no_forger_is_believed(
    house: Installation, twilio: Twilio
) -> None:
    load = Load(twilio, PUBLIC, TEXTS, PHONES)
    assert len(load.calls) > TEXTS * 1.1
    with serving(house) as served:
        answers = load.run(served.url, RATE)
    work_off(house)
    assert set(answers.signed) == {200}
    assert set(answers.forged) == {403}
    assert sum(answers.forged.values()) >= 10
    found = count(house.database, twilio, load.sids)
    assert found == Counted(
        heard=TEXTS,
        answered=len(twilio.sent),
        forged_accepted=0,
        lost=0,
        double_replies=0,
        unsent=0,
        out_of_order=0,
    )
    assert len(twilio.sent) == TEXTS
