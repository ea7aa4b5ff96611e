"""Learning grouping from what people corrected here, and judging it on what was never learnt from.

Whole incidents are held back: the newest part of what people spoke about, frozen when it is
first chosen. Later trainings are judged on the same incidents and newer ones, so that a
figure cannot grow by learning its own test by heart.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import ClassVar, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from classifier.pair_scorer import PairScorer
from classifier.train_pairs import Labelled, train_scorer
from incidents.grouping import GroupingPolicy
from incidents.history import Told, as_stream, read_history, standing
from incidents.judging import Comparison, compare_groupings
from incidents.replay import replay_stream
from incidents.verdicts import Verdicts, read_verdicts
from models.database import insert_if_absent
from models.errors import DomainError
from models.ids import IncidentId, ReportId
from models.learning import HeldReport

_WARM_UP: Final = timedelta(days=14)


class TooLittleFeedbackError(DomainError):
    """There are not enough corrections to learn from or to judge by."""

    code: ClassVar[str] = "learn.too_little"


@dataclass(frozen=True, slots=True)
class LearningPolicy:
    """When there is enough to learn from.

    Attributes:
        corrections: Of grouping, that stand. With fewer, a handful of opinions would move
            weights that thousands of labelled pairs have set.
        incidents: Of two reports or more that people spoke about, on either side of the line
            between learning and judging. Under eight the interval of the difference is so wide
            that nothing could ever be promoted.
        labels: Reports whose label staff set right, of one head.
        held: Share of the incidents that people spoke about which is held back, the newest.

    """

    corrections: int = 30
    incidents: int = 8
    labels: int = 30
    held: float = 0.3


@dataclass(frozen=True, slots=True)
class Lesson:
    """What this installation can teach.

    Attributes:
        rows: Every report by the time it was told.
        truth: Per row, the incident it belongs to by everything that was said.
        strength: Per row, how sure that is.
        held: Incidents that are judged on and never learnt from.

    """

    rows: tuple[Told, ...]
    truth: tuple[IncidentId, ...]
    strength: tuple[float, ...]
    encoder_id: str
    corrections: int
    held: frozenset[IncidentId]


def read_lesson(session: Session, *, encoder_id: str | None = None) -> Lesson:
    """Gather the history and everything that people said of it. Slow; only reads."""
    history = read_history(session, encoder_id=encoder_id)
    verdicts: Verdicts = read_verdicts(session)
    into = standing(session)
    truth = tuple(into.get(row.home, row.home) for row in history.rows)
    frozen = {ReportId(one) for one in session.scalars(select(HeldReport.report_id))}
    held = {home for row, home in zip(history.rows, truth, strict=True) if row.id in frozen}
    return Lesson(
        rows=history.rows,
        truth=truth,
        strength=tuple(verdicts.of(row) for row in history.rows),
        encoder_id=history.encoder_id,
        corrections=verdicts.corrections,
        held=frozenset(held),
    )


def choose_held(
    lesson: Lesson, policy: LearningPolicy, spared: Collection[IncidentId] = ()
) -> Lesson:
    """The same lesson with the newest incidents held back, where there is enough of grouping.

    What nobody spoke about since then is held back too: it is what the held ones lie among.

    Args:
        lesson: What was read.
        policy: What is enough.
        spared: Incidents of one report that teach labels: they are divided for themselves.

    Raises:
        TooLittleFeedbackError: There is too little; the sentence says how much more is needed.

    """
    if lesson.corrections < policy.corrections:
        lacking = policy.corrections - lesson.corrections
        raise TooLittleFeedbackError(
            f"Too little to learn from yet: {lesson.corrections} corrections of grouping, and "
            f"{policy.corrections} are needed. {lacking} more: merge, split, move, say that two "
            "are not the same, accept or declare.",
            corrections=lesson.corrections,
            needed=policy.corrections,
        )
    spoken = _spoken_of(lesson)
    chosen = hold_back(lesson, spoken, policy, spared=set(spared) - set(spoken))
    judged = sum(one in chosen.held for one in spoken)
    if min(judged, len(spoken) - judged) < policy.incidents:
        raise TooLittleFeedbackError(
            f"Too little to learn from and to judge by: people spoke about {len(spoken)} "
            f"incidents of two reports or more, {len(spoken) - judged} to learn from and "
            f"{judged} to judge by; {policy.incidents} of each are needed. Resolve or accept "
            "what is right, correct what is wrong, and try again.",
            incidents=len(spoken),
            needed=ceil(policy.incidents / min(policy.held, 1 - policy.held)),
        )
    return chosen


def hold_back(
    lesson: Lesson,
    about: Collection[IncidentId],
    policy: LearningPolicy,
    *,
    spared: Collection[IncidentId] | None = None,
) -> Lesson:
    """Hold back the newest of these incidents, beside what is held already.

    Of what is newer than the held ones among them a share is taken anew; the rest stays.

    Args:
        lesson: What was read.
        about: Incidents of one kind.
        policy: How great the share is.
        spared: With it, everything that came since the first newly held one is held back too,
            but for these; None: only `about`.

    """
    first = _first_told(lesson)
    known = [one for one in about if one in first]
    line = max((first[one] for one in known if one in lesson.held), default=None)
    fresh = [one for one in known if one not in lesson.held and (line is None or first[one] > line)]
    fresh.sort(key=lambda one: (first[one], str(one)))
    share = ceil(policy.held * len(fresh)) if line is None else int(policy.held * len(fresh))
    newest = fresh[len(fresh) - share :]
    held = lesson.held | set(newest)
    if newest and spared is not None:
        begin = first[newest[0]]
        held |= {one for one in first if first[one] >= begin and one not in spared}
    return replace(lesson, held=frozenset(held))


def record_held(session: Session, lesson: Lesson, *, now: datetime) -> None:
    """Freeze what is held back, for good. Idempotent."""
    frozen = set(session.scalars(select(HeldReport.report_id)))
    for row, home in zip(lesson.rows, lesson.truth, strict=True):
        if home in lesson.held and row.id not in frozen:
            insert_if_absent(session, HeldReport, report_id=row.id, at=now)


def own_stream(lesson: Lesson) -> list[Labelled]:
    """What may be learnt from, as a labelled stream.

    Incidents that nobody spoke about are left out where they have two reports or more: nobody
    knows whether they are right. A report that stands alone is taken as what it seems.
    """
    sizes = Counter(lesson.truth)
    spoken = set(_any_said(lesson))
    stream = []
    for row, home in zip(lesson.rows, lesson.truth, strict=True):
        if home in lesson.held or (sizes[home] > 1 and home not in spoken):
            continue
        gold = str(home) if sizes[home] > 1 else None
        stream.append(
            Labelled(row.reference, row.at.timestamp(), gold, row.vector, row.facts, row.restricted)
        )
    return stream


def train_on(lesson: Lesson, current: PairScorer, *, name: str, date: str) -> PairScorer:
    """Weights from this installation's own stream, near the current ones where it says little.

    Minutes.

    Raises:
        NothingToLearnError: There is no incident with two reports.

    """
    streams = {"own": own_stream(lesson)}
    return train_scorer(streams, lesson.encoder_id, name=name, date=date, start=current)


def judge(lesson: Lesson, current: PairScorer, new: PairScorer) -> Comparison:
    """Both on what was held back, as they would have grouped it on arrival. Slow."""
    begin = min(
        (
            row.at
            for row, home in zip(lesson.rows, lesson.truth, strict=True)
            if home in lesson.held
        ),
        default=None,
    )
    kept = [
        number
        for number, row in enumerate(lesson.rows)
        if begin is not None and row.at >= begin - _WARM_UP
    ]
    stream = [as_stream(lesson.rows[n], None) for n in kept]
    held = [place for place, n in enumerate(kept) if lesson.truth[n] in lesson.held]
    grouped = []
    for scorer in (current, new):
        replay = replay_stream(
            stream, scorer, GroupingPolicy.of(scorer), encoder_id=lesson.encoder_id
        )
        grouped.append([replay.groups[place] for place in held])
    return compare_groupings(
        [lesson.truth[kept[place]] for place in held],
        [lesson.strength[kept[place]] for place in held],
        *grouped,
    )


def _first_told(lesson: Lesson) -> dict[IncidentId, datetime]:
    first: dict[IncidentId, datetime] = {}
    for row, home in zip(lesson.rows, lesson.truth, strict=True):
        first.setdefault(home, row.at)
    return first


def _spoken_of(lesson: Lesson) -> list[IncidentId]:
    """Incidents of two reports or more that people spoke about."""
    sizes = Counter(lesson.truth)
    return [one for one in _any_said(lesson) if sizes[one] > 1]


def _any_said(lesson: Lesson) -> list[IncidentId]:
    said: dict[IncidentId, float] = defaultdict(float)
    for home, sure in zip(lesson.truth, lesson.strength, strict=True):
        said[home] = max(said[home], sure)
    return [one for one, sure in said.items() if sure > 0]
