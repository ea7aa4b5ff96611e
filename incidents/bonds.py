"""What people said about which reports belong together, as it binds a choice.

A restricted report never meets an open incident, whatever anybody said.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from incidents.drafts import Draft
from incidents.grouping import Bonds, Choice
from incidents.hand import record_constraint
from incidents.queries import follow_absorbed, standing_for
from models.ids import IncidentId, parse_reference
from models.incident import ConstraintPair, Incident, Membership
from models.report import Report
from models.vocabulary import Audience, Author, ConstraintKind, Status

_RECENT: Final = 20


def bonds_of_draft(session: Session, draft: Draft) -> Bonds:
    """What the reporter said: the incident it is, if that takes reports, and those not.

    Who tells of two services in two reports of one conversation tells of two troubles.
    """
    declined = frozenset(
        other.id for ref in draft.declined if (other := incident_behind(session, ref)) is not None
    )
    apart = declined | _told_apart(session, draft)
    if draft.join is None:
        return Bonds(never=apart)
    wanted = incident_behind(session, draft.join)
    if wanted is None or wanted.status is not Status.OPEN or wanted.locked:
        return Bonds(never=apart)
    return Bonds(must=wanted.id, never=declined | (apart - {wanted.id}))


def bonds_of_report(session: Session, report: Report, home: Incident) -> Bonds:
    """What was said of a report, or of the incident it is in, since it was recorded."""
    mine: set[UUID] = {report.id, *standing_for(session, home)}
    rows = session.scalars(
        select(ConstraintPair).where(
            ConstraintPair.kind.in_((ConstraintKind.MUST_LINK, ConstraintKind.CANNOT_LINK)),
            ConstraintPair.lifted_at.is_(None),
            or_(ConstraintPair.left_id.in_(mine), ConstraintPair.right_id.in_(mine)),
        )
    )
    never: set[IncidentId] = set()
    must = None
    for row in rows:
        kind, other_id = (
            (row.right_kind, row.right_id) if row.left_id in mine else (row.left_kind, row.left_id)
        )
        other = _home_of(session, kind, other_id)
        if row.kind is ConstraintKind.CANNOT_LINK:
            never.add(other.id)
        elif other.id != home.id and other.status is Status.OPEN and not other.locked:
            must = other.id
    return Bonds(must=must, never=frozenset(never))


def keep_apart(session: Session, choice: Choice, audience: Audience) -> Choice:
    """A restricted report never joins an open incident, nor the other way round."""
    if choice.group is None:
        return choice
    incident = session.get_one(Incident, choice.group)
    if incident.audience is audience:
        return choice
    return Choice(None, None, Author.POLICY, evidence={"decision": "open"})


def record_word(
    session: Session,
    kind: ConstraintKind,
    report: Report,
    incident: Incident,
    draft: Draft,
    now: datetime,
) -> None:
    """Remember what the reporter said about their own report."""
    record_constraint(
        session,
        kind,
        ("report", report.id),
        ("incident", incident.id),
        author=Author.REPORTER,
        actor=str(draft.identity),
        now=now,
    )


def incident_behind(session: Session, reference: str) -> Incident | None:
    """The incident that stands for this reference now."""
    canonical = parse_reference(reference)
    row = session.scalars(select(Incident).where(Incident.reference == canonical)).one_or_none()
    return None if row is None else follow_absorbed(session, row)


def _told_apart(session: Session, draft: Draft) -> frozenset[IncidentId]:
    """Where the last reports of the same conversation are that name another service."""
    if draft.conversation is None or draft.service is None:
        return frozenset()
    rows = session.scalars(
        select(Membership.incident_id)
        .join(Report, Report.id == Membership.report_id)
        .where(
            Report.conversation_id == draft.conversation,
            Report.service_id != draft.service,
            Membership.ended_at.is_(None),
        )
        .order_by(Report.received_at.desc())
        .limit(_RECENT)
    )
    return frozenset(follow_absorbed(session, session.get_one(Incident, one)).id for one in rows)


def _home_of(session: Session, kind: str, key: UUID) -> Incident:
    """Where one side of a word stands now."""
    if kind == "report":
        key = session.scalars(
            select(Membership.incident_id).where(
                Membership.report_id == key, Membership.ended_at.is_(None)
            )
        ).one()
    return follow_absorbed(session, session.get_one(Incident, key))
