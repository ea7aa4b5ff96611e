"""With `MUSTER_DIALOGUE=rasa` a Rasa server decides; all the rest is as without it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assistant.building import build_desk, build_engine
from assistant.desk import Desk
from assistant.handoff_desk import HandoffDesk
from assistant.rasa_dialogue import RasaDialogue
from tests.conftest import House
from tests.journeys.talk import Talk, count_reports, desk_of
from tests.standins.rasa import RasaStandIn

TOKEN = "a-token-of-the-tests-0123456789-abcdef"


@pytest.fixture
def rasa(house: House) -> Iterator[RasaStandIn]:
    with RasaStandIn(build_engine(house.organisation), TOKEN) as found:
        yield found


class Seconds:
    """Time that only a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def client(house: House, rasa: RasaStandIn, seconds: Seconds) -> Iterator[RasaDialogue]:
    found = RasaDialogue(build_engine(house.organisation), rasa.url, TOKEN, now=seconds)
    yield found
    found.close()


def rasa_desk(house: House, client: RasaDialogue) -> Desk:
    return build_desk(house.database, house.organisation, house.intake, house.clock, client)


def test_a_report_is_filed_as_by_our_own_engine_word_for_word(
    house: House, client: RasaDialogue, rasa: RasaStandIn
) -> None:
    here, there = Talk(desk_of(house)), Talk(rasa_desk(house, client))
    for talk in (here, there):
        talk.say("Outlook is down for my whole team in Berlin since 9")
        while talk.buttons and talk.report is None:
            talk.press(talk.titles[0])
    assert here.report
    assert there.report
    # The last words tell of the other report; all before them are the same.
    assert [one.text for one in here.heard[:-1]] == [one.text for one in there.heard[:-1]]
    assert "One other person" in there.heard[-1].text
    assert [one.buttons for one in here.heard] == [one.buttons for one in there.heard]
    assert count_reports(house) == 2
    assert len(rasa.asked) >= 2


def test_a_text_message_is_filed_and_answered_in_one_segment(
    house: House, client: RasaDialogue
) -> None:
    talk = Talk(rasa_desk(house, client), phone="+491701234567")
    words = talk.say("vpn does not connect since this morning")
    assert talk.report
    assert talk.report in words
    assert len(words) <= 160


@pytest.mark.parametrize("trouble", ["503", "403", "nonsense", "other", "silent"])
def test_while_rasa_does_not_answer_our_own_engine_does_and_the_report_is_filed(
    house: House, client: RasaDialogue, rasa: RasaStandIn, seconds: Seconds, trouble: str
) -> None:
    talk = Talk(rasa_desk(house, client))
    talk.say("Outlook is down")
    assert len(rasa.asked) == 1
    rasa.troubles.append(trouble)
    words = talk.say("for everyone in Berlin")
    assert words
    talk.press("Send")
    assert talk.report
    assert len(rasa.asked) == 1  # it is left alone for a while
    seconds.now += 60
    talk.say("what is happening with mine?")
    assert len(rasa.asked) == 2  # and asked again, with what happened meanwhile
    assert rasa.asked[-1]["state"]["slots"]["last_report"] == talk_report(talk)


def test_rasa_is_given_the_whole_state_and_keeps_none(
    house: House, client: RasaDialogue, rasa: RasaStandIn
) -> None:
    talk = Talk(rasa_desk(house, client))
    talk.say("Outlook is down")
    talk.say("for everyone in Berlin")
    first, second = rasa.asked
    assert first["sender"] != second["sender"]
    assert first["state"]["loop"] is None
    assert second["state"]["loop"] == "intake_form"
    assert second["state"]["slots"]["description"] == "Outlook is down"


def test_who_wants_a_person_gets_one_and_rasa_is_not_asked_meanwhile(
    house: House, client: RasaDialogue, rasa: RasaStandIn
) -> None:
    here, there = Talk(desk_of(house)), Talk(rasa_desk(house, client))
    for talk in (here, there):
        talk.say("the wifi is gone")
        talk.say("I want to talk to a human")
        assert talk.conversation is not None
        staff = HandoffDesk(talk.desk)
        staff.take(talk.conversation, "Ana")
        assert talk.say("hello?") == ""
        staff.give_back(talk.conversation, "Ana")
    assert len(rasa.asked) == 2
    for talk in (here, there):
        talk.say("in rotterdam, only me")
    assert [one.text for one in here.heard] == [one.text for one in there.heard]
    assert len(rasa.asked) == 3


def test_a_wrong_token_is_refused_there_and_nobody_waits_for_it(
    house: House, rasa: RasaStandIn
) -> None:
    client = RasaDialogue(build_engine(house.organisation), rasa.url, "another-token")
    assert Talk(rasa_desk(house, client)).say("Outlook is down")
    client.close()
    assert rasa.forged == 1


def test_a_server_that_is_gone_keeps_nobody_from_reporting(house: House) -> None:
    client = RasaDialogue(build_engine(house.organisation), "http://127.0.0.1:9", TOKEN)
    talk = Talk(rasa_desk(house, client), phone="+491701234567")
    talk.say("vpn does not connect since this morning")
    client.close()
    assert talk.report


def talk_report(talk: Talk) -> str:
    return next(
        word.strip(".")
        for one in talk.heard
        for word in one.text.split()
        if word.startswith("RPT-")
    )
