"""What really happened in a stretch of time, beside which a replay is laid. Only read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incidents.history import History, Told, read_history, standing
from incidents.queries import identity_name
from incidents.verdicts import Verdicts, read_verdicts
from models.ids import IncidentId
from models.incident import Incident, TimelineEntry
from models.people import Identity, Person
from models.vocabulary import MajorState

WARM_UP: Final = timedelta(days=14)
"""What grouping looks back on: reports that came before still take new ones in."""
USUAL: Final = timedelta(days=56)
"""What a budget of alarms is chosen on: eight weeks, so that once a week can be told from never."""


@dataclass(frozen=True, slots=True)
class Past:
    """One stretch of this installation's history.

    Attributes:
        history: Its reports, those of the warm-up in front.
        since: Where the stretch begins; None: with the first report.
        proposed: When each incident was first proposed as major, or declared without it.
        major: Incidents that staff accepted or declared.
        rejected: Candidates that staff turned down.
        published: Incidents that came into staff's queue.
        references: How people call each incident.
        into: Absorbed incidents, with the one that stands for them.

    """

    history: History
    since: datetime | None
    verdicts: Verdicts
    proposed: Mapping[IncidentId, datetime]
    major: frozenset[IncidentId]
    rejected: frozenset[IncidentId]
    published: frozenset[IncidentId]
    references: Mapping[IncidentId, str]
    into: Mapping[IncidentId, IncidentId]

    def truth(self, row: Told) -> IncidentId:
        """The incident that a report belongs to, by everything that people said."""
        return self.into.get(row.home, row.home)

    def is_inside(self, row: Told) -> bool:
        return self.since is None or row.at >= self.since


def read_past(
    session: Session,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    before: timedelta = WARM_UP,
) -> Past:
    """Everything that a replay of [since, until) needs. Slow; writes nothing.

    Args:
        session: Only read from.
        since: The first moment.
        until: The first moment after.
        before: How much is read of the time before `since`.

    Raises:
        LongHistoryError: More reports than fit into memory.

    """
    warm = since - before if since is not None else None
    history = read_history(session, since=warm, until=until)
    into = standing(session)
    major, rejected, shown, references = set(), set(), set(), {}
    for key, reference, state, published in session.execute(
        select(Incident.id, Incident.reference, Incident.major_state, Incident.published)
    ):
        references[key] = reference
        if published:
            shown.add(into.get(key, key))
        if state is MajorState.DECLARED:
            major.add(into.get(key, key))
        if state is MajorState.REJECTED:
            rejected.add(into.get(key, key))
    return Past(
        history=history,
        since=since,
        verdicts=read_verdicts(session),
        proposed=_first_proposals(session, into, since, until),
        major=frozenset(major),
        rejected=frozenset(rejected - major),
        published=frozenset(shown),
        references=references,
        into=into,
    )


def read_names(session: Session, reporters: Collection[str]) -> dict[str, str]:
    """Names of reporters by the ids that `Told` has."""
    found: dict[str, str] = {}
    rows = session.execute(
        select(Identity, Person).outerjoin(Person, Person.id == Identity.person_id)
    )
    for identity, person in rows:
        key = str(person.id if person is not None else identity.id)
        if key in reporters:
            found[key] = person.name if person is not None else identity_name(identity)
    return found


def _first_proposals(
    session: Session,
    into: Mapping[IncidentId, IncidentId],
    since: datetime | None,
    until: datetime | None,
) -> dict[IncidentId, datetime]:
    rows = session.execute(
        select(TimelineEntry.incident_id, func.min(TimelineEntry.at))
        .where(TimelineEntry.kind.in_(("incident.proposed", "incident.declared")))
        .group_by(TimelineEntry.incident_id)
        .order_by(TimelineEntry.incident_id)
    )
    found: dict[IncidentId, datetime] = {}
    for key, at in rows:
        if (since is not None and at < since) or (until is not None and at >= until):
            continue
        incident = into.get(key, key)
        found[incident] = min(at, found.get(incident, at))
    return found
