"""Kill -9 under load, a hundred times: what was lost, what was doubled.

`python -m benchmarks kills [COUNT]` writes `benchmarks/kills.md`. Four programs file reports
and two people chat, all retrying with the same ids; an outside system takes the records.
Every fifth kill hits a process that has not finished starting.
"""

from __future__ import annotations

import random
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from api.staff import record_key, record_staff
from benchmarks.report import render_machine, table, write
from classifier.train_heads import read_table
from models.clock import utc_now
from models.database import Database
from models.delivery import Record
from models.incident import Incident
from models.vocabulary import Role
from tests.standins.load import Load, find_losses, pending
from tests.standins.receiver import Receiver, wait_until
from tests.standins.serving import Muster

ROOT = Path(__file__).parent.parent
SEED = 20_250
FORWARDED_WITHIN = 60.0
STARTING = 5  # every so many kills one hits a start


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a hundred kills came to."""

    kills: int
    while_starting: int
    seconds: float
    reports: int
    turns: int
    retries: int
    incidents: int
    records: int
    accepted: int
    tries: int
    forwarded_after: float
    differing: list[str]
    losses: list[str]


def main(kills: int = 100) -> None:
    machine = render_machine()
    with tempfile.TemporaryDirectory(prefix="muster-kills-") as folder, Receiver() as outside:
        outcome = kill_often(kills, Path(folder), outside)
    write(
        "kills",
        f"python -m benchmarks kills {kills}",
        machine,
        "Kill -9 under load",
        render(outcome),
    )


def texts() -> list[str]:
    return [row["text"] for row in read_table(ROOT / "training_data" / "tickets.csv")]


def key_of(muster: Muster) -> str:
    with opened(muster) as database, database.transaction() as session:
        staff = record_staff(session, "load", Role.SERVICE, now=utc_now())
        return record_key(session, staff, Role.SERVICE, now=utc_now())


@contextmanager
def opened(muster: Muster) -> Iterator[Database]:
    database = muster.open_database()
    try:
        yield database
    finally:
        database.dispose()


def kill_often(kills: int, folder: Path, outside: Receiver) -> Outcome:
    muster = Muster(
        folder / "var",
        {"MUSTER_FORWARD_URL": outside.url, "MUSTER_FORWARD_SECRET": outside.secret},
    )
    muster.prepare()
    load = Load(muster.url, key_of(muster), texts())
    moments = random.Random(SEED)
    began = time.monotonic()
    muster.start()
    load.start()
    while_starting = 0
    for number in range(1, kills + 1):
        if number % STARTING == 0:
            while_starting += 1
            kill_a_start(muster, moments)
        else:
            load.wait_for(moments.randint(1, 60))
            threading.Event().wait(moments.uniform(0, 0.1))
            muster.kill()
        muster.start()
        print(f"{number} kills, {load.answered} answers", flush=True)
    started = time.monotonic()
    load.wait_for(20)
    load.stop()
    differing = load.file_all_again()
    with opened(muster) as database:
        wait_until(lambda: pending(database) == 0, within=FORWARDED_WITHIN * 2, every=0.1)
        forwarded_after = time.monotonic() - started
        losses = find_losses(load, database, outside)
        with database.reading() as session:
            incidents = session.scalars(select(func.count()).select_from(Incident)).one()
            records = session.scalars(select(func.count()).select_from(Record)).one()
    muster.stop()
    return Outcome(
        kills,
        while_starting,
        time.monotonic() - began,
        len(load.reports),
        len(load.said),
        load.retries,
        incidents,
        records,
        len(outside.ids),
        len(outside.tries),
        forwarded_after,
        differing,
        losses,
    )


def kill_a_start(muster: Muster, moments: random.Random) -> None:
    """Kill the running process, start another, and kill that before it is ready."""
    muster.kill()

    def start() -> None:
        with suppress(TimeoutError, AttributeError):  # it is killed: that is the point
            muster.start()

    starting = threading.Thread(target=start)
    starting.start()
    wait_until(lambda: muster.process is not None)
    threading.Event().wait(moments.uniform(0.2, 4))
    process = muster.process
    if process is not None:
        process.kill()
        process.wait(20)
    starting.join(60)
    muster.process = None


def render(one: Outcome) -> list[str]:
    faults = [*one.differing, *one.losses]
    lines = table(
        ("what", "figure"),
        [
            ("kills (SIGKILL)", f"{one.kills}, of which {one.while_starting} while starting"),
            ("took", f"{one.seconds / 60:.1f} minutes"),
            ("reports acknowledged", one.reports),
            ("chat turns acknowledged", one.turns),
            ("tries that had to be repeated", one.retries),
            ("incidents", one.incidents),
            ("records", one.records),
            ("records accepted outside (each id once)", one.accepted),
            ("sent more than once (same id, known outside)", one.tries - one.accepted),
            ("nothing pending, after the last start", f"{one.forwarded_after:.1f} s (target 60 s)"),
            ("the same key again, with another answer", len(one.differing)),
            ("lost, doubled, out of order, miscounted", len(one.losses)),
        ],
    )
    return [
        "",
        "Four programs (`POST /api/v1/reports`) and two chatting people send each request again with",
        "the same id until it is answered, while the process on its embedded database is killed.",
        "Afterwards every acknowledged report, message and record is looked for in the database and",
        "at the outside system, every counter is recounted, and every key is sent once more.",
        *lines,
        *(f"- {fault}" for fault in faults[:50]),
    ]
