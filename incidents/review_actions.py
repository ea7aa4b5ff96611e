"""The rule of each action of staff: what it checks, and what the hand then does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidents import actions as act
from incidents.corrections import keep_apart, set_category, set_priority, set_severity
from incidents.hand import Hand
from incidents.openings import record_incident
from incidents.outcomes import Outcome, SenselessReviewError, find_incident, require_open
from incidents.queries import standing_for
from incidents.recurrence_words import say_cause
from models.errors import NotFoundError
from models.ids import ReportId, parse_reference
from models.incident import Incident, Membership
from models.report import Report
from models.vocabulary import ConstraintKind, MajorState, Status


def _accept(session: Session, hand: Hand, incident: Incident, action: act.Accept) -> Outcome:
    require_open(incident)
    if incident.major_state is not MajorState.PROPOSED:
        raise SenselessReviewError(
            f"{incident.reference} is not a candidate. Declare it instead if it is a major one."
        )
    hand.set_field(incident, "major_state", MajorState.DECLARED)
    return Outcome(
        "accept",
        f"{incident.reference} was accepted as a major incident.",
        incident.id,
        feedback=(("candidate", {"incident": incident.reference, "major": True}),),
    )


def _declare(session: Session, hand: Hand, incident: Incident, action: act.Declare) -> Outcome:
    require_open(incident)
    if incident.major_state is MajorState.DECLARED:
        raise SenselessReviewError(f"{incident.reference} is declared already.")
    hand.set_field(incident, "major_state", MajorState.DECLARED)
    return Outcome(
        "declare",
        f"{incident.reference} was declared a major incident.",
        incident.id,
        feedback=(("candidate", {"incident": incident.reference, "major": True}),),
    )


def _reject(session: Session, hand: Hand, incident: Incident, action: act.Reject) -> Outcome:
    require_open(incident)
    reason = action.reason.strip()
    if not reason:
        raise SenselessReviewError("Say in a few words why it is not a major incident.")
    if incident.major_state is MajorState.DECLARED:
        raise SenselessReviewError(
            f"{incident.reference} is declared. Undo the declaration, or resolve the incident."
        )
    hand.set_field(incident, "major_state", MajorState.REJECTED)
    hand.set_field(incident, "reject_reason", reason[:1000])
    return Outcome(
        "reject",
        f"{incident.reference} was rejected as a major incident.",
        incident.id,
        reason=reason[:1000],
        feedback=(("candidate", {"incident": incident.reference, "major": False}),),
    )


def _merge(session: Session, hand: Hand, incident: Incident, action: act.Merge) -> Outcome:
    require_open(incident)
    if not action.sources:
        raise SenselessReviewError("Choose at least one other incident to merge.")
    names = []
    for target in action.sources:
        source = find_incident(session, target.reference)
        if source.id == incident.id:
            raise SenselessReviewError("An incident cannot be merged into itself.")
        require_open(source)
        if source.audience is not incident.audience:
            raise SenselessReviewError(
                "A restricted incident and an open one cannot be merged: "
                "its people would become visible."
            )
        members = _live_reports(session, source)
        ours = _live_reports(session, incident)
        hand.lift(
            ConstraintKind.CANNOT_LINK,
            {*standing_for(session, source), *members},
            {*standing_for(session, incident), *ours},
        )
        for report in members:
            hand.move_report(
                report,
                incident,
                sentence=f"{hand.actor} merged {source.reference} into this incident.",
            )
        hand.set_field(source, "status", Status.ABSORBED)
        hand.set_field(source, "absorbed_into", incident.id)
        names.append(source.reference)
    listed = ", ".join(names)
    return Outcome(
        "merge",
        f"{listed} merged into {incident.reference}.",
        incident.id,
        feedback=(("same", {"incident": incident.reference, "with": names}),),
    )


def _split(session: Session, hand: Hand, incident: Incident, action: act.Split) -> Outcome:
    require_open(incident)
    members = _live_reports(session, incident)
    chosen = [_member(session, incident, reference) for reference in action.reports]
    if not chosen:
        raise SenselessReviewError("Choose the reports that are something else.")
    if len(set(chosen)) >= len(members):
        raise SenselessReviewError("At least one report must stay; otherwise change the title.")
    new = record_incident(session, audience=incident.audience, now=hand.now)
    # As if it had stood absorbed before: so that an undo ends there and its reference leads back.
    hand.fields.append((new.id, "absorbed_into", str(incident.id), None))
    hand.fields.append((new.id, "status", Status.ABSORBED.value, Status.OPEN.value))
    hand.set_field(new, "staff_title", (action.title or "").strip()[:300] or None)
    for report in dict.fromkeys(chosen):
        hand.move_report(
            report, new, sentence=f"{hand.actor} split this off from {incident.reference}."
        )
    hand.forbid(("incident", incident.id), ("incident", new.id))
    for report in dict.fromkeys(chosen):
        hand.forbid(("report", report), ("incident", incident.id))
    return Outcome(
        "split",
        f"{new.reference} split off from {incident.reference}.",
        incident.id,
        opened=frozenset({new.id}),
        feedback=(
            ("different", {"incident": incident.reference, "reports": list(action.reports)}),
        ),
    )


def _move(session: Session, hand: Hand, incident: Incident, action: act.MoveReport) -> Outcome:
    to = find_incident(session, action.to)
    require_open(to)
    if to.id == incident.id:
        raise SenselessReviewError("The report is there already.")
    if to.audience is not incident.audience:
        raise SenselessReviewError("A restricted report cannot move to an open incident, or back.")
    report = _member(session, incident, action.report)
    if len(_live_reports(session, incident)) == 1:
        raise SenselessReviewError(
            f"It is the only report of {incident.reference}. Merge the two incidents instead."
        )
    hand.lift(ConstraintKind.CANNOT_LINK, {report}, {*standing_for(session, to)})
    hand.lift(ConstraintKind.MUST_LINK, {report}, {*standing_for(session, incident)})
    hand.move_report(report, to, sentence=f"{hand.actor} moved it here from {incident.reference}.")
    hand.forbid(("report", report), ("incident", incident.id))
    hand.bind(("report", report), ("incident", to.id))
    return Outcome(
        "move",
        f"{action.report} moved from {incident.reference} to {to.reference}.",
        incident.id,
        feedback=(
            ("moved", {"report": action.report, "from": incident.reference, "to": to.reference}),
        ),
    )


def _lock(session: Session, hand: Hand, incident: Incident, action: act.SetLock) -> Outcome:
    require_open(incident)
    hand.set_field(incident, "locked", action.locked)
    if action.locked:
        return Outcome("lock", f"{incident.reference} takes no more reports.", incident.id)
    return Outcome("unlock", f"{incident.reference} takes reports again.", incident.id)


def _resolve(session: Session, hand: Hand, incident: Incident, action: act.Resolve) -> Outcome:
    require_open(incident)
    hand.set_field(incident, "status", Status.RESOLVED)
    return Outcome("resolve", f"{incident.reference} was resolved.", incident.id)


def _reopen(session: Session, hand: Hand, incident: Incident, action: act.Reopen) -> Outcome:
    if incident.status is Status.ABSORBED:
        raise SenselessReviewError(f"{incident.reference} was merged. Undo the merge instead.")
    if incident.status is Status.OPEN:
        raise SenselessReviewError(f"{incident.reference} is open already.")
    hand.set_field(incident, "status", Status.OPEN)
    return Outcome("reopen", f"{incident.reference} was opened again.", incident.id)


def _title(session: Session, hand: Hand, incident: Incident, action: act.Retitle) -> Outcome:
    title = (action.title or "").strip()[:300] or None
    hand.set_field(incident, "staff_title", title)
    return Outcome("title", f"{incident.reference} has a new title.", incident.id)


def _workaround(
    session: Session, hand: Hand, incident: Incident, action: act.SetWorkaround
) -> Outcome:
    hand.set_field(incident, "workaround", (action.workaround or "").strip()[:2000] or None)
    return Outcome("workaround", f"{incident.reference} has a workaround.", incident.id)


def _together(
    session: Session, hand: Hand, incident: Incident, action: act.KeepTogether
) -> Outcome:
    require_open(incident)
    chosen = dict.fromkeys(_member(session, incident, one) for one in action.reports)
    if not chosen:
        raise SenselessReviewError("Choose the reports that belong here.")
    for report in chosen:
        hand.lift(ConstraintKind.CANNOT_LINK, {report}, {*standing_for(session, incident)})
        hand.bind(("report", report), ("incident", incident.id))
    count = len(chosen)
    reports = "1 report belongs" if count == 1 else f"{count} reports belong"
    return Outcome(
        "together",
        f"{reports} to {incident.reference} for sure.",
        incident.id,
        feedback=(("together", {"incident": incident.reference, "reports": list(action.reports)}),),
    )


Rule = Callable[[Session, Hand, Incident, Any], Outcome]
RULES: Final[Mapping[type, Rule]] = {
    act.Accept: _accept,
    act.Declare: _declare,
    act.Reject: _reject,
    act.Merge: _merge,
    act.Split: _split,
    act.MoveReport: _move,
    act.SetLock: _lock,
    act.Resolve: _resolve,
    act.Reopen: _reopen,
    act.Retitle: _title,
    act.KeepApart: keep_apart,
    act.KeepTogether: _together,
    act.SayCause: say_cause,
    act.SetSeverity: set_severity,
    act.SetPriority: set_priority,
    act.SetCategory: set_category,
    act.SetWorkaround: _workaround,
}


def _live_reports(session: Session, incident: Incident) -> list[ReportId]:
    return list(
        session.scalars(
            select(Membership.report_id)
            .where(Membership.incident_id == incident.id, Membership.ended_at.is_(None))
            .order_by(Membership.seq)
        )
    )


def _member(session: Session, incident: Incident, reference: str) -> ReportId:
    found: UUID | None = session.scalars(
        select(Report.id)
        .join(Membership, Membership.report_id == Report.id)
        .where(
            Report.reference == parse_reference(reference),
            Membership.incident_id == incident.id,
            Membership.ended_at.is_(None),
        )
    ).one_or_none()
    if found is None:
        raise NotFoundError(
            f"{incident.reference} has no report {reference[:20]}.", reference=reference[:40]
        )
    return ReportId(found)
