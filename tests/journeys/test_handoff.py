"""People ask for a person: one of staff joins, answers, and gives the assistant back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from assistant.handoff_desk import HandoffDesk, NothingToFileError, UnsendableError
from assistant.messages import Inbound
from incidents.handoffs import (
    HandoffNotHeldError,
    HandoffPolicy,
    HandoffTakenError,
    StaffShown,
)
from incidents.segments import count_segments
from models.conversation import Message
from models.errors import NotFoundError
from models.ids import ConversationId, new_id
from models.report import Attachment
from models.vocabulary import AttachmentState, HandoffOutcome, HandoffState
from tests.conftest import House
from tests.journeys.handing import conversation_of, handoffs, last_words, ours, staff_of, words_of
from tests.journeys.talk import Talk, count_reports, desk_of

PHONE = "+447700900051"
ASKED = {"polite": "Could I please talk to a person?", "furious": "GET ME A REAL HUMAN NOW!!!"}
OUTAGE = "Outlook is down for my whole team in Berlin since 9"


@pytest.mark.parametrize("tone", ASKED)
@pytest.mark.parametrize("phone", [None, PHONE])
def test_a_person_is_asked_for_once_in_any_tone_on_any_channel(
    house: House, tone: str, phone: str | None
) -> None:
    talk = Talk(desk_of(house), phone=phone)
    said = talk.say(ASKED[tone])
    assert "a person of IT" in said
    assert "does not work" in said
    house.clock.forward(minutes=2)
    again = talk.say(ASKED[tone])
    assert "asked for already" in again
    (one,) = handoffs(house)
    assert (one.state, one.reason) == (HandoffState.WAITING, "asked")
    assert one.waiting_since == one.asked_at
    assert count_reports(house) == 0


def test_in_german_a_person_is_asked_for_in_german(house: House) -> None:
    talk = Talk(desk_of(house))
    said = talk.say("Kann ich bitte mit einem Menschen sprechen?")
    assert "jemanden von der IT" in said
    staff_of(house).take(conversation_of(house), "Ana Keller")
    assert last_words(house).startswith("Ana von der IT ist jetzt da")


@pytest.mark.parametrize("tone", ASKED)
def test_meanwhile_the_report_goes_on(house: House, tone: str) -> None:
    talk = Talk(desk_of(house))
    talk.say("the wifi is gone")
    asked = talk.heard[-1].text
    said = talk.say(ASKED[tone])
    assert "finish your report" in said
    assert said.endswith(asked)
    talk.say("just me")
    talk.say("somewhere in rotterdam")
    talk.press("Send")
    assert talk.report is not None
    assert handoffs(house)[0].state is HandoffState.WAITING


@pytest.mark.parametrize("phone", [None, PHONE])
def test_who_has_a_report_hears_that_staff_see_it(house: House, phone: str | None) -> None:
    talk = Talk(desk_of(house), phone=phone)
    talk.say(OUTAGE)
    if phone is None:
        talk.press("Send")
    reference = str(talk.report)
    said = talk.say("I want to talk to a human")
    assert reference in said
    assert len(handoffs(house)) == 1


@pytest.mark.parametrize("phone", [None, PHONE])
def test_while_staff_hold_it_the_assistant_is_quiet_and_every_word_is_kept(
    house: House, phone: str | None
) -> None:
    talk = Talk(desk_of(house), phone=phone)
    talk.say("I want to talk to a human")
    conversation, staff = conversation_of(house), staff_of(house)
    staff.take(conversation, "Ana Keller")
    assert last_words(house).startswith("Ana of IT has joined")
    assert talk.say("SAP crashes when I open an order, only for me") == ""
    assert talk.say("and Outlook too") == ""
    assert count_reports(house) == 0
    staff.say(conversation, "Ana Keller", "Hello, since when?", key="k1")
    staff.say(conversation, "Ana Keller", "Hello, since when?", key="k1")
    shown = ours(house)[-1]
    assert (shown.text, shown.author, shown.actor) == ("Hello, since when?", "Ana", "Ana Keller")
    assert sum(one.text == "Hello, since when?" for one in ours(house)) == 1
    if phone is not None:
        assert shown.send_state == "pending"
        assert shown.id in house.jobs.sms


def test_a_message_that_came_twice_while_staff_hold_it_is_kept_once(house: House) -> None:
    talk = Talk(desk_of(house))
    conversation = conversation_of(house)
    staff_of(house).take(conversation, "Ana")
    told = Inbound("no sound", client_id="once")
    first = desk_of(house).hear(conversation, told)
    staff_of(house).say(conversation, "Ana", "Which headset?", key="k1")
    again = desk_of(house).hear(conversation, told)
    assert (first.messages, again.messages, again.repeated) == ((), (), True)
    with house.database.reading() as session:
        kept = session.scalars(select(Message).where(Message.client_id == "once")).all()
    assert len(kept) == 1
    assert talk.conversation == conversation


def test_given_back_the_dialogue_is_where_it_was(house: House) -> None:
    talk = Talk(desk_of(house))
    talk.say(OUTAGE)
    card, buttons = talk.heard[-1].card, talk.titles
    talk.say("human please")
    conversation, staff = conversation_of(house), staff_of(house)
    staff.take(conversation, "ana.keller")
    more = "is anybody there? SAP crashes too, for all of us in Pune"
    talk.say(more)
    staff.give_back(conversation, "ana.keller")
    left, asked = ours(house)[-2:]
    assert left.text == "Ana of IT has left. I am the assistant again."
    assert card is not None
    assert asked.card is not None
    shown = {row["name"]: row["value"] for row in asked.card["rows"]}
    before = {row["name"]: row["value"] for row in card["rows"]}
    assert shown == before | {"description": f"{OUTAGE} {more}"}
    assert [title for title, _ in asked.buttons] == buttons
    talk.say("Send", payload=asked.buttons[0][1])
    assert words_of(house) == [f"{OUTAGE}\n{more}"]
    assert handoffs(house)[0].outcome is HandoffOutcome.GIVEN_BACK


def test_taken_over_unasked_and_given_back_without_a_word_the_question_is_asked_again(
    house: House,
) -> None:
    talk = Talk(desk_of(house))
    talk.say("the wifi is gone")
    asked = talk.heard[-1]
    house.clock.forward(minutes=5)
    conversation, staff = conversation_of(house), staff_of(house)
    staff.take(conversation, "Ana")
    staff.give_back(conversation, "Ana")
    joined, left, again = ours(house)[-3:]
    assert joined.text.startswith("Ana of IT has joined")
    assert left.text.startswith("Ana of IT has left")
    assert again.text == asked.text
    assert [tuple(one) for one in again.buttons] == [(b.title, b.payload) for b in asked.buttons]


def test_a_file_that_came_while_staff_answered_is_in_the_draft_afterwards(house: House) -> None:
    talk = Talk(desk_of(house))
    talk.say(OUTAGE)
    conversation, staff = conversation_of(house), staff_of(house)
    staff.take(conversation, "Ana")
    with house.database.transaction() as session:
        file = Attachment(
            id=new_id(),
            conversation_id=conversation,
            name="screen.png",
            media_type="image/png",
            size=1,
            sha256="0" * 64,
            blob_key="x",
            state=AttachmentState.CLEAN,
            at=house.clock(),
        )
        session.add(file)
    talk.say("look", attachments=(file.id,))
    staff.give_back(conversation, "Ana")
    talk.say("Send", payload=ours(house)[-1].buttons[0][1])
    with house.database.reading() as session:
        assert session.get_one(Attachment, file.id).report_id is not None


def test_staff_file_what_was_said_as_it_stands(house: House) -> None:
    talk = Talk(desk_of(house))
    talk.say("the wifi is gone in berlin")
    talk.say("human please")
    conversation, staff = conversation_of(house), staff_of(house)
    staff.take(conversation, "Ana")
    talk.say("and the lift is stuck")
    recorded = staff.file(conversation, "Ana")
    assert words_of(house) == ["the wifi is gone in berlin\nand the lift is stuck"]
    assert last_words(house) == f"Ana of IT recorded it as {recorded.report.reference}."
    with pytest.raises(NothingToFileError):
        staff.file(conversation, "Ana")
    staff.give_back(conversation, "Ana")
    assert last_words(house).startswith("Ana of IT has left.")
    said = talk.say("it works again now, thanks")
    assert recorded.report.reference in said
    talk.say(OUTAGE)
    talk.press("Send")
    assert count_reports(house) == 2


def test_what_the_assistant_filed_is_not_filed_again_by_staff(house: House) -> None:
    talk = Talk(desk_of(house), phone=PHONE)
    talk.say("wifi gone in berlin, nobody can work")
    talk.say("human please")
    conversation, staff = conversation_of(house), staff_of(house)
    staff.take(conversation, "Ana")
    talk.say("the printer burns")
    staff.file(conversation, "Ana")
    assert sorted(words_of(house)) == [
        "human please\nthe printer burns",
        "wifi gone in berlin, nobody can work",
    ]


def test_what_was_added_to_a_report_is_not_filed_again_by_staff(house: House) -> None:
    talk = Talk(desk_of(house))
    talk.say(OUTAGE)
    talk.press("Send")
    talk.say("it is even worse now")
    conversation, staff = conversation_of(house), staff_of(house)
    staff.take(conversation, "Ana")
    with pytest.raises(NothingToFileError):
        staff.file(conversation, "Ana")
    assert words_of(house) == [OUTAGE]


@pytest.mark.parametrize("phone", [None, PHONE])
def test_a_greeting_and_the_wish_for_a_person_are_no_report(
    house: House, phone: str | None
) -> None:
    talk = Talk(desk_of(house), phone=phone)
    talk.say("hello")
    talk.say("can I talk to a human please?")
    conversation, staff = conversation_of(house), staff_of(house)
    staff.take(conversation, "Ana")
    talk.say("thank you")
    with pytest.raises(NothingToFileError):
        staff.file(conversation, "Ana")
    assert count_reports(house) == 0


def test_of_two_who_take_one_wins_and_the_other_hears_who(house: House) -> None:
    Talk(desk_of(house)).say("human please")
    conversation, staff = conversation_of(house), staff_of(house)
    staff.take(conversation, "Ana")
    staff.take(conversation, "Ana")
    assert sum("has joined" in one.text for one in ours(house)) == 1
    with pytest.raises(HandoffTakenError, match="Ana has taken") as told:
        staff.take(conversation, "Bo")
    assert told.value.data == {"taken_by": "Ana"}
    with pytest.raises(HandoffTakenError):
        staff.say(conversation, "Bo", "hello", key="k")
    with pytest.raises(HandoffTakenError):
        staff.file(conversation, "Bo")
    staff.give_back(conversation, "Bo")
    staff.take(conversation, "Bo")
    assert [(one.reason, one.taken_by) for one in handoffs(house)] == [
        ("asked", "Ana"),
        ("staff", "Bo"),
    ]
    assert handoffs(house)[0].ended_by == "Bo"


def test_nobody_writes_where_the_assistant_speaks(house: House) -> None:
    Talk(desk_of(house))
    conversation, staff = conversation_of(house), staff_of(house)
    with pytest.raises(HandoffNotHeldError):
        staff.say(conversation, "Ana", "hello", key="k")
    with pytest.raises(HandoffNotHeldError):
        staff.give_back(conversation, "Ana")
    with pytest.raises(NotFoundError):
        staff.take(ConversationId(new_id()), "Ana")
    assert handoffs(house) == []


@pytest.mark.parametrize(
    ("shown", "joined", "beside"),
    [
        (StaffShown.FIRST_NAME, "Ana of IT has joined", "Ana"),
        (StaffShown.NAME, "Ana Keller of IT has joined", "Ana Keller"),
        (StaffShown.NOBODY, "Somebody of IT has joined", "IT"),
    ],
)
def test_policy_says_how_staff_are_named(
    house: House, shown: StaffShown, joined: str, beside: str
) -> None:
    Talk(desk_of(house))
    desk = desk_of(house)
    staff = HandoffDesk(replace(desk, handoffs=HandoffPolicy(shown=shown)))
    conversation = conversation_of(house)
    staff.take(conversation, "Ana Keller")
    assert last_words(house).startswith(joined)
    staff.say(conversation, "Ana Keller", "hello", key="k")
    assert ours(house)[-1].author == beside


def test_by_text_staff_send_one_segment_at_a_time(house: House) -> None:
    talk = Talk(desk_of(house), phone=PHONE)
    talk.say("human please")
    conversation, staff = conversation_of(house), staff_of(house)
    staff.take(conversation, "Ana")
    with pytest.raises(UnsendableError, match="this takes 2 messages"):
        staff.say(conversation, "Ana", "a" * 161, key="k1")
    with pytest.raises(UnsendableError):
        staff.say(conversation, "Ana", "  ", key="k2")
    staff.say(conversation, "Ana", "\u201ehello\u201c " + "a" * 150, key="k3")
    assert last_words(house).startswith('"hello" a')


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Zo\u00eb B.", "Zoe of IT has"),
        ("\u0141ukasz", "Somebody of IT has"),
        ("\u674e \u660e", "Somebody of IT has"),
    ],
)
def test_a_name_that_a_text_message_cannot_hold_does_not_leave_a_gap(
    house: House, name: str, said: str
) -> None:
    Talk(desk_of(house), phone=PHONE).say("human please")
    staff_of(house).take(conversation_of(house), name)
    assert last_words(house).startswith(said)
    assert count_segments(last_words(house)) == 1
