"""What was and will be forwarded, for reconciliation; and what is stuck, to send it again."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import select

from api.auth import Asker, Permission, house_of, require
from api.render import render_moment
from incidents.forwarding import render_cloudevent, replay_parked
from models.delivery import Delivery, Record
from models.errors import NotFoundError
from models.vocabulary import Audience, DeliveryState, Role

router = APIRouter(prefix="/api/v1", tags=["forwarding"])
Forwarding = Annotated[Asker, Depends(require(Permission.FORWARDING))]
Guarded = [Depends(require(Permission.FORWARDING))]


@router.get(
    "/events",
    dependencies=[Depends(require(Permission.FORWARDING, or_role=Role.SERVICE))],
)
def events(
    request: Request,
    after: Annotated[int, Query(ge=0, lt=1 << 62)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """Records in order, as they are forwarded; ask again with `after` set to `next`."""
    house = house_of(request)
    with house.database.reading() as session:
        rows = session.scalars(
            select(Record)
            .where(Record.seq > after, Record.superseded.is_(False))
            .order_by(Record.seq)
            .limit(limit)
        ).all()
        told = [render_cloudevent(row, house.forwarder.source) for row in rows]
    return {"events": told, "next": rows[-1].seq if rows else after}


@router.get("/deliveries")
def deliveries(
    request: Request,
    asker: Forwarding,
    state: DeliveryState = DeliveryState.PARKED,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """Records on their way to each target, newest first; by default those that are parked."""
    where = [Delivery.state == state]
    if not asker.may(Permission.RESTRICTED):
        where.append(Record.audience == Audience.OPEN.value)
    with house_of(request).database.reading() as session:
        rows = session.execute(
            select(Delivery, Record)
            .join(Record, Record.event_id == Delivery.event_id)
            .where(*where)
            .order_by(Delivery.seq.desc())
            .limit(limit)
        ).all()
    return {
        "deliveries": [
            {
                "id": str(delivery.id),
                "event_id": str(delivery.event_id),
                "target": delivery.target,
                "stream": delivery.stream,
                "seq": delivery.seq,
                "type": record.kind,
                "subject": record.subject,
                "state": delivery.state.value,
                "attempts": delivery.attempts,
                "reason": delivery.reason,
                "created_at": render_moment(delivery.created_at),
                "ended_at": render_moment(delivery.ended_at),
            }
            for delivery, record in rows
        ]
    }


@router.post("/deliveries/{delivery_id}/replay", dependencies=Guarded)
def replay_one(request: Request, delivery_id: UUID) -> dict[str, Any]:
    """Send one parked record again."""
    house = house_of(request)
    with house.database.transaction() as session:
        count = replay_parked(
            session,
            house.organisation.outbox,
            now=house.clock(),
            only=lambda delivery: delivery.id == delivery_id,
        )
        if not count:
            raise NotFoundError("There is no parked delivery by this id; it may be on its way.")
    return {"replayed": count}


@router.post("/deliveries/replay", dependencies=Guarded)
def replay_all(
    request: Request, target: Annotated[str | None, Query(max_length=64)] = None
) -> dict[str, Any]:
    """Send every parked record again, or those of one target."""
    house = house_of(request)
    with house.database.transaction() as session:
        count = replay_parked(
            session,
            house.organisation.outbox,
            now=house.clock(),
            only=lambda delivery: target in {None, delivery.target},
        )
    return {"replayed": count}
