"""The page of artifacts: which one decides, how it was judged, and the way back."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from api.auth import Asker, Permission, house_of, require
from api.pages import PageRoute, render_page
from incidents.artifact_registry import check_artifact, record_promotion, record_rollback
from incidents.artifact_shelf import read_shelf
from incidents.reencoding import read_progress

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Admin = Annotated[Asker, Depends(require(Permission.ADMIN))]


@router.get("/console/artifacts")
def show_artifacts(request: Request, asker: Admin) -> Response:
    house = house_of(request)
    with house.database.reading() as session:
        shelf = read_shelf(session, house.in_force.root)
        progress = read_progress(session, house.intake.window.encoder_id)
    return render_page(
        request,
        "console/artifacts.html",
        asker=asker,
        shelf=shelf,
        progress=progress,
        trouble=house.in_force.trouble,
    )


@router.post("/console/artifacts/promote")
def promote(request: Request, asker: Admin, name: Annotated[str, Form(max_length=100)]) -> Response:
    """Let an artifact decide from now on."""
    house = house_of(request)
    sealed = check_artifact(house.in_force.root, name)
    with house.database.transaction() as session:
        record_promotion(session, sealed, actor=asker.name, now=house.clock())
    with house.database.reading() as session:
        house.in_force.look(session)
    return RedirectResponse("/console/artifacts", HTTPStatus.SEE_OTHER)


@router.post("/console/artifacts/rollback")
def roll_back(request: Request, asker: Admin) -> Response:
    """Let decide what decided before."""
    house = house_of(request)
    with house.database.transaction() as session:
        record_rollback(session, actor=asker.name, now=house.clock())
    with house.database.reading() as session:
        house.in_force.look(session)
    return RedirectResponse("/console/artifacts", HTTPStatus.SEE_OTHER)
