"""With `MUSTER_DIALOGUE=rasa` a Rasa server decides; all the rest is as without it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assistant.building import build_desk, build_engine
from assistant.domain import load_domain
from assistant.messages import Inbound
from assistant.rasa_dialogue import DialogueUnreachableError, RasaDialogue
from tests.conftest import House
from tests.journeys.talk import Talk, count_reports, desk_of
from tests.standins.rasa import RasaStandIn

TOKEN = "a-token-of-the-tests-0123456789-abcdef"


@pytest.fixture
def rasa(house: House) -> Iterator[RasaStandIn]:
    with RasaStandIn(build_engine(house.organisation), TOKEN) as found:
        yield found


@pytest.fixture
def client(rasa: RasaStandIn) -> Iterator[RasaDialogue]:
    found = RasaDialogue(load_domain(), rasa.url, TOKEN)
    yield found
    found.close()


def rasa_desk(house: House, client: RasaDialogue):
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


def test_while_rasa_does_not_answer_nothing_is_recorded_and_the_retry_counts_once(
    house: House, client: RasaDialogue, rasa: RasaStandIn
) -> None:
    desk = rasa_desk(house, client)
    talk = Talk(desk)
    message = Inbound("the printer on floor 3 is broken", client_id="c-one")
    for trouble in ("503", "nonsense", "other", "silent"):
        rasa.troubles.append(trouble)
        with pytest.raises(DialogueUnreachableError):
            desk.hear(talk.conversation, message)
    first = desk.hear(talk.conversation, message)
    again = desk.hear(talk.conversation, message)
    assert first.messages == again.messages
    assert again.repeated
    assert len(rasa.asked) == 1


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


def test_a_wrong_token_is_told_as_unreachable(house: House, rasa: RasaStandIn) -> None:
    client = RasaDialogue(load_domain(), rasa.url, "another-token")
    talk = Talk(rasa_desk(house, client))
    with pytest.raises(DialogueUnreachableError):
        talk.say("Outlook is down")
    client.close()
    assert rasa.forged == 1


def test_a_server_that_is_gone_is_told_as_unreachable(house: House) -> None:
    client = RasaDialogue(load_domain(), "http://127.0.0.1:9", TOKEN)
    talk = Talk(rasa_desk(house, client))
    with pytest.raises(DialogueUnreachableError):
        talk.say("Outlook is down")
    client.close()
