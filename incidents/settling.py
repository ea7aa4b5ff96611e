"""After a change: recount the incident, publish and propose it if due, and owe the records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from incidents.alarm_store import peak_of
from incidents.candidates import (
    Alarm,
    choose_alarm,
    choose_fixed,
    is_told_already,
    knows_the_usual,
)
from incidents.ledger import record_entry
from incidents.lifecycle import move
from incidents.looking_back import is_look_due
from incidents.organisation import Organisation
from incidents.projection import project_incident
from incidents.publishing import Standing, choose_publication
from incidents.snapshots import owe_incident_record
from incidents.watching import Weighed, read_voices, told_elsewhere, weigh_incident
from models.incident import Incident
from models.records import RecordKind
from models.report import Report
from models.vocabulary import MajorState, Status

_NO_PEAK: Final[Mapping[str, Any]] = {"surprise": 0.0, "reports": []}
_COUNTED: Final = 200


def settle_incident(
    session: Session,
    organisation: Organisation,
    incident: Incident,
    *,
    now: datetime,
    kind: RecordKind = RecordKind.INCIDENT_CHANGED,
    related: tuple[str, ...] = (),
    reason: str | None = None,
    arrived: Report | None = None,
    by_staff: bool = False,
) -> None:
    """Bring one incident up to date with its members, inside the transaction of the change.

    Args:
        session: Of the change.
        organisation: What decides.
        incident: The incident.
        now: The moment.
        kind: What the outside is told that happened.
        related: Other incidents of the same change.
        reason: Of staff.
        arrived: The report that came; None where members may also have left.
        by_staff: Whether a person acted on it.

    """
    project_incident(session, incident, organisation.catalogue)
    weighed = None
    if arrived is None or not incident.published or incident.major_state is MajorState.NONE:
        weighed = weigh_incident(session, organisation, incident, arrived, now=now)
    _remember_peak(organisation, incident, weighed)
    proposed = _propose(session, organisation, incident, weighed, arrived, now)
    _publish(session, incident, weighed, now, by_staff=by_staff)
    session.flush()
    owe_incident_record(
        session, organisation.outbox, kind, incident, now=now, related=related, reason=reason
    )
    if proposed:
        owe_incident_record(
            session, organisation.outbox, RecordKind.INCIDENT_PROPOSED, incident, now=now
        )
    if is_look_due(session, incident):
        organisation.outbox.jobs.owe_looking_back(session, incident.id)


def _propose(
    session: Session,
    organisation: Organisation,
    incident: Incident,
    weighed: Weighed | None,
    arrived: Report | None,
    now: datetime,
) -> bool:
    """Raise or take back the proposal; staff's own word (declared, rejected) is never touched."""
    if incident.status is not Status.OPEN:
        return False
    if arrived is not None and incident.major_state is not MajorState.NONE:
        return False  # one more voice takes nothing back
    alarm = _alarm(session, organisation, incident, weighed, arrived)
    if alarm is None:
        still = weighed is not None and _are_enough(organisation, weighed)
        if incident.major_state is MajorState.PROPOSED and not still:
            incident.major_state = move(incident.major_state, MajorState.NONE)
            incident.proposal = None
            record_entry(session, incident.id, "incident.no_longer_proposed", now=now)
        return False
    if incident.major_state is not MajorState.NONE:
        return False
    incident.major_state = move(incident.major_state, MajorState.PROPOSED)
    incident.proposal = asdict(alarm.proposal)
    incident.peak = {**_NO_PEAK, **(incident.peak or {}), "counted": list(alarm.keys[:_COUNTED])}
    sentence = alarm.proposal.sentence
    record_entry(session, incident.id, "incident.proposed", now=now, data={"sentence": sentence})
    return True


def _alarm(
    session: Session,
    organisation: Organisation,
    incident: Incident,
    weighed: Weighed | None,
    arrived: Report | None,
) -> Alarm | None:
    rule = organisation.alarms.rule
    own = frozenset(weighed.own) if weighed is not None else frozenset()
    weighing = weighed.weighing if weighed is not None else None
    if weighing is not None and knows_the_usual(weighing):
        alarm = choose_alarm(weighing, own, rule, organisation.alarms.threshold)
    else:
        near = (arrived.occurred_at or arrived.received_at) if arrived is not None else None
        voices = read_voices(session, organisation, incident, near, within=rule.window)
        alarm = choose_fixed(weighing, voices, own, rule)
    if alarm is None:
        return None
    named = replace(alarm, keys=tuple(map(str, alarm.keys)))
    told = told_elsewhere(session, incident, alarm.keys, within=rule.window)
    return None if is_told_already(named, told) else named


def _are_enough(organisation: Organisation, weighed: Weighed) -> bool:
    """Whether as many people as a candidate needs still speak of it, if not so unusually."""
    weighing, least = weighed.weighing, organisation.alarms.rule.people
    return knows_the_usual(weighing) and (
        max(weighing.alike.people, weighing.thread.people) >= least
    )


def _remember_peak(organisation: Organisation, incident: Incident, weighed: Weighed | None) -> None:
    if weighed is None or not knows_the_usual(weighed.weighing):
        return
    peak = peak_of(weighed.weighing, organisation.alarms.rule)
    if peak is not None and (incident.peak is None or peak["surprise"] > incident.peak["surprise"]):
        incident.peak = {**(incident.peak or {}), **peak}


def _publish(
    session: Session,
    incident: Incident,
    weighed: Weighed | None,
    now: datetime,
    *,
    by_staff: bool,
) -> None:
    """Show it in the queue once that is due; nothing takes it out again but its end."""
    if incident.published:
        return
    standing = Standing(
        reporters=incident.reporters,
        severity=incident.severity,
        major=incident.major_state,
        audience=incident.audience,
        touched=by_staff,
    )
    found = choose_publication(standing, weighed.weighing if weighed is not None else None)
    if found is None:
        return
    incident.published = True
    incident.publication = asdict(found) | {"at": now.isoformat()}
    if found.why == "people":  # the other reasons have lines of their own
        data = {"sentence": found.sentence}
        record_entry(session, incident.id, "incident.published", now=now, data=data)
