"""A report's words as they were told, for staff who need them: each look is remembered.

Everywhere else staff see the words with secrets and personal numbers masked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidents.queries import read_report
from models.ids import EntryId, ReportId, new_id
from models.report import ReportAddition, ReportText, TextAccess


@dataclass(frozen=True, slots=True)
class RawText:
    """The words, unmasked, and what was said later."""

    reference: str
    text: str | None
    additions: tuple[str, ...]


def record_access(
    session: Session, report_id: ReportId, actor: str, via: str, *, now: datetime
) -> None:
    """Remember who looked at what; `via` is `text` or `file`."""
    session.add(
        TextAccess(id=EntryId(new_id()), report_id=report_id, actor=actor[:200], via=via, at=now)
    )


def record_raw_reading(
    session: Session, reference: str, actor: str, *, restricted: bool, now: datetime
) -> RawText:
    """The words, and in the same transaction the row that says who read them.

    Raises:
        NotFoundError: There is no such report, or the asker may not see it.

    """
    report, _, _ = read_report(session, reference, restricted=restricted)
    text = session.scalars(
        select(ReportText.text).where(ReportText.report_id == report.id)
    ).one_or_none()
    additions = session.scalars(
        select(ReportAddition.text)
        .where(ReportAddition.report_id == report.id)
        .order_by(ReportAddition.number)
    ).all()
    record_access(session, report.id, actor, "text", now=now)
    return RawText(report.reference, text, tuple(additions))


def list_accesses(session: Session, report_id: ReportId) -> list[TextAccess]:
    """Who looked, the latest first."""
    return list(
        session.scalars(
            select(TextAccess)
            .where(TextAccess.report_id == report_id)
            .order_by(TextAccess.at.desc(), TextAccess.id.desc())
        )
    )
