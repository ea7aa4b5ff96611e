"""The rules of what staff set right: severity, priority, category, and "not the same"."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from incidents import actions as act
from incidents.hand import Hand
from incidents.outcomes import Outcome, SenselessReviewError, find_incident, require_open
from incidents.queries import standing_for
from models.incident import ConstraintPair, Incident
from models.vocabulary import ConstraintKind

_SET: Final = {
    "severity": "{reference} has a severity by staff.",
    "priority": "{reference} has a priority by staff.",
    "category": "{reference} has a category by staff.",
}


def keep_apart(session: Session, hand: Hand, incident: Incident, action: act.KeepApart) -> Outcome:
    """Two incidents are not the same, and are never proposed as one again."""
    require_open(incident)
    other = find_incident(session, action.other)
    require_open(other)
    if other.id == incident.id:
        raise SenselessReviewError("An incident is the same as itself. Name another one.")
    if _are_apart(session, incident, other):
        raise SenselessReviewError(
            f"{incident.reference} and {other.reference} are kept apart already."
        )
    hand.lift(
        ConstraintKind.MUST_LINK,
        {*standing_for(session, incident)},
        {*standing_for(session, other)},
    )
    hand.forbid(("incident", incident.id), ("incident", other.id))
    return Outcome(
        "apart",
        f"{incident.reference} and {other.reference} are not the same.",
        incident.id,
        also=frozenset({other.id}),
        feedback=(("apart", {"incident": incident.reference, "other": other.reference}),),
    )


def set_severity(
    session: Session, hand: Hand, incident: Incident, action: act.SetSeverity
) -> Outcome:
    """A severity by staff, or the scored one again."""
    return _set(hand, incident, "severity", action.severity)


def set_priority(
    session: Session, hand: Hand, incident: Incident, action: act.SetPriority
) -> Outcome:
    """A priority by staff, or that of the reports again."""
    return _set(hand, incident, "priority", action.priority)


def set_category(
    session: Session, hand: Hand, incident: Incident, action: act.SetCategory
) -> Outcome:
    """A category by staff, or that of the reports again."""
    return _set(hand, incident, "category", action.category)


def _set(hand: Hand, incident: Incident, name: str, value: Any) -> Outcome:
    was = getattr(incident, name)
    hand.set_field(incident, f"staff_{name}", value)
    example = {
        "incident": incident.reference,
        "was": was.value if was is not None else None,
        "is": value.value if value is not None else None,
    }
    sentence = _SET[name].format(reference=incident.reference)
    return Outcome(name, sentence, incident.id, feedback=((name, example),))


def _are_apart(session: Session, incident: Incident, other: Incident) -> bool:
    ours, theirs = standing_for(session, incident), standing_for(session, other)
    row = session.execute(
        select(ConstraintPair.id)
        .where(
            ConstraintPair.kind == ConstraintKind.CANNOT_LINK,
            ConstraintPair.lifted_at.is_(None),
            or_(
                and_(ConstraintPair.left_id.in_(ours), ConstraintPair.right_id.in_(theirs)),
                and_(ConstraintPair.left_id.in_(theirs), ConstraintPair.right_id.in_(ours)),
            ),
        )
        .limit(1)
    )
    return row.first() is not None
