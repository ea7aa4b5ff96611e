"""A new incident's row, as empty as it can be; its members make it what it is."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import InstrumentedAttribute

from models.ids import IncidentId, new_id, new_reference
from models.incident import Incident
from models.vocabulary import Audience, MajorState, Priority, Severity, Status


def record_incident(session: Session, *, audience: Audience, now: datetime) -> Incident:
    """Open an incident without members."""
    incident = Incident(
        id=IncidentId(new_id()),
        reference=free_reference(session, "INC", Incident.reference),
        title="",
        staff_title=None,
        status=Status.OPEN,
        major_state=MajorState.NONE,
        severity=Severity.SEV4,
        staff_severity=None,
        staff_priority=None,
        staff_category=None,
        priority=Priority.P5,
        category=None,
        service_id=None,
        sites=[],
        reports=0,
        reporters=0,
        audience=audience,
        locked=False,
        published=False,
        workaround=None,
        reject_reason=None,
        proposal=None,
        publication=None,
        peak=None,
        absorbed_into=None,
        version=0,
        opened_at=now,
        first_at=None,
        last_at=None,
    )
    session.add(incident)
    session.flush()
    return incident


def free_reference(session: Session, prefix: str, column: InstrumentedAttribute[str]) -> str:
    """A reference nobody has yet. The grouping lock is held, so it stays free."""
    while True:
        reference = new_reference(prefix)
        if session.execute(_holders(column), {"reference": reference}).first() is None:
            return reference


@cache
def _holders(column: InstrumentedAttribute[str]) -> Select[Any]:
    return select(column).where(column == bindparam("reference"))
