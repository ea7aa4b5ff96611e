"""The box of texts that came, between workers and processes: each taken once, in order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import select

from incidents.text_inbound import BroughtMedia, BroughtText, TakenText, TextBox
from models.database import Database
from models.texting import TextInbound
from tests.fakes import FakeJobs, StandingClock

PHONE = "+4915112345678"


def box_on(database: Database, clock: StandingClock) -> TextBox:
    return TextBox(database, FakeJobs(), clock)


def hear(box: TextBox, taken: TakenText) -> None:
    with box.database.transaction() as session:
        box.record_heard(session, taken, [one for _, _, one in taken.media])


def test_the_same_text_brought_many_times_at_once_is_one(
    database: Database, clock: StandingClock
) -> None:
    box, text = box_on(database, clock), BroughtText("SM1", PHONE, "wifi is down")
    with ThreadPoolExecutor(6) as pool:
        fresh = list(pool.map(lambda _: box.record_text(text), range(6)))
    assert sorted(fresh) == [False] * 5 + [True]
    assert isinstance(box.jobs, FakeJobs)
    assert len(box.jobs.texts) == 1


def test_of_many_workers_one_takes_a_message_and_the_next_waits_for_it(
    database: Database, clock: StandingClock
) -> None:
    box = box_on(database, clock)
    for number in range(3):
        box.record_text(BroughtText(f"SM{number}", PHONE, f"text {number}"))
    heard = []
    for _ in range(3):
        with ThreadPoolExecutor(5) as pool:
            taken = [one for one in pool.map(lambda _: box.take_next(PHONE), range(5)) if one]
        assert len(taken) == 1
        heard.append(taken[0].text)
        hear(box, taken[0])
    assert heard == ["text 0", "text 1", "text 2"]
    assert box.take_next(PHONE) is None
    assert box.due_texts() == []


def test_what_a_dead_worker_had_taken_is_heard_in_the_same_words_and_before_all_else(
    database: Database, clock: StandingClock
) -> None:
    box = box_on(database, clock)
    box.record_text(BroughtText("SM1", PHONE, "the wifi is gone and"))
    box.record_text(BroughtText("SM2", PHONE, "nobody can work"))
    first = box.take_next(PHONE)
    assert first is not None
    assert first.text == "the wifi is gone and nobody can work"
    box.record_text(BroughtText("SM3", PHONE, "still nothing"))
    assert box.take_next(PHONE) is None
    clock.forward(seconds=box.policy.hearing_lease.total_seconds())
    again = box.take_next(PHONE)
    assert again is not None
    assert (again.id, again.text, again.tries) == (first.id, first.text, 2)
    hear(box, again)
    last = box.take_next(PHONE)
    assert last is not None
    assert last.text == "still nothing"


def test_words_leave_the_box_when_they_are_heard_and_the_rows_after_a_week(
    database: Database, clock: StandingClock
) -> None:
    box = box_on(database, clock)
    box.record_text(BroughtText("SM1", PHONE, "wifi is down"))
    taken = box.take_next(PHONE)
    assert taken is not None
    hear(box, taken)
    with database.reading() as session:
        assert session.scalars(select(TextInbound.text)).all() == [""]
    assert not box.record_text(BroughtText("SM1", PHONE, "wifi is down"))
    clock.forward(days=8)
    box.forget_heard(timedelta(days=7))
    with database.reading() as session:
        assert session.scalars(select(TextInbound.id)).all() == []


def test_one_numbers_trouble_holds_nobody_else_up(database: Database, clock: StandingClock) -> None:
    box = box_on(database, clock)
    media = (BroughtMedia("https://x.example/1", "image/png"),)
    box.record_text(BroughtText("SM1", PHONE, "see picture", media=media))
    box.record_text(BroughtText("SM2", "+447700900001", "wifi is down"))
    taken = box.take_next(PHONE)
    assert taken is not None
    box.put_off(taken, [{**taken.media[0][2], "later": "no answer"}], timedelta(seconds=4))
    assert box.take_next(PHONE) is None
    other = box.take_next("+447700900001")
    assert other is not None
    clock.forward(seconds=4)
    again = box.take_next(PHONE)
    assert again is not None
    assert again.media[0][2]["later"] == "no answer"
