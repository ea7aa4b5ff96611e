"""Incidents for programs and staff: the list, one, its members with reasons, its timeline."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from itsdangerous import BadSignature, URLSafeSerializer
from pydantic import AfterValidator

from api.auth import Asker, Permission, house_of, require
from api.errors import MalformedRequestError
from api.render import render_entry, render_incident, render_report
from api.views_recurrence import recurring_data
from api.wiring import Installation
from incidents.overview import report_references
from incidents.proposing import read_merges, read_split
from incidents.queries import (
    QueueFilter,
    list_incidents,
    read_incident,
    read_members,
    read_timeline,
)
from models.incident import Incident
from models.storable import storable
from models.vocabulary import Severity

router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"])
Named = Annotated[Annotated[str, AfterValidator(storable)] | None, Query(max_length=64)]
Reader = Annotated[Asker, Depends(require(Permission.READ))]


@router.get("")
def search(
    request: Request,
    asker: Reader,
    view: Literal["queue", "candidates", "quiet", "all"] = "all",
    words: Annotated[str, Query(max_length=200), AfterValidator(storable)] = "",
    severity: Severity | None = None,
    service: Named = None,
    site: Named = None,
    published: Annotated[
        bool | None, Query(description="Only what came into the queue, or only what waits.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> dict[str, Any]:
    """Incidents, the latest report first; `next` is the cursor of the following page."""
    house = house_of(request)
    wanted = QueueFilter(
        view=view,
        words=words,
        severity=severity,
        service=service,
        site=site,
        published=published,
        restricted=asker.may(Permission.RESTRICTED),
        before=_opened(house, cursor) if cursor else None,
        limit=limit + 1,
    )
    with house.database.reading() as session:
        rows = list_incidents(session, wanted)
        page = [render_incident(session, row) for row in rows[:limit]]
    more = len(rows) > limit
    return {"incidents": page, "next": _sealed(house, rows[limit - 1]) if more else None}


@router.get("/{reference}")
def read(request: Request, response: Response, reference: str, asker: Reader) -> dict[str, Any]:
    """One incident; `ETag` is its version. An absorbed one says into which it went."""
    with house_of(request).database.reading() as session:
        incident = _visible(session, reference, asker)
        told = render_incident(session, incident) | recurring_data(session, incident)
    response.headers["etag"] = f'"{incident.version}"'
    if told["absorbed_into"]:
        response.headers["link"] = f'</api/v1/incidents/{told["absorbed_into"]}>; rel="canonical"'
    return told


@router.get("/{reference}/members")
def members(request: Request, reference: str, asker: Reader) -> dict[str, Any]:
    """The incident's reports, oldest first, each with the evidence for its being there."""
    with house_of(request).database.reading() as session:
        incident = _visible(session, reference, asker)
        found = [render_report(member) for member in read_members(session, incident)]
    return {"incident": incident.reference, "version": incident.version, "members": found}


@router.get("/{reference}/proposals")
def proposals(request: Request, reference: str, asker: Reader) -> dict[str, Any]:
    """Open incidents that may be the same, and reports that may be something else, with reasons."""
    house = house_of(request)
    with house.database.reading() as session:
        incident = _visible(session, reference, asker)
        merges = read_merges(session, house.intake.window, incident, now=house.clock())
        split = read_split(session, incident, house.organisation.catalogue)
    return {
        "incident": incident.reference,
        "version": incident.version,
        "merges": [
            {
                "incident": one.incident.reference,
                "version": one.incident.version,
                "title": one.incident.title,
                "probability": round(one.probability, 4),
                "reasons": list(one.reasons),
            }
            for one in merges
        ],
        "split": None
        if split is None
        else {"reports": list(split.away), "sentence": split.sentence},
    }


@router.get("/{reference}/timeline")
def timeline(request: Request, reference: str, asker: Reader) -> dict[str, Any]:
    """What happened to it, oldest first."""
    with house_of(request).database.reading() as session:
        incident = _visible(session, reference, asker)
        entries = read_timeline(session, incident)
        reports = report_references(session, entries)
    return {
        "incident": incident.reference,
        "entries": [render_entry(entry, reports) for entry in entries],
    }


def _visible(session: Any, reference: str, asker: Asker) -> Incident:
    return read_incident(session, reference, restricted=asker.may(Permission.RESTRICTED))


def _sealed(house: Installation, last: Incident) -> str:
    """Opaque and signed: a cursor is ours or none."""
    moment = last.last_at or last.opened_at
    return _sealer(house).dumps([moment.isoformat(), str(last.id)])


def _opened(house: Installation, cursor: str) -> tuple[datetime, UUID]:
    try:
        moment, last = _sealer(house).loads(cursor)
        return datetime.fromisoformat(moment), UUID(last)
    except (BadSignature, TypeError, ValueError) as error:
        raise MalformedRequestError("This cursor is not one of ours. Start at the top.") from error


def _sealer(house: Installation) -> URLSafeSerializer:
    return URLSafeSerializer(house.session_secret, salt="cursor")
