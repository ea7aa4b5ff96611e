"""The files of one conversation as its reporter is told of them: kept, read, and what was seen.

What was seen is told once: beside the file by a page that shows it there, or by the next turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from incidents.file_readers import READERS
from models.conversation import Conversation, Message
from models.ids import AttachmentId, ConversationId
from models.report import Attachment, AttachmentReading
from models.vocabulary import AttachmentState, Direction

_SAID_AT_ONCE: Final = 3


@dataclass(frozen=True, slots=True)
class FileTold:
    """One file. `reading` is owed, done or none; `seen` is a sentence or empty.

    `shown`: the sentence stands beside the file; else a turn says it, or has.
    """

    file: Attachment
    reading: str
    seen: str
    trouble: str | None
    shown: bool = False


def list_files(session: Session, conversation: ConversationId) -> list[FileTold]:
    """All files of the conversation, the oldest first."""
    rows = session.execute(
        select(Attachment, AttachmentReading)
        .outerjoin(AttachmentReading, AttachmentReading.attachment_id == Attachment.id)
        .where(Attachment.conversation_id == conversation)
        .order_by(Attachment.id)
    ).all()
    return [_told(file, reading) for file, reading in rows]


def read_unsaid(session: Session, conversation: ConversationId) -> list[str]:
    """What was seen in the conversation's files and was not told yet, a sentence each."""
    rows = session.scalars(
        select(AttachmentReading.seen)
        .where(AttachmentReading.attachment_id.in_(_untold(conversation)))
        .order_by(AttachmentReading.attachment_id)
    )
    return list(dict.fromkeys(rows))[:_SAID_AT_ONCE]


def has_unsaid(session: Session, conversation: ConversationId) -> bool:
    """Whether something was seen and not told yet."""
    return session.scalars(_untold(conversation).limit(1)).first() is not None


def record_shown(session: Session, conversation: ConversationId, *, now: datetime) -> None:
    """What was seen and not told yet stands beside its file from now on; no turn says it again.

    Takes the conversation's lock: a turn that tells it at this moment comes before or after.
    """
    session.execute(
        select(Conversation.id).where(Conversation.id == conversation).with_for_update()
    )
    session.execute(
        update(AttachmentReading)
        .where(AttachmentReading.attachment_id.in_(_untold(conversation)))
        .values(shown_at=now)
        .execution_options(synchronize_session=False)
    )


def _untold(conversation: ConversationId) -> Select[AttachmentId]:
    said = select(Message.text).where(
        Message.conversation_id == conversation, Message.direction == Direction.OUTBOUND
    )
    return (
        select(AttachmentReading.attachment_id)
        .join(Attachment, Attachment.id == AttachmentReading.attachment_id)
        .where(
            Attachment.conversation_id == conversation,
            AttachmentReading.seen != "",
            AttachmentReading.shown_at.is_(None),
            AttachmentReading.seen.not_in(said),
        )
    )


def _told(file: Attachment, reading: AttachmentReading | None) -> FileTold:
    if reading is not None:
        shown = reading.shown_at is not None
        return FileTold(file, "done", reading.seen, reading.trouble, shown)
    owed = file.state is not AttachmentState.REFUSED and file.media_type in READERS
    return FileTold(file, "owed" if owed else "none", "", file.trouble)
