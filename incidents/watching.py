"""An incident laid on the scales: its recent reports, and what people said is something else."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from incidents.candidates import Voice
from incidents.organisation import Organisation
from incidents.weighing import PUBLISH_WITHIN, Gathering, Newcomer, Speaker, Weighing
from models.ids import IncidentId, ReportId
from models.incident import ConstraintPair, Incident, Membership
from models.people import Identity
from models.report import TOLD_AT, Report
from models.vocabulary import Audience, ConstraintKind, MajorState, Status

_MOST: Final = 200
"""Newest reports of one incident that are looked at; with more, no rule needs to be asked."""
# Made once: they run at every report.
_RECENT: Final = (
    select(
        Report.id,
        func.coalesce(Identity.person_id, Identity.id).label("reporter"),
        Identity.verified_by,
        TOLD_AT.label("told_at"),
    )
    .select_from(Membership)
    .join(Report, Report.id == Membership.report_id)
    .join(Identity, Identity.id == Report.identity_id)
    .where(
        Membership.incident_id == bindparam("incident"),
        Membership.ended_at.is_(None),
        bindparam("since", type_=TOLD_AT.type) <= TOLD_AT,
        bindparam("until", type_=TOLD_AT.type) >= TOLD_AT,
    )
    .order_by(TOLD_AT.desc(), Report.id)
)
_APART: Final = select(ConstraintPair.left_id, ConstraintPair.right_id).where(
    ConstraintPair.kind == ConstraintKind.CANNOT_LINK,
    ConstraintPair.lifted_at.is_(None),
    or_(
        ConstraintPair.left_id == bindparam("incident"),
        ConstraintPair.right_id == bindparam("incident"),
    ),
)


@dataclass(frozen=True, slots=True)
class Weighed:
    """An incident's weighing, and its own recent reports."""

    weighing: Weighing
    own: tuple[ReportId, ...]


def weigh_incident(
    session: Session,
    organisation: Organisation,
    incident: Incident,
    arrived: Report | None,
    *,
    now: datetime,
) -> Weighed | None:
    """Weigh an incident as this transaction has it.

    Args:
        session: Of the change.
        organisation: With its scales.
        incident: It was counted already.
        arrived: A report that came with this transaction, so that the scales lack it.
        now: The moment.

    """
    alarms = organisation.alarms
    if alarms.scales is None or incident.last_at is None or incident.status is not Status.OPEN:
        return None
    alarms.scales.catch_up(session, now=now)
    within = alarms.rule.window
    recent = list(
        session.execute(
            _RECENT.limit(_MOST),
            {
                "incident": incident.id,
                "since": incident.last_at - max(within, PUBLISH_WITHIN),
                "until": incident.last_at,
            },
        )
    )[::-1]
    unverified = organisation.intake.unverified_weight
    newcomer = None
    if arrived is not None and arrived.vector is not None:
        told = next((row for row in recent if row.id == arrived.id), None)
        if told is not None:
            weight = 1.0 if told.verified_by is not None else unverified
            who = Speaker(str(told.reporter), weight, told.told_at.timestamp())
            newcomer = Newcomer(arrived.id, arrived.vector, who)
    gathering = Gathering(
        members=[row.id for row in recent if newcomer is None or row.id != newcomer.key],
        at=incident.last_at.timestamp(),
        within=within,
        newcomer=newcomer,
        service=incident.service_id,
        restricted=incident.audience is Audience.RESTRICTED,
        never=_never(session, incident.id),
    )
    weighing = alarms.scales.weigh(incident.id, gathering, unverified=unverified)
    return None if weighing is None else Weighed(weighing, tuple(row.id for row in recent))


def read_voices(
    session: Session,
    organisation: Organisation,
    incident: Incident,
    near: datetime | None,
    *,
    within: timedelta,
) -> list[Voice]:
    """Who told an incident's reports: all of them, or those close to one moment."""
    first, last = incident.first_at, incident.last_at
    if first is None or last is None:
        return []
    if near is not None:
        first, last = near - within, near + within
    rows = session.execute(_RECENT, {"incident": incident.id, "since": first, "until": last})
    unverified = organisation.intake.unverified_weight
    return [
        Voice(str(row.reporter), 1.0 if row.verified_by is not None else unverified, row.told_at)
        for row in rows
    ]


def told_elsewhere(
    session: Session, incident: Incident, keys: Collection[Hashable], *, within: timedelta
) -> frozenset[str]:
    """Ids of reports that other open incidents, proposed lately, were counted from or hold.

    Args:
        session: Of the change.
        incident: The one that asks.
        keys: The reports it would be proposed for; of others only those counted are said.
        within: The time of the candidate rule.

    """
    if incident.last_at is None:
        return frozenset()
    proposed = (
        Incident.id != incident.id,
        Incident.major_state != MajorState.NONE,
        Incident.status == Status.OPEN,
        Incident.last_at >= incident.last_at - 2 * within,
    )
    peaks = session.scalars(select(Incident.peak).where(*proposed))
    held = session.scalars(
        select(Membership.report_id)
        .join(Incident, Incident.id == Membership.incident_id)
        .where(Membership.report_id.in_(keys), Membership.ended_at.is_(None), *proposed)
    )
    counted = (one for peak in peaks if peak for one in peak.get("counted", ()))
    return frozenset((*counted, *map(str, held)))


def _never(session: Session, incident: IncidentId) -> frozenset[Hashable]:
    rows = session.execute(_APART, {"incident": incident})
    return frozenset(key for row in rows for key in row if key != incident)
