"""How far a text of ours came: its provider's calls come doubled and out of order, never back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incidents.privacy import mask
from models.conversation import Message
from models.database import insert_if_absent
from models.ids import ConversationId
from models.report import Report
from models.texting import TextStatus
from models.vocabulary import Audience, Channel

RANKS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "accepted": 0,
        "scheduled": 0,
        "queued": 0,
        "sending": 1,
        "sent": 2,
        "delivered": 3,
        "undelivered": 3,
        "failed": 3,
        "canceled": 3,
        "read": 4,
    }
)
"""Of two with the same rank, the first that was told stays."""


@dataclass(frozen=True, slots=True)
class TextSeen:
    """One text of a conversation, as staff see it.

    Attributes:
        text: With private words masked.
        state: `heard` for theirs; for ours how far it came: `pending`, `withheld`, `failed`,
            `sent`, and then by the provider's word `delivered`, `undelivered` and so on.
        why: Where it did not arrive: our reason, or the provider's error number.

    """

    number: int
    direction: str
    text: str
    at: datetime
    state: str
    why: str | None


def record_status(
    session: Session, provider_message_id: str, status: str, *, error: str | None, now: datetime
) -> bool:
    """Remember the provider's word; False where it is older than what we know, or unknown."""
    rank = RANKS.get(status)
    if rank is None:
        return False
    known = {"status": status, "rank": rank, "error": error, "at": now}
    insert_if_absent(
        session,
        TextStatus,
        provider_message_id=provider_message_id,
        status="",
        rank=-1,
        error=None,
        at=now,
    )
    moved = session.execute(
        update(TextStatus)
        .where(TextStatus.provider_message_id == provider_message_id, TextStatus.rank < rank)
        .values(**known)
        .execution_options(synchronize_session=False)
    )
    return bool(moved.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result counts rows


def read_texts(session: Session, reference: str, *, restricted: bool) -> list[TextSeen] | None:
    """The texts of the conversation that a report came from; None where there is none to see.

    Args:
        session: Reading is enough.
        reference: Of the report.
        restricted: Whether the asker may see restricted reports. Without, a conversation that
            holds one is not shown at all: its words are in it.

    """
    conversation = session.scalars(
        select(Report.conversation_id).where(
            Report.reference == reference, Report.channel == Channel.SMS
        )
    ).one_or_none()
    if conversation is None or not (restricted or is_open_to_all(session, conversation)):
        return None
    rows = session.execute(
        select(Message, TextStatus)
        .outerjoin(TextStatus, TextStatus.provider_message_id == Message.provider_message_id)
        .where(Message.conversation_id == conversation)
        .order_by(Message.number)
    ).all()
    return [_seen(message, status) for message, status in rows]


def is_open_to_all(session: Session, conversation: ConversationId) -> bool:
    """Whether no report of the conversation is restricted."""
    closed = session.scalars(
        select(Report.id).where(
            Report.conversation_id == conversation, Report.audience != Audience.OPEN
        )
    ).first()
    return closed is None


def send_state_of(message: Message, status: TextStatus | None) -> tuple[str, str | None]:
    """How far a message came by our word and the provider's, and why not farther."""
    if status is None or message.send_state is None:
        return message.send_state or "heard", message.send_reason
    return status.status, f"error {status.error}" if status.error else None


def _seen(message: Message, status: TextStatus | None) -> TextSeen:
    state, why = send_state_of(message, status)
    return TextSeen(
        number=message.number,
        direction=message.direction.value,
        text=mask(message.text),
        at=message.at,
        state=state,
        why=why,
    )
