"""What one report costs: reading it, deciding where it belongs, recording it.

`python -m benchmarks speed [OPEN]` writes `benchmarks/speed.md`. CPU time of this process, so
that a busy machine disturbs little; what is compared takes turns in the same run.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import func, select
from threadpoolctl import threadpool_limits

from benchmarks.encoders import ROOT, texts
from benchmarks.report import met, render_machine, table, write
from classifier.catalogue import parse_catalogue
from classifier.encoding import gist
from classifier.onnx_encoder import OnnxEncoder
from classifier.pair_scorer import load_scorer
from classifier.reading import Heard, Reader, Reading, build_reader
from incidents.drafts import Draft
from incidents.identities import record_identity
from incidents.importing import record_catalogue, record_people
from incidents.intake import Intake
from incidents.jobs import DurableJobs, build_jobs_engine
from incidents.ledger import Outbox
from incidents.live_window import LiveWindow
from incidents.organisation import Organisation
from models.database import build_database
from models.ids import IdentityId
from models.incident import Incident
from models.migrate import migrate
from models.vocabulary import Channel

ARTIFACTS = ROOT / "artifacts"
ORGANISATION = ROOT / "training_data" / "organisation"
TRAIN = ROOT / ".venv-train" / "bin" / "python"
READINGS = 300
DECISIONS = 200
PEOPLE = 120
FEW = 100
READING_RATIO, ADDED = 1.5, 10.0
NOISE = 0.015


def main(many: int = 10_000) -> None:
    machine = render_machine()
    threadpool_limits(1)  # as `api.wiring` does
    catalogue = parse_catalogue(ORGANISATION)
    reader = build_reader(ARTIFACTS, catalogue, OnnxEncoder(ARTIFACTS / "encoder"))
    lines = [*reading_costs(reader), *encoder_costs(), *intake_costs(reader, many)]
    write("speed", f"python -m benchmarks speed {many}", machine, "What one report costs", lines)


def spent(work: Callable[[], Any]) -> float:
    """CPU milliseconds of all threads."""
    start = time.process_time_ns()
    work()
    return (time.process_time_ns() - start) / 1e6


def reading_costs(reader: Reader) -> list[str]:
    """Each text is new to the reader's memory; the encoder alone sees it right before or after."""
    chosen = texts(READINGS, seed=2)
    for text in texts(20, seed=3):
        reader.encoder.encode([gist(text) + " warm"])
        reader.read(text + " warm")
    alone, whole = [], []
    for number, text in enumerate(chosen):
        pair = [
            lambda t=text: alone.append(spent(lambda: reader.encoder.encode([gist(t)]))),
            lambda t=text: whole.append(spent(lambda: reader.read(t))),
        ]
        for one in pair if number % 2 else reversed(pair):
            one()
    ratio = sum(whole) / sum(alone)
    return [
        "",
        "## Reading one report: facts, vector and labels",
        "",
        f"{len(chosen)} tickets in random order, each read once.",
        *table(
            ("what", "CPU per text, ms (mean)", "median", "times the encoder", "target", "met"),
            [
                ("the encoder alone (baseline)", *middle(alone), "1.00", "", ""),
                ("reading", *middle(whole), f"{ratio:.2f}", READING_RATIO,
                 met(ratio, READING_RATIO)),
            ],
        ),
    ]  # fmt: skip


def middle(values: list[float]) -> tuple[str, str]:
    return f"{np.mean(values):.2f}", f"{np.median(values):.2f}"


def encoder_costs() -> list[str]:
    head = ["", "## The encoder beside sentence-transformers", ""]
    if not TRAIN.exists():
        return [*head, "Not measured: there is no `.venv-train` here (`make setup-train`)."]
    rivals = [
        ("sentence-transformers, 1 thread (baseline)", TRAIN, ["sentence-transformers", "1"]),
        ("sentence-transformers, its own threads", TRAIN, ["sentence-transformers"]),
        ("ONNX, as shipped", sys.executable, ["onnx"]),
    ]
    found = []
    for name, python, asked in rivals:
        told = subprocess.run(
            [str(python), "-m", "benchmarks.encoders", *asked],
            capture_output=True, check=True, text=True, cwd=ROOT,
        )  # fmt: skip
        found.append((name, json.loads(told.stdout.splitlines()[-1])))
    base = found[0][1]
    return [
        *head,
        "The same 200 tickets, one at a time as they are served, each encoder in a process of its",
        "own. Loading: imports and first text included.",
        *table(
            ("encoder", "CPU per text, ms", "ratio", "in one call, ms", "loading, CPU s",
             "loading, s", "memory, MB", "ratio"),
            [
                (name, f"{one['one'] * 1e3:.1f}", f"{one['one'] / base['one']:.2f}",
                 f"{one['together'] * 1e3:.1f}", f"{one['load_cpu']:.1f}",
                 f"{one['load_wall']:.1f}", f"{one['memory']:.0f}",
                 f"{one['memory'] / base['memory']:.2f}")
                for name, one in found
            ],
        ),
    ]  # fmt: skip


@dataclass
class KnownReader:
    """A reader whose readings are there already: what is measured is what follows."""

    encoder: OnnxEncoder
    readings: dict[str, Reading]

    def read(self, text: str) -> Reading:
        return self.readings[text]

    def hear(self, text: str, *, asked: str | None) -> Heard:
        raise NotImplementedError(text, asked)


class Crowd:
    """Reports without end: tickets of ours, each time with words and a vector slightly apart."""

    def __init__(self, reader: Reader) -> None:
        self._rng = np.random.default_rng(5)
        self._seed = [(text, reader.read(text)) for text in texts(1_000)]
        self.known = KnownReader(reader.encoder, {})  # type: ignore[arg-type]
        self.count = 0

    def next(self) -> str:
        text, reading = self._seed[int(self._rng.integers(len(self._seed)))]
        self.count += 1
        text = f"{text} ref {self.count}"
        noise = self._rng.normal(0, NOISE, size=len(reading.vector)).astype(np.float32)
        vector = reading.vector + noise
        self.known.readings = {text: replace(reading, vector=vector / np.linalg.norm(vector))}
        return text


def intake_costs(reader: Reader, many: int) -> list[str]:
    with tempfile.TemporaryDirectory(prefix="muster-speed-") as folder:
        few_cost = measure_intake(reader, FEW, Path(folder) / "few.db")
        many_cost = measure_intake(reader, many, Path(folder) / "many.db")
    rows = []
    for name, cost in ((f"{FEW:,} (baseline)", few_cost), (f"{many:,}", many_cost)):
        total = [a + b for a, b in zip(cost.deciding, cost.recording, strict=True)]
        rows.append(
            (name, f"{cost.incidents:,}", *middle(cost.deciding), *middle(cost.recording),
             *middle(total), f"{np.quantile(total, 0.95):.2f}")
        )  # fmt: skip
    few = float(np.mean(few_cost.deciding) + np.mean(few_cost.recording))
    lots = float(np.mean(many_cost.deciding) + np.mean(many_cost.recording))
    said = (
        f"{many:,} open reports add {lots - few:.2f} ms to {few:.2f} ms ({lots / few:.2f} times; "
        f"target: at most {ADDED:.0f} ms added, met: {met(lots - few, ADDED)})."
    )
    return [
        "",
        "## Deciding and recording",
        "",
        "Beyond reading: comparing with every open report, choosing, and the transaction (report,",
        "link, evidence, timeline, counters, two records, wake-up jobs) on the embedded database,",
        f"CPU milliseconds, {DECISIONS} reports each, all of them open and within the look-back.",
        *table(
            ("open reports", "incidents", "deciding, mean", "median", "recording, mean", "median",
             "both, mean", "median", "95th percentile"),
            rows,
        ),
        said,
    ]  # fmt: skip


@dataclass
class IntakeCost:
    """CPU milliseconds of each report."""

    incidents: int
    deciding: list[float]
    recording: list[float]


def measure_intake(reader: Reader, already: int, path: Path) -> IntakeCost:
    url = f"sqlite:///{path}"
    catalogue = parse_catalogue(ORGANISATION)
    database = build_database(url)
    migrate(database)
    engine = build_jobs_engine(url)
    jobs = DurableJobs(engine)
    crowd, scorer = Crowd(reader), load_scorer()
    organisation = Organisation(catalogue, Outbox(("records",), jobs))
    window = LiveWindow(scorer, reader.encoder.id, reader.encoder.width)
    intake = Intake(database, organisation, crowd.known, window)
    begun = datetime.now(UTC)
    moment = begun - timedelta(days=12)
    step = (begun - moment) / (already + DECISIONS)
    with database.transaction() as session:
        record_catalogue(session, catalogue)
        record_people(session, ORGANISATION / "people.csv")
        people = [
            record_identity(session, Channel.API, f"claimed:p{n:03}", now=moment).id
            for n in range(1, PEOPLE + 1)
        ]
    for number in range(already):
        moment += step
        file_one(intake, crowd, people[number % PEOPLE], moment)
        if (number + 1) % 1_000 == 0:
            print(f"{number + 1} of {already} reports are there", flush=True)
    costs = []
    for number in range(DECISIONS):
        moment += step
        costs.append(file_one(intake, crowd, people[number % PEOPLE], moment))
    with database.reading() as session:
        incidents = session.scalars(select(func.count()).select_from(Incident)).one()
    jobs.close()
    engine.dispose()
    database.dispose()
    return IntakeCost(incidents, [one[0] for one in costs], [one[1] for one in costs])


def file_one(
    intake: Intake, crowd: Crowd, identity: IdentityId, now: datetime
) -> tuple[float, float]:
    """CPU milliseconds of deciding and of recording."""
    draft = Draft(text=crowd.next(), channel=Channel.API, identity=identity)
    start = time.process_time_ns()
    read = intake.read_draft(draft, now=now)
    between = time.process_time_ns()
    with intake.database.transaction() as session:
        intake.record_report(session, read, now=now)
    end = time.process_time_ns()
    return (between - start) / 1e6, (end - between) / 1e6
