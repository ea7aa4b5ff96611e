"""What staff see at one moment, as plain values that can be compared; and what must hold of it.

An undo restores the picture: live links, titles, severities, counters, states, constraints;
not versions, numbers or times of links.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidents.projection import render_title
from incidents.queries import follow_absorbed
from models.delivery import Record
from models.incident import ConstraintPair, Incident, Membership, TimelineEntry
from models.people import Identity
from models.records import RecordKind
from models.report import Report, ReportText
from models.vocabulary import ConstraintKind, Status
from tests.conftest import House
from tests.standins.published import VALIDATORS

_LEFT_OUT = {"version", "published", "publication", "peak"}  # what was shown stays shown


@dataclass(frozen=True)
class Picture:
    """`incidents` by reference, `links` by report, live `words` (constraints)."""

    incidents: dict[str, dict[str, Any]]
    links: dict[UUID, tuple[Any, ...]]
    words: frozenset[tuple[Any, ...]]

    def without(self, *references: str) -> Picture:
        kept = {ref: row for ref, row in self.incidents.items() if ref not in references}
        return Picture(kept, self.links, self.words)


def take_picture(house: House) -> Picture:
    with house.database.reading() as session:
        incidents = {
            row.reference: {
                column.key: getattr(row, column.key)
                for column in Incident.__table__.columns
                if column.key not in _LEFT_OUT
            }
            for row in session.scalars(select(Incident))
        }
        links = {
            link.report_id: (
                link.incident_id,
                link.author,
                link.actor,
                link.probability,
                json.dumps(link.evidence, sort_keys=True),
            )
            for link in session.scalars(select(Membership).where(Membership.ended_at.is_(None)))
        }
        words = frozenset(
            (row.kind, row.left_id, row.right_id, row.author, row.actor)
            for row in session.scalars(
                select(ConstraintPair).where(ConstraintPair.lifted_at.is_(None))
            )
        )
    return Picture(incidents, links, words)


def check_everything(house: House) -> None:
    """The rules of the data that hold at every moment."""
    with house.database.reading() as session:
        _check_links(session)
        _check_counts(session, house)
        _check_redirects(session)
        _check_words(session)
        _check_timeline(session)
        _check_window(session, house)


def check_records(house: House) -> None:
    """Everything owed to the outside is as published, and tells the latest state."""
    with house.database.reading() as session:
        latest: dict[str, int] = {}
        for record in session.scalars(select(Record).order_by(Record.seq)):
            schema = RecordKind(record.kind).schema_name
            VALIDATORS[schema].validate(record.data)
            if schema == "incident":
                assert record.data["version"] >= latest.get(record.subject, 1)
                latest[record.subject] = record.data["version"]
        for incident in session.scalars(select(Incident)):
            assert latest[incident.reference] == incident.version


def _check_links(session: Session) -> None:
    """Each report in exactly one incident; each link with its reason, author and time."""
    live: dict[UUID, int] = defaultdict(int)
    for link in session.scalars(select(Membership)):
        live[link.report_id] += link.ended_at is None
        assert link.evidence["sentence"]
        assert link.author
        assert link.made_at
        assert (link.ended_at is None) == (link.ended_by is None)
    reports = set(session.scalars(select(Report.id)))
    assert set(live) == reports
    assert set(live.values()) <= {1}
    assert set(session.scalars(select(ReportText.report_id))) == reports


def _check_counts(session: Session, house: House) -> None:
    """Counters, title and times equal a recount by hand."""
    members: dict[UUID, list[tuple[Report, Identity]]] = defaultdict(list)
    rows = session.execute(
        select(Membership.incident_id, Report, Identity)
        .join(Report, Report.id == Membership.report_id)
        .join(Identity, Identity.id == Report.identity_id)
        .where(Membership.ended_at.is_(None))
    )
    for home, report, identity in rows:
        members[home].append((report, identity))
    for incident in session.scalars(select(Incident)):
        own = members[incident.id]
        assert incident.reports == len(own)
        assert incident.reporters == len({i.person_id or i.id for _, i in own})
        moments = [report.occurred_at or report.received_at for report, _ in own]
        assert incident.first_at == min(moments, default=None)
        assert incident.last_at == max(moments, default=None)
        title = incident.staff_title or render_title(incident, house.organisation.catalogue)
        assert incident.title == title
        if incident.staff_severity is not None:
            assert incident.severity is incident.staff_severity
        assert {report.audience for report, _ in own} <= {incident.audience}


def _check_redirects(session: Session) -> None:
    """An absorbed incident is empty and leads to one that is not absorbed."""
    occupied = set(
        session.scalars(select(Membership.incident_id).where(Membership.ended_at.is_(None)))
    )
    for incident in session.scalars(select(Incident)):
        if incident.status is Status.ABSORBED:
            assert incident.id not in occupied
            assert incident.absorbed_into is not None
            assert follow_absorbed(session, incident).status is not Status.ABSORBED
        else:
            assert incident.absorbed_into is None


def _check_words(session: Session) -> None:
    """A human's "not the same" holds until a human lifts it."""
    homes = {
        link.report_id: link.incident_id
        for link in session.scalars(select(Membership).where(Membership.ended_at.is_(None)))
    }

    def stands_for(kind: str, key: UUID) -> UUID:
        found = homes[key] if kind == "report" else key
        return follow_absorbed(session, session.get_one(Incident, found)).id

    for word in session.scalars(select(ConstraintPair).where(ConstraintPair.lifted_at.is_(None))):
        left = stands_for(word.left_kind, word.left_id)
        right = stands_for(word.right_kind, word.right_id)
        if word.kind is ConstraintKind.CANNOT_LINK:
            assert left != right


def _check_timeline(session: Session) -> None:
    """Each link that was ever made stands on its incident's timeline, and each that ended."""
    joined: dict[tuple[UUID, UUID | None], int] = defaultdict(int)
    left: dict[tuple[UUID, UUID | None], int] = defaultdict(int)
    for entry in session.scalars(select(TimelineEntry)):
        if entry.kind == "report.joined":
            joined[(entry.incident_id, entry.report_id)] += 1
        if entry.kind == "report.left":
            left[(entry.incident_id, entry.report_id)] += 1
    made: dict[tuple[UUID, UUID | None], int] = defaultdict(int)
    gone: dict[tuple[UUID, UUID | None], int] = defaultdict(int)
    links = session.scalars(select(Membership).order_by(Membership.seq)).all()
    for link in links:
        made[(link.incident_id, link.report_id)] += 1
        later = [o for o in links if o.report_id == link.report_id and o.seq > link.seq]
        if later and later[0].incident_id != link.incident_id:
            gone[(link.incident_id, link.report_id)] += 1
    assert joined == made
    assert left == gone


def _check_window(session: Session, house: House) -> None:
    """What the next report is compared with is what is stored."""
    window = house.intake.window
    window.catch_up(session, now=house.clock())
    stored = {
        row.id: row.incident_id
        for row in session.execute(
            select(Report.id, Membership.incident_id)
            .join(Membership, Membership.report_id == Report.id)
            .where(Membership.ended_at.is_(None), Report.read_at.is_not(None))
        )
    }
    assert window._window.group_of == stored
    for incident in session.scalars(select(Incident)):
        group = window._window.groups.get(incident.id)
        if group is not None:
            joinable = incident.status is Status.OPEN and not incident.locked
            assert group.joinable is joinable
