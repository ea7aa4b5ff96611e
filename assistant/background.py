"""What the assistant may know about the speaker: own reports, a known outage, where they sit.

Reporters see of an incident only what is made from catalogue facts; of a restricted one,
nothing but that it exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from classifier.encoding import Vector
from incidents.queries import follow_absorbed
from models.ids import ConversationId, IdentityId
from models.incident import Incident, Membership
from models.people import Identity, Person
from models.report import Report, ReportAddition, ReportText
from models.vocabulary import Audience, MajorState, Status

_MINE: Final = 3
_DAY: Final = timedelta(hours=24)


def read_mine(session: Session, identity_id: IdentityId) -> list[dict[str, Any]]:
    """The speaker's latest reports and how their incidents stand, newest first."""
    identity = session.get_one(Identity, identity_id)
    who = [Report.identity_id == identity_id]
    if identity.person_id is not None:
        who.append(Identity.person_id == identity.person_id)
    rows = session.execute(
        select(Report, Incident)
        .join(Identity, Identity.id == Report.identity_id)
        .join(Membership, Membership.report_id == Report.id)
        .join(Incident, Incident.id == Membership.incident_id)
        .where(or_(*who), Membership.ended_at.is_(None))
        .order_by(Report.received_at.desc(), Report.id.desc())
        .limit(_MINE)
    ).all()
    return [
        {
            "report": report.reference,
            "service": report.service_id,
            **describe(session, incident),
        }
        for report, incident in rows
    ]


def read_last(
    session: Session,
    conversation: ConversationId,
    reference: str,
    vector: Vector,
    encoder_id: str,
    *,
    now: datetime,
) -> dict[str, Any] | None:
    """The report that a text may be more of, and how alike their words are; plain values."""
    row = session.execute(
        select(Report, Incident)
        .join(Membership, Membership.report_id == Report.id)
        .join(Incident, Incident.id == Membership.incident_id)
        .where(
            Report.reference == reference,
            Report.conversation_id == conversation,
            Membership.ended_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        return None
    report: Report = row[0]
    incident = follow_absorbed(session, row[1])
    added = session.execute(
        select(func.max(ReportAddition.at)).where(ReportAddition.report_id == report.id)
    ).scalar_one()
    theirs = report.vector if report.encoder_id == encoder_id else None
    return {
        "reference": report.reference,
        "seconds": (now - max(added or report.received_at, report.received_at)).total_seconds(),
        "service": report.service_id,
        "site": report.site_id,
        "codes": list(report.signatures),
        "category": report.category.value if report.category else None,
        "likeness": None if theirs is None else float(theirs @ vector),
        "solved": incident.status is Status.RESOLVED,
    }


def describe(session: Session, incident: Incident) -> dict[str, Any]:
    """An incident as a reporter may see it."""
    incident = follow_absorbed(session, incident)
    if incident.audience is Audience.RESTRICTED:
        return {"restricted": True, "status": incident.status.value}
    return {
        "restricted": False,
        "status": incident.status.value,
        "title": incident.title,
        "reporters": incident.reporters,
        "major": incident.major_state is MajorState.DECLARED,
        "workaround": incident.workaround,
    }


def offer(incident: Incident, *, time_zone: str | None, now: datetime) -> dict[str, Any]:
    """A known outage in words that may be shown to anybody."""
    return {
        "incident": incident.reference,
        "title": incident.title,
        "since": render_moment(incident.first_at or incident.opened_at, time_zone, now),
        "people": incident.reporters,
        "workaround": incident.workaround,
    }


def render_moment(moment: datetime, time_zone: str | None, now: datetime) -> str:
    """A clock time where the speaker is; with the day where it was not today."""
    local = moment.astimezone(_zone(time_zone))
    name = "" if time_zone else " UTC"
    if local.date() == local_day(now, time_zone):
        return f"{local:%H:%M}{name}"
    return f"{local:%d %b, %H:%M}{name}"


def local_day(moment: datetime, time_zone: str | None) -> date:
    """The day on the speaker's calendar."""
    return moment.astimezone(_zone(time_zone)).date()


def read_context(session: Session, identity_id: IdentityId, now: datetime) -> Mapping[str, Any]:
    """Where the directory says the speaker works; else where they said today that they are."""
    identity = session.get_one(Identity, identity_id)
    person = session.get(Person, identity.person_id) if identity.person_id else None
    if person is not None and person.site_id is not None:
        return {"site": person.site_id, "from": "directory"}
    told = session.scalars(
        select(Report.site_id)
        .join(ReportText, ReportText.report_id == Report.id)
        .where(
            Report.identity_id == identity_id,
            Report.site_id.is_not(None),
            ReportText.behalf.is_(None),  # that was where their colleague is
            Report.received_at > now - _DAY,
        )
        .order_by(Report.received_at.desc(), Report.id.desc())
        .limit(1)
    ).first()
    return {} if told is None else {"site": told, "from": "earlier"}


def is_over(last_at: datetime, now: datetime) -> bool:
    """Whether so much time went by that a detail no longer belongs to the last report."""
    return now - last_at > _DAY


def _zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
