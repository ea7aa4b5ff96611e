"""Links between an incident and past ones that may have had the same cause. Never a merge."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Float, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, words
from models.ids import IncidentId, RecurrenceId
from models.vocabulary import Author


class RecurrenceLink(Base):
    """`incident_id` looks like `past_id`, with the evidence as the decision used it.

    What staff say of such a pair is a `ConstraintPair` of kind `same_cause` or `other_cause`:
    it outlasts every later look, and its undo changes no link.
    """

    __tablename__ = "recurrence_link"
    __table_args__ = (
        Index(
            "uq_recurrence_link_live_pair",
            "incident_id",
            "past_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_recurrence_link_past_id", "past_id"),
    )

    id: Mapped[RecurrenceId] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, unique=True)
    incident_id: Mapped[IncidentId] = mapped_column(ForeignKey("incident.id"))
    past_id: Mapped[IncidentId] = mapped_column(ForeignKey("incident.id"))
    probability: Mapped[float] = mapped_column(Float)
    evidence: Mapped[dict[str, Any]]
    author: Mapped[Author] = mapped_column(words(Author))
    actor: Mapped[str | None] = mapped_column(String(200))
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(200))


class RecurrenceLook(Base):
    """That past incidents were looked for, and how many reports the incident had then."""

    __tablename__ = "recurrence_look"

    incident_id: Mapped[IncidentId] = mapped_column(ForeignKey("incident.id"), primary_key=True)
    reports: Mapped[int]
    at: Mapped[datetime]
