"""Vectors of an earlier encoder are made anew, a few at a time, while everything goes on.

What is done stands in the rows themselves, so it can be stopped, killed or run twice: the
next batch is whatever still has another encoder's vector, the newest first, since new reports
are compared with those. Until then vectors of two encoders are never compared.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from classifier.encoding import Encoder, Vector, gist
from models.clock import Clock
from models.database import Database
from models.ids import ReportId
from models.report import Report, ReportText

BATCH: Final = 32
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """How many reports have a vector of the encoder that reads now, of those that can have one."""

    done: int
    total: int

    @property
    def is_whole(self) -> bool:
        return self.done >= self.total

    @property
    def sentence(self) -> str:
        return (
            f"{self.done} of {self.total} reports were read again since the encoder changed; "
            "the others are not compared yet."
        )


@dataclass(frozen=True, slots=True)
class Reencoder:
    """Makes old vectors anew.

    Attributes:
        patience: When one call stops and leaves the rest to the next.

    """

    database: Database
    clock: Clock
    patience: timedelta = timedelta(seconds=6)

    def reencode(self, encoder: Encoder, *, batch: int = BATCH) -> int:
        """Work off batches until nothing is left or the patience ends; returns how many. Slow.

        Each batch is read, encoded without a transaction, and written in a short one.
        """
        began, count = self.clock(), 0
        after: tuple[datetime, ReportId] | None = None
        while True:
            with self.database.reading() as session:
                waiting = _next_batch(session, encoder.id, batch, after)
            if not waiting:
                return count
            made = _encoded(encoder, waiting)
            with self.database.transaction() as session:
                for report, vector in made:
                    session.execute(
                        update(Report)
                        .where(Report.id == report, is_foreign(encoder.id))
                        .values(vector=vector, encoder_id=encoder.id)
                    )
            count += len(made)
            after = (waiting[-1].received_at, waiting[-1].id)
            if self.clock() - began >= self.patience:
                return count


def read_progress(session: Session, encoder_id: str) -> Progress:
    """How far it is. A report whose words were erased keeps its vector and is not counted."""
    left = session.scalars(
        select(func.count())
        .select_from(Report)
        .join(ReportText, ReportText.report_id == Report.id)
        .where(is_foreign(encoder_id))
    ).one()
    done = session.scalars(
        select(func.count()).select_from(Report).where(Report.encoder_id == encoder_id)
    ).one()
    return Progress(done, done + left)


def is_foreign(encoder_id: str) -> ColumnElement[bool]:
    """Has a vector, and another encoder's. Written so that the index on the encoder serves it."""
    return or_(Report.encoder_id < encoder_id, Report.encoder_id > encoder_id)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A report whose words are to be encoded."""

    id: ReportId
    received_at: datetime
    text: str


def _next_batch(
    session: Session, encoder_id: str, batch: int, after: tuple[datetime, ReportId] | None
) -> list[_Waiting]:
    """The newest that wait, past those which this run has dealt with."""
    where = [is_foreign(encoder_id)]
    if after is not None:
        at, last = after
        where.append(or_(Report.received_at < at, and_(Report.received_at == at, Report.id < last)))
    rows = session.execute(
        select(Report.id, Report.received_at, ReportText.text)
        .join(ReportText, ReportText.report_id == Report.id)
        .where(*where)
        .order_by(Report.received_at.desc(), Report.id.desc())
        .limit(batch)
    )
    return [_Waiting(ReportId(row.id), row.received_at, row.text) for row in rows]


def _encoded(encoder: Encoder, waiting: Sequence[_Waiting]) -> list[tuple[ReportId, Vector]]:
    """All of a batch; where one text cannot be encoded, the others, and a line in the log."""
    try:
        vectors = encoder.encode([gist(one.text) for one in waiting])
    except Exception:  # whatever one text does to the encoder, the others go on
        if len(waiting) > 1:
            return [pair for one in waiting for pair in _encoded(encoder, [one])]
        log.exception("report %s cannot be encoded anew; a later run tries again", waiting[0].id)
        return []
    return [(one.id, vector) for one, vector in zip(waiting, vectors, strict=True)]
