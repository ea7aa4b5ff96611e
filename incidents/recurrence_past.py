"""Incidents and what is usual, read from the database as recurrence compares them."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from classifier.recurrence import (
    MEMBERS,
    Account,
    Episode,
    gather,
    says_again,
)
from classifier.recurrence_usual import SAMPLE, Background
from classifier.signatures import as_signature
from classifier.window import PairFacts
from models.ids import CROCKFORD, IncidentId
from models.incident import Incident, Membership
from models.report import TOLD_AT, Report, ReportText

KEPT: Final = timedelta(minutes=15)
_DRAWS: Final = 4


def read_episodes(
    session: Session, incidents: Iterable[IncidentId], encoder_id: str
) -> dict[IncidentId, Episode]:
    """Incidents with their first and last reports; those without a vector are left out."""
    number = func.row_number()
    own = Membership.incident_id
    ranked = (
        select(
            Membership.incident_id.label("incident"),
            Report.id.label("report"),
            number.over(partition_by=own, order_by=(TOLD_AT, Report.id)).label("first"),
            number.over(partition_by=own, order_by=(TOLD_AT.desc(), Report.id.desc())).label(
                "last"
            ),
        )
        .join(Report, Report.id == Membership.report_id)
        .where(
            own.in_(list(incidents)),
            Membership.ended_at.is_(None),
            Report.encoder_id == encoder_id,
            Report.vector.is_not(None),
        )
        .subquery()
    )
    half = MEMBERS // 2
    rows = session.execute(
        select(
            ranked.c.incident,
            Incident.reports,
            Incident.first_at,
            Incident.last_at,
            *_FACTS,
        )
        .join(Report, Report.id == ranked.c.report)
        .join(Incident, Incident.id == ranked.c.incident)
        .outerjoin(ReportText, ReportText.report_id == Report.id)
        .where((ranked.c.first <= half) | (ranked.c.last <= half))
        .order_by(TOLD_AT, Report.id)
    ).all()
    told: dict[IncidentId, list[Account]] = defaultdict(list)
    heads: dict[IncidentId, Any] = {}
    for row in rows:
        key = IncidentId(row.incident)
        heads[key] = row
        told[key].append(_account(row))
    return {key: _episode(key, accounts, heads[key]) for key, accounts in told.items()}


@dataclass
class Usual:
    """What is usual in this history; a sample is drawn anew from time to time."""

    _kept: tuple[str, datetime, Background] | None = None

    def read(self, session: Session, encoder_id: str, *, now: datetime) -> Background:
        """The background of one encoder's reports. Slow when it is drawn anew."""
        if self._kept is not None:
            encoder, at, background = self._kept
            if encoder == encoder_id and now - at < KEPT:
                return background
        background = read_background(session, encoder_id)
        self._kept = (encoder_id, now, background)
        return background


def read_background(session: Session, encoder_id: str) -> Background:
    """A sample of all reports that have a vector of this encoder, at random."""
    total = session.scalars(
        select(func.count()).select_from(Report).where(Report.encoder_id == encoder_id)
    ).one()
    rows: list[Any] = []
    if total <= 2 * SAMPLE:
        rows = list(_drawn(session, encoder_id, "", 2 * SAMPLE))[:: max(1, -(-total // SAMPLE))]
    else:
        # References are drawn at random: where one starts to read in their order is a draw.
        draw = random.Random(total)  # noqa: S311 - a sample, no secret
        for _ in range(_DRAWS):
            start = "RPT-" + "".join(draw.choice(CROCKFORD) for _ in range(6))
            rows += _drawn(session, encoder_id, start, SAMPLE // _DRAWS)
    if not rows:
        return Background(np.empty((0, 0), dtype=np.float32), (), {}, {}, total)
    vectors = np.stack([row.vector for row in rows])
    return Background.of(
        vectors, (row.incident_id for row in rows), (_facts(row) for row in rows), total=total
    )


_FACTS: Final = (
    Report.id,
    TOLD_AT.label("told_at"),
    Report.vector,
    Report.service_id,
    Report.site_id,
    Report.signatures,
    ReportText.text,
)


def _drawn(session: Session, encoder_id: str, start: str, count: int) -> Sequence[Any]:
    return session.execute(
        select(*_FACTS, Membership.incident_id)
        .join(Membership, Membership.report_id == Report.id)
        .outerjoin(ReportText, ReportText.report_id == Report.id)
        .where(
            Report.reference >= start,
            Report.encoder_id == encoder_id,
            Report.vector.is_not(None),
            Membership.ended_at.is_(None),
        )
        .order_by(Report.reference)
        .limit(count)
    ).all()


def _account(row: Any) -> Account:
    again = says_again(row.text or "")
    return Account(row.id, row.told_at.timestamp(), row.vector, _facts(row), again)


def _facts(row: Any) -> PairFacts:
    return PairFacts.of(
        row.text or "",
        service=row.service_id,
        site=row.site_id,
        signatures=map(as_signature, row.signatures),
    )


def _episode(key: IncidentId, accounts: Sequence[Account], head: Any) -> Episode:
    episode = gather(key, accounts, size=head.reports)
    return Episode(
        key=key,
        keys=episode.keys,
        vectors=episode.vectors,
        facts=episode.facts,
        first_at=head.first_at.timestamp(),
        last_at=head.last_at.timestamp(),
        size=episode.size,
        again=episode.again,
    )
