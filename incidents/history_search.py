"""The past reports most like some vectors, out of a history of any length.

One promise, two ways to keep it: `BlockSearch` reads every vector, a block at a time, so that
memory stays the same however long the history is; `incidents.vector_index` asks PostgreSQL's
own index. Vectors of two encoders are never compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

import numpy as np
from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    Select,
    String,
    Subquery,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import Session
from typing_extensions import override

from classifier.encoding import Vectors
from classifier.recurrence import NEAREST, Hit
from models.ids import IncidentId, ReportId
from models.incident import Incident, Membership
from models.report import Report
from models.vocabulary import Audience, Status

BLOCK: Final = 4_096
"""Vectors in memory at a time: 6 MB at 384 numbers."""
_HOMES: Final = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which past reports count.

    Attributes:
        encoder_id: Of the vectors.
        own: The incident that looks; its own reports are not its past.
        audience: Restricted looks among restricted only, open among open.
        ended_before: Past incidents got their last report before this moment, when the one
            that looks began: what went on beside it is no past of it.
        silent_before: An open incident is past only if its last report came before this too.
        since: Incidents that ended before are too old.
        nearest: How many for each vector.

    """

    encoder_id: str
    own: IncidentId
    audience: Audience
    ended_before: datetime
    silent_before: datetime
    since: datetime
    nearest: int = NEAREST


class HistorySearch(Protocol):
    """Finds past reports by likeness. Slow; in a session that only reads."""

    def find(self, session: Session, probes: Vectors, wanted: Wanted) -> list[Hit]:
        """The nearest past reports of each probe, in no order; one may be found by several.

        Args:
            session: That only reads.
            probes: Shape (p, d), unit rows.
            wanted: Which reports count.

        """
        ...


class BlockSearch(HistorySearch):
    """Compares with every past vector, a block at a time: exact, and linear in the history."""

    def __init__(self, *, block: int = BLOCK) -> None:
        self._block = block

    @override
    def find(self, session: Session, probes: Vectors, wanted: Wanted) -> list[Hit]:
        best = _Best(probes, wanted.nearest)
        after: Any = None
        while True:
            # A page of reports first, then what they are in: else a database that joins all
            # before it takes a page does so for every page.
            page = _PAGE if after is None else _PAGE.where(Report.id > _uuid(after))
            reports = page.where(Report.encoder_id == wanted.encoder_id).limit(self._block)
            found = session.execute(_with_homes(reports.subquery(), past_incidents(wanted))).all()
            best.take([row for row in found if row.incident is not None])
            if len(found) < self._block:
                return best.hits()
            after = max((row.report for row in found), key=_uuid)

    def find_in(
        self, session: Session, probes: Vectors, wanted: Wanted, incidents: Sequence[IncidentId]
    ) -> list[Hit]:
        """The same among the reports of some incidents, for which nothing else is read."""
        best = _Best(probes, wanted.nearest)
        for start in range(0, len(incidents), _HOMES):
            chosen = incidents[start : start + _HOMES]
            reports = (
                _PAGE.join(Membership, Membership.report_id == Report.id)
                .where(
                    Membership.incident_id.in_(chosen),
                    Membership.ended_at.is_(None),
                    Report.encoder_id == wanted.encoder_id,
                )
                .subquery()
            )
            found = session.execute(_with_homes(reports, past_incidents(wanted))).all()
            best.take([row for row in found if row.incident is not None])
        return best.hits()


# Keys and vectors are taken as the driver has them: a million conversions cost more than the
# comparing.
_PAGE: Final = (
    select(
        Report.id.label("id"),
        type_coerce(Report.vector, LargeBinary).label("vector"),
    )
    .where(Report.vector.is_not(None))
    .order_by(Report.id)
)


def _with_homes(reports: Subquery, where: ColumnElement[bool]) -> Select[Any, Any, Any]:
    """Each report with the incident it is in, empty where that does not count."""
    home = (
        select(Membership.report_id, Membership.incident_id)
        .join(Incident, Incident.id == Membership.incident_id)
        .where(Membership.ended_at.is_(None), where)
        .subquery()
    )
    return select(
        type_coerce(reports.c.id, String).label("report"),
        type_coerce(home.c.incident_id, String).label("incident"),
        type_coerce(reports.c.vector, LargeBinary).label("vector"),
    ).outerjoin(home, home.c.report_id == reports.c.id)


def past_incidents(wanted: Wanted) -> ColumnElement[bool]:
    """Which incidents are past for the one that looks."""
    return (
        (Incident.id != wanted.own)
        & (Incident.audience == wanted.audience)
        & (Incident.last_at >= wanted.since)
        & (Incident.last_at < wanted.ended_before)
        & or_(Incident.status == Status.RESOLVED, Incident.last_at < wanted.silent_before)
    )


class _Best:
    """The nearest rows of each probe so far."""

    def __init__(self, probes: Vectors, nearest: int) -> None:
        self._probes = probes
        self._nearest = nearest
        self._cosines = np.empty((0, len(probes)), dtype=np.float32)
        self._keys: list[Any] = []
        self._homes: list[Any] = []

    def take(self, rows: Sequence[Any]) -> None:
        """Keep of the old and new rows those that are among the nearest of some probe."""
        size = 4 * self._probes.shape[1]
        rows = [row for row in rows if len(row.vector) == size]
        if not rows:
            return
        joined = b"".join(bytes(row.vector) for row in rows)
        vectors = np.frombuffer(joined, dtype="<f4").reshape(len(rows), -1)
        cosines = np.concatenate([self._cosines, vectors @ self._probes.T])
        keys = [*self._keys, *(row.report for row in rows)]
        homes = [*self._homes, *(row.incident for row in rows)]
        if len(keys) > self._nearest:
            far = len(keys) - self._nearest
            limit = np.partition(cosines, far, axis=0)[far]
            kept = np.flatnonzero((cosines >= limit).any(axis=1))
            cosines = cosines[kept]
            keys, homes = [keys[row] for row in kept], [homes[row] for row in kept]
        self._cosines, self._keys, self._homes = cosines, keys, homes

    def hits(self) -> list[Hit]:
        found = []
        for column in self._cosines.T:
            for row in np.argsort(-column, kind="stable")[: self._nearest].tolist():
                report, home = _uuid(self._keys[row]), _uuid(self._homes[row])
                found.append(Hit(ReportId(report), IncidentId(home), float(column[row])))
        return found


def _uuid(key: Any) -> UUID:
    return key if isinstance(key, UUID) else UUID(str(key))
