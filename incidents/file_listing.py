"""The files of one conversation as its reporter is told of them: kept, read, and what was seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidents.file_readers import READERS
from models.ids import AttachmentId, ConversationId
from models.report import Attachment, AttachmentReading
from models.vocabulary import AttachmentState


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


def read_seen(session: Session, files: Sequence[AttachmentId]) -> list[str]:
    """What was seen in those of the files that were read by now, a sentence each."""
    rows = session.scalars(
        select(AttachmentReading.seen)
        .where(AttachmentReading.attachment_id.in_(files), AttachmentReading.seen != "")
        .order_by(AttachmentReading.attachment_id)
    )
    return list(rows)


def _told(file: Attachment, reading: AttachmentReading | None) -> FileTold:
    if reading is not None:
        return FileTold(file, "done", reading.seen, reading.trouble)
    owed = file.state is not AttachmentState.REFUSED and file.media_type in READERS
    return FileTold(file, "owed" if owed else "none", "", file.trouble)
