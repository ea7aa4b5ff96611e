"""A chat in a real browser whose line is cut again and again, and what both sides have at its end.

The cuts come in a seeded order: the browser goes offline, connections are dropped, refused or
stalled, requests break off half-way, answers are lost after the server did its work, and the
page is loaded anew. What is said goes through the composer, as a person types it.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
from PIL import Image
from playwright.sync_api import Page

from tests.standins.bad_line import BadLine

CUTS: Final = (
    ("offline", 8), ("dropped", 2), ("refused", 2), ("stalled", 1), ("reload", 1),
    ("lost answer", 4), ("broken request", 3),
)  # fmt: skip
"""Kinds and how often; the last two wait for the next request that changes something."""
_SETTLED: Final = """() => {
  const chat = document.querySelector("muster-chat");
  return chat.querySelector(".status").textContent === "" && !chat.querySelector(".waiting, .sending, .chips li")
    && [...chat.querySelectorAll(".mine .file")].every((file) => !/%/.test(file.textContent));
}"""
_LINES: Final = """() => [...document.querySelectorAll("muster-chat .line")].map((node) => [
  node.dataset.id, node.classList.contains("mine") ? "mine" : "theirs", node.querySelector(".bubble")?.textContent ?? "",
])"""
_TALK: Final = """() => JSON.parse(sessionStorage.getItem("muster-chat-talk"))"""

Line = tuple[str, str, str]
"""Id, side (mine, theirs), text."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What both sides have: lines in order, and the conversation's id."""

    browser: Sequence[Line]
    server: Sequence[Line]
    conversation: str

    def find_faults(self, said: Sequence[str]) -> list[str]:
        """What was lost, doubled, or differs."""
        faults = [
            f"{one} differs from {other}"
            for one, other in zip(self.browser, self.server, strict=False)
            if one != other
        ]
        if len(self.browser) != len(self.server):
            faults.append(
                f"{len(self.browser)} lines in the browser, {len(self.server)} on the server"
            )
        for side in (self.browser, self.server):
            ids = Counter(line[0] for line in side)
            faults += [f"{one} stands {count} times" for one, count in ids.items() if count > 1]
            mine = [line[2] for line in side if line[1] == "mine"]
            if mine != list(said):
                faults.append(f"said {len(said)}, found {len(mine)} of them, or in another order")
        return faults


@dataclass
class CutChat:
    """One person's page behind a bad line."""

    page: Page
    line: BadLine
    dice: random.Random
    said: list[str] = field(default_factory=list)
    cuts: Counter[str] = field(default_factory=Counter)
    shortest: float = 0.05
    longest: float = 1.0
    progress: Callable[[int], None] = lambda _: None

    def talk(self, cuts: int, texts: Sequence[str], files: Sequence[Path], within: float) -> Ended:
        """Say everything while the line is cut so often; then wait until all of it is there."""
        with_file = dict(
            zip(sorted(self.dice.sample(range(len(texts)), len(files))), files, strict=True)
        )
        for number in range(cuts):
            due = [*range(len(self.said), (number + 1) * len(texts) // cuts)]
            after = self.dice.random() < 0.5
            if not after:
                self._say_all(due, texts, with_file)
            self._cut(meanwhile=lambda: self._say_all(due if after else [], texts, with_file))  # noqa: B023
            self._wait(self.dice.uniform(self.shortest, self.longest))
            self.progress(number + 1)
        self.page.wait_for_function(_SETTLED, timeout=within * 1000)
        return self._end()

    def _say_all(self, due: Sequence[int], texts: Sequence[str], files: dict[int, Path]) -> None:
        for number in due:
            if number in files:
                self.page.locator("muster-chat input[type=file]").set_input_files(files[number])
            box = self.page.get_by_label("Your message")
            box.fill(texts[number])
            box.press("Enter")
            self.said.append(texts[number])

    def _cut(self, meanwhile: Callable[[], None]) -> None:
        kinds = CUTS[: -2 if self.line.is_armed() else None]
        kind = self.dice.choices([one for one, _ in kinds], [weight for _, weight in kinds])[0]
        length = self.dice.uniform(self.shortest, self.longest)
        self.cuts[kind] += 1
        if kind == "offline":
            self.page.context.set_offline(True)
            meanwhile()
            self._wait(length)
            self.page.context.set_offline(False)
        elif kind in {"refused", "stalled"}:
            toggle = self.line.refuse if kind == "refused" else self.line.stall
            toggle(True)
            meanwhile()
            self._wait(length)
            toggle(False)
        elif kind == "reload":
            meanwhile()
            self.page.reload()
        elif kind == "dropped":
            meanwhile()
            self.line.drop()
        else:
            arm = self.line.lose_answer if kind == "lost answer" else self.line.break_request
            arm(self.dice.choice((0, self.dice.randrange(1, 60), self.dice.randrange(60, 4000))))
            meanwhile()

    def _wait(self, seconds: float) -> None:
        self.page.wait_for_timeout(seconds * 1000)

    def _end(self) -> Ended:
        talk: dict[str, Any] = self.page.evaluate(_TALK)
        path = f"{self.line.url}/api/v1/conversations/{talk['id']}/messages"
        rows: list[dict[str, Any]] = []
        with httpx.Client(headers={"Authorization": f"Bearer {talk['token']}"}, timeout=20) as http:
            while (
                fresh := http.get(path, params={"after": len(rows)})
                .raise_for_status()
                .json()["messages"]
            ):
                rows += fresh
        server = [
            (
                one["client_id"] or one["id"],
                "mine" if one["direction"] == "inbound" else "theirs",
                one["text"],
            )
            for one in rows
        ]
        browser = [(one[0], one[1], one[2]) for one in self.page.evaluate(_LINES)]
        return Ended(browser, server, talk["id"])


def make_files(folder: Path, dice: random.Random, megabytes: float) -> list[Path]:
    """A log, a table and a PDF of about that size: kinds that are kept as they are, to the byte."""
    size = int(megabytes * (1 << 20))
    log, table, pdf = folder / "client.log", folder / "stations.csv", folder / "scan.pdf"
    row = "2026-11-23 11:58:{:02d} ERROR outlook.exe 0x8004010F request {:012x} failed\n"
    log.write_text("".join(row.format(n % 60, dice.getrandbits(48)) for n in range(size // 70)))
    table.write_text(
        "station,address\n"
        + "".join(f"s{n},{dice.getrandbits(128):032x}\n" for n in range(size // 40))
    )
    side = int((size / 3) ** 0.5)
    noise = Image.frombytes("RGB", (side, side), dice.randbytes(side * side * 3))
    noise.save(pdf, "PDF", quality=95)
    return [log, table, pdf]


def choose_texts(rows: Sequence[Mapping[str, str]], count: int, dice: random.Random) -> list[str]:
    """What to say: so many different messages of the labelled ones, as people write in a chat."""
    said = {
        row["text"].strip() for row in rows if row["channel"] == "web" and "\n" not in row["text"]
    }
    return dice.sample(sorted(said), count)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
