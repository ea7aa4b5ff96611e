"""The past reports most like some vectors, out of a history of any length.

One promise, two ways to keep it: `BlockSearch` reads every vector, a block at a time, so that
memory stays the same however long the history is; `incidents.vector_index` asks PostgreSQL's
own index. Vectors of two encoders are never compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, LargeBinary, String, or_, select, type_coerce
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
        return self.find_among(session, probes, wanted, past_incidents(wanted))

    def find_among(
        self, session: Session, probes: Vectors, wanted: Wanted, where: ColumnElement[bool]
    ) -> list[Hit]:
        """The same among the reports of some incidents only."""
        best = _Best(len(probes), wanted.nearest)
        for keys, homes, vectors in self._blocks(session, wanted.encoder_id, where):
            if vectors.shape[1] == probes.shape[1]:
                best.take(keys, homes, vectors @ probes.T)
        return best.hits()

    def _blocks(
        self, session: Session, encoder_id: str, where: ColumnElement[bool]
    ) -> Iterator[tuple[list[Any], list[Any], Vectors]]:
        # Keys and vectors are taken as the driver has them: a million conversions cost more
        # than the comparing.
        rows = (
            select(
                type_coerce(Report.id, String).label("report"),
                type_coerce(Membership.incident_id, String).label("incident"),
                type_coerce(Report.vector, LargeBinary).label("vector"),
            )
            .join(Membership, Membership.report_id == Report.id)
            .join(Incident, Incident.id == Membership.incident_id)
            .where(
                Report.encoder_id == encoder_id,
                Report.vector.is_not(None),
                Membership.ended_at.is_(None),
                where,
            )
            .order_by(Report.id)
            .limit(self._block)
        )
        after: Any = None
        while True:
            page = rows if after is None else rows.where(Report.id > _uuid(after))
            found = session.execute(page).all()
            if found:
                width = len(found[0].vector)
                same = [row for row in found if len(row.vector) == width]
                joined = b"".join(bytes(row.vector) for row in same)
                yield (
                    [row.report for row in same],
                    [row.incident for row in same],
                    np.frombuffer(joined, dtype="<f4").reshape(len(same), -1),
                )
            if len(found) < self._block:
                return
            after = found[-1].report


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

    def __init__(self, probes: int, nearest: int) -> None:
        self._nearest = nearest
        self._cosines = np.empty((0, probes), dtype=np.float32)
        self._keys: list[Any] = []
        self._homes: list[Any] = []

    def take(self, keys: list[Any], homes: list[Any], cosines: npt.NDArray[np.float32]) -> None:
        """Keep of the old and new rows those that are among the nearest of some probe."""
        cosines = np.concatenate([self._cosines, cosines])
        keys, homes = [*self._keys, *keys], [*self._homes, *homes]
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
