"""What a report's files and attributes show, as far as they were read: part of its facts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from classifier.log_reading import read_log
from classifier.suspicion import looks_like_attack
from incidents.drafts import Draft
from incidents.file_readers import READERS
from incidents.jobs_port import Jobs
from models.ids import AttachmentId, ConversationId
from models.report import Attachment, AttachmentReading

MAIL: Final = "message/rfc822"
_FEWEST: Final = 12
_VALUES: Final = 200


def with_attached(session: Session, draft: Draft) -> Draft:
    """The draft with what its files that were read by now, and its attributes, show."""
    rows = session.execute(
        select(
            AttachmentReading.attachment_id,
            AttachmentReading.signatures,
            AttachmentReading.text,
            Attachment.media_type,
        )
        .join(Attachment, Attachment.id == AttachmentReading.attachment_id)
        .where(
            Attachment.id.in_(draft.attachments), Attachment.conversation_id == draft.conversation
        )
        .order_by(Attachment.id)
    ).all()
    signatures = [one for row in rows for one in row.signatures]
    for text in attribute_texts(draft.attributes):
        signatures += read_log(text)
    signatures += read_log(draft.log) if draft.log else ()
    return replace(
        draft,
        suspicious=any(row.media_type == MAIL and looks_like_attack(row.text) for row in rows),
        attached=tuple(dict.fromkeys(signatures)),
        considered=tuple(AttachmentId(row.attachment_id) for row in rows),
    )


def holds_attack(session: Session, conversation: ConversationId, files: Collection[str]) -> bool:
    """Whether one of these files is a mail that looks like an attack, as far as they are read.

    A file that is in a report says nothing of what is told after it.
    """
    mails = session.scalars(
        select(AttachmentReading.text)
        .join(Attachment, Attachment.id == AttachmentReading.attachment_id)
        .where(
            Attachment.id.in_([AttachmentId(UUID(one)) for one in files]),
            Attachment.conversation_id == conversation,
            Attachment.report_id.is_(None),
            Attachment.media_type == MAIL,
        )
    )
    return any(looks_like_attack(text) for text in mails)


def record_considered(session: Session, jobs: Jobs, draft: Draft, *, now: datetime) -> None:
    """Mark the files that took part in a decision, and owe a reading of the others."""
    if not draft.attachments:
        return
    for reading in session.scalars(
        select(AttachmentReading).where(AttachmentReading.attachment_id.in_(draft.considered))
    ):
        reading.considered_at = now
    files = session.scalars(select(Attachment).where(Attachment.id.in_(draft.attachments)))
    for file in files:
        if file.media_type in READERS and file.id not in draft.considered:
            jobs.owe_file_reading(session, file.id)


def attribute_texts(attributes: Mapping[str, Any]) -> list[str]:
    """Texts among what a program sent along that are long enough to be a line of a log."""
    found: list[str] = []
    for text in _strings(attributes, depth=4):
        if len(text) >= _FEWEST:
            found.append(text)
        if len(found) == _VALUES:
            break
    return found


def _strings(value: Any, *, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth > 0 and isinstance(value, (Mapping, list)):
        inner: Iterable[Any] = value.values() if isinstance(value, Mapping) else value
        for one in inner:
            yield from _strings(one, depth=depth - 1)
