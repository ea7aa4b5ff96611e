"""Order: the grouping lock, `seq`, the timeline, and the records owed to the outside.

Every function here runs inside a transaction. Taking a `seq` takes the grouping lock (the
counter's row), so numbers are in commit order and a reader never sees a gap that fills later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incidents.jobs_port import Jobs
from models.base import Base
from models.delivery import Delivery, Record
from models.ids import DeliveryId, EntryId, EventId, IncidentId, ReportId, new_id
from models.incident import Incident, Membership, TimelineEntry
from models.records import RecordKind
from models.report import Report
from models.staff import Counter
from models.vocabulary import Audience, DeliveryState

_STANDS: Final = "seq before this transaction"
# Made once: building a statement costs more than running it, and these run at every change.
_COUNTER: Final = Base.metadata.tables[Counter.__tablename__]
_NEWEST: Final = select(_COUNTER.c.value).where(_COUNTER.c.name == "seq")
_LOCKED: Final = _NEWEST.with_for_update()
_NEXT: Final = (
    update(_COUNTER)
    .where(_COUNTER.c.name == "seq")
    .values(value=_COUNTER.c.value + 1)
    .returning(_COUNTER.c.value)
)


@dataclass(frozen=True, slots=True)
class Outbox:
    """Where records go: the names of the targets, and who wakes their senders."""

    targets: tuple[str, ...]
    jobs: Jobs


def lock_grouping(session: Session) -> int:
    """Take the grouping lock until the transaction ends; return the newest `seq`.

    What the caller looked at before is looked at again: somebody may have changed it. On
    SQLite every write transaction is alone already.
    """
    newest: int = session.execute(_LOCKED).scalar_one()
    if _STANDS not in session.info:
        session.info[_STANDS] = newest
        for row in list(session.identity_map.values()):
            if isinstance(row, Incident | Membership | Report):
                session.refresh(row)
    return newest


def standing_seq(session: Session) -> int:
    """The newest `seq` that stands whatever becomes of this transaction."""
    newest: int = session.execute(_NEWEST).scalar_one()
    stands: int = session.info.get(_STANDS, newest)
    return min(newest, stands)


def next_seq(session: Session) -> int:
    """The next number in commit order."""
    session.flush()
    seq: int = session.execute(_NEXT).scalar_one()
    session.info.setdefault(_STANDS, seq - 1)
    return seq


def record_entry(
    session: Session,
    incident_id: IncidentId,
    kind: str,
    *,
    now: datetime,
    actor: str | None = None,
    report_id: ReportId | None = None,
    data: Mapping[str, Any] | None = None,
) -> int:
    """Add one line to an incident's timeline; `kind` is past tense and forever."""
    seq = next_seq(session)
    session.add(
        TimelineEntry(
            id=EntryId(new_id()),
            seq=seq,
            incident_id=incident_id,
            report_id=report_id,
            kind=kind,
            actor=actor,
            data=dict(data or {}),
            at=now,
        )
    )
    return seq


def owe_record(
    session: Session,
    outbox: Outbox,
    *,
    stream: str,
    kind: RecordKind,
    subject: str,
    audience: Audience,
    data: Mapping[str, Any],
    now: datetime,
) -> EventId:
    """Write a record and what is owed to each target, and wake their senders on commit."""
    event_id = EventId(new_id())
    seq = next_seq(session)
    session.add(
        Record(
            event_id=event_id,
            seq=seq,
            stream=stream,
            kind=kind.value,
            subject=subject,
            audience=audience.value,
            data=dict(data),
            at=now,
            superseded=False,
        )
    )
    session.flush()
    for target in outbox.targets:
        session.add(
            Delivery(
                id=DeliveryId(new_id()),
                event_id=event_id,
                target=target,
                stream=stream,
                seq=seq,
                state=DeliveryState.PENDING,
                attempts=0,
                reason=None,
                created_at=now,
                ended_at=None,
            )
        )
        outbox.jobs.wake_stream(session, target, stream)
    return event_id
