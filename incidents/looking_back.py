"""When past incidents of the same cause are looked for; `incidents.recurrence` looks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models.ids import IncidentId
from models.incident import Incident
from models.recurrence import RecurrenceLook
from models.vocabulary import Status

_MISSED: Final = timedelta(days=1)


def is_look_due(session: Session, incident: Incident) -> bool:
    """Whether past incidents are to be looked for: first, and at every doubling of its size."""
    if incident.status is Status.ABSORBED or not (incident.published or incident.reporters >= 2):
        return False
    looked = session.get(RecurrenceLook, incident.id)
    return looked is None or incident.reports >= 2 * max(looked.reports, 1)


def missed_looks(session: Session, *, now: datetime, limit: int) -> Sequence[IncidentId]:
    """Incidents of the last day for which a look is due that no job made, newest first."""
    return session.scalars(
        select(Incident.id)
        .outerjoin(RecurrenceLook, RecurrenceLook.incident_id == Incident.id)
        .where(
            Incident.last_at > now - _MISSED,
            Incident.status != Status.ABSORBED,
            or_(Incident.published.is_(True), Incident.reporters >= 2),
            or_(
                RecurrenceLook.reports.is_(None),
                Incident.reports >= 2 * RecurrenceLook.reports,
            ),
        )
        .order_by(Incident.last_at.desc())
        .limit(limit)
    ).all()
