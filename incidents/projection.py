"""What an incident shows, recounted from its live members. The only writer of those fields.

Severity, title and counters are a function of the members and of what staff set, so an
undo restores them by recounting.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from classifier.catalogue import Catalogue
from classifier.severity import incident_severity
from incidents.ledger import record_entry
from models.incident import Incident, Membership
from models.people import Identity
from models.report import TOLD_AT, Report
from models.vocabulary import Audience, Category, Priority, Severity

_CATEGORY_WORDS: Mapping[Category, str] = {
    Category.ACCESS: "Sign-in and access",
    Category.NETWORK: "Network",
    Category.EMAIL: "Email",
    Category.COLLABORATION: "Chat and meetings",
    Category.BUSINESS_APPLICATION: "Business application",
    Category.HARDWARE: "Device",
    Category.PRINTING: "Printing",
    Category.TELEPHONY: "Telephony",
    Category.COMMERCE: "Shop and payments",
    Category.SECURITY: "Security",
    Category.DATA: "Files and data",
    Category.OTHER: "Something else",
}
_NAMED_SITES = 3
_LEADS = 0.4  # share of the reports that name a service; chosen on training_data/stream.jsonl
_CROWD = 5  # from so many placed reports on, a site needs two of them and a tenth
_STANDS = 0.1
_MEMBERS = (  # made once: it runs at every report
    select(
        func.coalesce(Identity.person_id, Identity.id).label("reporter"),
        Identity.verified_by.is_not(None),
        Report.service_id,
        Report.site_id,
        Report.category,
        Report.severity,
        Report.priority,
        Report.people,
        TOLD_AT,
    )
    .select_from(Membership)
    .join(Report, Report.id == Membership.report_id)
    .join(Identity, Identity.id == Report.identity_id)
    .where(Membership.incident_id == bindparam("incident"), Membership.ended_at.is_(None))
    .order_by(TOLD_AT, Report.id)
)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """What one live member contributes."""

    reporter: str
    verified: bool
    service: str | None
    site: str | None
    category: Category | None
    severity: Severity
    priority: Priority
    people: int | None
    told_at: datetime


def project_incident(
    session: Session, incident: Incident, catalogue: Catalogue
) -> Sequence[MemberFacts]:
    """Recount one incident and raise its version; returns the members it counted.

    A change of severity gets its own line on the timeline, at the time of the newest member.
    """
    session.flush()
    members = live_members(session, incident)
    services = Counter(m.service for m in members if m.service)
    categories = Counter(m.category for m in members if m.category)
    sites = Counter(m.site for m in members if m.site)
    incident.reports = len(members)
    incident.reporters = len({m.reporter for m in members})
    incident.service_id = _leading(services)
    incident.category = incident.staff_category or _most_common(categories)
    incident.sites = _standing(sites)
    incident.first_at = min((m.told_at for m in members), default=None)
    incident.last_at = max((m.told_at for m in members), default=None)
    incident.priority = incident.staff_priority or min(
        (m.priority for m in members), key=lambda p: p.rank, default=Priority.P5
    )
    incident.title = incident.staff_title or render_title(incident, catalogue)
    incident.version += 1
    before = incident.severity
    incident.severity = incident.staff_severity or _severity(incident, members, catalogue)
    if incident.severity is not before and incident.last_at is not None and members:
        record_entry(
            session,
            incident.id,
            "incident.severity_changed",
            now=incident.last_at,
            data={
                "before": before.value,
                "after": incident.severity.value,
                "reporters": incident.reporters,
                "sites": len(incident.sites),
            },
        )
    return members


def live_members(session: Session, incident: Incident) -> list[MemberFacts]:
    """The members of an incident as they count now, oldest first."""
    rows = session.execute(_MEMBERS, {"incident": incident.id})
    return [MemberFacts(str(row[0]), bool(row[1]), *row[2:]) for row in rows]


def render_title(incident: Incident, catalogue: Catalogue) -> str:
    """A title made from catalogue facts alone, never from people's words."""
    if incident.audience is Audience.RESTRICTED:
        return "Restricted report"
    entry = catalogue.service(incident.service_id) if incident.service_id else None
    if entry is not None:
        what = entry.title
    elif incident.category is not None:
        what = _CATEGORY_WORDS[incident.category]
    else:
        what = "Not yet clear"
    names = [catalogue.site(site) for site in incident.sites[:_NAMED_SITES]]
    where = ", ".join(entry.name for entry in names if entry is not None)
    more = len(incident.sites) - _NAMED_SITES
    if more > 0:
        where += f" and {more} more"
    return f"{what}: {where}" if where else what


def _severity(incident: Incident, members: Sequence[MemberFacts], catalogue: Catalogue) -> Severity:
    entry = catalogue.service(incident.service_id) if incident.service_id else None
    return incident_severity(
        reporters=incident.reporters,
        sites=len(incident.sites),
        tier=entry.tier if entry else None,
        people=max((m.people for m in members if m.people), default=0),
        worst=max((m.severity for m in members), key=lambda s: s.rank, default=Severity.SEV4),
    )


def _leading(services: Counter[str]) -> str | None:
    """The service that most of those speak of who name one; None where none leads.

    A dead network is told as a dead phone, a dead printer and a dead SAP: then the category
    names the incident better than the loudest of its symptoms.
    """
    first = _most_common(services)
    if first is None or services[first] < _LEADS * services.total():
        return None
    return first


def _standing(sites: Counter[str]) -> list[str]:
    """Sites by weight; one voice of many (a visitor, a wrong join) does not make a site."""
    least = 1.0 if sites.total() < _CROWD else max(2.0, _STANDS * sites.total())
    standing = [site for site in sites if sites[site] >= least]
    return sorted(standing, key=lambda site: (-sites[site], site))


def _most_common(counts: Counter[T]) -> T | None:
    return min(counts, key=lambda value: (-counts[value], str(value)), default=None)
