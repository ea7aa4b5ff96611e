"""What the queue and previews show, as plain values: no page decides anything by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from classifier.catalogue import Catalogue
from incidents.review import Glimpse
from models.ids import IncidentId
from models.incident import Incident
from models.vocabulary import Audience, MajorState, Status

VIEWS: Final = (
    ("queue", "Queue", "What several people told, more than is usual, and what is serious."),
    ("candidates", "Candidates", "Proposed as major incidents; accept or reject them."),
    ("quiet", "Waiting", "What few people told, or no more than is usual. Nothing is lost here."),
    ("all", "Everything", "Also what was resolved or merged."),
)
_STATES: Final[Mapping[MajorState, tuple[str, str]]] = {
    MajorState.PROPOSED: ("proposed", "Candidate"),
    MajorState.DECLARED: ("declared", "Major incident"),
    MajorState.REJECTED: ("rejected", "Not major"),
}


@dataclass(frozen=True, slots=True)
class Badge:
    """A word in a coloured frame; `kind` names the style."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """One incident in a list."""

    reference: str
    version: int
    title: str
    severity: str
    priority: str
    badges: tuple[Badge, ...]
    reports: int
    recent: int
    reporters: int
    sites: str
    service: str
    last_at: datetime | None
    open: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One incident before and after a review; None where it was not, or will not be, there."""

    reference: str | None
    before: Glimpse | None
    after: Glimpse | None

    @property
    def title(self) -> str:
        """As it will be called."""
        shown = self.after or self.before
        return shown.title if shown else ""

    @property
    def gone(self) -> bool:
        """Whether it will stand for nothing any more."""
        return self.after is not None and self.after.status == Status.ABSORBED


def render_badges(incident: Incident) -> tuple[Badge, ...]:
    """Where an incident stands, in a few words."""
    found = []
    if incident.status is Status.RESOLVED:
        found.append(Badge("resolved", "Resolved"))
    elif incident.status is Status.ABSORBED:
        found.append(Badge("absorbed", "Merged"))
    if incident.major_state in _STATES and incident.status is not Status.ABSORBED:
        found.append(Badge(*_STATES[incident.major_state]))
    if not found:
        found.append(Badge("open", "Open"))
    if incident.locked:
        found.append(Badge("locked", "Locked"))
    if incident.audience is Audience.RESTRICTED:
        found.append(Badge("restricted", "Restricted"))
    return tuple(found)


def render_rows(
    incidents: Sequence[Incident], recent: Mapping[IncidentId, int], catalogue: Catalogue
) -> list[Row]:
    """The rows of a list, in its order."""
    return [render_row(each, recent.get(each.id, 0), catalogue) for each in incidents]


def render_row(incident: Incident, recent: int, catalogue: Catalogue) -> Row:
    service = catalogue.service(incident.service_id)
    return Row(
        reference=incident.reference,
        version=incident.version,
        title=incident.title,
        severity=incident.severity.value,
        priority=incident.priority.value,
        badges=render_badges(incident),
        reports=incident.reports,
        recent=recent,
        reporters=incident.reporters,
        sites=", ".join(site_name(catalogue, site) for site in incident.sites),
        service=service.title if service else incident.service_id or "",
        last_at=incident.last_at,
        open=incident.status is Status.OPEN,
        why=render_why(incident),
    )


def render_why(incident: Incident) -> str:
    """Why it is in the queue, where people brought it there; else its state says it."""
    if incident.proposal is not None and incident.major_state is MajorState.PROPOSED:
        return str(incident.proposal["sentence"])
    told = incident.publication or {}
    return str(told["sentence"]) if told.get("why") == "people" else ""


def pair_glimpses(before: Sequence[Glimpse], after: Sequence[Glimpse]) -> list[Change]:
    """Each incident of a preview once. One that is new has no reference yet that will last."""
    earlier = {one.reference: one for one in before}
    later = {one.reference: one for one in after}
    return [
        Change(
            reference if reference in earlier else None,
            earlier.get(reference),
            later.get(reference),
        )
        for reference in dict.fromkeys([*earlier, *later])
    ]


def site_name(catalogue: Catalogue, site: str | None) -> str:
    entry = catalogue.site(site)
    return entry.name if entry else site or ""
