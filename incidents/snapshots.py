"""Rows to the `data` of records: what the outside is told about a report or an incident.

Runs inside the transaction of the change. Restricted reports go out without their words.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from classifier.signatures import published
from incidents.helping import read_tried
from incidents.ledger import Outbox, owe_record
from incidents.privacy import mask
from incidents.recurrence_view import seen_before
from models.delivery import Delivery, DeliveryStream, Record
from models.incident import Incident, Membership
from models.people import Identity, Person
from models.records import RecordKind
from models.report import Attachment, Report, ReportAddition, ReportText
from models.vocabulary import AttachmentState, Audience, DeliveryState

# Made once: they run at every report.
_LINK: Final = (
    select(Membership, Incident)
    .join(Incident, Incident.id == Membership.incident_id)
    .where(Membership.report_id == bindparam("report"), Membership.ended_at.is_(None))
)
_TEXT: Final = select(ReportText.text, ReportText.behalf).where(
    ReportText.report_id == bindparam("report")
)
_ADDITIONS: Final = (
    select(ReportAddition)
    .where(ReportAddition.report_id == bindparam("report"))
    .order_by(ReportAddition.number)
)
_FILES: Final = (
    select(Attachment)
    .where(Attachment.report_id == bindparam("report"), Attachment.state == AttachmentState.CLEAN)
    .order_by(Attachment.id)
)


def owe_report_record(
    session: Session,
    outbox: Outbox,
    kind: RecordKind,
    report: Report,
    *,
    now: datetime,
    previous: Incident | None = None,
) -> None:
    """Owe the report as it is now, on the stream of the incident it is in."""
    link, incident = session.execute(_LINK, {"report": report.id}).one()
    owe_record(
        session,
        outbox,
        stream=incident.reference,
        kind=kind,
        subject=report.reference,
        audience=report.audience,
        data=_report_data(session, report, link, incident, previous),
        now=now,
    )


def withhold_words(session: Session, report: Report, *, now: datetime) -> None:
    """Take the words out of records of a report that nobody was offered yet; it is for few now.

    What was sent stays sent: the record that follows says that the report is restricted.
    """
    offered = select(Delivery.event_id).where(
        or_(Delivery.attempts > 0, Delivery.state != DeliveryState.PENDING)
    )
    being_sent = select(DeliveryStream.stream).where(DeliveryStream.leased_until > now)
    records = session.scalars(
        select(Record).where(
            Record.subject == report.reference,
            Record.audience == Audience.OPEN.value,
            Record.event_id.not_in(offered),
            Record.stream.not_in(being_sent),
        )
    )
    for record in records:
        record.audience = Audience.RESTRICTED.value
        record.data = {
            **record.data,
            "audience": Audience.RESTRICTED.value,
            "description": None,
            "on_behalf_of": None,
            "signatures": published(report.signatures, restricted=True),
            "additions": [{**one, "text": None} for one in record.data["additions"]],
        }


def owe_incident_record(
    session: Session,
    outbox: Outbox,
    kind: RecordKind,
    incident: Incident,
    *,
    now: datetime,
    related: tuple[str, ...] = (),
    reason: str | None = None,
) -> None:
    """Owe the full picture of the incident as it is now, on its own stream."""
    absorbed_into = None
    if incident.absorbed_into is not None:
        absorbed_into = session.get_one(Incident, incident.absorbed_into).reference
    owe_record(
        session,
        outbox,
        stream=incident.reference,
        kind=kind,
        subject=incident.reference,
        audience=incident.audience,
        data=incident_data(incident, absorbed_into, related=related, reason=reason)
        | seen_before_data(session, incident),
        now=now,
    )


def incident_data(
    incident: Incident,
    absorbed_into: str | None,
    *,
    related: tuple[str, ...] = (),
    reason: str | None = None,
) -> dict[str, Any]:
    """The incident as the published schema has it."""
    return {
        "reference": incident.reference,
        "version": incident.version,
        "title": incident.title,
        "status": incident.status.value,
        "major_state": incident.major_state.value,
        "severity": incident.severity.value,
        "priority": incident.priority.value,
        "category": incident.category.value if incident.category else None,
        "service": incident.service_id,
        "sites": list(incident.sites),
        "reports": incident.reports,
        "reporters": incident.reporters,
        "audience": incident.audience.value,
        "workaround": mask(incident.workaround) if incident.workaround else None,
        "absorbed_into": absorbed_into,
        "related": list(related),
        "reason": mask(reason) if reason else None,
        "opened_at": _moment(incident.opened_at),
        "first_report_at": _moment(incident.first_at),
        "last_report_at": _moment(incident.last_at),
        "published": incident.published,
    }


def seen_before_data(session: Session, incident: Incident) -> dict[str, Any]:
    """The past incidents of the same cause; nothing of incidents that nobody looked into."""
    if incident.reporters < 2 and not incident.published:
        return {}
    return {
        "seen_before": [
            {
                "incident": one.incident.reference,
                "probability": one.probability,
                "author": one.author.value,
                "sentence": mask(one.sentence),
            }
            for one in seen_before(session, incident)
        ]
    }


def _report_data(
    session: Session,
    report: Report,
    link: Membership,
    incident: Incident,
    previous: Incident | None,
) -> dict[str, Any]:
    restricted = report.audience is Audience.RESTRICTED
    words = session.execute(_TEXT, {"report": report.id}).one_or_none()
    text, behalf = words if words is not None else (None, None)
    identity = session.get_one(Identity, report.identity_id)
    person = session.get(Person, identity.person_id) if identity.person_id else None
    additions = session.scalars(_ADDITIONS, {"report": report.id})
    files = session.scalars(_FILES, {"report": report.id})
    return {
        "reference": report.reference,
        "incident": incident.reference,
        "previous_incident": previous.reference if previous else None,
        "description": None if restricted or text is None else mask(text),
        "channel": report.channel.value,
        "language": report.language,
        "reporter": {
            "id": person.external_id if person else None,
            "name": person.name if person else None,
            "verified_by": identity.verified_by,
        },
        "on_behalf_of": None if restricted or behalf is None else mask(behalf),
        "service": report.service_id,
        "site": report.site_id,
        "category": report.category.value if report.category else None,
        "impact": report.impact,
        "urgency": report.urgency,
        "priority": report.priority.value,
        "severity": report.severity.value,
        "people": report.people,
        "since": report.since,
        "audience": report.audience.value,
        "signatures": published(report.signatures, restricted=restricted),
        "additions": [
            {
                "kind": addition.kind,
                "text": None if restricted else mask(addition.text),
                "at": _moment(addition.at),
            }
            for addition in additions
        ],
        "attachments": [
            {
                "id": str(file.id),
                "name": file.name,
                "type": file.media_type,
                "size": file.size,
                "sha256": file.sha256,
            }
            for file in files
        ],
        "grouping": {
            "author": link.author.value,
            "probability": link.probability,
            "sentence": str(link.evidence.get("sentence", "")),
        },
        "attributes": dict(report.attributes),
        "occurred_at": _moment(report.occurred_at),
        "received_at": _moment(report.received_at),
        "tried": [
            {**one, "at": _moment(one["at"])}
            for one in read_tried(session, [report.id]).get(report.id, ())
        ],
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
