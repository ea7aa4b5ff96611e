"""One person's account of a disturbance, as told. Never edited, moved or deleted by grouping."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, UnitVector, words
from models.ids import AttachmentId, ConversationId, EntryId, IdentityId, ReportId, UploadId
from models.vocabulary import AttachmentState, Audience, Category, Channel, Priority, Severity


class Report(Base):
    """The structured part of a report. `read_at` is empty while a reading is owed.

    `filled_in` says per field where its value comes from; `assessment` holds the
    probabilities and reasons as the classifier gave them, with the artifact's name.
    """

    __tablename__ = "report"
    __table_args__ = (UniqueConstraint("conversation_id", "draft_no"),)

    id: Mapped[ReportId] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(16), unique=True)
    conversation_id: Mapped[ConversationId | None] = mapped_column(ForeignKey("conversation.id"))
    draft_no: Mapped[int]
    identity_id: Mapped[IdentityId] = mapped_column(ForeignKey("identity.id"), index=True)
    channel: Mapped[Channel] = mapped_column(words(Channel))
    language: Mapped[str] = mapped_column(String(16))
    service_id: Mapped[str | None] = mapped_column(ForeignKey("service.id"))
    site_id: Mapped[str | None] = mapped_column(ForeignKey("site.id"))
    category: Mapped[Category | None] = mapped_column(words(Category))
    impact: Mapped[int]
    urgency: Mapped[int]
    priority: Mapped[Priority] = mapped_column(words(Priority))
    severity: Mapped[Severity] = mapped_column(words(Severity))
    people: Mapped[int | None]
    since: Mapped[str | None] = mapped_column(String(200))
    audience: Mapped[Audience] = mapped_column(words(Audience))
    facts: Mapped[list[Any]]
    signatures: Mapped[list[str]]
    filled_in: Mapped[dict[str, Any]]
    assessment: Mapped[dict[str, Any]]
    attributes: Mapped[dict[str, Any]]
    encoder_id: Mapped[str | None] = mapped_column(String(128), index=True)
    vector: Mapped[npt.NDArray[np.float32] | None] = mapped_column(UnitVector())
    occurred_at: Mapped[datetime | None]
    received_at: Mapped[datetime] = mapped_column(index=True)
    read_at: Mapped[datetime | None]


TOLD_AT = func.coalesce(Report.occurred_at, Report.received_at)
"""When a report was told: as the program says that files it later, else when it reached us."""


class ReportText(Base):
    """The words, apart, so that erasing a person is one delete.

    `behalf`: whom they are about, as the reporter named them; empty: the reporter.
    """

    __tablename__ = "report_text"

    report_id: Mapped[ReportId] = mapped_column(ForeignKey("report.id"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    behalf: Mapped[str | None] = mapped_column(String(200))


class ReportAddition(Base):
    """What the same person said later, or a log that they pasted at once.

    Kinds: `more`, `worse`, `resolved`, `resolved_by_workaround`, `answer`, `correction`,
    `withdrawn`; `log`.
    """

    __tablename__ = "report_addition"

    report_id: Mapped[ReportId] = mapped_column(ForeignKey("report.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)
    data: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class Attachment(Base):
    """A file somebody sent. `report_id` is empty until the draft it belongs to is recorded.

    Quarantined, it is kept as it came, and nobody gets or reads it; `trouble` says why it waits
    or why it was refused later.
    """

    __tablename__ = "attachment"

    id: Mapped[AttachmentId] = mapped_column(primary_key=True)
    conversation_id: Mapped[ConversationId] = mapped_column(
        ForeignKey("conversation.id"), index=True
    )
    report_id: Mapped[ReportId | None] = mapped_column(ForeignKey("report.id"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    blob_key: Mapped[str] = mapped_column(String(200))
    state: Mapped[AttachmentState] = mapped_column(words(AttachmentState))
    trouble: Mapped[str | None] = mapped_column(String(300))
    at: Mapped[datetime]


class Upload(Base):
    """A file that comes in pieces. `received` bytes of `size` are here; then it is an attachment.

    The pieces lie with the other files, under the upload's id and where they begin. `client_id`
    is the sender's name for it: opened again under the same one, it is the same upload.
    """

    __tablename__ = "upload"
    __table_args__ = (UniqueConstraint("conversation_id", "client_id"),)

    id: Mapped[UploadId] = mapped_column(primary_key=True)
    conversation_id: Mapped[ConversationId] = mapped_column(
        ForeignKey("conversation.id"), index=True
    )
    name: Mapped[str] = mapped_column(String(255))
    size: Mapped[int]
    sha256: Mapped[str | None] = mapped_column(String(64))
    received: Mapped[int]
    attachment_id: Mapped[AttachmentId | None] = mapped_column(ForeignKey("attachment.id"))
    client_id: Mapped[str | None] = mapped_column(String(128))
    at: Mapped[datetime] = mapped_column(index=True)


class TextAccess(Base):
    """Somebody of the staff looked at a report's words as they were told. Append-only."""

    __tablename__ = "text_access"

    id: Mapped[EntryId] = mapped_column(primary_key=True)
    report_id: Mapped[ReportId] = mapped_column(ForeignKey("report.id"), index=True)
    actor: Mapped[str] = mapped_column(String(200))
    via: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]


class AttachmentReading(Base):
    """What a job read in a file, apart like a report's words; no row while it is owed.

    `considered_at` is empty until its signatures took part: in the report's own decision when
    they were there in time, else as `suggested` incidents, which never move the report.
    `trouble` says why nothing could be read; `seen` is what the reporter is told of it, and
    `shown_at` when it was shown beside the file, so that no turn says it again.
    """

    __tablename__ = "attachment_reading"

    attachment_id: Mapped[AttachmentId] = mapped_column(
        ForeignKey("attachment.id"), primary_key=True
    )
    text: Mapped[str] = mapped_column(Text)
    signatures: Mapped[list[str]]
    reader: Mapped[str] = mapped_column(String(64))
    trouble: Mapped[str | None] = mapped_column(String(300))
    seen: Mapped[str] = mapped_column(String(300), server_default="")
    suggested: Mapped[list[Any]]
    read_at: Mapped[datetime]
    considered_at: Mapped[datetime | None]
    shown_at: Mapped[datetime | None]
