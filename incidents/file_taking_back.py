"""A file taken back by who sent it, before a message or a report named it: nothing of it stays."""

from __future__ import annotations

import json
from typing import ClassVar

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from incidents.attachments import AttachmentStore
from incidents.presence import record_news
from models.conversation import Conversation, Message
from models.errors import DomainError
from models.ids import AttachmentId, ConversationId
from models.report import Attachment, AttachmentReading, Upload
from models.vocabulary import Direction


class NamedFileError(DomainError):
    """A message or a report names the file."""

    code: ClassVar[str] = "attachment.named"


def named_files(session: Session, conversation: ConversationId) -> frozenset[AttachmentId]:
    """The conversation's files that a message, the draft or a report names."""
    files = session.execute(
        select(Attachment.id, Attachment.report_id).where(
            Attachment.conversation_id == conversation
        )
    ).all()
    if not files:
        return frozenset()
    outcomes = session.scalars(
        select(Message.outcome).where(
            Message.conversation_id == conversation, Message.direction == Direction.INBOUND
        )
    )
    said = {file for one in outcomes for file in (one or {}).get("files", ())}
    draft = json.dumps(session.get_one(Conversation, conversation).state)
    return frozenset(
        file for file, report in files if report or str(file) in said or str(file) in draft
    )


def take_back_file(
    store: AttachmentStore, conversation: ConversationId, attachment_id: AttachmentId
) -> None:
    """Remove a file. One that is not there does no harm.

    Raises:
        NamedFileError: A message or a report names it.

    """
    with store.database.transaction() as session:
        record_news(session, conversation)  # locks the conversation: no turn names it meanwhile
        row = session.get(Attachment, attachment_id)
        if row is None or row.conversation_id != conversation:
            return
        if row.id in named_files(session, conversation):
            raise NamedFileError(
                "This file was sent with a message and stays with it. Remove it before you send."
            )
        delete_file(session, row)
    store.blobs.remove([row.blob_key])


def delete_file(session: Session, file: Attachment) -> None:
    """Remove the file's row, and those that point to it; its bytes are the caller's."""
    session.execute(delete(Upload).where(Upload.attachment_id == file.id))
    session.execute(delete(AttachmentReading).where(AttachmentReading.attachment_id == file.id))
    session.delete(file)
