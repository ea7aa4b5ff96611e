"""What may go out now besides answers: our own short notes, quiet hours, and how much is enough.

A note is an outbound message with a key of its own (`client_id`), so it is owed once. What a
member of staff writes has a key too, and an author: it is an answer like the assistant's.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from incidents.text_policy import TextPolicy
from models.catalogue import Site
from models.conversation import Conversation, Message
from models.database import insert_if_absent
from models.ids import ConversationId, MessageId, new_id
from models.people import Identity, Person
from models.report import Report
from models.vocabulary import Channel, Direction, SendState

IS_NOTE: Final = and_(Message.client_id.is_not(None), Message.author.is_(None))
ANSWERS: Final = or_(Message.reply_to.is_not(None), IS_NOTE)
"""Of what we owe: what a person waits for; the rest are updates."""


def is_answer(message: Message) -> bool:
    """What `ANSWERS` says, of one that is read."""
    is_note = message.client_id is not None and message.author is None
    return message.reply_to is not None or is_note


def owe_note(
    session: Session, conversation: ConversationId, key: str, text: str, *, now: datetime
) -> MessageId:
    """Write a note down once; returns its message, whose sending the caller owes."""
    session.execute(
        select(Conversation.id).where(Conversation.id == conversation).with_for_update()
    )
    number = session.execute(
        select(func.max(Message.number)).where(Message.conversation_id == conversation)
    ).scalar_one()
    insert_if_absent(
        session,
        Message,
        id=MessageId(new_id()),
        conversation_id=conversation,
        number=int(number or 0) + 1,
        direction=Direction.OUTBOUND,
        channel=Channel.SMS,
        text=text,
        buttons=[],
        client_id=key,
        send_state=SendState.PENDING.value,
        at=now,
    )
    return session.scalars(
        select(Message.id).where(Message.conversation_id == conversation, Message.client_id == key)
    ).one()


def is_too_much(session: Session, message: Message, policy: TextPolicy, now: datetime) -> bool:
    """Whether this answer is one more than a number gets in a while."""
    is_note = message.client_id is not None and message.author is None
    if is_note or message.reply_to is None:
        return False
    sent = session.execute(
        select(func.count()).where(
            Message.conversation_id == message.conversation_id,
            Message.direction == Direction.OUTBOUND,
            Message.send_state == SendState.SENT.value,
            Message.at > now - policy.answers_within,
        )
    ).scalar_one()
    return sent >= policy.answers


def quiet_there(
    session: Session, identity: Identity, policy: TextPolicy, now: datetime
) -> datetime | None:
    """Until when it is quiet where the person works; None where it is not."""
    if policy.quiet is None:
        return None
    return policy.quiet.until(now, _time_zone(session, identity))


def _time_zone(session: Session, identity: Identity) -> str | None:
    """Of the person's site, else of the site that their last report names."""
    person = session.get(Person, identity.person_id) if identity.person_id else None
    site_id = person.site_id if person is not None else None
    if site_id is None:
        site_id = session.scalars(
            select(Report.site_id)
            .where(Report.identity_id == identity.id, Report.site_id.is_not(None))
            .order_by(Report.received_at.desc())
            .limit(1)
        ).first()
    site = session.get(Site, site_id) if site_id else None
    if site is None:
        return None
    try:
        ZoneInfo(site.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return None
    return site.time_zone
