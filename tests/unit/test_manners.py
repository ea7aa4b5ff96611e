"""Insults get one calm sentence, once."""

from __future__ import annotations

import pytest

from assistant.dialogue import ConversationState, Said, Turn, Utterance
from assistant.manners import CALM, is_abusive, soothe
from models.vocabulary import Channel

ANSWER = Turn((Utterance("utter_ask_impact", "Who is affected?"),))


@pytest.mark.parametrize(
    "text", ["FUCK OFF", "you useless piece of junk", "so ein Scheiß", "what a shit tool", "wtf",
     "SAP IS CRAP", "this crappy printer", "it is fucked", "bullshit", "so ein Scheißdrucker",
     "verdammter Mist", "Drecksteil"],
)  # fmt: skip
def test_swearing_is_heard(text: str) -> None:
    assert is_abusive(text)


@pytest.mark.parametrize(
    "text",
    ["Outlook is down", "I am furious", "the scrap list in SAP", "Herr Scheidt hat kein WLAN", "",
     "the wifi at our Arsenal site is down", "the craps app does not open", "shitake order fails",
     "the Crapo Inc account is locked", "the arsenic list in the lab system"],
)  # fmt: skip
def test_a_complaint_is_no_insult(text: str) -> None:
    assert not is_abusive(text)


def test_it_is_said_once_in_a_conversation_and_the_answer_stays() -> None:
    state = ConversationState()
    first = soothe(state, Said("this shit is broken", Channel.WEB), ANSWER)
    assert [one.response for one in first.utterances] == [CALM, "utter_ask_impact"]
    assert soothe(state, Said("fuck", Channel.WEB), ANSWER) == ANSWER


def test_where_nothing_is_answered_nothing_is_said() -> None:
    state = ConversationState()
    assert soothe(state, Said("shit", Channel.SMS), Turn(())) == Turn(())
    assert "soothed" not in state.slots
