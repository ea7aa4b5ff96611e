"""Texts on their way out, one thread in order, and who asked not to get any."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, words
from models.ids import ConversationId, MessageId, SignalId
from models.vocabulary import Channel


class TextThread(Base):
    """Who sends one conversation's texts now, and when the next try is due.

    `trying` is the message that may have gone out already: look before sending it again.
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
