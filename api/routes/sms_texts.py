"""What staff see of a conversation by text: what was said, and how far each answer came."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from api.auth import Asker, Permission, house_of, require
from api.render import render_moment
from incidents.text_status import read_texts
from models.errors import NotFoundError
from models.ids import parse_reference

router = APIRouter(tags=["reports"])


@router.get("/api/v1/reports/{reference}/texts")
def read_report_texts(
    request: Request,
    reference: str,
    asker: Annotated[Asker, Depends(require(Permission.READ))],
) -> dict[str, Any]:
    """The texts of the conversation that a report came from, oldest first."""
    house = house_of(request)
    with house.database.reading() as session:
        found = read_texts(
            session,
            parse_reference(reference) or reference,
            restricted=asker.may(Permission.RESTRICTED),
        )
    if found is None:
        raise NotFoundError("There is no such report by text, or you may not see it.")
    return {
        "texts": [
            {
                "number": one.number,
                "direction": one.direction,
                "text": one.text,
                "at": render_moment(one.at),
                "state": one.state,
                "why": one.why,
            }
            for one in found
        ]
    }
