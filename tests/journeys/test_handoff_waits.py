"""Who waits in vain for a person gets the assistant back; silence files nothing meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from assistant.texts import TextHearing
from incidents.handoffs import find_open
from incidents.segments import count_segments
from incidents.text_inbound import TextBox
from incidents.text_notes import is_answer
from models.conversation import Conversation
from models.texting import TextThread
from models.vocabulary import HandoffOutcome
from tests.conftest import House
from tests.journeys.handing import conversation_of, handoffs, last_words, ours, staff_of, words_of
from tests.journeys.talk import Talk, count_reports, desk_of

PHONE = "+447700900051"


def test_a_person_who_waits_in_vain_for_who_took_over_gets_the_assistant_back(
    house: House,
) -> None:
    talk = Talk(desk_of(house))
    talk.say("the wifi is gone")
    asked = talk.heard[-1].text
    conversation, staff = conversation_of(house), staff_of(house)
    staff.take(conversation, "Ana")
    staff.say(conversation, "Ana", "One moment, I look", key="k1")
    house.clock.forward(hours=2)
    assert staff.sweep() == 0  # it is the person's turn
    talk.say("still there?")
    house.clock.forward(minutes=10)
    talk.say("hello?")
    house.clock.forward(minutes=4)
    assert staff.sweep() == 0
    house.clock.forward(minutes=1)
    assert staff.sweep() == 1
    assert staff.sweep() == 0
    sorry, again = ours(house)[-2:]
    assert sorry.text.startswith("Ana of IT could not answer in time")
    assert again.text == asked
    assert handoffs(house)[0].outcome is HandoffOutcome.LEFT_ALONE
    assert talk.say("just me") != ""


@pytest.mark.parametrize(
    ("first", "then", "told"),
    [
        ("human please", "", "Tell me what does not work"),
        ("the wifi is gone", "human please", "let us finish your report"),
    ],
)
def test_who_asks_in_vain_is_told_so(house: House, first: str, then: str, told: str) -> None:
    talk = Talk(desk_of(house))
    talk.say(first)
    if then:
        talk.say(then)
    staff = staff_of(house)
    house.clock.forward(minutes=14)
    assert staff.sweep() == 0
    house.clock.forward(minutes=1)
    assert staff.sweep() == 1
    said = "\n".join(one.text for one in ours(house)[-2:])
    assert "Nobody of IT was free" in said
    assert told in said
    assert handoffs(house)[0].outcome is HandoffOutcome.NOBODY_CAME
    assert "a person of IT" in talk.say("human please")
    assert len(handoffs(house)) == 2


def test_by_text_who_asks_in_vain_hears_that_the_report_stands(house: House) -> None:
    talk = Talk(desk_of(house), phone=PHONE)
    talk.say("wifi gone in berlin, nobody can work")
    reference = str(talk.report)
    talk.say("human please")
    house.clock.forward(minutes=15)
    assert staff_of(house).sweep() == 1
    assert f"{reference} stands, and IT sees it." in last_words(house)
    assert ours(house)[-1].id in house.jobs.sms


def hearing_of(house: House) -> TextHearing:
    return TextHearing(TextBox(house.database, house.jobs, house.clock), desk_of(house))


def auto_file_at(house: House) -> object:
    with house.database.reading() as session:
        return session.scalars(select(TextThread.auto_file_at)).one()


def test_silence_files_nothing_while_staff_hold_it_and_does_again_afterwards(
    house: House,
) -> None:
    talk = Talk(desk_of(house), phone=PHONE)
    talk.say("the one on floor 3")  # doubted: asked whether something is not working
    conversation, staff, hearing = conversation_of(house), staff_of(house), hearing_of(house)
    with house.database.transaction() as session:
        hearing.record_expected(session, session.get_one(Conversation, conversation))
    assert auto_file_at(house) is not None
    staff.take(conversation, "Ana")
    assert auto_file_at(house) is None
    talk.say("the coffee machine I mean")
    with house.database.transaction() as session:
        hearing.record_expected(session, session.get_one(Conversation, conversation))
    assert auto_file_at(house) is None
    with house.database.transaction() as session:  # a sweep that was under way already
        session.get_one(TextThread, conversation).auto_file_at = house.clock()
    heard = len(ours(house))
    hearing.hear_silence()
    assert count_reports(house) == 0
    assert len(ours(house)) == heard
    staff.give_back(conversation, "Ana")
    assert auto_file_at(house) == house.clock() + timedelta(minutes=30)
    house.clock.forward(minutes=30)
    assert hearing.hear_silence() == 1
    assert count_reports(house) == 1


OUTAGE = "VPN is down for the whole Berlin office, 40 people cannot work"


def test_what_was_told_to_who_never_answered_is_in_the_report_that_is_sent(house: House) -> None:
    talk = Talk(desk_of(house))
    talk.say("the wifi is gone")
    conversation, staff = conversation_of(house), staff_of(house)
    for _ in range(2):
        staff.take(conversation, "Ana")
        talk.say("whole floor 3, 40 people cannot work")
        house.clock.forward(minutes=15)
        assert staff.sweep() == 1
        house.clock.forward(minutes=1)
    talk.say("just send it")
    assert words_of(house) == ["the wifi is gone" + "\nwhole floor 3, 40 people cannot work" * 2]


def test_without_a_draft_what_nobody_answered_is_asked_about(house: House) -> None:
    talk = Talk(desk_of(house))
    talk.say("Kann ich bitte mit einem Menschen sprechen?")
    conversation, staff = conversation_of(house), staff_of(house)
    staff.take(conversation, "Ana")
    talk.say("hallo?")
    talk.say("VPN ist in ganz Berlin weg, 40 Leute k\u00f6nnen nicht arbeiten")
    house.clock.forward(minutes=15)
    assert staff.sweep() == 1
    asked = ours(house)[-1]
    assert "noch nicht gemeldet" in asked.text
    said = talk.say(asked.buttons[0][0], payload=asked.buttons[0][1])
    assert said
    talk.say("Senden", payload=next(b.payload for b in talk.buttons if b.title == "Senden"))
    assert words_of(house) == ["VPN ist in ganz Berlin weg, 40 Leute k\u00f6nnen nicht arbeiten"]


def test_by_text_what_nobody_answered_is_filed_by_silence(house: House) -> None:
    talk = Talk(desk_of(house), phone=PHONE)
    talk.say("human please")
    conversation, staff, hearing = conversation_of(house), staff_of(house), hearing_of(house)
    staff.take(conversation, "Ana")
    talk.say(OUTAGE)
    house.clock.forward(minutes=15)
    assert staff.sweep() == 1
    asked = ours(house)[-1]
    assert "in no report yet" in asked.text
    assert count_segments(asked.text) == 1
    assert asked.id in house.jobs.sms
    house.clock.forward(minutes=30)
    assert hearing.hear_silence() == 1
    assert words_of(house) == [OUTAGE]


@pytest.mark.parametrize("last", ["thanks a lot", "it works again, thanks"])
def test_what_staff_settled_is_not_asked_about(house: House, last: str) -> None:
    talk = Talk(desk_of(house), phone=PHONE)
    conversation, staff = desk_of(house).thread_of(PHONE), staff_of(house)
    staff.take(conversation, "Ana")
    talk.say(OUTAGE)
    staff.say(conversation, "Ana", "Fixed, try again", key="k1")
    talk.say(last)
    house.clock.forward(minutes=15)
    assert staff.sweep() == 1
    assert "could not answer in time" in last_words(house)
    assert auto_file_at(house) is None


def test_staff_who_gave_their_answer_and_give_back_have_settled_it(house: House) -> None:
    talk = Talk(desk_of(house), phone=PHONE)
    conversation, staff = desk_of(house).thread_of(PHONE), staff_of(house)
    staff.take(conversation, "Ana")
    talk.say("my mouse is broken")
    staff.say(conversation, "Ana", "A new one lies at desk 5", key="k1")
    staff.give_back(conversation, "Ana")
    assert "has left" in last_words(house)
    assert auto_file_at(house) is None


def test_a_held_conversation_of_somebody_silent_ends_by_itself(house: House) -> None:
    talk = Talk(desk_of(house), phone=PHONE)
    talk.say("human please")
    conversation, staff = conversation_of(house), staff_of(house)
    staff.take(conversation, "Ana")
    talk.say("who is there?")
    staff.say(conversation, "Ana", "bye", key="k1")
    house.clock.forward(hours=7)
    assert staff.sweep() == 0
    house.clock.forward(hours=1)
    assert staff.sweep() == 1
    left = ours(house)[-1]
    assert left.text.startswith("Ana of IT has left")
    assert not is_answer(left)  # nobody is woken by it
    assert handoffs(house)[0].outcome is HandoffOutcome.GIVEN_BACK
    house.clock.forward(hours=7 * 24)
    talk.say(OUTAGE)
    assert words_of(house) == [OUTAGE]


def test_an_open_handoff_is_found_while_it_is_open(house: House) -> None:
    Talk(desk_of(house)).say("human please")
    conversation = conversation_of(house)
    with house.database.reading() as session:
        assert find_open(session, conversation) is not None
    house.clock.forward(minutes=15)
    staff_of(house).sweep()
    with house.database.reading() as session:
        assert find_open(session, conversation) is None
