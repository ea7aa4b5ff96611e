"""Reports by program, and reading one."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final

from fastapi import APIRouter, Depends, Header, Request, Response

from api.auth import Asker, Permission, house_of, require
from api.bodies import FileReport
from api.render import render_report
from incidents.filing import FiledReport, file_report
from incidents.queries import read_members, read_report
from incidents.text_access import record_raw_reading
from models.errors import DomainError

_MAX_KEY: Final = 255
router = APIRouter(prefix="/api/v1/reports", tags=["reports"])


class KeyRequiredError(DomainError):
    """A report without an idempotency key could be filed twice by a retry."""

    code: ClassVar[str] = "idempotency.key_required"


@router.post("", status_code=201)
def file(
    request: Request,
    response: Response,
    body: FileReport,
    asker: Annotated[Asker, Depends(require(Permission.FILE))],
    idempotency_key: Annotated[str | None, Header()] = None,
) -> dict[str, Any]:
    """File a report. The same key and body again get the first answer again, for 7 days."""
    key = (idempotency_key or "").strip()
    if not key or len(key) > _MAX_KEY:
        raise KeyRequiredError(
            "Send an Idempotency-Key header of 1 to 255 characters, the same on every retry."
        )
    house = house_of(request)
    filed = file_report(
        house.intake,
        FiledReport(
            text=body.text,
            reporter=body.reporter,
            channel=body.channel,
            service=body.service,
            site=body.site,
            language=body.language,
            occurred_at=body.occurred_at,
            attributes=body.attributes,
        ),
        owner=str(asker.staff_id),
        key=key,
        clock=house.clock,
    )
    if filed.repeated:
        response.headers["idempotent-replayed"] = "true"
    reference = filed.answer["reference"]
    response.headers["location"] = f"/api/v1/reports/{reference}"
    return dict(filed.answer)


@router.get("/{reference}")
def read(
    request: Request, reference: str, asker: Annotated[Asker, Depends(require(Permission.READ))]
) -> dict[str, Any]:
    """One report, with its incident and why it is there."""
    with house_of(request).database.reading() as session:
        report, _, incident = read_report(
            session, reference, restricted=asker.may(Permission.RESTRICTED)
        )
        member = next(one for one in read_members(session, incident) if one.report.id == report.id)
    return render_report(member) | {"incident": incident.reference}


@router.get("/{reference}/text")
def read_raw(
    request: Request, reference: str, asker: Annotated[Asker, Depends(require(Permission.READ))]
) -> dict[str, Any]:
    """The words as they were told, nothing masked. Each call is remembered with its caller."""
    house = house_of(request)
    with house.database.transaction() as session:
        found = record_raw_reading(
            session,
            reference,
            asker.name,
            restricted=asker.may(Permission.RESTRICTED),
            now=house.clock(),
        )
    return {
        "reference": found.reference,
        "text": found.text,
        "additions": list(found.additions),
    }
