"""Sending what is owed: one stream to one target, in order, each record once accepted.

A wake-up (from `incidents.jobs`) calls `deliver_stream`. The lease in `delivery_stream`
makes one sender at a time certain; a record refused for ever is parked with its reason and
the stream goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from incidents.ledger import Outbox
from incidents.policies import ForwardingPolicy
from incidents.transports.port import RecordTransport, TransportError
from models.clock import Clock
from models.database import Database, insert_if_absent
from models.delivery import Delivery, DeliveryStream, Record
from models.ids import DeliveryId, new_id
from models.records import RecordKind
from models.vocabulary import DeliveryState

_BATCH: Final = 50


@dataclass(frozen=True, slots=True)
class _Tried:
    """How one record fared, and whether the next one may follow."""

    accepted: bool
    go_on: bool


@dataclass(frozen=True, slots=True)
class Forwarder:
    """Everything that sending records needs."""

    database: Database
    outbox: Outbox
    transports: Mapping[str, RecordTransport]
    source: str
    worker: str
    clock: Clock
    policy: ForwardingPolicy = field(default_factory=ForwardingPolicy)

    def deliver_stream(self, target: str, stream: str) -> int:
        """Send what is pending, until nothing is or a try fails; returns how many were accepted.

        Several calls at once are fine, in one process or in many: one sends, the others
        return. A target that is no longer configured keeps what it is owed.
        """
        if target not in self.transports:
            return 0
        holder = f"{self.worker[:31]}:{new_id().hex}"
        accepted = 0
        while (batch := self._claim(target, stream, holder)) is not None:
            following = [*(delivery_id for delivery_id, _ in batch[1:]), None]
            for (delivery_id, event), after in zip(batch, following, strict=True):
                tried = self._deliver_one(target, stream, delivery_id, event, holder, after)
                accepted += tried.accepted
                if not tried.go_on:
                    return accepted
        return accepted

    def due_streams(self) -> Sequence[tuple[str, str]]:
        """(target, stream) pairs with something pending that nobody sends: missed wake-ups."""
        now = self.clock()
        with self.database.reading() as session:
            rows = session.execute(
                select(Delivery.target, Delivery.stream)
                .outerjoin(
                    DeliveryStream,
                    (DeliveryStream.target == Delivery.target)
                    & (DeliveryStream.stream == Delivery.stream),
                )
                .where(
                    Delivery.state == DeliveryState.PENDING,
                    Delivery.target.in_(self.transports),
                    or_(DeliveryStream.leased_until.is_(None), DeliveryStream.leased_until <= now),
                    or_(DeliveryStream.next_try_at.is_(None), DeliveryStream.next_try_at <= now),
                )
                .distinct()
            )
            return [(row.target, row.stream) for row in rows]

    def release_leases(self) -> None:
        """Forget who was sending. Only where this process is alone (SQLite, at start)."""
        with self.database.transaction() as session:
            session.execute(update(DeliveryStream).values(leased_until=None, leased_by=None))

    def _claim(
        self, target: str, stream: str, holder: str
    ) -> list[tuple[DeliveryId, dict[str, Any]]] | None:
        """Take or keep the lease and the next records; None when there is nothing to do.

        Giving the lease back and looking for more is one transaction, so a record that is
        committed meanwhile is seen either here or by the wake-up that came with it.
        """
        with self.database.transaction() as session:
            now = self.clock()
            held = _stream_row(session, target, stream)
            busy = held.leased_until is not None and held.leased_until > now
            if busy and held.leased_by != holder:
                return None
            if held.next_try_at is not None and held.next_try_at > now:
                return None
            _supersede_older_snapshots(session, target, stream, now)
            rows = session.execute(
                select(Delivery.id, Record)
                .join(Record, Record.event_id == Delivery.event_id)
                .where(
                    Delivery.target == target,
                    Delivery.stream == stream,
                    Delivery.state == DeliveryState.PENDING,
                )
                .order_by(Delivery.seq)
                .limit(_BATCH)
            ).all()
            if not rows:
                held.leased_by, held.leased_until = None, None
                return None
            held.leased_by = holder
            held.leased_until = now + self.policy.lease
            _begin(session, rows[0][0])
            return [(row[0], render_cloudevent(row[1], self.source)) for row in rows]

    def _deliver_one(
        self,
        target: str,
        stream: str,
        delivery_id: DeliveryId,
        event: Mapping[str, Any],
        holder: str,
        after: DeliveryId | None,
    ) -> _Tried:
        try:
            self.transports[target].deliver(event)
        except TransportError as error:
            return self._record_failure(target, stream, delivery_id, error, holder, after)
        with self.database.transaction() as session:
            now = self.clock()
            held = _stream_row(session, target, stream)
            _settle(session, delivery_id, DeliveryState.DELIVERED, now, reason=None)
            if held.leased_by != holder:
                return _Tried(accepted=True, go_on=False)  # it took so long that another sends now
            held.failures, held.next_try_at = 0, None
            held.leased_until = now + self.policy.lease
            _begin(session, after)
        return _Tried(accepted=True, go_on=True)

    def _record_failure(
        self,
        target: str,
        stream: str,
        delivery_id: DeliveryId,
        error: TransportError,
        holder: str,
        after: DeliveryId | None,
    ) -> _Tried:
        """Park it for ever, or owe another try."""
        with self.database.transaction() as session:
            now = self.clock()
            held = _stream_row(session, target, stream)
            if held.leased_by != holder:
                return _Tried(accepted=False, go_on=False)  # whoever sends now tries it too
            created_at = session.scalars(
                select(Delivery.created_at).where(Delivery.id == delivery_id)
            ).one()
            if error.permanent or now - created_at >= self.policy.give_up_after:
                _settle(session, delivery_id, DeliveryState.PARKED, now, reason=str(error))
                held.failures, held.next_try_at = 0, None
                held.leased_until = now + self.policy.lease
                _begin(session, after)
                return _Tried(accepted=False, go_on=True)
            session.execute(
                update(Delivery).where(Delivery.id == delivery_id).values(reason=str(error))
            )
            held.failures += 1
            wait = self.policy.wait(held.failures)
            held.next_try_at = now + wait
            held.leased_by, held.leased_until = None, None
            self.outbox.jobs.wake_stream(session, target, stream, after=wait)
            return _Tried(accepted=False, go_on=False)


def replay_parked(
    session: Session,
    outbox: Outbox,
    *,
    now: datetime,
    only: Callable[[Delivery], bool] | None = None,
) -> int:
    """Make parked records pending again, with a fresh clock; returns how many."""
    parked = session.scalars(select(Delivery).where(Delivery.state == DeliveryState.PARKED)).all()
    chosen = [row for row in parked if only is None or only(row)]
    for row in chosen:
        row.state, row.reason, row.ended_at = DeliveryState.PENDING, None, None
        row.attempts, row.created_at = 0, now
        held = _stream_row(session, row.target, row.stream)
        held.failures, held.next_try_at = 0, None
        outbox.jobs.wake_stream(session, row.target, row.stream)
    return len(chosen)


def render_cloudevent(record: Record, source: str) -> dict[str, Any]:
    """The record as CloudEvents 1.0 structured JSON."""
    schema = RecordKind(record.kind).schema_name
    return {
        "specversion": "1.0",
        "id": str(record.event_id),
        "source": source,
        "type": record.kind,
        "subject": record.subject,
        "time": record.at.isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "dataschema": f"{source}/schemas/{schema}.v1.json",
        "sequence": str(record.seq),
        "partitionkey": record.stream,
        "data": record.data,
    }


def _stream_row(session: Session, target: str, stream: str) -> DeliveryStream:
    query = (
        select(DeliveryStream)
        .where(DeliveryStream.target == target, DeliveryStream.stream == stream)
        .with_for_update()
    )
    row = session.scalars(query).one_or_none()
    if row is None:
        insert_if_absent(session, DeliveryStream, target=target, stream=stream, failures=0)
        row = session.scalars(query).one()
    return row


def _begin(session: Session, delivery_id: DeliveryId | None) -> None:
    """Count a try before it is made: what may have gone out is never folded into a newer one."""
    if delivery_id is None:
        return
    session.execute(
        update(Delivery).where(Delivery.id == delivery_id).values(attempts=Delivery.attempts + 1)
    )


def _settle(
    session: Session,
    delivery_id: DeliveryId,
    state: DeliveryState,
    now: datetime,
    *,
    reason: str | None,
) -> None:
    session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id)
        .values(state=state, ended_at=now, reason=reason)
    )


def _supersede_older_snapshots(session: Session, target: str, stream: str, now: datetime) -> None:
    """Of several waiting snapshots of one incident the newest says it all; events stay.

    Only where no target has been offered the older one yet, nor is being offered it now:
    what `/events` lists is what is sent.
    """
    others_sending = select(DeliveryStream.target).where(
        DeliveryStream.stream == stream,
        DeliveryStream.target != target,
        DeliveryStream.leased_until > now,
    )
    if session.execute(others_sending).first() is not None:
        return
    tried = (
        select(Delivery.event_id)
        .where(
            Delivery.stream == stream,
            or_(Delivery.attempts > 0, Delivery.state != DeliveryState.PENDING),
        )
        .scalar_subquery()
    )
    waiting = session.execute(
        select(Record.event_id, Record.kind)
        .join(Delivery, Delivery.event_id == Record.event_id)
        .where(
            Delivery.target == target,
            Delivery.stream == stream,
            Delivery.state == DeliveryState.PENDING,
            Record.event_id.not_in(tried),
        )
        .order_by(Record.seq)
    ).all()
    snapshots = [row for row in waiting if RecordKind(row.kind).schema_name == "incident"]
    older = [row.event_id for row in snapshots[:-1] if row.kind == RecordKind.INCIDENT_CHANGED]
    if not older:
        return
    session.execute(update(Record).where(Record.event_id.in_(older)).values(superseded=True))
    session.execute(
        update(Delivery)
        .where(Delivery.event_id.in_(older))
        .values(state=DeliveryState.SUPERSEDED, ended_at=now)
    )


def pending_count(session: Session) -> int:
    """Deliveries still owed."""
    return session.execute(
        select(func.count()).where(Delivery.state == DeliveryState.PENDING)
    ).scalar_one()
