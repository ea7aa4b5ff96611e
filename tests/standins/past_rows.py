"""A past of any size, written in bulk: reports with given vectors, each in an incident."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import insert
from sqlalchemy.orm import Session

from models.ids import CROCKFORD, new_id
from models.incident import Incident, Membership
from models.people import Identity
from models.report import Report, ReportText
from models.vocabulary import (
    Audience,
    Author,
    Channel,
    MajorState,
    Priority,
    Severity,
    Status,
)


def write_past(
    session: Session,
    vectors: np.ndarray,
    *,
    at: Sequence[datetime],
    encoder_id: str,
    homes: Sequence[int] | None = None,
    status: Status = Status.OPEN,
    audience: Audience = Audience.OPEN,
    seq: int = 1_000,
    number: int = 0,
    texts: Sequence[str] | None = None,
) -> tuple[list[UUID], list[UUID]]:
    """Write one report a row; `homes` numbers their incidents (each its own where None).

    Returns:
        The ids of the reports, and of the incident of each.

    """
    homes = list(homes) if homes is not None else list(range(len(vectors)))
    identity = new_id()
    session.execute(insert(Identity), [_identity(identity, at[0])])
    incident_of = {home: new_id() for home in dict.fromkeys(homes)}
    ids = [new_id() for _ in vectors]
    moments: dict[int, list[datetime]] = {}
    for home, moment in zip(homes, at, strict=True):
        moments.setdefault(home, []).append(moment)
    session.execute(
        insert(Incident),
        [
            _incident(incident_of[home], number + place, told, status, audience)
            for place, (home, told) in enumerate(moments.items())
        ],
    )
    session.execute(
        insert(Report),
        [
            _report(one, number + place, identity, moment, vector, encoder_id, audience)
            for place, (one, moment, vector) in enumerate(zip(ids, at, vectors, strict=True))
        ],
    )
    if texts is not None:
        session.execute(
            insert(ReportText),
            [{"report_id": i, "text": words} for i, words in zip(ids, texts, strict=True)],
        )
    session.execute(
        insert(Membership),
        [
            {
                "id": new_id(), "seq": seq + place, "report_id": one,
                "incident_id": incident_of[home], "probability": None, "evidence": {},
                "author": Author.MODEL, "actor": None, "made_at": moment,
                "ended_at": None, "ended_by": None,
            }
            for place, (one, home, moment) in enumerate(zip(ids, homes, at, strict=True))
        ],
    )  # fmt: skip
    return ids, [incident_of[home] for home in homes]


def scattered(prefix: str, number: int) -> str:
    """A reference for a number, spread as drawn ones are."""
    body, value = "", number * 0x9E3779B1 % 2**30
    for _ in range(6):
        value, sign = divmod(value, 32)
        body += CROCKFORD[sign]
    return f"{prefix}-{body}-{CROCKFORD[number % 32]}"


def _identity(key: UUID, at: datetime) -> dict[str, Any]:
    return {
        "id": key, "person_id": None, "channel": Channel.WEB, "address": f"anon:{key}",
        "verified_by": None, "created_at": at,
    }  # fmt: skip


def _incident(
    key: UUID, number: int, told: Sequence[datetime], status: Status, audience: Audience
) -> dict[str, Any]:
    return {
        "id": key, "reference": scattered("INC", number), "title": "Not yet clear",
        "staff_title": None, "status": status, "major_state": MajorState.NONE,
        "severity": Severity.SEV3, "staff_severity": None, "staff_priority": None,
        "staff_category": None, "priority": Priority.P3, "category": None, "service_id": None,
        "sites": [], "reports": len(told), "reporters": len(told), "audience": audience,
        "locked": False, "published": False, "workaround": None, "reject_reason": None,
        "proposal": None, "absorbed_into": None, "version": 1, "opened_at": told[0],
        "first_at": told[0], "last_at": told[-1],
    }  # fmt: skip


def _report(
    key: UUID,
    number: int,
    identity: UUID,
    at: datetime,
    vector: np.ndarray,
    encoder_id: str,
    audience: Audience,
) -> dict[str, Any]:
    return {
        "id": key, "reference": scattered("RPT", number), "conversation_id": None, "draft_no": 0,
        "identity_id": identity, "channel": Channel.WEB, "language": "en", "service_id": None,
        "site_id": None, "category": None, "impact": 3, "urgency": 3, "priority": Priority.P5,
        "severity": Severity.SEV4, "people": None, "since": None, "audience": audience,
        "facts": [], "signatures": [], "filled_in": {}, "assessment": {}, "attributes": {},
        "encoder_id": encoder_id, "vector": vector, "occurred_at": None, "received_at": at,
        "read_at": at,
    }  # fmt: skip
