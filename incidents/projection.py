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
# Made once: they run at every report. Counted where the rows lie: an outage has thousands.
_LIVE = (Membership.incident_id == bindparam("incident"), Membership.ended_at.is_(None))
_KINDS = (
    select(
        Report.service_id,
        Report.site_id,
        Report.category,
        Report.severity,
        Report.priority,
        func.count().label("reports"),
        func.max(Report.people).label("people"),
        func.min(TOLD_AT).label("first_at"),
        func.max(TOLD_AT).label("last_at"),
    )
    .select_from(Membership)
    .join(Report, Report.id == Membership.report_id)
    .where(*_LIVE)
    .group_by(Report.service_id, Report.site_id, Report.category, Report.severity, Report.priority)
)
_REPORTERS = (
    select(func.count(func.coalesce(Identity.person_id, Identity.id).distinct()))
    .select_from(Membership)
    .join(Report, Report.id == Membership.report_id)
    .join(Identity, Identity.id == Report.identity_id)
    .where(*_LIVE)
)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kind:
    """Live members that are alike in all that counts: how many, since when, until when."""

    service: str | None
    site: str | None
    category: Category | None
    severity: Severity
    priority: Priority
    reports: int
    people: int | None
    first_at: datetime
    last_at: datetime


def project_incident(session: Session, incident: Incident, catalogue: Catalogue) -> None:
    """Recount one incident and raise its version.

    A change of severity gets its own line on the timeline, at the time of the newest member.
    """
    session.flush()
    told = {"incident": incident.id}
    kinds = [Kind(*row) for row in session.execute(_KINDS, told)]
    services, categories, sites = Counter[str](), Counter[Category](), Counter[str]()
    for kind in kinds:
        if kind.service:
            services[kind.service] += kind.reports
        if kind.category:
            categories[kind.category] += kind.reports
        if kind.site:
            sites[kind.site] += kind.reports
    incident.reports = sum(kind.reports for kind in kinds)
    incident.reporters = session.execute(_REPORTERS, told).scalar_one()
    incident.service_id = _leading(services)
    incident.category = incident.staff_category or _most_common(categories)
    incident.sites = _standing(sites)
    incident.first_at = min((kind.first_at for kind in kinds), default=None)
    incident.last_at = max((kind.last_at for kind in kinds), default=None)
    incident.priority = incident.staff_priority or min(
        (kind.priority for kind in kinds), key=lambda p: p.rank, default=Priority.P5
    )
    incident.title = incident.staff_title or render_title(incident, catalogue)
    incident.version += 1
    before = incident.severity
    incident.severity = incident.staff_severity or _severity(incident, kinds, catalogue)
    if incident.severity is not before and incident.last_at is not None and kinds:
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


def _severity(incident: Incident, kinds: Sequence[Kind], catalogue: Catalogue) -> Severity:
    entry = catalogue.service(incident.service_id) if incident.service_id else None
    return incident_severity(
        reporters=incident.reporters,
        sites=len(incident.sites),
        tier=entry.tier if entry else None,
        people=max((kind.people for kind in kinds if kind.people), default=0),
        worst=max((kind.severity for kind in kinds), key=lambda s: s.rank, default=Severity.SEV4),
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
