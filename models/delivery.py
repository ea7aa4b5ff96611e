"""What the outside is owed: records, written with the fact, and their way to each target."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, words
from models.ids import DeliveryId, EventId
from models.vocabulary import DeliveryState


class Record(Base):
    """One structured record (a CloudEvent's content). `seq` is its place for everybody."""

    __tablename__ = "record"

    event_id: Mapped[EventId] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, unique=True)
    stream: Mapped[str] = mapped_column(String(32), index=True)
    kind: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(32))
    audience: Mapped[str] = mapped_column(String(32))
    data: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    superseded: Mapped[bool]


class Delivery(Base):
    """One record owed to one target."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("event_id", "target"),
        Index("ix_delivery_target_stream_state_seq", "target", "stream", "state", "seq"),
    )

    id: Mapped[DeliveryId] = mapped_column(primary_key=True)
    event_id: Mapped[EventId] = mapped_column(ForeignKey("record.event_id"))
    target: Mapped[str] = mapped_column(String(64))
    stream: Mapped[str] = mapped_column(String(32))
    seq: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[DeliveryState] = mapped_column(words(DeliveryState))
    attempts: Mapped[int]
    reason: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class DeliveryStream(Base):
    """Who sends one stream to one target now, and when the next try is due.

    The lease makes one sender at a time certain; the job engine only wakes.
    """

    __tablename__ = "delivery_stream"

    target: Mapped[str] = mapped_column(String(64), primary_key=True)
    stream: Mapped[str] = mapped_column(String(32), primary_key=True)
    leased_until: Mapped[datetime | None]
    leased_by: Mapped[str | None] = mapped_column(String(64))
    failures: Mapped[int]
    next_try_at: Mapped[datetime | None]
