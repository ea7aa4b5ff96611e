"""What people said about grouping, gathered from all their corrections: for judging and training.

Staff who merge, split or move have looked closely; who accepts, resolves or retitles an
incident has at least not objected. A reporter's word binds their own report.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidents.feedback import standing_examples
from incidents.history import Told, standing
from models.ids import IncidentId, ReportId
from models.incident import ConstraintPair, Incident, Membership
from models.vocabulary import Author, ConstraintKind, Status

SAID: Final = 1.0
"""Somebody said which reports belong together."""
NOT_OBJECTED: Final = 0.5
"""Somebody worked on the incident and left it as it was."""
_CLOSE_LOOKS: Final = frozenset({"same", "different", "moved", "apart", "together"})
GROUPING: Final = _CLOSE_LOOKS | {"candidate"}
"""Kinds of examples that teach grouping."""


@dataclass(frozen=True, slots=True)
class Apart:
    """Reports on one side that somebody said are not the same as those on the other."""

    left: frozenset[ReportId]
    right: frozenset[ReportId]


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Everything that was said and stands.

    Attributes:
        strength: Per report, how sure its incident is: `SAID` or `NOT_OBJECTED`; none where
            nobody looked.
        apart: What is not the same.
        corrections: How many examples of grouping stand.

    """

    strength: Mapping[ReportId, float]
    apart: tuple[Apart, ...]
    corrections: int

    def of(self, row: Told) -> float:
        return self.strength.get(row.id, 0.0)


def read_verdicts(session: Session) -> Verdicts:
    """Gather everything that was said and still stands."""
    into = standing(session)
    members: dict[IncidentId, set[ReportId]] = defaultdict(set)
    strength: dict[ReportId, float] = {}
    links = session.execute(
        select(Membership.report_id, Membership.incident_id, Membership.author).where(
            Membership.ended_at.is_(None)
        )
    )
    for report, incident, author in links:
        members[incident].add(report)
        if author in {Author.REPORTER, Author.STAFF}:
            strength[report] = SAID
    looked, corrections = _looked_at(session, into)
    for incident, sure in looked.items():
        for report in members.get(incident, ()):
            strength[report] = max(sure, strength.get(report, 0.0))
    apart = []
    for left, right in _kept_apart(session):
        sides = [_reports(side, members, into) for side in (left, right)]
        for kind, key in (left, right):
            if kind == "report":
                strength[ReportId(key)] = SAID
        if all(sides):
            apart.append(Apart(sides[0], sides[1]))
    return Verdicts(strength, tuple(apart), corrections)


def _looked_at(
    session: Session, into: Mapping[IncidentId, IncidentId]
) -> tuple[dict[IncidentId, float], int]:
    """How sure each incident's members are, and the number of corrections."""
    by_reference: dict[str, IncidentId] = {}
    looked: dict[IncidentId, float] = {}
    for key, reference, status in session.execute(
        select(Incident.id, Incident.reference, Incident.status)
    ):
        by_reference[reference] = key
        if status is Status.RESOLVED:
            looked[key] = NOT_OBJECTED
    corrections = 0
    for example in standing_examples(session):
        corrections += example.kind in GROUPING
        confirmed = example.kind == "candidate" and bool(example.data.get("major"))
        sure = SAID if example.kind in _CLOSE_LOOKS or confirmed else NOT_OBJECTED
        for name in _named(example.data.values()):
            if name in by_reference:
                incident = into.get(by_reference[name], by_reference[name])
                looked[incident] = max(sure, looked.get(incident, 0.0))
    return looked, corrections


def _named(values: Iterable[object]) -> list[str]:
    """Every reference that an example's data names."""
    found: list[str] = []
    for value in values:
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, list):
            found += [one for one in value if isinstance(one, str)]
    return found


def _kept_apart(session: Session) -> list[tuple[tuple[str, UUID], tuple[str, UUID]]]:
    rows = session.scalars(
        select(ConstraintPair)
        .where(
            ConstraintPair.kind == ConstraintKind.CANNOT_LINK, ConstraintPair.lifted_at.is_(None)
        )
        .order_by(ConstraintPair.id)
    )
    return [((row.left_kind, row.left_id), (row.right_kind, row.right_id)) for row in rows]


def _reports(
    side: tuple[str, UUID],
    members: Mapping[IncidentId, set[ReportId]],
    into: Mapping[IncidentId, IncidentId],
) -> frozenset[ReportId]:
    kind, key = side
    if kind == "report":
        return frozenset({ReportId(key)})
    incident = IncidentId(key)
    return frozenset(members.get(into.get(incident, incident), ()))
