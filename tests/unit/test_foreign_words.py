"""Which languages we speak is said once, before the answer, and not handed to the dialogue."""

from __future__ import annotations

from dataclasses import dataclass, field

from typing_extensions import override

from assistant.dialogue import ConversationState, Said, Turn, Utterance
from assistant.engine import DialoguePort
from assistant.foreign_words import NOTICE, ForeignWords
from models.vocabulary import Channel


@dataclass
class Echo(DialoguePort):
    """A dialogue that answers everything alike, and remembers the slots it was given."""

    slots: list[set[str]] = field(default_factory=list)

    @override
    def open(self, channel: Channel, language: str | None = None) -> tuple[ConversationState, Turn]:
        return ConversationState(), Turn(())

    @override
    def turn(self, before: ConversationState, said: Said) -> tuple[ConversationState, Turn]:
        self.slots.append(set(before.slots))
        return before.copy(), Turn((Utterance("utter_filed", "Recorded."),))


def names(turn: Turn) -> list[str]:
    return [one.response for one in turn.utterances]


def test_it_is_said_once_in_a_conversation_and_stands_before_the_answer() -> None:
    inner = Echo()
    dialogue = ForeignWords(inner)
    state, greeting = dialogue.open(Channel.WEB)
    assert names(greeting) == []
    plain, foreign = Said("wifi", Channel.WEB), Said("le wifi", Channel.WEB, foreign="fr")
    heard = []
    for said in (plain, foreign, plain, foreign):
        state, turn = dialogue.turn(ConversationState.from_json(state.to_json()), said)
        heard.append(names(turn))
    assert heard == [["utter_filed"], [NOTICE, "utter_filed"], ["utter_filed"], ["utter_filed"]]
    assert inner.slots == [set()] * 4
