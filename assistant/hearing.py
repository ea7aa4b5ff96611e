"""A person's message in Rasa's notation: intent, entities, and what was read of it."""

from __future__ import annotations

from typing import Any, Final

from assistant.choices import inbound
from assistant.dialogue import ConversationState, Said
from assistant.understanding import choose_intent
from models.vocabulary import Channel

RENAMED: Final = {"restart": "start_over"}
"""Acts by the name of one of Rasa's own intents, which overrule every rule."""


def hear(said: Said, state: ConversationState) -> dict[str, Any]:
    """The latest message as Rasa's tracker holds it; `metadata` is what our actions read."""
    chosen = inbound(said.text, said.payload, state.issued, digits=said.channel is Channel.SMS)
    intent = chosen.intent if chosen else choose_intent(said, state)
    entities = dict(chosen.entities) if chosen else {}
    return {
        "text": said.text,
        "intent": {
            "name": RENAMED.get(intent, intent),
            "confidence": 1.0 if chosen else said.act_probability,
        },
        "entities": [{"entity": name, "value": value} for name, value in entities.items()],
        "metadata": {
            "channel": said.channel.value,
            "chosen": chosen is not None,
            "facts": dict(said.facts),
            "category": dict(said.category),
            "likely": list(said.likely),
            "known": dict(said.known) if said.known else None,
            "article": dict(said.article) if said.article else None,
            "questions": None if said.questions is None else [dict(q) for q in said.questions],
            "mine": [dict(one) for one in said.mine],
            "attachments": list(said.attachments),
            "context": dict(said.context),
            "language": said.language,
            "handoff": said.handoff,
        },
    }
