"""What this installation has been told, as grouping saw it: for training and for replays.

Only numbers, ids and facts are kept; of the words only the rare ones that grouping compares.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from classifier.encoding import Vector
from classifier.signatures import as_signature
from classifier.window import PairFacts
from incidents.replay import ReadRow, StreamRow
from models.errors import DomainError
from models.ids import IncidentId, ReportId
from models.incident import Incident, Membership
from models.people import Identity
from models.report import TOLD_AT, Report, ReportText
from models.vocabulary import Audience, Author

MOST_REPORTS: Final = 200_000
"""About 0.5 GB with vectors of 384 numbers; a longer history is looked at in parts."""
_AT_ONCE: Final = 1_000


class LongHistoryError(DomainError):
    """More reports than fit into memory were asked for."""

    code: ClassVar[str] = "history.too_long"


@dataclass(frozen=True, slots=True)
class Told:
    """One report with what became of it.

    Attributes:
        at: When it was told.
        reporter: The person where known, else the address; an id, no name.
        arrived_in: The incident it was put in when it came (a late reading counts as that).
        home: The incident it is in now, after everything people said.
        by: Who made the link that stands now.

    """

    id: ReportId
    reference: str
    at: datetime
    vector: Vector
    facts: PairFacts
    restricted: bool
    reporter: str
    verified: bool
    arrived_in: IncidentId
    home: IncidentId
    by: Author


@dataclass(frozen=True, slots=True)
class History:
    """Reports of one encoder by the time they were told; and how many could not be used."""

    rows: tuple[Told, ...]
    encoder_id: str
    left_out: int


def read_history(
    session: Session,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    encoder_id: str | None = None,
    most: int = MOST_REPORTS,
) -> History:
    """Every read report told in [since, until), oldest first. Slow.

    Args:
        session: Only read from.
        since: The first moment.
        until: The first moment after.
        encoder_id: Whose vectors; that of most reports where None.
        most: How many reports may be held in memory.

    Raises:
        LongHistoryError: There are more.

    """
    where: list[ColumnElement[bool]] = [Report.read_at.is_not(None), Report.vector.is_not(None)]
    if since is not None:
        where.append(since <= TOLD_AT)
    if until is not None:
        where.append(until > TOLD_AT)
    counts = Counter(
        {
            str(name): int(count)
            for name, count in session.execute(
                select(Report.encoder_id, func.count()).where(*where).group_by(Report.encoder_id)
            )
        }
    )
    chosen = encoder_id or max(sorted(counts), key=lambda name: counts[name], default="")
    if counts[chosen] > most:
        raise LongHistoryError(
            f"There are {counts[chosen]} reports; {most} can be looked at in one go. "
            "Choose a shorter time: --since DATE --until DATE."
        )
    homes = _homes(session)
    found = session.execute(
        select(
            Report.id,
            Report.reference,
            TOLD_AT.label("told_at"),
            Report.vector,
            Report.service_id,
            Report.site_id,
            Report.signatures,
            Report.audience,
            func.coalesce(Identity.person_id, Identity.id).label("reporter"),
            Identity.verified_by,
            ReportText.text,
        )
        .join(Identity, Identity.id == Report.identity_id)
        .outerjoin(ReportText, ReportText.report_id == Report.id)
        .where(*where, Report.encoder_id == chosen)
        .order_by(TOLD_AT, Report.id)
        .execution_options(yield_per=_AT_ONCE)
    )
    rows = tuple(_told(row, *homes[ReportId(row.id)]) for row in found)
    return History(rows, chosen, counts.total() - len(rows))


def as_stream(row: Told, group: str | None) -> ReadRow:
    """As the replay engine and `labelled` want it; `group` is the right answer."""
    told = StreamRow(
        id=row.reference,
        t=row.at.timestamp(),
        text="",
        group=group,
        reporter=row.reporter,
        service=row.facts.service,
        site=row.facts.site,
        restricted=row.restricted,
    )
    return ReadRow(told, row.vector, row.facts)


def standing(session: Session) -> dict[IncidentId, IncidentId]:
    """Every absorbed incident, with the one that stands for it now."""
    into = {
        IncidentId(one): IncidentId(other)
        for one, other in session.execute(select(Incident.id, Incident.absorbed_into))
        if other is not None
    }
    return {one: _end(one, into) for one in into}


def _end(one: IncidentId, into: dict[IncidentId, IncidentId]) -> IncidentId:
    seen = {one}
    while one in into and into[one] not in seen:
        one = into[one]
        seen.add(one)
    return one


def _homes(session: Session) -> dict[ReportId, tuple[IncidentId, IncidentId, Author]]:
    """Per report: where it was put on arrival, where it is, and who says so."""
    first: dict[ReportId, IncidentId] = {}
    now: dict[ReportId, tuple[IncidentId, Author]] = {}
    links = session.execute(
        select(
            Membership.report_id,
            Membership.incident_id,
            Membership.author,
            Membership.ended_at,
            Membership.ended_by,
        )
        .order_by(Membership.seq)
        .execution_options(yield_per=_AT_ONCE)
    )
    for report, incident, author, ended_at, ended_by in links:
        if ended_by != "reading":
            first.setdefault(report, incident)
        if ended_at is None:
            now[report] = (incident, author)
    return {report: (first.get(report, home), home, by) for report, (home, by) in now.items()}


def _told(row: Any, arrived: IncidentId, home: IncidentId, by: Author) -> Told:
    return Told(
        id=ReportId(row.id),
        reference=row.reference,
        at=row.told_at.astimezone(UTC),
        vector=row.vector,
        facts=PairFacts.of(
            row.text or "",
            service=row.service_id,
            site=row.site_id,
            signatures=map(as_signature, row.signatures),
            reporter=str(row.reporter),
        ),
        restricted=row.audience is Audience.RESTRICTED,
        reporter=str(row.reporter),
        verified=row.verified_by is not None,
        arrived_in=arrived,
        home=home,
        by=by,
    )
