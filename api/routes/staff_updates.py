"""Live updates for staff: which incidents changed, who wants a person; never a word of anybody."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Request, Response
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from api.auth import Asker, Permission, house_of, require
from api.live import HANDOFFS, SEQ
from api.wiring import Installation
from incidents.handoffs import count_waiting, standing_handoffs
from incidents.overview import changed_since, newest_seq

HEARTBEAT: Final = 15
LIFE: Final = 15 * 60
"""Seconds; then the stream ends and its client signs in again: a session may have ended."""
router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"])


@router.get("/events", response_class=EventSourceResponse)
async def follow(
    request: Request,
    asker: Annotated[Asker, Depends(require(Permission.READ))],
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """References of incidents as they change; `Last-Event-ID` resumes after that change.

    Who may speak with people also hears `handoffs`, with how many wait, when that changes.
    """
    house = house_of(request)
    after = int(last_event_id) if last_event_id and last_event_id.isdecimal() else None
    return EventSourceResponse(
        _stream(house, after, asker),
        ping=HEARTBEAT,
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


async def _stream(
    house: Installation, after: int | None, asker: Asker
) -> AsyncIterator[ServerSentEvent]:
    ends = time.monotonic() + LIFE
    answers, stood = asker.may(Permission.REVIEW), 0
    topics = (SEQ, HANDOFFS) if answers else (SEQ,)
    with house.live.listen(*topics) as bell:
        while not house.live.closed and time.monotonic() < ends:
            newest, changed = await run_in_threadpool(
                _changes, house, after, asker.may(Permission.RESTRICTED)
            )
            if after is None or changed:
                yield ServerSentEvent(
                    data=json.dumps({"seq": newest, "incidents": changed}),
                    event="changed" if changed else "hello",
                    id=str(newest),
                )
            after = newest
            if answers:
                stands, waiting = await run_in_threadpool(_people, house)
                if stands != stood:
                    yield ServerSentEvent(data=json.dumps({"waiting": waiting}), event="handoffs")
                stood = stands
            await bell.rings(HEARTBEAT)


def _changes(
    house: Installation, after: int | None, restricted: bool
) -> tuple[int, list[dict[str, Any]]]:
    with house.database.reading() as session:
        newest = newest_seq(session)
        rows = [] if after is None else changed_since(session, after, restricted=restricted)
        return newest, [{"reference": row.reference, "version": row.version} for row in rows]


def _people(house: Installation) -> tuple[int, int]:
    """How the open hand-offs stand (0 where there is none), and how many people wait."""
    with house.database.reading() as session:
        return standing_handoffs(session), count_waiting(session)
