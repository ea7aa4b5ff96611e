"""Corrections by staff as labelled examples, written with the act and taken back with it.

Ids and values only: the words of reports stay where they are, so that erasing a person is
still one delete.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.ids import EntryId, ReviewId, new_id
from models.incident import Feedback


def record_examples(
    session: Session,
    review: ReviewId,
    examples: Iterable[tuple[str, Mapping[str, Any]]],
    *,
    now: datetime,
) -> None:
    """Write down what one review teaches."""
    for kind, data in examples:
        _record(session, review, kind, data, now, undoes=None)


def record_inverse(session: Session, review: ReviewId, *, undone: ReviewId, now: datetime) -> None:
    """Take back what an undone review taught; of an undo, that it was taken back."""
    rows = session.scalars(
        select(Feedback).where(Feedback.review_id == undone).order_by(Feedback.id)
    ).all()
    for row in rows:
        _record(session, review, row.kind, row.data, now, undoes=row.id)


def standing_examples(session: Session) -> list[Feedback]:
    """The examples that nobody took back (or whose taking back was taken back), oldest first."""
    rows = session.scalars(select(Feedback).order_by(Feedback.at, Feedback.id)).all()
    return choose_standing(rows)


def choose_standing(rows: Sequence[Feedback]) -> list[Feedback]:
    """Of all rows, those that are examples and stand."""
    undone_by: dict[UUID, list[UUID]] = {}
    for row in rows:
        if row.undoes is not None:
            undone_by.setdefault(row.undoes, []).append(row.id)

    def stands(key: UUID) -> bool:
        """A chain is followed to its end: an undo, its undo, and so on."""
        fallen, frontier = False, [key]
        while frontier := [one for each in frontier for one in undone_by.get(each, ())]:
            fallen = not fallen
        return not fallen

    return [row for row in rows if row.undoes is None and stands(row.id)]


def _record(
    session: Session,
    review: ReviewId,
    kind: str,
    data: Mapping[str, Any],
    now: datetime,
    *,
    undoes: EntryId | None,
) -> None:
    session.add(
        Feedback(
            id=EntryId(new_id()),
            review_id=review,
            kind=kind,
            data=dict(data),
            at=now,
            undoes=undoes,
        )
    )
    session.flush()
