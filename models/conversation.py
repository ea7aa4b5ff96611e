"""A conversation and its messages, with the dialogue's state between turns."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, words
from models.ids import ConversationId, IdentityId, MessageId
from models.vocabulary import Channel, Direction


class Conversation(Base):
    """One person talking to us on one channel. `version` orders concurrent turns.

    `person_saw` and `staff_saw` are the numbers of the last messages that each side had before
    its eyes. `news` counts what changed beside the turns, so that streams look again.
    """

    __tablename__ = "conversation"

    id: Mapped[ConversationId] = mapped_column(primary_key=True)
    channel: Mapped[Channel] = mapped_column(words(Channel))
    identity_id: Mapped[IdentityId] = mapped_column(ForeignKey("identity.id"), index=True)
    token_hash: Mapped[str | None] = mapped_column(String(64))
    locale: Mapped[str] = mapped_column(String(16), default="en")
    time_zone: Mapped[str | None] = mapped_column(String(64))
    context: Mapped[dict[str, Any]]
    state: Mapped[dict[str, Any]]
    version: Mapped[int]
    created_at: Mapped[datetime]
    last_at: Mapped[datetime]
    person_saw: Mapped[int] = mapped_column(default=0, server_default="0")
    staff_saw: Mapped[int] = mapped_column(default=0, server_default="0")
    staff_typing_at: Mapped[datetime | None]
    news: Mapped[int] = mapped_column(default=0, server_default="0")


class ConversationToken(Base):
    """One more token of a conversation: another device of the same person."""

    __tablename__ = "conversation_token"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    conversation_id: Mapped[ConversationId] = mapped_column(
        ForeignKey("conversation.id"), index=True
    )
    at: Mapped[datetime]


class Message(Base):
    """One message, either way. `number` counts within the conversation from 1.

    `outcome` stands on inbound ones: what the turn brought (report, incident), so that a
    repeated message gets the first answer again; and where we tell of a report by staff.
    `send_state` stands on those that a job carries out of the house (SMS). `actor` is the
    member of staff who wrote or caused it, `author` what the person is shown of who wrote.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("conversation_id", "number"),
        UniqueConstraint("conversation_id", "client_id"),
        UniqueConstraint("channel", "provider_message_id"),
        Index("ix_message_reply_to", "reply_to"),
    )

    id: Mapped[MessageId] = mapped_column(primary_key=True)
    conversation_id: Mapped[ConversationId] = mapped_column(ForeignKey("conversation.id"))
    number: Mapped[int]
    direction: Mapped[Direction] = mapped_column(words(Direction))
    channel: Mapped[Channel] = mapped_column(words(Channel))
    text: Mapped[str] = mapped_column(Text)
    payload: Mapped[str | None] = mapped_column(Text)
    buttons: Mapped[list[Any]]
    card: Mapped[dict[str, Any] | None]
    client_id: Mapped[str | None] = mapped_column(String(128))
    provider_message_id: Mapped[str | None] = mapped_column(String(128))
    reply_to: Mapped[MessageId | None]
    outcome: Mapped[dict[str, Any] | None]
    send_state: Mapped[str | None] = mapped_column(String(32))
    send_reason: Mapped[str | None] = mapped_column(Text)
    author: Mapped[str | None] = mapped_column(String(200))
    actor: Mapped[str | None] = mapped_column(String(200))
    at: Mapped[datetime]
