"""What goes into one turn of dialogue and what comes out of it; all plain values."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from models.vocabulary import Channel

_EVENTS: Final = 80
_ASKED: Final = {"same": "join", "description": None, "helped": "more"}
_FOLLOWED: Final = {"helped": "more"}
HANDED_OVER: Final = ("filing", "addition", "handoff")
"""Slots by which a turn hands over what is to be recorded; empty between turns."""


@dataclass(frozen=True, slots=True)
class Button:
    """A choice. `payload` comes back word for word when it is pressed."""

    title: str
    payload: str


@dataclass(frozen=True, slots=True)
class Utterance:
    """One thing the assistant says. Unknown `{placeholders}` are filled after recording."""

    response: str
    text: str
    buttons: tuple[Button, ...] = ()
    card: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a person, with all that was read of it.

    Attributes:
        payload: Of a pressed button; empty for typed words.
        act: The dialogue act by the classifier, with `act_probability`; it knows what was
            asked last. `unasked_act` is the act by the words alone.
        facts: services, negated_services, sites (lists of ids), people, since, codes.
        category: label (or None) and probability.
        likely: Services that the draft, with this message, may be about, the likeliest first.
        known: An open outage that may be offered: incident, title, since, people, workaround.
        article: A help text that may be offered: reference, service, title, steps, sms, url.
        questions: What is worth asking, the most telling first: slot, value, because. None where
            nothing could say; then a fixed order holds.
        mine: The person's own earlier reports, newest first.
        language: What the conversation is in from now on; None: as before.
        foreign: The language of words that are surely in none that we speak.
        context: service and site known before a word was said, and from where (`from`).
        handoff: `waiting` where the person has asked for a person already.

    """

    text: str
    channel: Channel
    payload: str | None = None
    act: str = "report"
    act_probability: float = 1.0
    unasked_act: str = ""
    unasked_probability: float = 0.0
    facts: Mapping[str, Any] = field(default_factory=dict)
    category: Mapping[str, Any] = field(default_factory=dict)
    likely: tuple[str, ...] = ()
    known: Mapping[str, Any] | None = None
    article: Mapping[str, Any] | None = None
    questions: tuple[Mapping[str, Any], ...] | None = None
    mine: tuple[Mapping[str, Any], ...] = ()
    attachments: tuple[str, ...] = ()
    context: Mapping[str, Any] = field(default_factory=dict)
    language: str | None = None
    foreign: str | None = None
    handoff: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What one message brought.

    Attributes:
        filing: A draft to record: text, service, site, impact, people, since, slot_meta, join,
            declined, attachments, draft_no, tried. None when nothing is filed.
        addition: Something to add to an earlier report: report, kind, text, data. Without a
            report: what became of a draft that an article solved.
        handoff: Set where somebody asked for a person.

    """

    utterances: tuple[Utterance, ...]
    filing: Mapping[str, Any] | None = None
    addition: Mapping[str, Any] | None = None
    handoff: str | None = None


@dataclass
class ConversationState:
    """A conversation between turns; goes to and from JSON unchanged.

    Attributes:
        slots: What is known, by the domain's names.
        loop: The active form.
        requested: The slot that was asked for last.
        rejected: Whether the form has handed the last message on and was not asked since.
        issued: (title, payload) of the buttons of the last turn.
        events: The latest events, in Rasa's notation.

    """

    SCHEMA: ClassVar[int] = 1

    slots: dict[str, Any] = field(default_factory=dict)
    loop: str | None = None
    requested: str | None = None
    rejected: bool = False
    issued: list[list[str]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)

    def asked(self) -> str | None:
        """What the person was asked last, as the dialogue-act head knows it.

        Once a report is filed the question is what else there is to say about it.
        """
        if self.loop is not None:
            return _ASKED.get(self.requested or "", self.requested)
        if self.slots.get("follow_up"):
            follow_up = str(self.slots["follow_up"])
            return _FOLLOWED.get(follow_up, follow_up)
        if any(payload.startswith("/insist") for _, payload in self.issued):
            return "insist"
        return "more" if self.slots.get("last_report") else None

    def to_json(self) -> dict[str, Any]:
        return {
            "schema": self.SCHEMA,
            "slots": self.slots,
            "loop": self.loop,
            "requested": self.requested,
            "rejected": self.rejected,
            "issued": self.issued,
            "events": self.events[-_EVENTS:],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ConversationState:
        """A state of this or an older schema; an empty mapping is a fresh start."""
        kept = copy.deepcopy(dict(data))
        return cls(
            slots=kept.get("slots", {}),
            loop=kept.get("loop"),
            requested=kept.get("requested"),
            rejected=bool(kept.get("rejected")),
            issued=kept.get("issued", []),
            events=kept.get("events", []),
        )

    def copy(self) -> ConversationState:
        return self.from_json(self.to_json())
