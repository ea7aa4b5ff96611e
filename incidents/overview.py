"""What the console counts: the queue's views, what changed since, and the health of forwarding."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from models.delivery import Delivery, Record
from models.ids import IncidentId, parse_reference
from models.incident import Incident, TimelineEntry
from models.report import Report
from models.staff import Counter
from models.vocabulary import Audience, DeliveryState, MajorState, Status


@dataclass(frozen=True, slots=True)
class TargetHealth:
    """How forwarding to one target stands; `oldest` is the oldest record still owed."""

    target: str
    pending: int
    parked: int
    delivered: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class StuckRecord:
    """One record that is not on its way: refused for ever, or failing so far."""

    delivery: Delivery
    record: Record


def newest_seq(session: Session) -> int:
    """The number of the latest change anywhere."""
    return session.execute(select(Counter.value).where(Counter.name == "seq")).scalar_one()


def count_views(session: Session, *, restricted: bool) -> Mapping[str, int]:
    """How many incidents each view of the queue holds."""
    visible = [] if restricted else [Incident.audience == Audience.OPEN]
    is_open = Incident.status == Status.OPEN
    proposed = and_(is_open, Incident.major_state == MajorState.PROPOSED)
    row = session.execute(
        select(
            func.count().filter(and_(is_open, Incident.published.is_(True))),
            func.count().filter(proposed),
            func.count().filter(and_(is_open, Incident.published.is_(False))),
            func.count(),
        )
        .select_from(Incident)
        .where(*visible)
    ).one()
    return dict(zip(("queue", "candidates", "quiet", "all"), row, strict=True))


def changed_since(session: Session, seq: int, *, restricted: bool) -> Sequence[Incident]:
    """Incidents with something new on their timeline after `seq`, the latest report first."""
    where = [] if restricted else [Incident.audience == Audience.OPEN]
    changed = select(TimelineEntry.incident_id).where(TimelineEntry.seq > seq)
    return session.scalars(
        select(Incident)
        .where(Incident.id.in_(changed), *where)
        .order_by(Incident.last_at.desc(), Incident.id.desc())
        .limit(200)
    ).all()


def entries_since(session: Session, incident: IncidentId, seq: int) -> Sequence[TimelineEntry]:
    """What happened to one incident after `seq`, oldest first."""
    return session.scalars(
        select(TimelineEntry)
        .where(TimelineEntry.incident_id == incident, TimelineEntry.seq > seq)
        .order_by(TimelineEntry.seq)
    ).all()


def find_incidents(
    session: Session, references: Collection[str], *, restricted: bool
) -> Mapping[str, Incident]:
    """Incidents by reference, only what the asker may see."""
    wanted = {parse_reference(one) for one in references}
    where = [] if restricted else [Incident.audience == Audience.OPEN]
    rows = session.scalars(select(Incident).where(Incident.reference.in_(wanted), *where))
    return {row.reference: row for row in rows}


def report_references(session: Session, entries: Sequence[TimelineEntry]) -> Mapping[Any, str]:
    """The references of the reports that a timeline speaks of, by id."""
    ids = {entry.report_id for entry in entries if entry.report_id is not None}
    rows = session.execute(select(Report.id, Report.reference).where(Report.id.in_(ids)))
    return {row.id: row.reference for row in rows}


def forwarding_health(session: Session, targets: Sequence[str]) -> Sequence[TargetHealth]:
    """One line per target, also for those to which nothing is owed."""
    owed = Delivery.state == DeliveryState.PENDING
    rows = session.execute(
        select(
            Delivery.target,
            func.count().filter(owed),
            func.count().filter(Delivery.state == DeliveryState.PARKED),
            func.count().filter(Delivery.state == DeliveryState.DELIVERED),
            func.min(Delivery.created_at).filter(owed),
        ).group_by(Delivery.target)
    )
    found = {row[0]: TargetHealth(*row) for row in rows}
    names = [*targets, *sorted(set(found) - set(targets))]
    return [found.get(name, TargetHealth(name, 0, 0, 0, None)) for name in names]


def stuck_records(session: Session, *, restricted: bool, limit: int = 100) -> Sequence[StuckRecord]:
    """Parked records and those whose last try failed, newest first."""
    failing = and_(Delivery.state == DeliveryState.PENDING, Delivery.reason.is_not(None))
    where = [] if restricted else [Record.audience == Audience.OPEN.value]
    rows = session.execute(
        select(Delivery, Record)
        .join(Record, Record.event_id == Delivery.event_id)
        .where((Delivery.state == DeliveryState.PARKED) | failing, *where)
        .order_by(Delivery.state, Delivery.seq.desc())
        .limit(limit)
    )
    return [StuckRecord(row[0], row[1]) for row in rows]
