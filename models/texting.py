"""Texts that came and are not heard yet, texts on their way out, and who wants none."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, words
from models.ids import ConversationId, MessageId, SignalId, TextId
from models.vocabulary import Channel


class TextThread(Base):
    """Who sends one conversation's texts now, and when the next try is due.

    `trying` is the message that may have gone out already: look before sending it again.
    Until `quiet_until` only answers go out. At `auto_file_at`, what waits for a word of the
    person is filed as it is.
    """

    __tablename__ = "text_thread"

    conversation_id: Mapped[ConversationId] = mapped_column(
        ForeignKey("conversation.id"), primary_key=True
    )
    trying: Mapped[MessageId | None]
    leased_until: Mapped[datetime | None]
    leased_by: Mapped[str | None] = mapped_column(String(128))
    failures: Mapped[int]
    next_try_at: Mapped[datetime | None]
    quiet_until: Mapped[datetime | None]
    auto_file_at: Mapped[datetime | None] = mapped_column(index=True)


class TextInbound(Base):
    """One text as a provider brought it, kept until it is heard.

    `head_id` is the first of the texts that are heard together with it, its own id where it
    is heard alone; the head holds the lease. `media`: url, type, and what became of each
    (`file`, an attachment's id, or `trouble`). `series`, `part` and `parts` stand on texts
    that the provider did not join. `said_at` is the provider's clock, where it tells.
    """

    __tablename__ = "text_inbound"
    __table_args__ = (
        UniqueConstraint("provider_message_id"),
        Index("ix_text_inbound_sender_heard_at", "sender", "heard_at"),
        Index("ix_text_inbound_heard_at_due_at", "heard_at", "due_at"),
    )

    id: Mapped[TextId] = mapped_column(primary_key=True)
    provider_message_id: Mapped[str] = mapped_column(String(128))
    sender: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)
    media: Mapped[list[Any]]
    series: Mapped[str | None] = mapped_column(String(128))
    part: Mapped[int | None]
    parts: Mapped[int | None]
    said_at: Mapped[datetime | None]
    at: Mapped[datetime]
    due_at: Mapped[datetime]
    head_id: Mapped[TextId | None]
    leased_until: Mapped[datetime | None]
    tries: Mapped[int]
    heard_at: Mapped[datetime | None]
    trouble: Mapped[str | None] = mapped_column(String(300))


class TextStatus(Base):
    """How far the provider has brought one text of ours; it never goes back.

    Kept by the provider's id: its word may come before we know that id ourselves.
    """

    __tablename__ = "text_status"

    provider_message_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    status: Mapped[str] = mapped_column(String(32))
    rank: Mapped[int]
    error: Mapped[str | None] = mapped_column(String(32))
    at: Mapped[datetime]


class ConsentSignal(Base):
    """An address said "no more" or "again"; the one with the highest number counts.

    Only added to. `signal_id` is the provider's id of the message that said so, so a
    repeated call changes nothing.
    """

    __tablename__ = "consent_signal"
    __table_args__ = (
        UniqueConstraint("channel", "address", "number"),
        UniqueConstraint("channel", "signal_id"),
    )

    id: Mapped[SignalId] = mapped_column(primary_key=True)
    channel: Mapped[Channel] = mapped_column(words(Channel))
    address: Mapped[str] = mapped_column(String(320))
    number: Mapped[int]
    wanted: Mapped[bool]
    word: Mapped[str] = mapped_column(String(32))
    signal_id: Mapped[str] = mapped_column(String(128))
    at: Mapped[datetime]
