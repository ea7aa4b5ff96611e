"""For those who run it: alive, ready, counted; and the published schemas."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError

from api.auth import NotSignedInError, Permission, find_asker, house_of
from api.settings import LOOPBACK, Environment
from incidents.overview import newest_seq
from models.errors import NotFoundError
from models.records import SCHEMAS

router = APIRouter(tags=["operations"])
_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-real-ip")


@router.get("/livez")
def alive() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@router.get("/readyz")
def ready(request: Request) -> JSONResponse:
    """It can record, and the encoder is loaded; otherwise 503 with the reasons.

    `reencoding` says how far old reports have been read again after a change of the encoder.
    """
    house = house_of(request)
    reasons = []
    try:
        with house.database.reading() as session:
            newest_seq(session)
    except SQLAlchemyError as error:
        reasons.append(f"The database does not answer ({type(error).__name__}).")
    trouble = house.reader_trouble()
    if trouble is not None:
        reasons.append(trouble)
    if reasons:
        return JSONResponse({"status": "not ready", "reasons": reasons}, 503)
    told: dict[str, Any] = {"status": "ready", "reasons": []}
    progress = house.tending.progress
    if progress is not None and not progress.is_whole:
        told["reencoding"] = {"done": progress.done, "total": progress.total}
    return JSONResponse(told)


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """For Prometheus. In production only from this machine, or with an API key."""
    house = house_of(request)
    if house.settings.environment is Environment.PRODUCTION and not _from_here(request):
        asker = find_asker(request)
        if asker is None or not asker.may(Permission.READ):
            raise NotSignedInError("Send an API key whose role may read.")
    return Response(house.meters.render(), media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get("/schemas/{name}.v1.json")
def schema(name: str) -> JSONResponse:
    """The published shape of a record's `data`: `report` or `incident`."""
    found: dict[str, Any] | None = SCHEMAS.get(name)
    if found is None:
        raise NotFoundError(f"There is no schema {name[:40]!r}; there are report and incident.")
    return JSONResponse(found, media_type="application/schema+json")


def _from_here(request: Request) -> bool:
    """Directly from this machine: what a proxy here passes on is not."""
    proxied = any(name in request.headers for name in _FORWARDED)
    return request.client is not None and request.client.host in LOOPBACK and not proxied
