"""What staff say of the cause of two incidents: a lasting word, with an undo.

The words are `ConstraintPair` rows of their own two kinds. They say nothing of whether the two
are one incident, and grouping does not read them.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from incidents import actions as act
from incidents.hand import Hand
from incidents.outcomes import Outcome, SenselessReviewError, find_incident
from incidents.queries import follow_absorbed, standing_for
from models.ids import IncidentId
from models.incident import ConstraintPair, Incident
from models.vocabulary import ConstraintKind, Status

CAUSES = (ConstraintKind.SAME_CAUSE, ConstraintKind.OTHER_CAUSE)


def say_cause(session: Session, hand: Hand, incident: Incident, action: act.SayCause) -> Outcome:
    """A past incident had the same cause, or another one; what was said before is taken back."""
    other = find_incident(session, action.past)
    if other.id == incident.id:
        raise SenselessReviewError("An incident has its own cause. Name another one.")
    if incident.status is Status.ABSORBED or other.status is Status.ABSORBED:
        raise SenselessReviewError(
            "One of the two was merged into another incident. Say it of the one that stands."
        )
    if other.audience is not incident.audience:
        raise SenselessReviewError(
            "A restricted incident and an open one are not linked: it would become visible."
        )
    kind = ConstraintKind.SAME_CAUSE if action.same else ConstraintKind.OTHER_CAUSE
    said = words_on_causes(session, incident).get(other.id)
    if said is not None and said.kind is kind:
        raise SenselessReviewError(f"That was said of {other.reference} already.")
    ours, theirs = {*standing_for(session, incident)}, {*standing_for(session, other)}
    for one in CAUSES:
        hand.lift(one, {*ours}, {*theirs})
    hand.say(kind, ("incident", incident.id), ("incident", other.id))
    verb = "had the same cause as" if action.same else "had another cause than"
    return Outcome(
        "same_cause" if action.same else "other_cause",
        f"{incident.reference} {verb} {other.reference}.",
        incident.id,
        also=frozenset({other.id}),
        feedback=(
            (
                "cause",
                {"incident": incident.reference, "past": other.reference, "same": action.same},
            ),
        ),
    )


def words_on_causes(session: Session, incident: Incident) -> dict[IncidentId, ConstraintPair]:
    """What stands of an incident's cause: by the other incident as it stands now."""
    found: dict[IncidentId, ConstraintPair] = {}
    for row, other in _pairs(session, incident):
        standing = follow_absorbed(session, session.get_one(Incident, other))
        found[standing.id] = row
    return found


def said_other_causes(session: Session, incident: Incident) -> frozenset[IncidentId]:
    """Incidents of which staff said that their cause was another one."""
    said = words_on_causes(session, incident)
    return frozenset(other for other, row in said.items() if row.kind is ConstraintKind.OTHER_CAUSE)


def _pairs(session: Session, incident: Incident) -> Iterator[tuple[ConstraintPair, UUID]]:
    ours: set[UUID] = {*standing_for(session, incident)}
    rows = session.scalars(
        select(ConstraintPair)
        .where(
            ConstraintPair.kind.in_(CAUSES),
            ConstraintPair.lifted_at.is_(None),
            or_(ConstraintPair.left_id.in_(ours), ConstraintPair.right_id.in_(ours)),
        )
        .order_by(ConstraintPair.made_at)
    )
    for row in rows:
        yield row, row.right_id if row.left_id in ours else row.left_id
