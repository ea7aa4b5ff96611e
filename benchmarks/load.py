"""A real server under people: how quick a turn is, what a busy minute does, what a start costs.

`python -m benchmarks load [SECONDS]` writes `benchmarks/load.md`. The server, those who chat
and the outside system are processes of their own on this machine.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from sqlalchemy import select

from benchmarks.kills import opened
from benchmarks.report import met, render_machine, table, write
from models.conversation import Message
from models.delivery import Record
from models.report import Report
from models.vocabulary import Direction
from tests.standins.load import pending
from tests.standins.receiver import Receiver, wait_until
from tests.standins.serving import Muster

CONVERSATIONS = 100
RATE = 20
IDLE_TURNS = 200
STARTS = 5
TURN_IDLE, TURN_BUSY, READY, MEMORY = 150.0, 300.0, 5.0, 400.0
FORWARDED_WITHIN = 120.0


@dataclass(frozen=True, slots=True)
class Spell:
    """Some people chatting for a while."""

    name: str
    heard: dict[str, Any]
    wall: float
    server_cpu: float
    target: float

    def row(self) -> tuple[str, ...]:
        milliseconds = np.array(self.heard["seconds"]) * 1e3
        middle, high = np.quantile(milliseconds, [0.5, 0.95])
        filing = np.quantile(np.array(self.heard["filing"]) * 1e3, 0.95)
        turns = len(milliseconds)
        return (
            self.name,
            str(turns),
            f"{middle:.0f}",
            f"{high:.0f}",
            f"{milliseconds.max():.0f}",
            f"{filing:.0f}",
            f"{self.server_cpu / turns * 1e3:.0f}",
            f"{self.target:.0f}",
            met(high, self.target),
        )


def main(seconds: int = 60) -> None:
    machine = render_machine()
    with tempfile.TemporaryDirectory(prefix="muster-load-") as folder, Receiver() as outside:
        lines = measure(Path(folder), outside, seconds)
    write("load", f"python -m benchmarks load {seconds}", machine, "A server under people", lines)


def measure(folder: Path, outside: Receiver, seconds: int) -> list[str]:
    forwarding = {"MUSTER_FORWARD_URL": outside.url, "MUSTER_FORWARD_SECRET": outside.secret}
    first, _ = time_start(Muster(folder / "empty"), prepared=False)
    muster = Muster(folder / "var", forwarding)
    muster.prepare()
    muster.start()
    assert muster.process is not None
    server = psutil.Process(muster.process.pid)
    talk("warm-up", muster, server, 2, 0, 20, TURN_IDLE)
    fresh = memory(server)
    idle = talk("idle: one after the other", muster, server, 5, 0, IDLE_TURNS, TURN_IDLE)
    busy = talk(
        f"{RATE} a second, {CONVERSATIONS} conversations, {seconds} s",
        muster, server, CONVERSATIONS, RATE, seconds, TURN_BUSY,
    )  # fmt: skip
    ended = time.monotonic()
    with opened(muster) as database:
        wait_until(lambda: pending(database) == 0, within=FORWARDED_WITHIN, every=0.1)
    forwarded_after = time.monotonic() - ended
    after = memory(server)
    faults = find_faults(muster, outside, [idle, busy])
    muster.stop()
    starts = [time_start(muster, prepared=True)[0] for _ in range(STARTS)]
    _, loaded = time_start(muster, prepared=True)
    return render(idle, busy, seconds, forwarded_after, faults) + render_starts(
        first, starts, fresh, after, loaded
    )


def talk(
    name: str,
    muster: Muster,
    server: psutil.Process,
    conversations: int,
    rate: float,
    amount: int,
    target: float,
) -> Spell:
    before, began = cpu(server), time.monotonic()
    told = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.talkers", muster.url),
            *(str(conversations), str(rate), str(amount)),
        ],
        capture_output=True,
        check=True,
        text=True,
        cwd=Path(__file__).parent.parent,
    )
    wall = time.monotonic() - began
    return Spell(name, json.loads(told.stdout), wall, cpu(server) - before, target)


def cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def memory(process: psutil.Process) -> float:
    """Megabytes of the server and whatever it started."""
    family = [process, *process.children(recursive=True)]
    return float(sum(one.memory_info().rss for one in family)) / 1e6


def time_start(muster: Muster, *, prepared: bool) -> tuple[float, float]:
    """Seconds from starting the process to ready, and megabytes then."""
    if not prepared:
        muster.folder.mkdir(parents=True)
    began = time.monotonic()
    muster.start()
    took = time.monotonic() - began
    assert muster.process is not None
    held = memory(psutil.Process(muster.process.pid))
    muster.stop()
    return took, held


def find_faults(muster: Muster, outside: Receiver, spells: list[Spell]) -> list[str]:
    """What was answered and is not there, or is there and never arrived outside."""
    said = [tuple(one) for spell in spells for one in spell.heard["said"]]
    told = [one for spell in spells for one in spell.heard["reports"]]
    with opened(muster) as database, database.reading() as session:
        kept = set(session.scalars(select(Report.reference)))
        messages = Counter(
            (str(row.conversation_id), row.client_id)
            for row in session.execute(
                select(Message.conversation_id, Message.client_id).where(
                    Message.direction == Direction.INBOUND
                )
            )
        )
        owed = set(session.scalars(select(Record.event_id).where(Record.superseded.is_(False))))
    got = Counter(outside.ids)
    return [
        *(wrong for spell in spells for wrong in spell.heard["wrong"]),
        *(f"{one} is lost" for one in told if one not in kept),
        *(f"message {one} is there {messages[one]} times" for one in said if messages[one] != 1),
        *(f"record {one} arrived {got[str(one)]} times" for one in owed if got[str(one)] != 1),
        *outside.refused,
    ]


def render(
    idle: Spell, busy: Spell, seconds: int, forwarded_after: float, faults: list[str]
) -> list[str]:
    summary = (
        f"The busy 95th percentile is {ratio(busy, idle):.1f} times the idle one. In the busy "
        f"{seconds} s {len(busy.heard['reports'])} reports were filed; the server took "
        f"{100 * busy.server_cpu / busy.wall:.0f} % of one CPU; everything was forwarded "
        f"{forwarded_after:.1f} s after the last answer. Lost, doubled or failed: {len(faults)}."
    )
    return [
        "",
        "## Turns of the chat, over HTTP",
        "",
        "From when a message fell due to its whole answer; `filing`: the turns that file a report.",
        "The embedded database, one process, an outside system that takes every record meanwhile.",
        *table(
            ("people", "turns", "median, ms", "95th percentile, ms", "worst, ms",
             "filing, 95th, ms", "server CPU per turn, ms", "target for the 95th", "met"),
            [idle.row(), busy.row()],
        ),
        summary,
        *(f"- {fault}" for fault in faults[:20]),
    ]  # fmt: skip


def ratio(one: Spell, other: Spell) -> float:
    return float(
        np.quantile(one.heard["seconds"], 0.95) / np.quantile(other.heard["seconds"], 0.95)
    )


def render_starts(
    first: float, starts: list[float], fresh: float, after: float, loaded: float
) -> list[str]:
    worst = max(starts)
    return [
        "",
        "## Start and memory",
        "",
        "Ready: `/readyz` answers 200; it can record and the encoder is loaded.",
        *table(
            ("what", "figure", "target", "met"),
            [
                ("ready on an empty folder", f"{first:.1f} s", f"{READY:.0f} s", met(first, READY)),
                (f"ready after the load, worst of {STARTS}", f"{worst:.1f} s", f"{READY:.0f} s",
                 met(worst, READY)),
                ("memory just ready", f"{loaded:.0f} MB", "", ""),
                ("memory after a first few turns", f"{fresh:.0f} MB", "", ""),
                ("memory after the load", f"{after:.0f} MB ({after / fresh:.2f} times)",
                 f"{MEMORY:.0f} MB", met(after, MEMORY)),
            ],
        ),
    ]  # fmt: skip
