"""One disturbance, told by one or more reports; and the links between the two."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Float, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, words
from models.ids import ConstraintId, EntryId, IncidentId, MembershipId, ReportId, ReviewId
from models.vocabulary import (
    Audience,
    Author,
    Category,
    ConstraintKind,
    MajorState,
    Priority,
    Severity,
    Status,
)


class Incident(Base):
    """A disturbance. What is derived from the members is written by `incidents.projection` only.

    Derived: title, severity, priority and category (unless by staff), service_id, sites,
    reports, reporters, first_at, last_at. `version` counts every change. `publication` says why
    and when it came into the queue, `peak` how surprising it became at its greatest.
    """

    __tablename__ = "incident"

    id: Mapped[IncidentId] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(16), unique=True)
    title: Mapped[str] = mapped_column(String(300))
    staff_title: Mapped[str | None] = mapped_column(String(300))
    status: Mapped[Status] = mapped_column(words(Status), index=True)
    major_state: Mapped[MajorState] = mapped_column(words(MajorState))
    severity: Mapped[Severity] = mapped_column(words(Severity))
    staff_severity: Mapped[Severity | None] = mapped_column(words(Severity))
    staff_priority: Mapped[Priority | None] = mapped_column(words(Priority))
    staff_category: Mapped[Category | None] = mapped_column(words(Category))
    priority: Mapped[Priority] = mapped_column(words(Priority))
    category: Mapped[Category | None] = mapped_column(words(Category))
    service_id: Mapped[str | None] = mapped_column(ForeignKey("service.id"))
    sites: Mapped[list[str]]
    reports: Mapped[int]
    reporters: Mapped[int]
    audience: Mapped[Audience] = mapped_column(words(Audience))
    locked: Mapped[bool]
    published: Mapped[bool]
    workaround: Mapped[str | None] = mapped_column(Text)
    reject_reason: Mapped[str | None] = mapped_column(Text)
    proposal: Mapped[dict[str, Any] | None]
    publication: Mapped[dict[str, Any] | None]
    peak: Mapped[dict[str, Any] | None]
    absorbed_into: Mapped[IncidentId | None] = mapped_column(ForeignKey("incident.id"))
    version: Mapped[int]
    opened_at: Mapped[datetime]
    first_at: Mapped[datetime | None]
    last_at: Mapped[datetime | None] = mapped_column(index=True)


class Membership(Base):
    """The link report -> incident, with the evidence as the decision used it."""

    __tablename__ = "membership"
    __table_args__ = (
        # Rule 8: every report is in exactly one incident.
        Index(
            "uq_membership_live_report",
            "report_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_membership_incident_id_ended_at", "incident_id", "ended_at"),
    )

    id: Mapped[MembershipId] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, unique=True)
    report_id: Mapped[ReportId] = mapped_column(ForeignKey("report.id"))
    incident_id: Mapped[IncidentId] = mapped_column(ForeignKey("incident.id"))
    probability: Mapped[float | None] = mapped_column(Float)
    evidence: Mapped[dict[str, Any]]
    author: Mapped[Author] = mapped_column(words(Author))
    actor: Mapped[str | None] = mapped_column(String(200))
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(200))


class ConstraintPair(Base):
    """A lasting word: `left` and `right` are (not) the same. Obeyed until a human lifts it.

    Sides are reports or incidents (`left_kind`, `right_kind`); an absorbed incident stands
    for the one it went into.
    """

    __tablename__ = "constraint_pair"
    __table_args__ = (
        Index("ix_constraint_pair_left_id", "left_id"),
        Index("ix_constraint_pair_right_id", "right_id"),
    )

    id: Mapped[ConstraintId] = mapped_column(primary_key=True)
    kind: Mapped[ConstraintKind] = mapped_column(words(ConstraintKind))
    left_kind: Mapped[str] = mapped_column(String(16))
    left_id: Mapped[IncidentId]
    right_kind: Mapped[str] = mapped_column(String(16))
    right_id: Mapped[IncidentId]
    author: Mapped[Author] = mapped_column(words(Author))
    actor: Mapped[str | None] = mapped_column(String(200))
    made_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None] = mapped_column(String(200))


class TimelineEntry(Base):
    """Something that happened, in the past tense. Append-only; ids and values, never words."""

    __tablename__ = "timeline_entry"
    __table_args__ = (Index("ix_timeline_entry_incident_id_seq", "incident_id", "seq"),)

    id: Mapped[EntryId] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, unique=True)
    incident_id: Mapped[IncidentId] = mapped_column(ForeignKey("incident.id"))
    report_id: Mapped[ReportId | None] = mapped_column(ForeignKey("report.id"))
    kind: Mapped[str] = mapped_column(String(64))
    actor: Mapped[str | None] = mapped_column(String(200))
    data: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class Review(Base):
    """One thing staff did, with what is needed to undo it. An undo is a review too."""

    __tablename__ = "review"

    id: Mapped[ReviewId] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, unique=True)
    kind: Mapped[str] = mapped_column(String(32))
    actor: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    incidents: Mapped[list[str]]
    changes: Mapped[dict[str, Any]]
    undoes: Mapped[ReviewId | None] = mapped_column(ForeignKey("review.id"))
    undone_by: Mapped[ReviewId | None] = mapped_column(ForeignKey("review.id"))


class Feedback(Base):
    """One correction by staff, as a labelled example for the next training; ids, never words.

    A row that `undoes` another takes it back; one that undoes that, brings it back again.
    """

    __tablename__ = "feedback"

    id: Mapped[EntryId] = mapped_column(primary_key=True)
    review_id: Mapped[ReviewId] = mapped_column(ForeignKey("review.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    data: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    undoes: Mapped[EntryId | None] = mapped_column(ForeignKey("feedback.id"))
