"""What is worth asking after a message: the draft as it will stand, and what would decide of it.

The dialogue itself is pure, so this is read before the turn and comes in with the message.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from assistant import background
from assistant.choices import inbound
from assistant.dialogue import ConversationState, Said
from assistant.extraction import UNKNOWN, meant
from classifier.catalogue import Catalogue
from incidents.asking import read_questions
from incidents.drafts import Draft
from incidents.intake import Intake
from models.conversation import Conversation
from models.vocabulary import Channel


def with_outlook(
    intake: Intake, row: Conversation, said: Said, state: ConversationState, now: datetime
) -> Said:
    """The message with the known outage it may be about, and the questions worth asking. Slow.

    A report that is filed is not asked about again, but for what its filing left to ask.
    """
    draft = foresee_draft(row, said, state, intake.organisation.catalogue)
    if draft is None:
        return said
    read = intake.read_draft(draft, now=now)
    offered = None
    if row.channel is not Channel.SMS and state.slots.get("same") is None:
        offered = intake.find_known(draft, read)
    if offered is not None and state.requested != "same":
        shown = background.offer(offered, time_zone=row.time_zone, now=now)
        said = replace(said, known=shown)
    found = read_questions(intake, read, offered)
    return replace(said, questions=None if found is None else tuple(q.to_json() for q in found))


def foresee_draft(
    row: Conversation, said: Said, state: ConversationState, catalogue: Catalogue
) -> Draft | None:
    """The draft as it will stand once the message has filled its slots; None where there is none.

    A close guess is enough: what the message fills in the end is not asked, whatever it is worth.
    """
    slots = state.slots
    chosen = inbound(said.text, said.payload, state.issued, digits=row.channel is Channel.SMS)
    begun = slots.get("description") or (slots.get("pending") if chosen else None)
    text = begun or ("" if chosen or said.payload is not None else said.text)
    if not str(text).strip() or (row.channel is Channel.SMS and slots.get("follow_up")):
        return None
    told: dict[str, Any] = dict(chosen.entities) if chosen else {}

    def known(name: str) -> str | None:
        named = meant(said.facts, name, catalogue, slots.get(name))
        value = told.get(name) or slots.get(name) or named or said.context.get(name)
        return None if value == UNKNOWN else value

    impact = told.get("impact") or slots.get("impact")
    return Draft(
        text=str(text),
        channel=row.channel,
        identity=row.identity_id,
        service=known("service"),
        site=known("site"),
        impact=int(impact) if impact in {"1", "2", "3"} else None,
        declined=tuple(one for one in slots.get("declined") or () if one),
    )
