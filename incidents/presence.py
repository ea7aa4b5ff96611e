"""Who has seen and who writes: small marks on a conversation, outside its turns.

Nothing here is said to anybody: the other side's page shows it while it is open. A mark never
goes back, and never beyond what was written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from models.conversation import Conversation, Message
from models.ids import ConversationId

TYPING_FOR: Final = timedelta(seconds=6)
"""How long a sign of writing holds; who goes on writing gives it again before."""


@dataclass(frozen=True, slots=True)
class Presence:
    """How far each side has seen, as numbers of messages; until when staff write, if they do."""

    person_saw: int
    staff_saw: int
    staff_typing_until: datetime | None


def read_presence(session: Session, conversation: ConversationId, *, now: datetime) -> Presence:
    """The marks of a conversation that exists."""
    row = session.execute(
        select(Conversation.person_saw, Conversation.staff_saw, Conversation.staff_typing_at).where(
            Conversation.id == conversation
        )
    ).one()
    until = None if row.staff_typing_at is None else row.staff_typing_at + TYPING_FOR
    return Presence(row.person_saw, row.staff_saw, until if until and until > now else None)


def record_person_saw(session: Session, conversation: ConversationId, number: int) -> None:
    """The person had every message up to this one before their eyes."""
    _move(session, conversation, Conversation.person_saw, number)


def record_staff_saw(session: Session, conversation: ConversationId, number: int) -> None:
    """Staff had every message up to this one before their eyes."""
    if _move(session, conversation, Conversation.staff_saw, number):
        record_news(session, conversation)


def record_staff_typing(
    session: Session, conversation: ConversationId, *, now: datetime | None
) -> None:
    """Staff write to the person just now; None: they stopped."""
    session.execute(
        update(Conversation).where(Conversation.id == conversation).values(staff_typing_at=now)
    )
    record_news(session, conversation)


def record_news(session: Session, conversation: ConversationId) -> None:
    """Wake who follows the conversation. Locks its row, so it goes first where more is locked."""
    session.execute(
        update(Conversation)
        .where(Conversation.id == conversation)
        .values(news=Conversation.news + 1)
    )


def _move(
    session: Session,
    conversation: ConversationId,
    mark: InstrumentedAttribute[int],
    number: int,
) -> bool:
    newest = session.scalars(
        select(func.max(Message.number)).where(Message.conversation_id == conversation)
    ).one()
    reached = min(number, newest or 0)
    moved = session.execute(
        update(Conversation)
        .where(Conversation.id == conversation, mark < reached)
        .values({mark: reached})
        .execution_options(synchronize_session=False)
    )
    return bool(moved.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result counts rows
