"""Which past incidents an incident may have the cause of, and which later ones have its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incidents.queries import follow_absorbed
from incidents.recurrence_words import words_on_causes
from models.ids import IncidentId
from models.incident import Incident, TimelineEntry
from models.recurrence import RecurrenceLink
from models.vocabulary import Author, ConstraintKind, Status


@dataclass(frozen=True, slots=True)
class Seen:
    """Another incident that may have had the same cause.

    Attributes:
        incident: It, as it stands now.
        probability: None where staff said so.
        author: Who linked the two.
        sentence: Why.
        resolved_at: When it was resolved; None where it never was.

    """

    incident: Incident
    probability: float | None
    author: Author
    sentence: str
    resolved_at: datetime | None


def seen_before(session: Session, incident: Incident) -> list[Seen]:
    """Past incidents of the same cause, the likeliest first; staff's word comes before all."""
    return _seen(session, incident, earlier=True)


def came_back(session: Session, incident: Incident) -> list[Seen]:
    """Later incidents of the same cause."""
    return _seen(session, incident, earlier=False)


def _seen(session: Session, incident: Incident, *, earlier: bool) -> list[Seen]:
    said = words_on_causes(session, incident)
    found: dict[IncidentId, Seen] = {}
    for other_id, word in said.items():
        other = session.get_one(Incident, other_id)
        if word.kind is ConstraintKind.SAME_CAUSE and _is_earlier(other, incident) is earlier:
            found[other_id] = Seen(
                other, None, Author.STAFF, f"{word.actor or 'Staff'} said so.", None
            )
    for link in _links(session, incident, earlier=earlier):
        other_id = link.past_id if earlier else link.incident_id
        other = follow_absorbed(session, session.get_one(Incident, other_id))
        if other.id == incident.id or other.id in said or other.id in found:
            continue
        if other.audience is not incident.audience:
            continue
        sentence = str(link.evidence.get("sentence", ""))
        found[other.id] = Seen(other, link.probability, link.author, sentence, None)
    ended = _resolved(session, list(found))
    return [
        Seen(one.incident, one.probability, one.author, one.sentence, ended.get(key))
        for key, one in found.items()
    ]


def _links(session: Session, incident: Incident, *, earlier: bool) -> Sequence[RecurrenceLink]:
    own = RecurrenceLink.incident_id if earlier else RecurrenceLink.past_id
    return session.scalars(
        select(RecurrenceLink)
        .where(own == incident.id, RecurrenceLink.ended_at.is_(None))
        .order_by(RecurrenceLink.probability.desc(), RecurrenceLink.seq)
    ).all()


def _is_earlier(other: Incident, incident: Incident) -> bool:
    return (other.first_at or other.opened_at) < (incident.first_at or incident.opened_at)


def _resolved(session: Session, incidents: Sequence[IncidentId]) -> dict[IncidentId, datetime]:
    """When those that are resolved were."""
    rows = session.execute(
        select(TimelineEntry.incident_id, func.max(TimelineEntry.at))
        .join(Incident, Incident.id == TimelineEntry.incident_id)
        .where(
            TimelineEntry.incident_id.in_(incidents),
            TimelineEntry.kind == "incident.resolved",
            Incident.status == Status.RESOLVED,
        )
        .group_by(TimelineEntry.incident_id)
    )
    return {IncidentId(row[0]): row[1] for row in rows}
