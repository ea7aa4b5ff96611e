"""The in-memory window of this process, kept up to date by `seq`.

Every process has its own; the database is the truth. `catch_up` reads only what was
committed since the last look, so it may run inside the transaction that holds the grouping
lock; `score` outside of it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from classifier.base_rate import past_days
from classifier.pair_candidates import Query
from classifier.pair_scorer import PairScorer, Scored
from classifier.signature_rarity import rare_signatures
from classifier.signatures import as_signature
from classifier.supposing import Slot, Supposed, suppose_answers
from classifier.threads import Threads
from classifier.window import Item, PairFacts, Window
from incidents.grouping import GroupingPolicy, signature_groups
from incidents.ledger import standing_seq
from incidents.proposals import Sketch
from incidents.reencoding import is_foreign
from incidents.weighing import Gathering, Speaker, Weighing, weigh_group
from models.ids import IncidentId, ReportId
from models.incident import Incident, Membership, TimelineEntry
from models.people import Identity
from models.report import TOLD_AT, Report, ReportText
from models.vocabulary import Audience, Status

_LOOK_BACK: Final = timedelta(days=14)
_SPEAKERS: Final = 10_000
_SKETCHED: Final = 40
# Made once: they run at every report.
_JOINED: Final = (
    select(
        Membership.incident_id,
        Membership.seq,
        Report.id,
        TOLD_AT.label("told_at"),
        Report.vector,
        Report.encoder_id,
        Report.identity_id,
        Report.service_id,
        Report.site_id,
        Report.signatures,
        Report.identity_id,
        func.coalesce(Identity.person_id, Identity.id).label("reporter"),
        Identity.verified_by,
        ReportText.text,
    )
    .join(Report, Report.id == Membership.report_id)
    .join(Identity, Identity.id == Report.identity_id)
    .outerjoin(ReportText, ReportText.report_id == Report.id)
    .where(
        Membership.seq > bindparam("after"),
        Membership.seq <= bindparam("newest"),
        Membership.ended_at.is_(None),
        Report.read_at.is_not(None),
        bindparam("since", type_=TOLD_AT.type) < TOLD_AT,
    )
    .order_by(Membership.seq)
)
_CHANGED: Final = (
    select(TimelineEntry.incident_id)
    .where(TimelineEntry.seq > bindparam("after"), TimelineEntry.seq <= bindparam("newest"))
    .distinct()
)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Numbers:
    """What decides: the weights of one artifact and its thresholds, never one without the other."""

    scorer: PairScorer
    policy: GroupingPolicy

    @classmethod
    def of(cls, scorer: PairScorer) -> Numbers:
        return cls(scorer, GroupingPolicy.of(scorer))


@dataclass(frozen=True, slots=True)
class Voice:
    """Who told a report, whether we know that it was them, and when (seconds)."""

    reporter: str
    verified: bool
    at: float


@dataclass(frozen=True, slots=True)
class Sketched:
    """An incident, those it may be the same as, and from when on that says something."""

    mine: Sketch
    others: tuple[Sketch, ...]
    probabilities: Mapping[Hashable, float]
    suggest: float
    likeness: float


@dataclass(frozen=True, slots=True)
class Look:
    """What a query saw: candidates, and the `seq` up to which the window was then.

    It ends under the `numbers` it began with, also where others were put in force since.
    """

    scored: tuple[Scored, ...]
    signatures: Mapping[Hashable, str]
    seq: int
    numbers: Numbers


class LiveWindow:
    """Reports of the last two weeks in memory, for one encoder. Safe for threads."""

    def __init__(self, scorer: PairScorer, encoder_id: str, width: int) -> None:
        self.numbers = Numbers.of(scorer)
        self._window = scorer.open_window(encoder_id, width)
        self._threads = Threads(self._window)
        self._speakers: dict[Hashable, Voice] = {}
        self._lock = threading.Lock()
        self._seq = -1
        self._changed_at: dict[IncidentId, int] = {}
        self._foreign = 0

    def __len__(self) -> int:
        return len(self._window)

    @property
    def encoder_id(self) -> str:
        """Whose vectors it compares."""
        return self._window.encoder_id

    def take_up(self, scorer: PairScorer) -> None:
        """Decide by another artifact from the next look on."""
        with self._lock:
            self.numbers = Numbers.of(scorer)
            self._window.tune(scorer.pace, scorer.disturbance)

    def renew(self, session: Session, *, now: datetime) -> None:
        """Read everything anew once what was left out has vectors of this encoder.

        Until then the window holds only what came since the encoder changed. The new one is
        built aside: nobody waits for it.
        """
        if not self._foreign or foreign_since(session, self._window.encoder_id, now - _LOOK_BACK):
            return
        fresh = LiveWindow(self.numbers.scorer, self._window.encoder_id, self._window.width)
        fresh.catch_up(session, now=now)
        with self._lock:
            self._window, self._seq = fresh._window, fresh._seq
            self._threads, self._speakers = fresh._threads, fresh._speakers
            self._changed_at, self._foreign = fresh._changed_at, fresh._foreign

    def catch_up(self, session: Session, *, now: datetime) -> int:
        """Take in what was committed since the last look; returns the newest such `seq`.

        What the caller's own transaction wrote is left out: it may yet be rolled back.
        """
        # The number is read first: its row is locked until commit, so all up to it is visible.
        newest = standing_seq(session)
        with self._lock:
            if newest > self._seq:
                self._take_in(session, self._seq, newest, now)
                self._seq = newest
        return newest

    def look(
        self, query: Query, *, since: Look | None = None, exclude: Collection[IncidentId] = ()
    ) -> Look:
        """Candidates for a report; with `since`, only what changed after it is scored anew."""
        with self._lock:
            if since is not None and since.seq == self._seq and not exclude:
                return since  # nothing was committed in between
            numbers = self.numbers if since is None else since.numbers
            if since is None:
                scored = numbers.scorer.score(self._window, query, exclude=exclude)
            else:
                changed = {i for i, seq in self._changed_at.items() if seq > since.seq}
                scored = [one for one in since.scored if one.group not in changed]
                if changed:
                    scored += numbers.scorer.score(
                        self._window, query, only=changed, exclude=exclude
                    )
                scored.sort(key=lambda one: -one.probability)
            signatures = signature_groups(self._window, query)
            return Look(tuple(scored), signatures, self._seq, numbers)

    def suppose(self, query: Query, look: Look) -> tuple[dict[Slot, Supposed], float]:
        """A report's candidates if it named a service or a site; and whether it tells of trouble.

        The second is the probability that its words tell of a disturbance.
        """
        with self._lock:
            supposed = suppose_answers(self._window, look.numbers.scorer, query, look.scored)
            return supposed, self._window.trouble_of(query.vector)

    def find_signs(self, query: Query) -> Mapping[Hashable, str]:
        """Groups that share a rare signature with a report, with the signature."""
        with self._lock:
            return signature_groups(self._window, query)

    def weigh(
        self, incident: IncidentId, gathering: Gathering, *, unverified: float
    ) -> Weighing | None:
        """Who speaks of an incident's matter now, against how often such reports come.

        Args:
            incident: The incident; what the window knows of it may be older than `gathering`.
            gathering: Its recent reports, one of them perhaps not in the window yet.
            unverified: What a reporter counts whom nobody verified.

        """

        def speaker(key: Hashable) -> Speaker | None:
            voice = self._speakers.get(key)
            if voice is None:
                return None
            return Speaker(voice.reporter, 1.0 if voice.verified else unverified, voice.at)

        with self._lock:
            return weigh_group(self._window, self._threads, incident, gathering, speaker)

    def sketch(self, incident: IncidentId) -> Sketched | None:
        """An incident beside the open ones that could be the same; None where it has no reports.

        Probabilities are the pair scorer's, of its latest report beside each of the others.
        """
        with self._lock:
            window, numbers = self._window, self.numbers
            mine = _sketch(window, incident)
            if mine is None:
                return None
            scored = numbers.scorer.score(window, _latest(window, incident), exclude={incident})
            probabilities = {}
            for one in scored:  # a fragment's report may be nearer to us than our latest is to it
                back = numbers.scorer.score(window, _latest(window, one.group), only={incident})
                probabilities[one.group] = max(each.probability for each in (one, *back))
            signs = PairFacts(signatures=mine.signatures)
            rare = frozenset(one.signature for one in rare_signatures(window, signs, mine.last))
            mine = replace(mine, signatures=rare)
            others = [other for one in scored if (other := _sketch(window, one.group)) is not None]
            likeness = self._threads.likeness(mine.last)
            return Sketched(mine, tuple(others), probabilities, numbers.policy.suggest, likeness)

    def past(self, now: datetime) -> tuple[int, float]:
        """How many past reports it knows, over how many days."""
        with self._lock:
            return past_days(self._window, now.timestamp())

    def _take_in(self, session: Session, after: int, newest: int, now: datetime) -> None:
        seen = {"after": after, "newest": newest}
        joined = session.execute(_JOINED, {**seen, "since": now - _LOOK_BACK}).all()
        items = [
            Item(
                ReportId(row.id),
                IncidentId(row.incident_id),
                row.told_at.timestamp(),
                row.vector,
                PairFacts.of(
                    row.text or "",
                    service=row.service_id,
                    site=row.site_id,
                    signatures=map(as_signature, row.signatures),
                    reporter=row.identity_id,
                ),
            )
            for row in joined
            if row.encoder_id == self._window.encoder_id
        ]
        if len(items) < len(joined):
            self._foreign += len(joined) - len(items)
            log.info("%d reports of another encoder are not compared", len(joined) - len(items))
        self._window.add_many(items)
        for row in joined:
            verified = row.verified_by is not None
            self._hear(row.id, Voice(str(row.reporter), verified, row.told_at.timestamp()))
        for row in joined:
            self._changed_at[IncidentId(row.incident_id)] = newest
        changed = session.scalars(_CHANGED, seen).all()
        self._take_states(session, changed, newest)

    def _hear(self, report: ReportId, voice: Voice) -> None:
        """Remember who told a report, and what it follows."""
        if len(self._speakers) > 2 * len(self._window) + _SPEAKERS:
            held = self._window.row_of
            self._speakers = {key: one for key, one in self._speakers.items() if key in held}
        self._speakers[report] = voice
        self._threads.add(report)

    def _take_states(self, session: Session, changed: Sequence[IncidentId], newest: int) -> None:
        for start in range(0, len(changed), 500):
            rows = session.execute(
                select(Incident.id, Incident.status, Incident.locked, Incident.audience).where(
                    Incident.id.in_(changed[start : start + 500])
                )
            )
            for row in rows:
                self._changed_at[row.id] = newest
                self._window.set_group(
                    row.id,
                    joinable=row.status is Status.OPEN and not row.locked,
                    restricted=row.audience is Audience.RESTRICTED,
                )


def _sketch(window: Window, group: Hashable) -> Sketch | None:
    known = window.groups.get(group)
    if known is None or not known.rows:
        return None
    recent = known.rows[-_SKETCHED:]
    moments = window.moments()
    return Sketch(
        key=group,
        centre=window.vectors()[recent].mean(axis=0),
        first=float(moments[known.rows[0]]),
        last=float(moments[known.rows[-1]]),
        service=_most(known.services, len(known.rows)),
        site=_most(known.sites, len(known.rows)),
        signatures=frozenset(known.signatures),
        reports=len(known.rows),
    )


def _latest(window: Window, group: Hashable) -> Query:
    """The group's latest report, as it would look for its group."""
    row = window.groups[group].rows[-1]
    at = float(window.moments()[row])
    return Query(window.vectors()[row], at, window.facts[row], window.groups[group].restricted)


def _most(counts: Mapping[str, int], total: int) -> str | None:
    """What more than half of them name."""
    return next((name for name, count in counts.items() if 2 * count > total), None)


def foreign_since(session: Session, encoder_id: str, since: datetime) -> bool:
    """Whether a report told since then still waits for a vector of this encoder."""
    found = session.execute(
        select(Report.id)
        .join(ReportText, ReportText.report_id == Report.id)
        .where(is_foreign(encoder_id), since < TOLD_AT)
        .limit(1)
    )
    return found.first() is not None
