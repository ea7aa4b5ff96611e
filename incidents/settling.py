"""After a change: recount the incident, propose it if it is due, and owe the records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy.orm import Session

from incidents.candidates import Voice, choose_proposal
from incidents.ledger import record_entry
from incidents.lifecycle import move
from incidents.organisation import Organisation
from incidents.projection import MemberFacts, project_incident
from incidents.snapshots import owe_incident_record
from models.incident import Incident
from models.records import RecordKind
from models.vocabulary import MajorState, Severity, Status


def settle_incident(
    session: Session,
    organisation: Organisation,
    incident: Incident,
    *,
    now: datetime,
    kind: RecordKind = RecordKind.INCIDENT_CHANGED,
    related: tuple[str, ...] = (),
    reason: str | None = None,
) -> None:
    """Bring one incident up to date with its members, inside the transaction of the change."""
    members = project_incident(session, incident, organisation.catalogue)
    proposed = _propose(session, organisation, incident, members, now)
    incident.published = (
        incident.reporters >= 2
        or incident.severity.rank >= Severity.SEV2.rank
        or incident.major_state is not MajorState.NONE
    )
    session.flush()
    owe_incident_record(
        session, organisation.outbox, kind, incident, now=now, related=related, reason=reason
    )
    if proposed:
        owe_incident_record(
            session, organisation.outbox, RecordKind.INCIDENT_PROPOSED, incident, now=now
        )


def _propose(
    session: Session,
    organisation: Organisation,
    incident: Incident,
    members: Sequence[MemberFacts],
    now: datetime,
) -> bool:
    """Raise or take back the proposal; staff's own word (declared, rejected) is never touched."""
    if incident.status is not Status.OPEN:
        return False
    unverified = organisation.intake.unverified_weight
    voices = (Voice(m.reporter, 1.0 if m.verified else unverified, m.told_at) for m in members)
    proposal = choose_proposal(voices, organisation.candidates)
    if proposal is None:
        if incident.major_state is MajorState.PROPOSED:
            incident.major_state = move(incident.major_state, MajorState.NONE)
            incident.proposal = None
            record_entry(session, incident.id, "incident.no_longer_proposed", now=now)
        return False
    if incident.major_state is not MajorState.NONE:
        return False
    incident.major_state = move(incident.major_state, MajorState.PROPOSED)
    incident.proposal = asdict(proposal)
    record_entry(
        session, incident.id, "incident.proposed", now=now, data={"sentence": proposal.sentence}
    )
    return True
