"""What is proposed of one incident, as staff see it: read anew at each look, nothing is stored.

What people said is: two incidents kept apart are not proposed as one again, and reports kept
together are not proposed to be split off.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from classifier.catalogue import Catalogue
from classifier.signatures import as_signature, render_agreement, shown
from incidents.live_window import Sketched
from incidents.proposals import Part, ProposedSplit, choose_merges, choose_split
from incidents.queries import follow_absorbed, standing_for
from models.ids import IncidentId, ReportId
from models.incident import ConstraintPair, Incident, Membership
from models.report import TOLD_AT, Report
from models.vocabulary import ConstraintKind, Status

_NEWEST: Final = 400
_MARGIN: Final = 0.05


class Sketcher(Protocol):
    """What compares incidents: the live window."""

    def catch_up(self, session: Session, *, now: datetime) -> int:
        """Take in what was committed."""
        ...

    def sketch(self, incident: IncidentId) -> Sketched | None:
        """An incident beside those it may be the same as."""
        ...


@dataclass(frozen=True, slots=True)
class MergeProposal:
    """Another open incident that may be the same one, and why."""

    incident: Incident
    probability: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SplitProposal:
    """Reports that may be something else, by reference, and why."""

    away: tuple[str, ...]
    stay: tuple[str, ...]
    sentence: str


def read_merges(
    session: Session, sketcher: Sketcher, incident: Incident, *, now: datetime
) -> list[MergeProposal]:
    """Open incidents of the same audience that may be this one; the likeliest first."""
    if incident.status is not Status.OPEN:
        return []
    sketcher.catch_up(session, now=now)
    found = sketcher.sketch(incident.id)
    if found is None:
        return []
    proposed = choose_merges(
        found.mine,
        found.others,
        found.probabilities,
        suggest=found.suggest,
        alike_from=found.likeness - _MARGIN,
        apart=apart_from(session, incident),
    )
    told = []
    for one in proposed:
        other = session.get(Incident, one.other)
        if (
            other is not None
            and other.status is Status.OPEN
            and other.audience is incident.audience
        ):
            reasons = tuple(_agreement(reason) for reason in one.reasons)
            told.append(MergeProposal(other, one.probability, reasons))
    return told


def read_split(session: Session, incident: Incident, catalogue: Catalogue) -> SplitProposal | None:
    """Whether the incident's reports may be two disturbances."""
    if incident.status is not Status.OPEN:
        return None
    rows = session.execute(
        select(Report)
        .join(Membership, Membership.report_id == Report.id)
        .where(
            Membership.incident_id == incident.id,
            Membership.ended_at.is_(None),
            Report.vector.is_not(None),
        )
        .order_by(TOLD_AT.desc(), Report.id)
        .limit(_NEWEST)
    ).scalars()
    reports = list(rows)[::-1]
    encoders = {report.encoder_id for report in reports}
    if len(encoders) > 1:
        return None  # vectors of two encoders are never compared
    bound = _bound(session, incident, [report.id for report in reports])
    parts = [
        Part(
            report.id,
            report.vector,
            report.service_id,
            report.site_id,
            frozenset(map(as_signature, report.signatures)),
            report.id in bound,
        )
        for report in reports
        if report.vector is not None
    ]
    found = choose_split(parts)
    if found is None:
        return None
    names: dict[Hashable, str] = {report.id: report.reference for report in reports}
    return SplitProposal(
        away=tuple(names[key] for key in found.away),
        stay=tuple(names[key] for key in found.stay),
        sentence=_render(found, catalogue),
    )


def apart_from(session: Session, incident: Incident) -> frozenset[Hashable]:
    """Incidents that people said are not this one, as they stand now."""
    ours: set[UUID] = {*standing_for(session, incident)}
    rows = session.scalars(
        select(ConstraintPair).where(
            ConstraintPair.kind == ConstraintKind.CANNOT_LINK,
            ConstraintPair.lifted_at.is_(None),
            ConstraintPair.left_kind == "incident",
            ConstraintPair.right_kind == "incident",
            or_(ConstraintPair.left_id.in_(ours), ConstraintPair.right_id.in_(ours)),
        )
    )
    found: set[Hashable] = set()
    for row in rows:
        other = session.get(Incident, row.right_id if row.left_id in ours else row.left_id)
        if other is not None:
            found.add(follow_absorbed(session, other).id)
    return frozenset(found)


def _bound(session: Session, incident: Incident, reports: Sequence[ReportId]) -> frozenset[UUID]:
    """Reports of which people said that they belong here."""
    rows = session.execute(
        select(ConstraintPair.left_id).where(
            ConstraintPair.kind == ConstraintKind.MUST_LINK,
            ConstraintPair.lifted_at.is_(None),
            ConstraintPair.left_kind == "report",
            ConstraintPair.right_id.in_(standing_for(session, incident)),
        )
    )
    return frozenset(row.left_id for row in rows) & frozenset(reports)


def _agreement(reason: str) -> str:
    sign, _, stored = reason.partition(": ")
    return render_agreement(stored) if sign == "same error code or host" else reason


def _render(found: ProposedSplit, catalogue: Catalogue) -> str:
    count = len(found.away)
    what = f"{count} of {count + len(found.stay)} reports may be something else"
    if found.values is None:
        return f"{what}: their words are about another matter."
    names = []
    for value in found.values:
        if found.kind == "service":
            service = catalogue.service(value)
            names.append(service.title if service else value)
        elif found.kind == "site":
            site = catalogue.site(value)
            names.append(site.name if site else value)
        else:
            names.append(shown(value))
    return f"{what}: they name {names[0]}, the others {names[1]}."
