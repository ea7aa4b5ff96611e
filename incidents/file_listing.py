"""The files of one conversation as its reporter is told of them: kept, read, and what was seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidents.file_readers import READERS
from models.conversation import Message
from models.ids import ConversationId
from models.report import Attachment, AttachmentReading
from models.vocabulary import AttachmentState, Direction

_SAID_AT_ONCE: Final = 3


@dataclass(frozen=True, slots=True)
class FileTold:
    """One file. `reading` is owed, done or none; `seen` is a sentence or empty."""

    file: Attachment
    reading: str
    seen: str
    trouble: str | None


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
    """What was seen in the conversation's files and was not said in it yet, a sentence each."""
    said = select(Message.text).where(
        Message.conversation_id == conversation, Message.direction == Direction.OUTBOUND
    )
    rows = session.scalars(
        select(AttachmentReading.seen)
        .join(Attachment, Attachment.id == AttachmentReading.attachment_id)
        .where(
            Attachment.conversation_id == conversation,
            AttachmentReading.seen != "",
            AttachmentReading.seen.not_in(said),
        )
        .order_by(AttachmentReading.attachment_id)
    )
    return list(dict.fromkeys(rows))[:_SAID_AT_ONCE]


def _told(file: Attachment, reading: AttachmentReading | None) -> FileTold:
    if reading is not None:
        return FileTold(file, "done", reading.seen, reading.trouble)
    owed = file.state is not AttachmentState.REFUSED and file.media_type in READERS
    return FileTold(file, "owed" if owed else "none", "", file.trouble)
