"""Staff decide: each action with a version check, a preview, a timeline entry and an undo.

A preview is the action itself in a transaction that is rolled back, so it cannot differ
from what would happen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidents import actions as act
from incidents.feedback import record_examples, record_inverse
from incidents.hand import Hand
from incidents.ledger import lock_grouping, next_seq, record_entry
from incidents.organisation import Organisation
from incidents.outcomes import Outcome, find_incident
from incidents.review_actions import RULES
from incidents.settling import settle_incident
from incidents.snapshots import owe_report_record
from models.clock import Clock
from models.database import Database
from models.errors import DomainError, NotFoundError, StaleVersionError
from models.ids import IncidentId, ReportId, ReviewId, new_id
from models.incident import Incident, Review
from models.records import RecordKind
from models.report import Report
from models.vocabulary import Status


class NewerReviewError(DomainError):
    """Something done later stands on what should be undone."""

    code: ClassVar[str] = "review.newer"


class AlreadyUndoneError(DomainError):
    """It was undone before."""

    code: ClassVar[str] = "review.undone"


@dataclass(frozen=True, slots=True)
class Glimpse:
    """An incident at one moment of a review, for people."""

    reference: str
    title: str
    status: str
    reports: int
    reporters: int
    severity: str
    version: int


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What a review did, or in a preview would do. `token` undoes it."""

    token: ReviewId
    kind: str
    sentence: str
    before: tuple[Glimpse, ...]
    after: tuple[Glimpse, ...]


class _PreviewOnly(Exception):  # noqa: N818 - a way out of the transaction, not an error
    def __init__(self, reviewed: Reviewed) -> None:
        super().__init__()
        self.reviewed = reviewed


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Performs actions of staff."""

    database: Database
    organisation: Organisation
    clock: Clock

    def perform(self, action: act.Action, *, actor: str, preview: bool = False) -> Reviewed:
        """Do it, or with `preview` only show it.

        Raises:
            NotFoundError: No such incident, report or token.
            StaleVersionError: The incident is not as the person saw it.
            DomainError: The action makes no sense there; the message says why.

        """
        try:
            with self.database.transaction() as session:
                reviewed = record_review(
                    session, self.organisation, action, actor=actor, now=self.clock()
                )
                if preview:
                    raise _PreviewOnly(reviewed)  # noqa: TRY301 - leaves the transaction
        except _PreviewOnly as seen:
            return seen.reviewed
        return reviewed


def record_review(
    session: Session, organisation: Organisation, action: act.Action, *, actor: str, now: datetime
) -> Reviewed:
    """Perform one action inside the caller's transaction."""
    lock_grouping(session)
    review_id = ReviewId(new_id())
    hand = Hand(session, actor, now)
    before = {}
    if isinstance(action, act.Undo):
        undone = _undoable(session, action.token)
        before = _glimpses(session, [IncidentId(UUID(i)) for i in undone.incidents])
        hand.take_back(undone.changes)
        outcome = Outcome(kind="undo", sentence=f"Took back: {undone.changes['sentence']}")
        extra = [IncidentId(UUID(one)) for one in undone.incidents]
    else:
        incident = find_incident(session, action.incident.reference)
        _check_version(incident, action.incident)
        for source in getattr(action, "sources", ()):
            _check_version(find_incident(session, source.reference), source)
        outcome, before = _apply(session, hand, incident, action)
        extra = [incident.id, *outcome.also]
    touched = sorted(hand.touched() | set(extra), key=str)
    session.flush()
    _settle_all(session, organisation, hand, outcome, touched)
    session.add(
        Review(
            id=review_id,
            seq=next_seq(session),
            kind=outcome.kind,
            actor=actor,
            at=now,
            incidents=[str(one) for one in touched],
            changes={**hand.changes(), "sentence": outcome.sentence},
            undoes=action.token if isinstance(action, act.Undo) else None,
            undone_by=None,
        )
    )
    session.flush()
    if isinstance(action, act.Undo):
        session.get_one(Review, action.token).undone_by = review_id
        record_inverse(session, review_id, undone=ReviewId(action.token), now=now)
    record_examples(session, review_id, outcome.feedback, now=now)
    after = _glimpses(session, touched)
    return Reviewed(
        token=review_id,
        kind=outcome.kind,
        sentence=outcome.sentence,
        before=tuple(before.values()),
        after=tuple(after.values()),
    )


def _apply(
    session: Session, hand: Hand, incident: Incident, action: Any
) -> tuple[Outcome, dict[IncidentId, Glimpse]]:
    involved = [incident.id]
    involved += [find_incident(session, s.reference).id for s in getattr(action, "sources", ())]
    if isinstance(action, act.MoveReport | act.KeepApart | act.SayCause):
        other = _other_of(action)
        involved.append(find_incident(session, other).id)
    before = _glimpses(session, involved)
    return RULES[type(action)](session, hand, incident, action), before


def _other_of(action: act.MoveReport | act.KeepApart | act.SayCause) -> str:
    if isinstance(action, act.SayCause):
        return action.past
    return action.to if isinstance(action, act.MoveReport) else action.other


_MAIN_RECORD: Final[Mapping[str, RecordKind]] = {
    "merge": RecordKind.INCIDENT_MERGED,
    "split": RecordKind.INCIDENT_SPLIT,
    "accept": RecordKind.INCIDENT_DECLARED,
    "declare": RecordKind.INCIDENT_DECLARED,
    "resolve": RecordKind.INCIDENT_RESOLVED,
}


def _settle_all(
    session: Session,
    organisation: Organisation,
    hand: Hand,
    outcome: Outcome,
    touched: Sequence[IncidentId],
) -> None:
    """Recount, put it on the timelines, and owe the records: the main incident's last."""
    rows = {one: session.get_one(Incident, one) for one in touched}
    references = {one: rows[one].reference for one in rows}
    for one, incident in sorted(rows.items(), key=lambda item: item[0] == outcome.main):
        others = tuple(sorted(ref for key, ref in references.items() if key != one))
        kind = RecordKind.INCIDENT_CHANGED
        if one == outcome.main:
            kind = _MAIN_RECORD.get(outcome.kind, kind)
        elif one in outcome.opened:
            kind = RecordKind.INCIDENT_OPENED
        record_entry(
            session,
            one,
            outcome.entry(one, incident.status is Status.ABSORBED),
            now=hand.now,
            actor=hand.actor,
            data={"sentence": outcome.sentence, "related": list(others)},
        )
        settle_incident(
            session,
            organisation,
            incident,
            now=hand.now,
            kind=kind,
            related=others,
            reason=outcome.reason,
            by_staff=True,
        )
    for report, home, _ in hand.moves:
        owe_report_record(
            session,
            organisation.outbox,
            RecordKind.REPORT_REGROUPED,
            session.get_one(Report, ReportId(report)),
            now=hand.now,
            previous=rows[home],
        )


def _undoable(session: Session, token: UUID) -> Review:
    review = session.get(Review, token)
    if review is None:
        raise NotFoundError("There is nothing to undo under this token.", token=str(token))
    if review.undone_by is not None:
        raise AlreadyUndoneError("This was undone already. Reload to see how it stands now.")
    touched = set(review.incidents)
    standing: dict[UUID, Review] = {}
    later = session.scalars(select(Review).where(Review.seq > review.seq).order_by(Review.seq))
    for other in later:
        if not touched & set(other.incidents):
            continue
        if other.undoes in standing:
            del standing[other.undoes]  # done and undone since: nothing of it stands
        else:
            standing[other.id] = other
    if standing:
        newest = list(standing.values())[-1]
        raise NewerReviewError(
            f"Something newer stands on it: {newest.changes['sentence']} Undo that first.",
            token=str(newest.id),
        )
    return review


def _check_version(incident: Incident, seen: act.Target) -> None:
    if seen.version is not None and seen.version != incident.version:
        raise StaleVersionError(
            f"{incident.reference} changed since you opened it. Look again, then repeat.",
            reference=incident.reference,
            version=incident.version,
        )


def _glimpses(session: Session, ids: Sequence[IncidentId]) -> dict[IncidentId, Glimpse]:
    return {
        row.id: Glimpse(
            reference=row.reference,
            title=row.title,
            status=row.status.value,
            reports=row.reports,
            reporters=row.reporters,
            severity=row.severity.value,
            version=row.version,
        )
        for row in (session.get_one(Incident, one) for one in ids)
    }
