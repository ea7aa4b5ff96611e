"""What the same number texts later: more of its report, a new one, or one digit to say which."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from assistant.texts import TextHearing
from incidents.text_inbound import TextBox
from models.conversation import Conversation
from models.report import Report, ReportAddition
from models.texting import TextThread
from tests.conftest import House
from tests.journeys.talk import Talk, count_reports, desk_of

PHONE = "+447700900041"
OUTAGE = "wifi gone in berlin, nobody can work"


def additions(house: House) -> list[tuple[str, str]]:
    with house.database.reading() as session:
        return [
            (one.kind, one.text)
            for one in session.scalars(select(ReportAddition).order_by(ReportAddition.number))
        ]


def descriptions(house: House) -> list[str]:
    with house.database.reading() as session:
        return [one.service_id or "-" for one in session.scalars(select(Report))]


def start(house: House) -> Talk:
    talk = Talk(desk_of(house), phone=PHONE)
    talk.say(OUTAGE)
    assert talk.report is not None
    return talk


def test_still_down_an_hour_later_is_an_addition(house: House) -> None:
    talk = start(house)
    first = talk.report
    house.clock.forward(hours=1)
    said = talk.say("still down")
    assert talk.report is None
    assert str(first) in said
    assert count_reports(house) == 1
    assert [kind for kind, _ in additions(house)] == ["worse"]


def test_an_unrelated_trouble_an_hour_later_is_a_new_report_without_a_question(
    house: House,
) -> None:
    talk = start(house)
    first = talk.report
    house.clock.forward(hours=1)
    said = talk.say("SAP does not let me log in, error 500")
    assert talk.report not in {None, first}
    assert "Is this about" not in said
    assert count_reports(house) == 2
    assert additions(house) == []


def test_the_same_service_again_within_hours_is_more_of_the_report(house: House) -> None:
    talk = start(house)
    house.clock.forward(minutes=40)
    talk.say("the wifi in berlin drops every two minutes for the whole floor")
    assert count_reports(house) == 1
    assert [kind for kind, _ in additions(house)] == ["more"]


def ask(house: House) -> Talk:
    """Somebody of whom we are not sure: the same service, many hours later."""
    talk = start(house)
    house.clock.forward(hours=8)
    said = talk.say("wifi is slow in berlin and drops")
    assert said.startswith("Is this about RPT-")
    assert said.endswith("1 the same 2 another problem")
    assert count_reports(house) == 1
    return talk


def test_one_digit_says_that_it_is_the_same(house: House) -> None:
    talk = ask(house)
    talk.say("1")
    assert count_reports(house) == 1
    assert additions(house) == [("more", "wifi is slow in berlin and drops")]


def test_the_other_digit_says_that_it_is_another_with_the_words_that_were_told(
    house: House,
) -> None:
    talk = ask(house)
    talk.say("2")
    assert talk.report is not None
    assert count_reports(house) == 2
    assert additions(house) == []
    assert descriptions(house) == ["wifi", "wifi"]


def test_more_words_instead_of_a_digit_are_not_asked_about_again(house: House) -> None:
    talk = ask(house)
    said = talk.say("since the update of the laptops this morning")
    assert "Is this about" not in said
    assert talk.report is not None
    assert count_reports(house) == 2


def test_the_question_is_asked_in_the_language_that_was_heard(house: House) -> None:
    talk = start(house)
    with house.database.transaction() as session:
        row = session.scalars(select(Conversation)).one()
        row.state = {**row.state, "slots": {**row.state["slots"], "language": "de"}}
    house.clock.forward(hours=8)
    said = talk.say("wifi is slow in berlin and drops")
    assert said.startswith("Geht es dabei auch um RPT-")
    assert said.endswith("1 dasselbe 2 ein anderes Problem")


def hearing_of(house: House) -> TextHearing:
    return TextHearing(TextBox(house.database, house.jobs, house.clock), desk_of(house))


def expect_silence(house: House) -> None:
    """What hearing a text by its job leaves behind."""
    hearing = hearing_of(house)
    with house.database.transaction() as session:
        row = session.scalars(select(Conversation)).one()
        hearing.record_expected(session, row)


def test_who_does_not_answer_has_a_report_after_half_an_hour(house: House) -> None:
    ask(house)
    expect_silence(house)
    hearing = hearing_of(house)
    house.clock.forward(minutes=29)
    assert hearing.hear_silence() == 0
    house.clock.forward(minutes=1)
    assert hearing.hear_silence() == 1
    assert count_reports(house) == 2
    house.clock.forward(hours=2)
    assert hearing.hear_silence() == 0
    assert count_reports(house) == 2


def test_words_that_we_doubted_are_filed_when_nobody_answers_but_a_question_is_not(
    house: House,
) -> None:
    for phone, words, filed in (
        ("+447700900042", "the one on floor 3", 1),
        ("+447700900044", "77", 0),
        ("+447700900043", "how do I order a new monitor?", 0),
    ):
        before = count_reports(house)
        talk = Talk(desk_of(house), phone=phone)
        talk.say(words)
        assert count_reports(house) == before
        hearing = hearing_of(house)
        with house.database.transaction() as session:
            for row in session.scalars(select(Conversation)):
                hearing.record_expected(session, row)
            due = [one.auto_file_at for one in session.scalars(select(TextThread))]
        assert len([one for one in due if one is not None]) == filed
        house.clock.forward(seconds=timedelta(minutes=31).total_seconds())
        assert hearing.hear_silence() == filed
        assert count_reports(house) == before + filed
