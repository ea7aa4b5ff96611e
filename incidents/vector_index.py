"""History searched by PostgreSQL's own vector index (pgvector, HNSW), where it has one.

`report_vector` is filled some rows at a time by a job and never in the way of a report; the
index over it is made once the table is whole, and again for each encoder. Until then, and on
SQLite, `BlockSearch` does the same by reading everything.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import numpy as np
from sqlalchemy import bindparam, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from typing_extensions import override

from classifier.encoding import Vector, Vectors
from classifier.recurrence import Hit
from incidents.history_search import BlockSearch, HistorySearch, Wanted, past_incidents
from models.database import Database
from models.ids import IncidentId, ReportId
from models.incident import Incident, Membership
from models.report import Report
from models.vector_table import TABLE

BATCH: Final = 1_000
"""Rows that one call copies: under a second before the index is there, some with it."""
RECENT: Final = timedelta(days=2)
_WIDER: Final = 4
"""The index gives so many times what is wanted: what is not past is left out afterwards."""
_EFFORT: Final = 200
"""Candidates the index keeps while it searches (at most 1000): recall .99 on real vectors."""
_BUILDER: Final = 7_238_115
_BUILD_MEMORY: Final = "2GB"
"""At most; a million vectors take 1.2 GB, and building beyond what it may have is slow."""
_OWN: Final = 2_000
_LATELY: Final = 1_000
"""Incidents resolved within the reach that are read in blocks beside the index."""
log = logging.getLogger(__name__)

_MISSING: Final = text(
    "SELECT r.id, r.vector, r.audience, coalesce(r.occurred_at, r.received_at) AS told_at "
    "FROM report r LEFT JOIN report_vector v ON v.report_id = r.id "
    "WHERE r.encoder_id = :encoder AND r.vector IS NOT NULL "
    "AND (v.report_id IS NULL OR v.encoder_id <> r.encoder_id) "
    "AND (CAST(:since AS timestamptz) IS NULL OR r.received_at > :since) "
    "ORDER BY r.received_at DESC LIMIT :batch"
)
_COPY: Final = text(
    "INSERT INTO report_vector (report_id, encoder_id, told_at, audience, embedding) "
    "VALUES (:id, :encoder, :told_at, :audience, CAST(:embedding AS halfvec)) "
    "ON CONFLICT (report_id) DO UPDATE SET encoder_id = excluded.encoder_id, "
    "told_at = excluded.told_at, audience = excluded.audience, embedding = excluded.embedding"
)
_OWN_OLD: Final = (
    select(Membership.report_id)
    .join(Report, Report.id == Membership.report_id)
    .where(Membership.incident_id == bindparam("own"), Membership.ended_at.is_(None))
    .limit(_OWN)
)


class VectorIndex:
    """The table of vectors and its index, kept up to date a little at a time.

    `helpers` more processes build the index together; they need as much shared memory as the
    index is large, which containers rarely have.
    """

    def __init__(self, database: Database, *, helpers: int = 0) -> None:
        self._database = database
        self._helpers = helpers

    def exists(self, session: Session) -> bool:
        """Whether this database has the table at all."""
        if self._database.is_sqlite:
            return False
        return session.execute(text("SELECT to_regclass(:t)"), {"t": TABLE}).scalar() is not None

    def is_ready(self, session: Session, encoder_id: str) -> bool:
        """Whether the index of this encoder is whole and may be asked."""
        found = session.execute(
            text(
                "SELECT i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
                "WHERE c.relname = :name"
            ),
            {"name": index_name(encoder_id)},
        ).scalar()
        return bool(found)

    def tend(
        self, encoder_id: str, width: int, *, recent_only: bool = False, batch: int = BATCH
    ) -> int:
        """Copy some vectors that are missing, newest first; build the index when none is.

        Safe to run anywhere at any time. `recent_only` looks at the last days, which costs
        nothing; a full look reads the table's keys.

        Returns:
            How many were copied; less than `batch` means that none is missing.

        """
        with self._database.reading() as session:
            if not self.exists(session):
                return 0
            since = None
            if recent_only and self.is_ready(session, encoder_id):
                since = session.execute(text("SELECT now()")).scalar_one() - RECENT
            missing = session.execute(
                _MISSING, {"encoder": encoder_id, "since": since, "batch": batch}
            ).all()
            ready = self.is_ready(session, encoder_id)
        if missing:
            with self._database.transaction() as session:
                session.execute(_COPY, [_row(one, encoder_id) for one in missing])
        if len(missing) < batch and not ready:
            self._build(encoder_id, width)
        return len(missing)

    def _build(self, encoder_id: str, width: int) -> None:
        """Build the index beside what goes on; the first of several processes does it."""
        engine = self._database.write_engine.execution_options(isolation_level="AUTOCOMMIT")
        name = index_name(encoder_id)
        with engine.connect() as connection:
            free = connection.execute(
                text("SELECT pg_try_advisory_lock(:key)"), {"key": _BUILDER}
            ).scalar()
            if not free:
                return
            try:
                connection.execute(text("SET statement_timeout = 0"))
                connection.execute(text("SET lock_timeout = 0"))
                connection.execute(text(f"SET maintenance_work_mem = '{_BUILD_MEMORY}'"))
                helpers = int(self._helpers)
                connection.execute(text(f"SET max_parallel_maintenance_workers = {helpers}"))
                connection.execute(text(f"DROP INDEX CONCURRENTLY IF EXISTS {name}"))
                log.info("building the index of vectors")
                connection.execute(
                    text(
                        f"CREATE INDEX CONCURRENTLY {name} ON {TABLE} USING hnsw "
                        f"((embedding::halfvec({width})) halfvec_cosine_ops) "
                        f"WHERE encoder_id = {quoted(encoder_id)}"
                    )
                )
            except DBAPIError as error:
                log.warning("the index of vectors was not built: %s", error.orig)
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _BUILDER})
                connection.invalidate()  # its settings are not those of the pool


class IndexSearch(HistorySearch):
    """Asks the index where there is one, and reads in blocks where not."""

    def __init__(self, index: VectorIndex, blocks: BlockSearch | None = None) -> None:
        self._index = index
        self._blocks = blocks or BlockSearch()

    @override
    def find(self, session: Session, probes: Vectors, wanted: Wanted) -> list[Hit]:
        if not self._index.exists(session) or not self._index.is_ready(session, wanted.encoder_id):
            return self._blocks.find(session, probes, wanted)
        # What was told lately is past only where its incident was resolved: few, read in blocks.
        lately = session.scalars(
            select(Incident.id)
            .where(past_incidents(wanted), Incident.last_at >= wanted.silent_before)
            .order_by(Incident.last_at.desc())
            .limit(_LATELY)
        )
        found = self._blocks.find_in(session, probes, wanted, list(lately))
        own = [ReportId(one) for one in session.scalars(_OWN_OLD, {"own": wanted.own})]
        wide = _WIDER * wanted.nearest
        session.execute(text(f"SET LOCAL hnsw.ef_search = {max(_EFFORT, wide)}"))
        session.execute(text("SET LOCAL hnsw.iterative_scan = 'strict_order'"))
        statement = _nearest(wanted.encoder_id, probes.shape[1])
        for probe in probes:
            near = session.execute(
                statement,
                {
                    "probe": _literal(probe),
                    "audience": wanted.audience.value,
                    "before": wanted.silent_before,
                    "since": wanted.since,
                    "own": own,
                    "wide": wide,
                },
            ).scalars()
            found += self._exact(session, probe, list(near), wanted)
        return found

    def _exact(
        self, session: Session, probe: Vector, reports: Sequence[Any], wanted: Wanted
    ) -> list[Hit]:
        """Those of past incidents, with their cosine as the full vectors have it."""
        rows = session.execute(
            select(Report.id, Report.vector, Membership.incident_id)
            .join(Membership, Membership.report_id == Report.id)
            .join(Incident, Incident.id == Membership.incident_id)
            .where(
                Report.id.in_(reports),
                Report.encoder_id == wanted.encoder_id,
                Membership.ended_at.is_(None),
                past_incidents(wanted),
            )
        ).all()
        hits = [
            Hit(ReportId(row.id), IncidentId(row.incident_id), float(row.vector @ probe))
            for row in rows
            if row.vector is not None
        ]
        return sorted(hits, key=lambda one: -one.cosine)[: wanted.nearest]


def build_search(database: Database) -> HistorySearch:
    """What fits the database."""
    return BlockSearch() if database.is_sqlite else IndexSearch(VectorIndex(database))


def index_name(encoder_id: str) -> str:
    """The index of one encoder's vectors."""
    return f"ix_{TABLE}_{hashlib.blake2b(encoder_id.encode(), digest_size=8).hexdigest()}"


def quoted(words: str) -> str:
    """As a literal of SQL. In the statement itself: a partial index is found by no parameter."""
    return "'" + words.replace("'", "''").replace(":", "\\:") + "'"


def _nearest(encoder_id: str, width: int) -> Any:
    return text(
        # The encoder's name is ours, and quoted; a parameter would hide the index.
        f"SELECT report_id FROM {TABLE} WHERE encoder_id = {quoted(encoder_id)} "  # noqa: S608
        "AND audience = :audience AND told_at < :before AND told_at >= :since "
        "AND NOT (report_id = ANY(CAST(:own AS uuid[]))) "
        f"ORDER BY embedding::halfvec({int(width)}) <=> CAST(:probe AS halfvec({int(width)})) "
        "LIMIT :wide"
    )


def _row(one: Any, encoder_id: str) -> dict[str, Any]:
    vector = np.frombuffer(bytes(one.vector), dtype="<f4")
    return {
        "id": one.id,
        "encoder": encoder_id,
        "told_at": one.told_at,
        "audience": one.audience,
        "embedding": _literal(vector),
    }


def _literal(vector: Vector) -> str:
    """As pgvector reads it."""
    return "[" + ",".join(f"{value:.6g}" for value in vector.tolist()) + "]"
