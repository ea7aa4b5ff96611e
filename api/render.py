"""Rows to the JSON that programs read; the records that are forwarded have shapes of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from classifier.signatures import published
from incidents.conversation_view import Line
from incidents.queries import MemberView, follow_absorbed
from incidents.review import Reviewed
from incidents.snapshots import incident_data
from models.handoff import Handoff
from models.incident import Incident, TimelineEntry
from models.vocabulary import Status


def render_incident(session: Session, incident: Incident) -> dict[str, Any]:
    """One incident, as its record has it, and what only staff work with."""
    into = follow_absorbed(session, incident) if incident.status is Status.ABSORBED else None
    told = incident_data(incident, into.reference if into else None)
    del told["related"], told["reason"]
    return told | {
        "workaround": incident.workaround,  # staff see what they wrote, unmasked
        "locked": incident.locked,
        "publication": incident.publication,
        "staff_title": incident.staff_title,
        "staff_severity": incident.staff_severity.value if incident.staff_severity else None,
        "staff_priority": incident.staff_priority.value if incident.staff_priority else None,
        "staff_category": incident.staff_category.value if incident.staff_category else None,
        "proposal": incident.proposal,
        "reject_reason": incident.reject_reason,
    }


def render_report(member: MemberView) -> dict[str, Any]:
    """One report as told and as read, with the evidence of its link."""
    report, link = member.report, member.link
    return {
        "reference": report.reference,
        "text": member.text,
        "reporter": {"name": member.reporter, "verified_by": member.verified_by},
        "on_behalf_of": member.behalf,
        "channel": report.channel.value,
        "language": report.language,
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
        "signatures": published(report.signatures),
        "filled_in": dict(report.filled_in),
        "assessment": dict(report.assessment),
        "attributes": dict(report.attributes),
        "occurred_at": render_moment(report.occurred_at),
        "received_at": render_moment(report.received_at),
        "read_at": render_moment(report.read_at),
        "additions": [
            {"kind": one.kind, "text": one.text, "at": render_moment(one.at)}
            for one in member.additions
        ],
        "tried": [{**one, "at": render_moment(one["at"])} for one in member.tried],
        "attachments": [
            {"id": str(one.id), "name": one.name, "type": one.media_type, "size": one.size}
            for one in member.attachments
        ],
        "membership": {
            "author": link.author.value,
            "actor": link.actor,
            "probability": link.probability,
            "since": render_moment(link.made_at),
            "evidence": dict(link.evidence),
        },
    }


def render_handoff(row: Handoff) -> dict[str, Any]:
    """Who wants a person or speaks with one; never a word of theirs."""
    return {
        "conversation": str(row.conversation_id),
        "state": row.state.value,
        "reason": row.reason.value,
        "asked_at": render_moment(row.asked_at),
        "waiting_since": render_moment(row.waiting_since),
        "taken_by": row.taken_by,
        "taken_at": render_moment(row.taken_at),
    }


def render_line(line: Line) -> dict[str, Any]:
    """One message of a conversation, as it was said."""
    return asdict(line) | {"at": render_moment(line.at)}


def render_entry(entry: TimelineEntry, reports: Mapping[Any, str]) -> dict[str, Any]:
    """One line of a timeline."""
    return {
        "seq": entry.seq,
        "kind": entry.kind,
        "actor": entry.actor,
        "report": reports.get(entry.report_id),
        "data": dict(entry.data),
        "at": render_moment(entry.at),
    }


def render_reviewed(reviewed: Reviewed, *, preview: bool) -> dict[str, Any]:
    """What a review did or would do; `undo` takes it back."""
    return {
        "preview": preview,
        "undo": None if preview else str(reviewed.token),
        "kind": reviewed.kind,
        "sentence": reviewed.sentence,
        "before": [asdict(one) for one in reviewed.before],
        "after": [asdict(one) for one in reviewed.after],
    }


def render_moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
