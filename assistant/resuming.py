"""Coming back: the same person on another device goes on where they were; a day ends a draft.

Somebody whom the intranet names is given their own conversation again. What was begun is said
with the question that was open; what was dropped is offered once. After a day a draft is over,
and what is told then is a report of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from assistant.background import local_day
from assistant.choices import render_payload
from assistant.dialogue import Button, ConversationState, Said
from assistant.drafting import empty_draft
from assistant.phrases import say
from assistant.transcript import Words, asked_last
from assistant.understanding import choose_intent
from assistant.wording import render_status
from classifier.catalogue import Catalogue
from incidents.handoffs import find_open
from models.conversation import Conversation
from models.ids import ConversationId, IdentityId
from models.people import Identity
from models.vocabulary import Channel, HandoffState

DAY: Final = timedelta(hours=24)
_DROPPED: Final = ("pending", "pending_facts", "doubted", "dropped")
_LAST: Final = ("last_report", "follow_up")


def find_own(session: Session, identity_id: IdentityId, *, now: datetime) -> Conversation | None:
    """The person's own latest web conversation of the last day."""
    identity = session.get_one(Identity, identity_id)
    who = [Conversation.identity_id == identity_id]
    if identity.person_id is not None:
        who.append(Identity.person_id == identity.person_id)
    return session.scalars(
        select(Conversation)
        .join(Identity, Identity.id == Conversation.identity_id)
        .where(
            or_(*who),
            Identity.verified_by.is_not(None),
            Conversation.channel == Channel.WEB,
            Conversation.last_at > now - DAY,
        )
        .order_by(Conversation.last_at.desc(), Conversation.id.desc())
        .limit(1)
    ).first()


def render_return(
    session: Session, row: Conversation, catalogue: Catalogue, *, now: datetime
) -> tuple[list[Words], ConversationState]:
    """What is said to who comes back, and how the conversation stands from then on.

    Nothing where nothing was begun, or one of staff is speaking with them: they see what was said.
    """
    handoff = find_open(session, ConversationId(row.id))
    state = ConversationState.from_json(row.state)
    if handoff is not None and handoff.state is HandoffState.HELD:
        return [], state
    slots, language = state.slots, state.slots.get("language") or row.locale
    if state.loop is not None and slots.get("description"):
        begun = _begun("begun", slots, catalogue, row, language, now)
        question = asked_last(session, row, state)
        return [Words(begun), *([question] if question else [])], state
    dropped = slots.get("dropped") or {}
    if dropped and slots.get("pending") and not dropped.get("offered"):
        buttons = (
            Button(say("Report it after all", language), render_payload("insist")),
            Button(say("No, thank you", language), render_payload("deny")),
        )
        words = _begun("dropped", dropped, catalogue, row, language, now)
        state.issued = [[one.title, one.payload] for one in buttons]
        slots["dropped"] = {**dropped, "offered": True}
        return [Words(words, buttons)], state
    return [], state


def render_welcome(mine: Sequence[Mapping[str, Any]], language: str) -> list[Words]:
    """How the person's latest report stands, for who comes back after days."""
    if not mine:
        return []
    return [Words(render_status(mine[:1], language))]


def forget_old(state: ConversationState, said: Said) -> ConversationState:
    """After a day of silence: the last report is no longer what is spoken of.

    A draft is over too, once something new is told; who presses its button still sends it.
    """
    kept = state.copy()
    kept.slots |= dict.fromkeys(name for name in _LAST if name in kept.slots)
    if not _tells_anew(said):
        return kept
    kept.slots |= empty_draft()
    kept.slots |= {name: None for name in _DROPPED if name in kept.slots}
    kept.slots |= {"pending_facts": {}, "doubted": False}
    kept.loop = kept.requested = None
    kept.rejected, kept.issued = False, []
    return kept


def _tells_anew(said: Said) -> bool:
    if said.payload is not None or not said.text.strip():
        return False
    fresh = ConversationState()
    alone = replace(said, act=said.unasked_act, act_probability=said.unasked_probability)
    return choose_intent(alone, fresh) == "report"


def _begun(
    how: str,
    slots: Mapping[str, Any],
    catalogue: Catalogue,
    row: Conversation,
    language: str,
    now: datetime,
) -> str:
    entry = catalogue.service(slots.get("service"))
    today = local_day(row.last_at, row.time_zone) == local_day(now, row.time_zone)
    when = say("today" if today else "yesterday", language)
    if how == "begun":
        phrase = (
            "You began to tell me about {what} {when}. Let us go on."
            if entry
            else "You began a report {when}. Let us go on."
        )
    else:
        phrase = (
            "You began to tell me about {what} {when} and stopped. Shall I report it after all?"
            if entry
            else "You began a report {when} and stopped. Shall I send it after all?"
        )
    return say(phrase, language, what=entry.title if entry else "", when=when)
