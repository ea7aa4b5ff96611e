"""What people look at: the queue, one incident, its members with reasons, one report.

Restricted rows are filtered in the query itself: a caller says whether its asker may see them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, String, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from incidents.helping import read_tried
from incidents.privacy import mask
from models.errors import NotFoundError
from models.ids import IncidentId, parse_reference
from models.incident import Incident, Membership, Review, TimelineEntry
from models.people import Identity, Person
from models.report import TOLD_AT, Attachment, Report, ReportAddition, ReportText
from models.vocabulary import AttachmentState, Audience, MajorState, Severity, Status

RECENT = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which incidents; `view` is queue, candidates, quiet, or all."""

    view: str = "queue"
    words: str = ""
    severity: Severity | None = None
    service: str | None = None
    site: str | None = None
    restricted: bool = False
    published: bool | None = None
    before: tuple[datetime, UUID] | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Addition:
    """What the reporter said later, with private words masked."""

    kind: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MemberView:
    """One live member of an incident and why it is there; private words in `text` are masked.

    `behalf`: whom it is about, where that is not the reporter.
    """

    report: Report
    link: Membership
    text: str | None
    reporter: str
    verified_by: str | None
    attachments: tuple[Attachment, ...]
    additions: tuple[Addition, ...]
    tried: tuple[Mapping[str, Any], ...] = ()
    behalf: str | None = None


def list_incidents(session: Session, wanted: QueueFilter) -> Sequence[Incident]:
    """Incidents, most recent report first."""
    where = _of_view(wanted.view)
    if not wanted.restricted:
        where.append(Incident.audience == Audience.OPEN)
    if wanted.published is not None:
        where.append(Incident.published.is_(wanted.published))
    if wanted.severity is not None:
        where.append(Incident.severity == wanted.severity)
    if wanted.service is not None:
        where.append(Incident.service_id == wanted.service)
    if wanted.words.strip():
        where.append(_matches(wanted.words.strip()[:200]))
    if wanted.site is not None:
        named = _escaped(json.dumps(wanted.site))
        where.append(cast(Incident.sites, String).like(f"%{named}%", escape="\\"))
    at = latest_at(wanted.view)
    if wanted.before is not None:
        moment, last = wanted.before
        where.append(or_(at < moment, and_(at == moment, Incident.id < last)))
    return session.scalars(
        select(Incident).where(*where).order_by(at.desc(), Incident.id.desc()).limit(wanted.limit)
    ).all()


def _of_view(view: str) -> list[ColumnElement[bool]]:
    is_open = Incident.status == Status.OPEN
    if view == "candidates":
        return [is_open, Incident.major_state == MajorState.PROPOSED]
    if view == "queue":
        return [is_open, Incident.published.is_(True)]
    if view == "quiet":
        return [is_open, Incident.published.is_(False)]
    return []


def latest_at(view: str) -> ColumnElement[datetime | None]:
    """What a view is sorted by; an absorbed incident has no reports, and sorts by its opening."""
    if view == "all":
        return func.coalesce(Incident.last_at, Incident.opened_at)
    return Incident.last_at.expression


def recent_counts(
    session: Session, incidents: Sequence[IncidentId], *, now: datetime
) -> dict[IncidentId, int]:
    """Reports of the last quarter of an hour per incident; the size of its growth."""
    rows = session.execute(
        select(Membership.incident_id, func.count())
        .join(Report, Report.id == Membership.report_id)
        .where(
            Membership.incident_id.in_(incidents),
            Membership.ended_at.is_(None),
            now - RECENT < TOLD_AT,
        )
        .group_by(Membership.incident_id)
    )
    return {row[0]: row[1] for row in rows}


def read_incident(session: Session, reference: str, *, restricted: bool) -> Incident:
    """The incident by that reference; an absorbed one is returned as it is.

    Raises:
        NotFoundError: There is none, or the asker may not see it.

    """
    row = session.scalars(
        select(Incident).where(Incident.reference == parse_reference(reference))
    ).one_or_none()
    if row is None or (row.audience is Audience.RESTRICTED and not restricted):
        raise NotFoundError(f"There is no incident {reference[:20]}.", reference=reference[:40])
    return row


def follow_absorbed(session: Session, incident: Incident) -> Incident:
    """The incident that stands for this one now."""
    seen = {incident.id}
    while incident.status is Status.ABSORBED and incident.absorbed_into is not None:
        incident = session.get_one(Incident, incident.absorbed_into)
        if incident.id in seen:
            break
        seen.add(incident.id)
    return incident


def standing_for(session: Session, incident: Incident) -> set[IncidentId]:
    """The incident and all that went into it; what was said of them is said of it."""
    found = {incident.id}
    frontier = found
    while frontier:
        frontier = {
            IncidentId(one)
            for one in session.scalars(
                select(Incident.id).where(
                    Incident.absorbed_into.in_(frontier), Incident.status == Status.ABSORBED
                )
            )
        } - found
        found |= frontier
    return found


def read_members(session: Session, incident: Incident) -> list[MemberView]:
    """Live members, oldest first."""
    rows = session.execute(
        select(Report, Membership, ReportText, Identity, Person)
        .join(Membership, Membership.report_id == Report.id)
        .join(Identity, Identity.id == Report.identity_id)
        .outerjoin(ReportText, ReportText.report_id == Report.id)
        .outerjoin(Person, Person.id == Identity.person_id)
        .where(Membership.incident_id == incident.id, Membership.ended_at.is_(None))
        .order_by(TOLD_AT, Report.id)
    ).all()
    ids = [row[0].id for row in rows]
    files: dict[UUID, list[Attachment]] = {}
    for file in session.scalars(
        select(Attachment).where(
            Attachment.report_id.in_(ids), Attachment.state == AttachmentState.CLEAN
        )
    ):
        if file.report_id is not None:
            files.setdefault(file.report_id, []).append(file)
    additions: dict[UUID, list[Addition]] = {}
    for addition in session.scalars(
        select(ReportAddition)
        .where(ReportAddition.report_id.in_(ids))
        .order_by(ReportAddition.report_id, ReportAddition.number)
    ):
        additions.setdefault(addition.report_id, []).append(
            Addition(addition.kind, mask(addition.text), addition.at)
        )
    tried = read_tried(session, ids)
    return [
        MemberView(
            report=report,
            link=link,
            text=None if words is None else mask(words.text),
            behalf=None if words is None or words.behalf is None else mask(words.behalf),
            reporter=person.name if person else identity_name(identity),
            verified_by=identity.verified_by,
            attachments=tuple(files.get(report.id, ())),
            additions=tuple(additions.get(report.id, ())),
            tried=tuple(tried.get(report.id, ())),
        )
        for report, link, words, identity, person in rows
    ]


def identity_name(identity: Identity) -> str:
    """How a reporter without a directory entry is called on the console."""
    kind, _, rest = identity.address.partition(":")
    if kind == "anon":
        return f"Web visitor {rest[-4:]}"
    return identity.address


def read_timeline(session: Session, incident: Incident) -> Sequence[TimelineEntry]:
    return session.scalars(
        select(TimelineEntry)
        .where(TimelineEntry.incident_id == incident.id)
        .order_by(TimelineEntry.seq)
    ).all()


def read_report(
    session: Session, reference: str, *, restricted: bool
) -> tuple[Report, Membership, Incident]:
    """The report with its live link.

    Raises:
        NotFoundError: There is none, or the asker may not see it.

    """
    row = session.execute(
        select(Report, Membership, Incident)
        .join(Membership, Membership.report_id == Report.id)
        .join(Incident, Incident.id == Membership.incident_id)
        .where(Report.reference == parse_reference(reference), Membership.ended_at.is_(None))
    ).one_or_none()
    if row is None or (row[0].audience is Audience.RESTRICTED and not restricted):
        raise NotFoundError(f"There is no report {reference[:20]}.", reference=reference[:40])
    return row[0], row[1], row[2]


def undoable_reviews(session: Session, incident: Incident, *, limit: int = 5) -> Sequence[Review]:
    """The latest reviews of this incident that were not undone, newest first."""
    rows = session.scalars(
        select(Review).where(Review.undone_by.is_(None)).order_by(Review.seq.desc()).limit(300)
    )
    return [row for row in rows if str(incident.id) in row.incidents][:limit]


def _matches(words: str) -> ColumnElement[bool]:
    """Title, reference, or the words of any member."""
    pattern = f"%{_escaped(words)}%"
    told = (
        select(Membership.incident_id)
        .join(ReportText, ReportText.report_id == Membership.report_id)
        .join(Report, Report.id == Membership.report_id)
        .where(
            Membership.ended_at.is_(None),
            or_(
                ReportText.text.ilike(pattern, escape="\\"),
                Report.reference.ilike(pattern, escape="\\"),
            ),
        )
    )
    return or_(
        Incident.title.ilike(pattern, escape="\\"),
        Incident.reference.ilike(pattern, escape="\\"),
        Incident.id.in_(told),
    )


def _escaped(words: str) -> str:
    """For LIKE: nothing in it is a wildcard."""
    return words.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
