"""Hostile files against a real server: what is kept, how long it takes, and what others notice."""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import httpx
import psutil
from typing_extensions import override

from benchmarks.hostile import Hostile, archive, document, make_hostile, pdf, picture
from benchmarks.onlooker import Onlooker
from benchmarks.report import met, render_machine, table, write
from tests.standins.serving import Muster

AT_ONCE = 2
PER_TALK = 5
BASELINE_S = 20.0


class Talk:
    """A conversation that files are sent into."""

    def __init__(self, client: httpx.Client) -> None:
        told = client.post("/api/v1/conversations", json={"channel": "web"}).json()
        self.path = f"/api/v1/conversations/{told['id']}"
        self.headers = {"Authorization": f"Bearer {told['token']}"}


class Memory(threading.Thread):
    """What the server, and the largest child that looked at a file, hold; bytes."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.server = psutil.Process(pid)
        self.own: list[int] = []
        self.children: list[int] = []
        self.ended = threading.Event()

    @override
    def run(self) -> None:
        while not self.ended.wait(0.05):
            self.own.append(self.server.memory_info().rss)
            self.children.append(max(map(_size, self.server.children(recursive=True)), default=0))


def _size(child: psutil.Process) -> int:
    try:
        if "incidents.file_child" in child.cmdline():  # not yet ours before it is exec'ed
            return int(child.memory_info().rss)
    except psutil.Error:
        pass
    return 0


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


def honest() -> list[tuple[str, bytes]]:
    """What people do send, so that refusing everything is no success."""
    import random

    from docx import Document
    from PIL import Image

    dice = random.Random(3)
    out = BytesIO()
    letter = Document()
    letter.add_paragraph("The shop says ORA-12170.")
    letter.save(out)
    page = BytesIO()
    Image.new("RGB", (200, 100), "white").save(page, "PDF")
    mail = (
        b"From: a@example.com\r\nSubject: down\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n"
        b"<html><body style='margin:0'><p>It is <b>down</b></p><a href='https://example.com'>x</a></body></html>\r\n"
    )
    return [
        ("shot.png", picture(dice)), ("photo.jpg", picture(dice, "JPEG")), ("shot.webp", picture(dice, "WEBP")),
        ("a.gif", picture(dice, "GIF")), ("app.log", b"ERROR 0x80070005\n" * 9000), ("a.csv", b"a;b\n1;-2\n"),
        ("a.json", b'{"a": [1, 2]}'), ("letter.docx", out.getvalue()), ("small.docx", document()),
        ("scan.pdf", page.getvalue()), ("manual.pdf", pdf(b"")), ("mail.eml", mail),
        ("logs.zip", archive({"app.log": b"ERROR x\n" * 9000, "sub/b.txt": b"fine"})), ("setup.exe.log", b"done\n"),
    ]  # fmt: skip


def main(count: int = 300) -> None:
    machine = render_machine()
    files = make_hostile(count=count)
    kept: dict[str, list[str]] = defaultdict(list)
    waits: dict[str, list[float]] = defaultdict(list)
    statuses: dict[int, int] = defaultdict(int)
    with tempfile.TemporaryDirectory() as folder, Muster(Path(folder) / "var") as muster:
        assert muster.process is not None
        client = httpx.Client(base_url=muster.url, timeout=60)
        taken = [_send(client, Talk(client), name, content)[0] for name, content in honest()]
        memory = Memory(muster.process.pid)
        memory.start()

        def send(batch: list[Hostile]) -> None:
            talk = Talk(client)
            for one in batch:
                status, spent = _send(client, talk, one.name, one.content)
                statuses[status] += 1
                waits[one.family].append(spent)
                if status == 201:
                    kept[one.family].append(one.name)

        batches = [files[at : at + PER_TALK] for at in range(0, len(files), PER_TALK)]
        with Onlooker(muster.url) as other, ThreadPoolExecutor(AT_ONCE) as pool:
            time.sleep(BASELINE_S)
            before, rested = other.take(), max(memory.own)
            memory.children.clear()
            list(pool.map(send, batches))
            during = other.take()
        memory.ended.set()
        memory.join()
        rise = (max(memory.own) - rested) / (1 << 20)
        child = max(memory.children, default=0) / (1 << 20)
        client.close()
    slowest = max(max(one) for one in waits.values())
    stored = sum(len(one) for one in kept.values())
    ratio = p95(during) / p95(before)
    write(
        "hostile_files",
        f"python -m benchmarks hostile_files {count}",
        machine,
        "Hostile files",
        [
            "",
            (
                f"{len(files)} files from a seed (`benchmarks/hostile.py`), sent to a real `muster serve` by "
                f"{AT_ONCE} people at once, while somebody else reads a chat every 20 ms. Before them, "
                f"{len(taken)} honest files of every kind were sent: {taken.count(201)} were taken."
            ),
            *table(
                ["What", "Found", "Wanted", "Met"],
                [
                    ["kept as clean", stored, 0, met(stored, 0)],
                    ["slowest refusal", f"{slowest:.2f} s", "2 s", met(slowest, 2)],
                    ["memory of the server, rise", f"{rise:.0f} MB", "150 MB", met(rise, 150)],
                    [
                        "largest child that looked at a file",
                        f"{child:.0f} MB",
                        "150 MB",
                        met(child, 150),
                    ],
                    [
                        "p95 of the other's requests",
                        f"{p95(during) * 1000:.1f} ms (alone {p95(before) * 1000:.1f} ms)",
                        "2 x",
                        f"{ratio:.2f} x: {met(ratio, 2)}",
                    ],
                ],
            ),
            f"Answers: {', '.join(f'{number} x {status}' for status, number in sorted(statuses.items()))}.",
            *table(
                ["Family", "Files", "Kept", "Slowest"],
                [
                    [name, len(one), len(kept[name]), f"{max(one):.2f} s"]
                    for name, one in sorted(waits.items())
                ],
            ),
        ],
    )


def _send(client: httpx.Client, talk: Talk, name: str, content: bytes) -> tuple[int, float]:
    began = time.perf_counter()
    answer = client.post(
        f"{talk.path}/attachments", files={"file": (name, content)}, headers=talk.headers
    )
    return answer.status_code, time.perf_counter() - began
