"""What staff look at: the queue, one incident, the merge page, forwarding's health.

Every page works as a full load. What changed since is a fragment that the live stream asks
for; rows never move by themselves.
"""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from api.auth import Asker, Permission, house_of, require
from api.pages import PageRoute, render_page
from api.views import VIEWS, render_badges, render_row, render_rows
from api.views_incident import related_incidents, render_happening, render_member
from api.views_recurrence import read_recurring
from api.views_related import render_related
from incidents.alarm_store import describe_rule
from incidents.overview import (
    changed_since,
    count_views,
    entries_since,
    find_incidents,
    forwarding_health,
    newest_seq,
    report_references,
    stuck_records,
)
from incidents.proposing import apart_from, read_merges, read_split
from incidents.queries import (
    QueueFilter,
    follow_absorbed,
    list_incidents,
    read_incident,
    read_members,
    read_timeline,
    recent_counts,
    undoable_reviews,
)
from models.incident import Incident, Review
from models.vocabulary import Category, Priority, Severity, Status

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Asker, Depends(require(Permission.READ))]
PAGE: Final = 100
_FEW: Final = 30


class Wanted:
    """The filters of the queue, as the address has them; what makes no sense is left out."""

    def __init__(
        self,
        view: str = "queue",
        words: Annotated[str, Query(max_length=200)] = "",
        severity: str = "",
        service: Annotated[str, Query(max_length=64)] = "",
        site: Annotated[str, Query(max_length=64)] = "",
        before: Annotated[str, Query(max_length=100)] = "",
    ) -> None:
        self.view = view if view in {name for name, *_ in VIEWS} else "queue"
        self.words = words.strip()
        self.severity = Severity(severity) if severity in set(Severity) else None
        self.service, self.site = service, site
        self.before = _parse_before(before)

    def filter(self, asker: Asker) -> QueueFilter:
        return QueueFilter(
            view=self.view,
            words=self.words,
            severity=self.severity,
            service=self.service or None,
            site=self.site or None,
            restricted=asker.may(Permission.RESTRICTED),
            before=self.before,
            limit=PAGE,
        )

    def address(self, **other: str) -> str:
        """The query of this page, or of a neighbour of it."""
        told: dict[str, Any] = {
            "view": self.view,
            "words": self.words,
            "severity": self.severity.value if self.severity else "",
            "service": self.service,
            "site": self.site,
        } | other
        return "?" + urlencode({name: value for name, value in told.items() if value})


@router.get("/console")
def show_queue(request: Request, asker: Reader, wanted: Annotated[Wanted, Depends()]) -> Response:
    house = house_of(request)
    catalogue = house.organisation.catalogue
    restricted = asker.may(Permission.RESTRICTED)
    with house.database.reading() as session:
        rows = list_incidents(session, wanted.filter(asker))
        recent = recent_counts(session, [row.id for row in rows], now=house.clock())
        counts = count_views(session, restricted=restricted)
        seq = newest_seq(session)
    return render_page(
        request,
        "console/queue.html",
        asker=asker,
        rows=render_rows(rows, recent, catalogue),
        counts=counts,
        views=VIEWS,
        wanted=wanted,
        services=catalogue.services,
        sites=catalogue.sites,
        severities=[one.value for one in reversed(Severity)],
        rule=describe_rule(house.organisation.alarms, house.clock()),
        seq=seq,
        older=_render_before(rows[-1]) if len(rows) == PAGE else None,
    )


@router.get("/console/changes")
def show_changes(
    request: Request,
    asker: Reader,
    wanted: Annotated[Wanted, Depends()],
    after: int = 0,
    shown: Annotated[list[str] | None, Query()] = None,
) -> Response:
    """What changed since a page was loaded: fresh numbers for its rows, and how many are new."""
    house = house_of(request)
    restricted = asker.may(Permission.RESTRICTED)
    on_page = frozenset(shown or ())
    with house.database.reading() as session:
        changed = changed_since(session, after, restricted=restricted)
        listed = {row.reference for row in list_incidents(session, wanted.filter(asker))}
        recent = recent_counts(session, [row.id for row in changed], now=house.clock())
        counts = count_views(session, restricted=restricted)
    catalogue = house.organisation.catalogue
    return render_page(
        request,
        "console/changes.html",
        asker=asker,
        rows=[
            render_row(row, recent.get(row.id, 0), catalogue)
            for row in changed
            if row.reference in on_page
        ],
        fresh=sum(row.reference in listed - on_page for row in changed),
        counts=counts,
        wanted=wanted,
    )


@router.get("/console/incidents/{reference}")
def show_incident(
    request: Request, asker: Reader, reference: str, done: UUID | None = None
) -> Response:
    house = house_of(request)
    restricted = asker.may(Permission.RESTRICTED)
    catalogue = house.organisation.catalogue
    with house.database.reading() as session:
        incident = read_incident(session, reference, restricted=restricted)
        views = read_members(session, incident)
        timeline = read_timeline(session, incident)
        related = related_incidents(views, incident.reference)
        named = set(related) | {ref for e in timeline for ref in e.data.get("related", ())}
        visible = find_incidents(session, named, restricted=restricted)
        others = render_related(
            read_merges(session, house.intake.window, incident, now=house.clock()),
            _standing(session, incident, related, visible),
            house.intake.window.numbers.policy,
            apart=apart_from(session, incident),
        )
        recent = recent_counts(session, [incident.id], now=house.clock())
        told: dict[str, Any] = {
            "happenings": _timeline(session, timeline),
            "undoable": undoable_reviews(session, incident),
            "into": follow_absorbed(session, incident),
            "seq": newest_seq(session),
            "toast": _toast(session, incident, done),
            "recurring": read_recurring(session, incident),
            "split": read_split(session, incident, catalogue),
        }
    return render_page(
        request,
        "console/incident.html",
        asker=asker,
        incident=incident,
        row=render_row(incident, recent.get(incident.id, 0), catalogue),
        badges=render_badges(incident),
        members=[render_member(view, catalogue, visible=visible) for view in views],
        related=others,
        visible=frozenset(visible),
        severities=[one.value for one in reversed(Severity)],
        priorities=[one.value for one in Priority],
        categories=[one.value for one in Category],
        **told,
    )


@router.get("/console/incidents/{reference}/changes")
def show_incident_changes(
    request: Request, asker: Reader, reference: str, after: int = 0
) -> Response:
    """How much happened to one incident since its page was loaded."""
    house = house_of(request)
    with house.database.reading() as session:
        incident = read_incident(session, reference, restricted=asker.may(Permission.RESTRICTED))
        entries = entries_since(session, incident.id, after)
    return render_page(
        request,
        "console/incident_changes.html",
        asker=asker,
        incident=incident,
        entries=entries,
        joined=sum(entry.kind == "report.joined" for entry in entries),
    )


@router.get("/console/merge")
def show_merge(
    request: Request,
    asker: Annotated[Asker, Depends(require(Permission.REVIEW))],
    pick: Annotated[list[str] | None, Query()] = None,
    words: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Choose what belongs together: what was ticked, what looks related, what a search finds."""
    house = house_of(request)
    restricted = asker.may(Permission.RESTRICTED)
    # A tick is `REFERENCE@VERSION`; a link names only the reference.
    picked = list(dict.fromkeys(one.partition("@")[0] for one in pick or ()))
    with house.database.reading() as session:
        chosen = find_incidents(session, picked, restricted=restricted)
        likely = _likely(session, list(chosen.values()), restricted=restricted)
        rows = [row for row in chosen.values() if row.status is Status.OPEN]
        rows.sort(key=lambda row: (-row.reports, row.opened_at))
        more = [row for row in likely.values() if row.reference not in chosen]
        if words.strip() or not more:
            found = list_incidents(
                session,
                QueueFilter(view="all", words=words, restricted=restricted, limit=_FEW),
            )
            more = (
                [row for row in found if row.reference not in chosen]
                if words
                else [
                    *more,
                    *(r for r in found if r.reference not in chosen),
                ]
            )
        more = [row for row in more if row.status is Status.OPEN]
        seq = newest_seq(session)
    catalogue = house.organisation.catalogue
    return render_page(
        request,
        "console/merge.html",
        asker=asker,
        chosen=render_rows(rows, {}, catalogue),
        more=render_rows(more, {}, catalogue),
        likely=likely,
        words=words,
        seq=seq,
    )


@router.get("/console/forwarding")
def show_forwarding(
    request: Request,
    asker: Annotated[Asker, Depends(require(Permission.FORWARDING))],
    replayed: int | None = None,
) -> Response:
    house = house_of(request)
    with house.database.reading() as session:
        health = forwarding_health(session, house.organisation.outbox.targets)
        stuck = stuck_records(session, restricted=asker.may(Permission.RESTRICTED))
    return render_page(
        request,
        "console/forwarding.html",
        asker=asker,
        health=health,
        stuck=stuck,
        replayed=replayed,
    )


def back_to(reference: str, done: UUID | None = None) -> RedirectResponse:
    """To an incident's page, with what was just done and its undo."""
    query = f"?done={done}" if done else ""
    return RedirectResponse(f"/console/incidents/{reference}{query}", HTTPStatus.SEE_OTHER)


def _standing(
    session: Session,
    incident: Incident,
    related: dict[str, float],
    visible: Any,
) -> list[tuple[Incident, float]]:
    """The open incidents that the related ones stand for now, each once, with the probability."""
    found: dict[str, tuple[Incident, float]] = {}
    for reference, probability in related.items():
        if reference not in visible:
            continue
        other = follow_absorbed(session, visible[reference])
        if (
            other.status is Status.OPEN
            and other.id != incident.id
            and other.audience is incident.audience
        ):
            found.setdefault(other.reference, (other, probability))
    return list(found.values())[:5]


def _likely(session: Session, chosen: list[Incident], *, restricted: bool) -> dict[str, Incident]:
    """What looks related to the chosen ones."""
    found: dict[str, Incident] = {}
    for incident in chosen[:5]:
        related = related_incidents(read_members(session, incident), incident.reference)
        visible = find_incidents(session, related, restricted=restricted)
        for other, _ in _standing(session, incident, related, visible):
            found.setdefault(other.reference, other)
    return found


def _timeline(session: Session, entries: Any) -> list[Any]:
    references = report_references(session, entries)
    return [render_happening(entry, references) for entry in reversed(entries)]


def _toast(session: Session, incident: Incident, token: UUID | None) -> dict[str, Any] | None:
    """What was just done here, and the token that takes it back."""
    review = session.get(Review, token) if token else None
    if review is None or review.undone_by is not None or str(incident.id) not in review.incidents:
        return None
    return {
        "sentence": review.changes["sentence"],
        "token": review.id,
        "label": "Redo" if review.kind == "undo" else "Undo",
    }


def _render_before(last: Incident) -> str:
    return f"{(last.last_at or last.opened_at).isoformat()}_{last.id}"


def _parse_before(text: str) -> tuple[datetime, UUID] | None:
    at, _, last = text.partition("_")
    try:
        moment = datetime.fromisoformat(at)
        return (moment, UUID(last)) if moment.tzinfo else None
    except ValueError:
        return None
