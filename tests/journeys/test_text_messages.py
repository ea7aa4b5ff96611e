"""The same by text message: one thumb, one segment, digits."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from assistant.messages import Inbound
from models.conversation import Message
from models.report import Report, ReportAddition
from tests.conftest import House
from tests.journeys.talk import Talk, count_reports, desk_of
from tests.journeys.test_intake import wave


def test_a_text_message_files_at_once_and_asks_one_thing(house: House) -> None:
    talk = Talk(desk_of(house), phone="+447700900031")
    said = talk.say("wifi gone in berlin")
    assert talk.report is not None
    assert len(said) <= 160
    assert "1 Just me" in said
    said = talk.say("2")
    assert talk.report is None  # nothing new was filed
    with house.database.reading() as session:
        addition = session.scalars(select(ReportAddition)).one()
        messages = session.scalars(select(Message).where(Message.send_state == "pending")).all()
    assert (addition.kind, addition.data) == ("answer", {"asked": "impact", "told": "2"})
    assert len(messages) == 2
    assert [m.id for m in messages] == house.jobs.sms
    assert all(len(m.text) <= 160 and m.text.isascii() for m in messages)


def test_a_repeated_text_message_is_answered_once(house: House) -> None:
    desk = desk_of(house)
    message = Inbound("wifi gone in berlin", provider_message_id="SM1")
    first = desk.hear_sms("+447700900031", message)
    again = desk.hear_sms("+447700900031", message)
    assert again.repeated
    assert again.report == first.report
    assert len(house.jobs.sms) == 1
    assert count_reports(house) == 1


def test_a_text_message_joins_what_others_told_in_the_chat(house: House) -> None:
    reference = wave(house)[0]
    house.clock.forward(minutes=2)
    talk = Talk(desk_of(house), phone="+447700900036")
    said = talk.say("wlan dead in berlin office cant work")
    assert talk.incident == reference
    assert "5 other people" in said
    assert house.incident(reference).reporters == 6


@pytest.mark.parametrize("words", ["what", "What do you mean?", "?", "..."])
def test_who_does_not_understand_the_question_hears_how_it_stands_and_the_question_again(
    house: House, words: str
) -> None:
    talk = Talk(desk_of(house), phone="+447700900031")
    talk.say("Scanner in the warehouse dead")
    report = talk.report
    said = talk.say(words)
    assert str(report) in said
    assert "Who is affected? 1 Just me" in said
    talk.say("1")
    with house.database.reading() as session:
        told = session.scalars(select(ReportAddition)).one()
    assert told.data == {"asked": "impact", "told": "3"}


def test_a_bare_number_answers_how_many_have_it(house: House) -> None:
    talk = Talk(desk_of(house), phone="+447700900031")
    talk.say("Scanner in the warehouse dead")
    talk.say("12")
    with house.database.reading() as session:
        told = session.scalars(select(ReportAddition)).one()
        report = session.scalars(select(Report)).one()
    assert told.data == {"asked": "impact", "told": "2", "people": 12}
    assert (report.people, report.impact) == (12, 2)
