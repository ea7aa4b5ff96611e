"""The demo's button: the sample stream is told to this very server, through its public route."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request

from api.auth import ForgedRequestError, house_of
from api.bodies import Replay
from api.wiring import Installation
from models.errors import NotFoundError

router = APIRouter(prefix="/demo", tags=["demo"])


def _demo_only(request: Request) -> Installation:
    house = house_of(request)
    if not house.is_demo:
        raise NotFoundError("There is nothing at this address.")
    return house


@router.post("/replay", status_code=202)
def start(request: Request, body: Replay | None = None) -> dict[str, Any]:
    """Tell part of the sample stream; one at a time."""
    house = _demo_only(request)
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise ForgedRequestError("Only the demo's own page starts the replay.")
    host, port = request.scope["server"]
    wanted = body or Replay()
    return house.demo.start(
        f"http://{f'[{host}]' if ':' in host else host}:{port}",
        scenario=wanted.scenario,
        reports=wanted.reports,
        per_second=wanted.per_second,
    )


@router.get("/replay")
def progress(request: Request) -> dict[str, Any]:
    """How far it is."""
    return _demo_only(request).demo.progress()
