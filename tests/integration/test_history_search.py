"""Past reports are found by likeness: exactly in blocks, nearly so by PostgreSQL's index."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import text

from classifier.recurrence import Hit
from incidents.history_search import BlockSearch, HistorySearch, Wanted
from incidents.vector_index import IndexSearch, VectorIndex, build_search
from models.database import Database
from models.ids import IncidentId, new_id
from models.migrate import migrate
from models.vector_table import ensure_vector_table, is_new_enough
from models.vocabulary import Audience, Status
from tests.fakes import NOON
from tests.standins.past_rows import write_past

WIDTH = 64


def drawn(count: int, seed: int = 7) -> np.ndarray:
    """Vectors that crowd around thirty topics, as reports do."""
    draw = np.random.default_rng(seed)
    topics = draw.normal(size=(30, WIDTH))
    rows = topics[draw.integers(0, 30, count)] + 0.9 * draw.normal(size=(count, WIDTH))
    unit: np.ndarray = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


def days_ago(count: int, *, first: float = 300, last: float = 2) -> list[datetime]:
    return [NOON - timedelta(days=float(one)) for one in np.linspace(first, last, count)]


def wanted(own: UUID | None = None, *, nearest: int = 10, encoder: str = "e1") -> Wanted:
    return Wanted(
        encoder_id=encoder,
        own=IncidentId(own or new_id()),
        audience=Audience.OPEN,
        ended_before=NOON,
        silent_before=NOON - timedelta(hours=12),
        since=NOON - timedelta(days=730),
        nearest=nearest,
    )


def find(search: HistorySearch, database: Database, probes: np.ndarray, w: Wanted) -> list[Hit]:
    with database.reading() as session:
        return search.find(session, probes, w)


def indexed(database: Database, encoder: str = "e1") -> VectorIndex:
    index = VectorIndex(database)
    while index.tend(encoder, WIDTH, batch=500) == 500:
        pass
    return index


def brute(ids: list[UUID], vectors: np.ndarray, probe: np.ndarray, nearest: int) -> list[UUID]:
    order = np.argsort(-(vectors @ probe), kind="stable")[:nearest]
    return [ids[row] for row in order]


def test_reading_in_blocks_finds_what_brute_force_finds(database: Database) -> None:
    vectors, probes = drawn(700), drawn(3, seed=8)
    with database.transaction() as session:
        ids, _ = write_past(session, vectors, at=days_ago(700), encoder_id="e1")
    hits = find(BlockSearch(block=64), database, probes, wanted())
    for number, probe in enumerate(probes):
        found = [hit.report for hit in hits[10 * number : 10 * (number + 1)]]
        assert found == brute(ids, vectors, probe, 10)
        cosines = [hit.cosine for hit in hits[10 * number : 10 * (number + 1)]]
        assert cosines == pytest.approx(np.sort(vectors @ probe)[::-1][:10].tolist(), abs=1e-5)


def test_a_history_of_one_block_or_none_is_searched_too(database: Database) -> None:
    assert find(BlockSearch(), database, drawn(1), wanted()) == []
    vectors = drawn(3)
    with database.transaction() as session:
        ids, homes = write_past(session, vectors, at=days_ago(3), encoder_id="e1")
    hits = find(build_search(database), database, vectors[:1], wanted())
    assert len(hits) == 3
    assert (hits[0].report, hits[0].incident) == (ids[0], homes[0])


@pytest.mark.parametrize("kind", ["blocks", "index"])
def test_only_what_is_past_is_found(database: Database, kind: str) -> None:
    vectors = drawn(6)
    same = np.repeat(vectors[:1], 6, axis=0)
    old, lately = NOON - timedelta(days=30), NOON - timedelta(hours=2)
    with database.transaction() as session:
        quiet, _ = write_past(session, same[:1], at=[old], encoder_id="e1")
        _, own = write_past(session, same[:1], at=[old], encoder_id="e1", seq=2, number=10)
        write_past(session, same[:1], at=[lately], encoder_id="e1", seq=3, number=20)
        closed, _ = write_past(
            session, same[:1], at=[lately], encoder_id="e1", seq=4, number=30,
            status=Status.RESOLVED,
        )  # fmt: skip
        write_past(
            session, same[:1], at=[old], encoder_id="e1", seq=5, number=40,
            audience=Audience.RESTRICTED,
        )  # fmt: skip
        write_past(session, same[:1], at=[old], encoder_id="e2", seq=6, number=50)
        ancient = NOON - timedelta(days=900)
        write_past(session, same[:1], at=[ancient], encoder_id="e1", seq=7, number=60)
        # Old reports of an incident that still gets some are not past.
        write_past(
            session, same[:2], at=[old, lately], encoder_id="e1", homes=[0, 0], seq=8, number=70
        )
    search: HistorySearch = BlockSearch(block=2)
    if kind == "index":
        search = IndexSearch(indexed(database))
    hits = find(search, database, vectors[:1], wanted(own[0]))
    assert {hit.report for hit in hits} == {quiet[0], closed[0]}


def test_the_index_finds_nearly_all_that_brute_force_finds(postgres: Database) -> None:
    vectors, probes = drawn(3_000), drawn(40, seed=9)
    with postgres.transaction() as session:
        ids, _ = write_past(session, vectors, at=days_ago(3_000), encoder_id="e1")
    search = IndexSearch(indexed(postgres))
    with postgres.reading() as session:
        assert VectorIndex(postgres).is_ready(session, "e1")
    found = 0
    for probe in probes:
        hits = find(search, postgres, probe[None, :], wanted())
        found += len({hit.report for hit in hits} & set(brute(ids, vectors, probe, 10)))
    assert found >= 0.95 * 10 * len(probes)


def test_the_index_is_what_postgresql_uses(postgres: Database) -> None:
    with postgres.transaction() as session:
        write_past(session, drawn(3_000), at=days_ago(3_000), encoder_id="e1")
    indexed(postgres)
    with postgres.reading() as session:
        plan = session.execute(
            text(
                "EXPLAIN SELECT report_id FROM report_vector WHERE encoder_id = 'e1' "
                f"ORDER BY embedding::halfvec({WIDTH}) <=> CAST(:probe AS halfvec({WIDTH})) "
                "LIMIT 200"
            ),
            {"probe": str(drawn(1)[0].tolist())},
        ).scalars()
        assert any("ix_report_vector_" in line for line in plan)


def test_without_an_index_yet_the_history_is_read_in_blocks(postgres: Database) -> None:
    vectors = drawn(50)
    with postgres.transaction() as session:
        ids, _ = write_past(session, vectors, at=days_ago(50), encoder_id="e1")
    hits = find(build_search(postgres), postgres, vectors[:1], wanted())
    assert [hit.report for hit in hits] == brute(ids, vectors, vectors[0], 10)


def test_a_vector_made_anew_by_another_encoder_leaves_the_old_index(postgres: Database) -> None:
    vectors = drawn(20)
    with postgres.transaction() as session:
        write_past(session, vectors, at=days_ago(20), encoder_id="e1")
    indexed(postgres)
    with postgres.transaction() as session:
        session.execute(text("UPDATE report SET encoder_id = 'e2'"))
    indexed(postgres, "e2")
    assert len(find(build_search(postgres), postgres, vectors[:1], wanted(encoder="e2"))) == 10
    assert find(build_search(postgres), postgres, vectors[:1], wanted()) == []


def test_what_came_since_is_copied_by_the_next_look(postgres: Database) -> None:
    with postgres.transaction() as session:
        write_past(session, drawn(20), at=days_ago(20), encoder_id="e1")
    index = indexed(postgres)
    with postgres.transaction() as session:
        write_past(session, drawn(5, seed=3), at=[_now(postgres)] * 5, encoder_id="e1", seq=5_000,
                   number=100)  # fmt: skip
    assert index.tend("e1", WIDTH, recent_only=True) == 5
    assert index.tend("e1", WIDTH, recent_only=True) == 0


def test_the_table_is_made_where_the_extension_is_and_nowhere_else(database: Database) -> None:
    migrate(database)
    with database.write_engine.begin() as connection:
        assert ensure_vector_table(connection) is not database.is_sqlite
    with database.reading() as session:
        assert VectorIndex(database).exists(session) is not database.is_sqlite
    assert VectorIndex(database).tend("e1", WIDTH) == 0


@pytest.mark.parametrize(
    ("version", "enough"),
    [("0.8.0", True), ("0.8.5", True), ("1.0", True), ("0.7.4", False), ("0", False)],
)
def test_an_extension_that_is_too_old_is_left_alone(version: str, enough: bool) -> None:
    assert is_new_enough(version) is enough


def test_an_encoder_with_an_odd_name_is_no_danger(postgres: Database) -> None:
    name = "o'dd:name; DROP TABLE report"
    vectors = drawn(12)
    with postgres.transaction() as session:
        write_past(session, vectors, at=days_ago(12), encoder_id=name)
    indexed(postgres, name)
    assert len(find(build_search(postgres), postgres, vectors[:1], wanted(encoder=name))) == 10


def _now(database: Database) -> datetime:
    with database.reading() as session:
        now: datetime = session.execute(text("SELECT now()")).scalar_one()
    return now
