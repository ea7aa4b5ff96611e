"""What one action of staff came to, and what every rule of an action asks first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.errors import DomainError, NotFoundError
from models.ids import IncidentId, parse_reference
from models.incident import Incident
from models.vocabulary import Status


class SenselessReviewError(DomainError):
    """The action does not fit this incident."""

    code: ClassVar[str] = "review.senseless"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one rule decided, beside what the hand did.

    `also` are incidents that it says something of without changing them.
    """

    kind: str
    sentence: str
    main: IncidentId | None = None
    opened: frozenset[IncidentId] = frozenset()
    also: frozenset[IncidentId] = frozenset()
    reason: str | None = None
    feedback: tuple[tuple[str, dict[str, Any]], ...] = field(default=())

    def entry(self, incident: IncidentId, absorbed: bool) -> str:
        """The timeline's word for what happened to this incident."""
        if self.kind == "undo":
            return "review.undone"
        if incident in self.opened:
            return "incident.opened"
        if absorbed:
            return "incident.absorbed"
        return ENTRIES[self.kind]


ENTRIES: Final[Mapping[str, str]] = {
    "accept": "incident.declared",
    "declare": "incident.declared",
    "reject": "incident.rejected",
    "merge": "incident.merged",
    "split": "incident.split",
    "move": "incident.report_moved",
    "lock": "incident.locked",
    "unlock": "incident.unlocked",
    "resolve": "incident.resolved",
    "reopen": "incident.reopened",
    "title": "incident.titled",
    "apart": "incident.kept_apart",
    "same_cause": "incident.same_cause_said",
    "other_cause": "incident.other_cause_said",
    "together": "incident.kept_together",
    "severity": "incident.severity_set",
    "priority": "incident.priority_set",
    "category": "incident.category_set",
    "workaround": "incident.workaround_set",
}


def find_incident(session: Session, reference: str) -> Incident:
    """The incident by that reference, exactly that one (no redirect).

    Raises:
        NotFoundError: There is none.

    """
    canonical = parse_reference(reference)
    row = session.scalars(select(Incident).where(Incident.reference == canonical)).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no incident {reference[:20]}.", reference=reference[:40])
    return row


def require_open(incident: Incident) -> None:
    """Refuse what makes sense for an open incident only.

    Raises:
        SenselessReviewError: It is resolved or absorbed.

    """
    if incident.status is not Status.OPEN:
        raise SenselessReviewError(
            f"{incident.reference} is {incident.status}; only an open incident can be changed so."
        )
