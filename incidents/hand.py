"""A hand that changes incidents and remembers how to take every change back.

Each method runs inside a transaction that holds the grouping lock. What it did becomes the
`changes` of a review; `take_back` applies the inverse, which is again a list of changes, so
an undo can itself be undone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from incidents.ledger import next_seq, record_entry
from incidents.lifecycle import move
from models.ids import ConstraintId, IncidentId, MembershipId, ReportId, new_id
from models.incident import ConstraintPair, Incident, Membership
from models.vocabulary import (
    Author,
    Category,
    ConstraintKind,
    MajorState,
    Priority,
    Severity,
    Status,
)

_FIELDS: Final[Mapping[str, type[StrEnum | bool | str | UUID]]] = {
    "status": Status,
    "major_state": MajorState,
    "absorbed_into": UUID,
    "locked": bool,
    "staff_title": str,
    "staff_severity": Severity,
    "staff_priority": Priority,
    "staff_category": Category,
    "reject_reason": str,
    "workaround": str,
}
"""What staff may set on an incident; everything else is recounted."""


@dataclass
class Hand:
    """One person's changes in one transaction."""

    session: Session
    actor: str
    now: datetime
    moves: list[tuple[ReportId, IncidentId, IncidentId]] = field(default_factory=list)
    fields: list[tuple[IncidentId, str, Any, Any]] = field(default_factory=list)
    added: list[ConstraintId] = field(default_factory=list)
    lifted: list[ConstraintId] = field(default_factory=list)

    def move_report(self, report: ReportId, to: Incident, *, sentence: str) -> None:
        """End the report's live link and make a new one, by staff."""
        evidence = {"decision": "staff", "sentence": sentence}
        self._relink(report, to, evidence, author=Author.STAFF, probability=None, actor=self.actor)

    def set_field(self, incident: Incident, name: str, value: Any) -> None:
        """Set one field of `_FIELDS`; a state only along the legal moves."""
        before = getattr(incident, name)
        if before == value:
            return
        after = move(before, value) if name in {"status", "major_state"} else value
        setattr(incident, name, after)
        self.fields.append((incident.id, name, _plain(before), _plain(value)))

    def forbid(self, left: tuple[str, UUID], right: tuple[str, UUID]) -> None:
        """Remember that two things are not the same."""
        self._constrain(ConstraintKind.CANNOT_LINK, left, right)

    def bind(self, left: tuple[str, UUID], right: tuple[str, UUID]) -> None:
        """Remember that two things are the same."""
        self._constrain(ConstraintKind.MUST_LINK, left, right)

    def say(self, kind: ConstraintKind, left: tuple[str, UUID], right: tuple[str, UUID]) -> None:
        """Remember a lasting word of another kind."""
        self._constrain(kind, left, right)

    def lift(self, kind: ConstraintKind, left: set[UUID], right: set[UUID]) -> None:
        """Take back every live word of this kind between two sets of reports and incidents."""
        if not left or not right:
            return
        rows = self.session.scalars(
            select(ConstraintPair)
            .where(
                ConstraintPair.kind == kind,
                ConstraintPair.lifted_at.is_(None),
                or_(
                    and_(ConstraintPair.left_id.in_(left), ConstraintPair.right_id.in_(right)),
                    and_(ConstraintPair.left_id.in_(right), ConstraintPair.right_id.in_(left)),
                ),
            )
            .order_by(ConstraintPair.id)
        )
        for row in rows:
            row.lifted_at, row.lifted_by = self.now, self.actor
            self.lifted.append(row.id)

    def changes(self) -> dict[str, Any]:
        """Everything done so far, as JSON."""
        return {
            "moves": [[str(report), str(a), str(b)] for report, a, b in self.moves],
            "fields": [[str(incident), name, a, b] for incident, name, a, b in self.fields],
            "added": [str(one) for one in self.added],
            "lifted": [str(one) for one in self.lifted],
        }

    def take_back(self, changes: Mapping[str, Any]) -> None:
        """Apply the inverse of `changes`.

        Reports go back under the evidence they had there. An incident is absorbed again
        only when it is empty: reports that came since stay where they are.
        """
        self.session.flush()
        for report, came_from, went_to in reversed(changes["moves"]):
            self._return_report(ReportId(UUID(report)), UUID(came_from), UUID(went_to))
        self.session.flush()
        for incident, name, before, after in reversed(changes["fields"]):
            row = self.session.get_one(Incident, UUID(incident))
            if _plain(getattr(row, name)) != after:
                continue  # something newer than the review stands there
            if before == Status.ABSORBED and self._has_members(row):
                continue
            if name == "absorbed_into" and before and row.status is not Status.ABSORBED:
                continue
            self.set_field(row, name, _typed(name, before))
        for home in {UUID(came_from) for _, came_from, _ in changes["moves"]}:
            row = self.session.get_one(Incident, home)
            if row.status is Status.ABSORBED and self._has_members(row):
                # It was emptied and absorbed since, by a late reading; its report is back.
                self.set_field(row, "absorbed_into", None)
                self.set_field(row, "status", Status.OPEN)
        for one in changes["added"]:
            row_added = self.session.get_one(ConstraintPair, UUID(one))
            row_added.lifted_at, row_added.lifted_by = self.now, self.actor
            self.lifted.append(row_added.id)
        for one in changes["lifted"]:
            row_lifted = self.session.get_one(ConstraintPair, UUID(one))
            row_lifted.lifted_at, row_lifted.lifted_by = None, None
            self.added.append(row_lifted.id)

    def touched(self) -> set[IncidentId]:
        """Incidents whose members or fields changed."""
        found = {incident for incident, *_ in self.fields}
        for _, a, b in self.moves:
            found |= {a, b}
        return found

    def _return_report(self, report: ReportId, home: UUID, away: UUID) -> None:
        was = self.session.scalars(
            select(Membership)
            .where(
                Membership.report_id == report,
                Membership.incident_id == home,
                Membership.ended_at.is_not(None),
            )
            .order_by(Membership.seq.desc())
            .limit(1)
        ).one()
        live = self._live(report)
        if live.incident_id != away:
            return
        self._relink(
            report,
            self.session.get_one(Incident, home),
            dict(was.evidence),
            author=was.author,
            probability=was.probability,
            actor=was.actor,
        )

    def _relink(
        self,
        report: ReportId,
        to: Incident,
        evidence: dict[str, Any],
        *,
        author: Author,
        probability: float | None,
        actor: str | None,
    ) -> None:
        live = self._live(report)
        home = live.incident_id
        live.ended_at, live.ended_by = self.now, self.actor
        self.session.flush()  # the old link ends before the new one begins: one live link each
        record_link(
            self.session,
            report,
            to.id,
            evidence=evidence,
            author=author,
            probability=probability,
            actor=actor,
            now=self.now,
        )
        record_entry(
            self.session, home, "report.left", now=self.now, actor=self.actor, report_id=report
        )
        record_entry(
            self.session, to.id, "report.joined", now=self.now, actor=self.actor, report_id=report
        )
        self.moves.append((report, home, to.id))

    def _live(self, report: ReportId) -> Membership:
        return self.session.scalars(
            select(Membership).where(Membership.report_id == report, Membership.ended_at.is_(None))
        ).one()

    def _has_members(self, incident: Incident) -> bool:
        query = select(Membership.id).where(
            Membership.incident_id == incident.id, Membership.ended_at.is_(None)
        )
        return self.session.execute(query.limit(1)).first() is not None

    def _constrain(
        self, kind: ConstraintKind, left: tuple[str, UUID], right: tuple[str, UUID]
    ) -> None:
        row = record_constraint(
            self.session, kind, left, right, author=Author.STAFF, actor=self.actor, now=self.now
        )
        self.added.append(row)


def record_link(
    session: Session,
    report: ReportId,
    incident: IncidentId,
    *,
    evidence: Mapping[str, Any],
    author: Author,
    probability: float | None,
    actor: str | None,
    now: datetime,
) -> int:
    """Make a report's live link; returns its `seq`. The report must have none."""
    seq = next_seq(session)
    session.add(
        Membership(
            id=MembershipId(new_id()),
            seq=seq,
            report_id=report,
            incident_id=incident,
            probability=probability,
            evidence=dict(evidence),
            author=author,
            actor=actor,
            made_at=now,
            ended_at=None,
            ended_by=None,
        )
    )
    session.flush()
    return seq


def record_constraint(
    session: Session,
    kind: ConstraintKind,
    left: tuple[str, UUID],
    right: tuple[str, UUID],
    *,
    author: Author,
    actor: str | None,
    now: datetime,
) -> ConstraintId:
    """Write down a lasting word; a side is ("report" | "incident", its id)."""
    row = ConstraintPair(
        id=ConstraintId(new_id()),
        kind=kind,
        left_kind=left[0],
        left_id=left[1],
        right_kind=right[0],
        right_id=right[1],
        author=author,
        actor=actor,
        made_at=now,
        lifted_at=None,
        lifted_by=None,
    )
    session.add(row)
    session.flush()
    return row.id


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    return value.value if isinstance(value, StrEnum) else value


def _typed(name: str, value: Any) -> Any:
    return None if value is None else _FIELDS[name](value)
