"""One report on the console: as read, as told where somebody must know, and its texts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from api.auth import Asker, Permission, house_of, require
from api.pages import PageRoute, render_page
from api.views_incident import render_member
from incidents.queries import read_members, read_report
from incidents.text_access import RawText, list_accesses, record_raw_reading
from incidents.text_status import read_texts

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Asker, Depends(require(Permission.READ))]


@router.get("/console/reports/{reference}")
def show_report(request: Request, reference: str, asker: Reader) -> Response:
    return _page(request, reference, asker, None)


@router.get("/console/reports/{reference}/told")
def show_as_told(request: Request, reference: str, asker: Reader) -> Response:
    """The words as they were told, nothing masked. Each look is remembered with who looked."""
    house = house_of(request)
    with house.database.transaction() as session:
        told = record_raw_reading(
            session,
            reference,
            asker.name,
            restricted=asker.may(Permission.RESTRICTED),
            now=house.clock(),
        )
    return _page(request, reference, asker, told)


def _page(request: Request, reference: str, asker: Asker, told: RawText | None) -> Response:
    house = house_of(request)
    restricted = asker.may(Permission.RESTRICTED)
    with house.database.reading() as session:
        report, _, incident = read_report(session, reference, restricted=restricted)
        view = next(one for one in read_members(session, incident) if one.report.id == report.id)
        texts = read_texts(session, report.reference, restricted=restricted)
        readers = list_accesses(session, report.id)
    return render_page(
        request,
        "console/report.html",
        asker=asker,
        report=report,
        incident=incident,
        member=render_member(view, house.organisation.catalogue, visible=()),
        texts=texts or (),
        told=told,
        readers=readers,
    )
