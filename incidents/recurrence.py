"""Looks whether the cause of an incident was there before, and links it to past incidents.

A link is no merge and moves nothing. It is looked for when an incident is published or has two
reporters, and again at twice the size; a link that the fuller picture no longer bears is ended.
What staff said of two incidents is never overruled.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from classifier.recurrence import Episode, measure_past, probes_of, shortlist
from classifier.recurrence_scorer import Recurrence, RecurrenceScorer, choose_links
from incidents.history_search import HistorySearch, Wanted
from incidents.ledger import lock_grouping, next_seq, record_entry
from incidents.looking_back import is_look_due
from incidents.organisation import Organisation
from incidents.recurrence_past import Usual, read_episodes
from incidents.recurrence_reasons import render_recurrence
from incidents.recurrence_words import said_other_causes
from incidents.settling import settle_incident
from models.clock import Clock
from models.database import Database
from models.ids import IncidentId, RecurrenceId, new_id
from models.incident import Incident
from models.recurrence import RecurrenceLink, RecurrenceLook
from models.report import Report
from models.vocabulary import Audience, Author, Status

REACH: Final = timedelta(hours=12)
"""Silence after which an open incident is past: grouping no longer compares with it either."""
TWO_YEARS: Final = timedelta(days=730)
_ENDED_BY: Final = "a later look"


@dataclass(frozen=True, slots=True)
class Found:
    """What one look found: the links to make, and everything it measured, likeliest first.

    `reports` are the incident's own then, `past` those of the whole history.
    """

    reports: int
    past: int
    links: tuple[Recurrence, ...]
    scored: tuple[Recurrence, ...]


@dataclass(frozen=True, slots=True)
class Recurrences:
    """Everything that looking for past incidents needs."""

    database: Database
    organisation: Organisation
    search: HistorySearch
    scorer: RecurrenceScorer
    encoder_id: str
    width: int
    clock: Clock
    usual: Usual = field(default_factory=Usual)

    def look_back(self, incident_id: IncidentId) -> Found | None:
        """Look for past incidents of the same cause and link them; None where it is not due.

        Slow; no transaction may be open. Safe to run twice.
        """
        now = self.clock()
        with self.database.reading() as session:
            incident = session.get(Incident, incident_id)
            if incident is None or not is_look_due(session, incident):
                return None
            found = self.find_past(session, incident, now=now)
        with self.database.transaction() as session:
            lock_grouping(session)
            incident = session.get_one(Incident, incident_id)
            if incident.status is not Status.ABSORBED:
                _record(session, self.organisation, self.scorer, incident, found, now)
        return found

    def find_past(self, session: Session, incident: Incident, *, now: datetime) -> Found:
        """What a look would find. Slow; writes nothing."""
        episode = read_episodes(session, [incident.id], self.encoder_id).get(incident.id)
        if episode is None or episode.is_own_chore:
            return Found(incident.reports, 0, (), ())
        wanted = Wanted(
            encoder_id=self.encoder_id,
            own=incident.id,
            audience=incident.audience,
            ended_before=incident.first_at or now,
            silent_before=(incident.last_at or now) - REACH,
            since=now - TWO_YEARS,
        )
        listed = shortlist(self.search.find(session, probes_of(episode), wanted))
        never = said_other_causes(session, incident)
        keys = [cast("IncidentId", key) for key, _ in listed]
        by_key: dict[Hashable, Episode] = {}
        by_key.update(read_episodes(session, keys, self.encoder_id).items())
        kept = [(by_key[key], n) for key, n in listed if key in by_key and key not in never]
        background = self.usual.read(session, self.encoder_id, now=now)
        measured = measure_past(episode, [one for one, _ in kept], [n for _, n in kept], background)
        scored = self.scorer.score(measured)
        links = choose_links(scored, self.scorer.link, never=never)
        return Found(incident.reports, background.total, tuple(links), tuple(scored))


def _record(
    session: Session,
    organisation: Organisation,
    scorer: RecurrenceScorer,
    incident: Incident,
    found: Found,
    now: datetime,
) -> None:
    """Write what was found; only what changed is told."""
    look = session.get(RecurrenceLook, incident.id)
    if look is None:
        session.add(RecurrenceLook(incident_id=incident.id, reports=found.reports, at=now))
    else:
        look.reports, look.at = max(look.reports, found.reports), now
    never = said_other_causes(session, incident)
    wanted = {cast("IncidentId", one.past): one for one in found.links if one.past not in never}
    live = session.scalars(
        select(RecurrenceLink).where(
            RecurrenceLink.incident_id == incident.id, RecurrenceLink.ended_at.is_(None)
        )
    ).all()
    changed = False
    for link in live:
        if link.past_id not in wanted and link.past_id not in never:
            link.ended_at, link.ended_by = now, _ENDED_BY
            changed = True
    session.flush()
    fresh = wanted.keys() - {link.past_id for link in live}
    named = []
    for past_id, one in wanted.items():
        past = session.get_one(Incident, past_id)
        if past_id not in fresh or past.audience is not incident.audience:
            continue
        named.append(past.reference)
        session.add(_link(session, scorer, incident, past, one, found.past, now))
    session.flush()
    if named:
        record_entry(
            session, incident.id, "incident.recurrence_found", now=now, data={"related": named}
        )
    if named or changed:
        settle_incident(session, organisation, incident, now=now, related=tuple(named))


def _link(
    session: Session,
    scorer: RecurrenceScorer,
    incident: Incident,
    past: Incident,
    one: Recurrence,
    history: int,
    now: datetime,
) -> RecurrenceLink:
    return RecurrenceLink(
        id=RecurrenceId(new_id()),
        seq=next_seq(session),
        incident_id=incident.id,
        past_id=past.id,
        probability=one.probability,
        evidence=_evidence(session, scorer, incident, past, one, history),
        author=Author.MODEL,
        actor=None,
        made_at=now,
        ended_at=None,
        ended_by=None,
    )


def _evidence(
    session: Session,
    scorer: RecurrenceScorer,
    incident: Incident,
    past: Incident,
    one: Recurrence,
    history: int,
) -> dict[str, Any]:
    """As the decision used it; references and words that people understand."""
    names = _references(session, [key for a, b, _ in one.nearest for key in (a, b)])
    restricted = incident.audience is Audience.RESTRICTED
    shared_site = next((site for site in incident.sites if site in past.sites), None)
    evidence: dict[str, Any] = {
        "artifact": scorer.name,
        "threshold": scorer.link,
        "past_reports": history,
        "measures": {name: round(value, 4) for name, value in one.measures.items()},
        "weights": {name: round(value, 4) for name, value in one.weights.items()},
        "nearest": [
            {"report": names[own], "past": names[other], "cosine": round(cosine, 4)}
            for own, other, cosine in one.nearest
        ],
        "words": [] if restricted else list(one.words),
        "signatures": [] if restricted else list(one.signatures),
        "service": incident.service_id if incident.service_id == past.service_id else None,
        "site": shared_site,
    }
    return {**evidence, "sentence": render_recurrence(evidence)}


def _references(session: Session, reports: Sequence[Any]) -> Mapping[Any, str]:
    rows = session.execute(select(Report.id, Report.reference).where(Report.id.in_(set(reports))))
    return {row.id: row.reference for row in rows}
