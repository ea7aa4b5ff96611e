"""A chat in a real browser whose line is cut five hundred times: is anything lost or doubled?

`python -m benchmarks cuts [COUNT]` writes `benchmarks/cuts.md`. Fifty messages and three files of
some megabytes go through the composer of the page, over a bad line, to a server of its own process.
"""

from __future__ import annotations

import hashlib
import random
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from playwright.sync_api import sync_playwright
from sqlalchemy import func, select

from benchmarks.report import render_machine, table, write
from classifier.train_heads import read_table
from incidents.file_blobs import build_blobs
from models.report import Attachment, Report
from tests.browser_notice import find_browser
from tests.standins.bad_line import BadLine
from tests.standins.cut_chat import CutChat, Ended, choose_texts, digest, make_files
from tests.standins.serving import Muster

ROOT = Path(__file__).parent.parent
SEED = 500
MESSAGES = 50
MEGABYTES = 4.0
UPWARDS = 3 << 19  # bytes a second: a piece of a file takes longer than most pauses between cuts
SETTLED_WITHIN = 300.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the cuts came to."""

    cuts: Counter[str]
    felt: Counter[str]
    requests: Counter[str]
    seconds: float
    ended: Ended
    faults: list[str]
    given: dict[str, str]
    stored: dict[str, str]
    announced: int
    reports: int
    troubles: list[str]


def main(cuts: int = 500) -> None:
    machine = render_machine()
    with tempfile.TemporaryDirectory(prefix="muster-cuts-") as folder:
        outcome = cut_often(cuts, Path(folder))
    write(
        "cuts",
        f"python -m benchmarks cuts {cuts}",
        machine,
        "A chat whose line is cut",
        render(outcome),
    )


def cut_often(cuts: int, folder: Path) -> Outcome:
    dice = random.Random(SEED)
    texts = choose_texts(read_table(ROOT / "training_data" / "messages.csv"), MESSAGES, dice)
    files = make_files(folder, dice, MEGABYTES)
    troubles: list[str] = []
    with (
        Muster(folder / "var") as muster,
        BadLine(muster.port, upwards=UPWARDS) as line,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        page = browser.new_context().new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(line.url)
        chat = CutChat(
            page, line, dice, progress=lambda number: print(number, line.cuts.total(), flush=True)
        )
        began = time.monotonic()
        ended = chat.talk(cuts, texts, files, within=SETTLED_WITHIN)
        seconds = time.monotonic() - began
        browser.close()
        stored, announced, reports = look(muster, ended)
    given = {one.name: digest(one) for one in files}
    faults = ended.find_faults(chat.said)
    if sorted(stored) != sorted(given.items()):
        faults.append("the files that are stored are not those that were given")
    return Outcome(
        chat.cuts, line.cuts, line.requests, seconds, ended, faults + troubles, given,
        dict(stored), announced, reports, troubles,
    )  # fmt: skip


def look(muster: Muster, ended: Ended) -> tuple[list[tuple[str, str]], int, int]:
    """The conversation's files as they are stored (name, SHA-256); files in all; reports."""
    blobs = build_blobs(muster.folder / "blobs")
    database = muster.open_database()
    try:
        with database.reading() as session:
            rows = session.scalars(
                select(Attachment).where(Attachment.conversation_id == UUID(ended.conversation))
            ).all()
            files = session.scalars(select(func.count()).select_from(Attachment)).one()
            reports = session.scalars(select(func.count()).select_from(Report)).one()
    finally:
        database.dispose()
    stored = [
        (one.name, hashlib.sha256(b"".join(blobs.stream(one.blob_key))).hexdigest()) for one in rows
    ]
    return stored, files, reports


def render(one: Outcome) -> list[str]:
    lines = table(
        ("what", "figure"),
        [
            ("cuts", f"{one.cuts.total()}: " + ", ".join(f"{n} {k}" for k, n in one.cuts.most_common())),
            ("connections that the proxy cut", f"{one.felt.total()}: " + ", ".join(f"{n} {k}" for k, n in one.felt.most_common())),
            ("took", f"{one.seconds / 60:.1f} minutes"),
            ("messages said", MESSAGES),
            ("tries to send one that reached the proxy (`POST …/messages`)", one.requests["POST messages"]),
            ("streams opened", one.requests["GET events"]),
            ("pieces of files sent, and asked about", f"{one.requests['PUT uploads']}, {one.requests['HEAD uploads']}"),
            ("lines in the browser / on the server", f"{len(one.ended.browser)} / {len(one.ended.server)}"),
            ("files stored (given: 3)", one.announced),
            ("reports filed", one.reports),
            ("lost, doubled, out of order, differing", len(one.faults)),
        ],
    )  # fmt: skip
    return [
        "",
        "Fifty messages and three files go through the composer of the page in Chromium while its line is",
        "cut: the browser goes offline (`Network.emulateNetworkConditions`), a proxy drops, refuses, stalls",
        "or breaks connections in the middle of a request or of an answer, and the page is loaded anew. At",
        "the end every line of the page is compared with `GET …/messages` (id, side, text, order), and the",
        "stored bytes with those given. A log, a table and a PDF: pictures are drawn anew when they are",
        "taken, so theirs could not be equal.",
        *lines,
        *table(
            ("file", "SHA-256 given", "SHA-256 stored"),
            [(name, f"`{sha[:16]}…`", f"`{one.stored.get(name, '')[:16]}…`") for name, sha in one.given.items()],
        ),
        *(f"- {fault}" for fault in one.faults[:50]),
    ]  # fmt: skip
