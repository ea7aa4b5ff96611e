"""Whose problem others have told already: offered, joined, declined, never when restricted."""

from __future__ import annotations

from sqlalchemy import func, select

from incidents import actions as act
from models.conversation import Conversation
from models.incident import ConstraintPair, Incident
from models.vocabulary import Channel, ConstraintKind
from tests.conftest import House
from tests.journeys.talk import Talk, desk_of
from tests.journeys.test_intake import wave


def test_a_known_outage_is_offered_and_one_tap_joins_it(house: House) -> None:
    reference = wave(house)[0]
    house.clock.forward(minutes=3)
    talk = Talk(desk_of(house))
    said = talk.say("no wifi here in Berlin")
    assert "Wi-Fi: Berlin" in said
    assert "5 people" in said
    said = talk.press("Yes, the same problem")
    assert talk.incident == reference
    assert "5 other people" in said
    with house.database.reading() as session:
        bond = session.scalars(select(ConstraintPair)).one()
    assert bond.kind is ConstraintKind.MUST_LINK


def test_a_no_to_a_known_outage_is_remembered(house: House) -> None:
    reference = wave(house)[0]
    house.clock.forward(minutes=3)
    talk = Talk(desk_of(house))
    talk.say("no wifi here in Berlin")
    talk.press("No, something else")
    while talk.heard[-1].card is None:
        talk.say("just me")
    talk.press("Send")
    assert talk.incident != reference
    with house.database.reading() as session:
        bond = session.scalars(select(ConstraintPair)).one()
    assert bond.kind is ConstraintKind.CANNOT_LINK


def test_one_persons_report_is_not_offered_to_others(house: House) -> None:
    house.file("no wifi in Berlin at all", "p031", site="berlin")
    talk = Talk(desk_of(house))
    said = talk.say("no wifi here in Berlin")
    assert "know of" not in said


def test_a_restricted_incident_is_never_offered_nor_named(house: House) -> None:
    text = "Phishing mail: fake payslip login page stole my password, I clicked the link"
    for person in ("p001", "p002", "p003"):
        house.file(text, person)
    talk = Talk(desk_of(house))
    said = talk.say("Got a phishing mail with a fake payslip login page and clicked the link")
    assert "know of" not in said
    while talk.heard[-1].card is None:
        said = talk.say("just me")
    talk.press("Send")
    assert talk.answer is not None
    assert talk.answer.incident is not None
    assert talk.answer.incident["title"] is None
    assert "other people" not in talk.heard[-1].text


def test_a_workaround_is_told_to_who_asks_and_who_joins(house: House) -> None:
    reference = wave(house)[0]
    house.reviewer.perform(
        act.SetWorkaround(act.Target(reference, None), "Use the guest network."), actor="ana"
    )
    house.clock.forward(minutes=3)
    talk = Talk(desk_of(house))
    assert "Use the guest network." in talk.say("no wifi here in Berlin")
    talk.press("Yes, the same problem")
    said = talk.say("what is happening with mine?")
    assert "6 people" in said
    assert "Use the guest network." in said


def test_ten_people_tell_one_outage_in_their_words_and_it_is_one_incident(house: House) -> None:
    desk = desk_of(house)
    told = (
        "Wifi on the third floor in Berlin is completely gone since 9",
        "no internet at all at my desk in Berlin, whole team sits idle",
        "kein WLAN im Berliner Büro",
        "wlan disconnected in berlin, can't reach anything",
        "is the wifi down in berlin? everything says no connection",
        "laptop does not find HF-Staff anymore here in Berlin",
        "Berlin office: wireless keeps dropping and now it's dead",
        "can't get online in the Berlin office, wifi icon has an exclamation mark",
        "the wireless network vanished, Berlin, floor 2, about 15 people",
        "wifi berlin ist tot, keiner kann arbeiten",
    )
    others = (
        "My headset only works on one ear",
        "SAP is extremely slow in Pune and then times out, whole team",
        "forgot my password, account locked",
    )
    found = []
    for text in told:
        house.clock.forward(minutes=2)
        talk = Talk(desk)
        talk.say(text)
        for _ in range(6):
            if talk.report is not None:
                break
            if talk.titles[:1] == ["Yes, the same problem"]:
                talk.press("Yes, the same problem")
            elif talk.heard[-1].card is not None:
                talk.press("Send")
            else:
                talk.say("i don't know")
        found.append(talk.incident)
    assert len(set(found)) == 1
    for text in others:
        talk = Talk(desk)
        talk.say(text)
        while talk.report is None:
            if talk.heard[-1].card is not None:
                talk.press("Send")
            else:
                talk.say("i don't know")
        assert talk.incident not in found
    with house.database.reading() as session:
        assert session.execute(select(func.count()).select_from(Incident)).scalar_one() == 4
        channels = set(session.scalars(select(Conversation.channel)))
    assert channels == {Channel.WEB}
