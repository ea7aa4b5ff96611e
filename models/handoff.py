"""Somebody wants a person: who asked, who of staff took the conversation, how it ended."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, words
from models.ids import ConversationId, EntryId, HandoffId
from models.vocabulary import HandoffOutcome, HandoffReason, HandoffState


class Handoff(Base):
    """One time that a person of staff takes the assistant's place in one conversation.

    At most one of a conversation is open. `waiting_since` is when the person began to wait for
    an answer of a human; empty while it is their turn. At `due_at` a sweep acts on that wait, or on
    the silence of a person whose turn it is.
    """

    __tablename__ = "handoff"
    __table_args__ = (
        Index(
            "uq_handoff_open",
            "conversation_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_handoff_state_due_at", "state", "due_at"),
    )

    id: Mapped[HandoffId] = mapped_column(primary_key=True)
    conversation_id: Mapped[ConversationId] = mapped_column(
        ForeignKey("conversation.id"), index=True
    )
    state: Mapped[HandoffState] = mapped_column(words(HandoffState))
    reason: Mapped[HandoffReason] = mapped_column(words(HandoffReason))
    asked_at: Mapped[datetime]
    taken_by: Mapped[str | None] = mapped_column(String(200))
    taken_at: Mapped[datetime | None]
    waiting_since: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(200))
    outcome: Mapped[HandoffOutcome | None] = mapped_column(words(HandoffOutcome))


class ConversationAccess(Base):
    """Somebody of staff read a conversation's words as they were told. Append-only."""

    __tablename__ = "conversation_access"

    id: Mapped[EntryId] = mapped_column(primary_key=True)
    conversation_id: Mapped[ConversationId] = mapped_column(
        ForeignKey("conversation.id"), index=True
    )
    actor: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
