"""Words in a language we do not speak: we say once what we do speak, and take them as they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from typing_extensions import override

from assistant.dialogue import ConversationState, Said, Turn, Utterance
from assistant.engine import DialoguePort
from assistant.phrases import say, spoken_languages
from models.vocabulary import Channel

NOTICE: Final = "spoken_languages"
_TOLD: Final = "spoken_languages_told"
"""The slot that says that this conversation has had the notice."""
_WEB: Final = "I can answer in English or German. I pass on your words as they are."
_SMS: Final = "I answer in English or German; your words are passed on."


@dataclass(frozen=True, slots=True)
class ForeignWords(DialoguePort):
    """Says what we speak before the first answer to words in another language, and no more."""

    inner: DialoguePort

    @override
    def open(self, channel: Channel, language: str | None = None) -> tuple[ConversationState, Turn]:
        return self.inner.open(channel, language)

    @override
    def turn(self, before: ConversationState, said: Said) -> tuple[ConversationState, Turn]:
        state = before.copy()
        told = bool(state.slots.pop(_TOLD, None))  # not of the domain: no business of a Rasa server
        after, turn = self.inner.turn(state, said)
        if said.foreign is not None and not told:
            notice = Utterance(NOTICE, render_notice(said.channel))
            turn, told = replace(turn, utterances=(notice, *turn.utterances)), True
        if told:
            after.slots[_TOLD] = True
        return after, turn


def render_notice(channel: Channel) -> str:
    """One sentence in every language that we speak; by text it is a message of its own."""
    words = _SMS if channel is Channel.SMS else _WEB
    others = sorted(spoken_languages() - {"en"})
    return " / ".join(say(words, language) for language in ("en", *others))
