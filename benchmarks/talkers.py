"""People who chat at a steady pace, as a process of its own: their work is not the server's.

    python -m benchmarks.talkers URL CONVERSATIONS RATE SECONDS

Messages fall due at a fixed rate, whatever was answered; each one's time counts from when it
fell due, so that a server that stalls cannot hide the messages it kept from being sent.
RATE 0: one message after the other, SECONDS of them, each sent when the last was answered.
Prints one JSON object: seconds of every turn, what was filed, what went wrong.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx

from classifier.train_heads import read_table

TICKETS = Path(__file__).parent.parent / "training_data" / "tickets.csv"


@dataclass
class Heard:
    """What came back."""

    seconds: list[float] = field(default_factory=list)
    filing: list[float] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)
    said: list[tuple[str, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


@dataclass
class Talker:
    """One conversation that reports one thing after the other, taking the way forward."""

    client: httpx.AsyncClient
    address: str
    headers: dict[str, str]
    texts: random.Random
    choices: list[str]
    heard: Heard
    number: int = 0
    last: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        self.turn = asyncio.Lock()

    async def say(self, due: float) -> None:
        async with self.turn:
            self.number += 1
            body = {"client_id": f"m{self.number}", **self.next_words()}
            try:
                answer = await self.client.post(
                    f"{self.address}/messages", json=body, headers=self.headers
                )
            except httpx.TransportError as error:
                self.heard.wrong.append(repr(error))
                return
            took = time.perf_counter() - due
            if answer.status_code != 200:
                self.heard.wrong.append(f"{answer.status_code} {answer.text[:200]}")
                return
            self.last = answer.json()
            self.heard.seconds.append(took)
            self.heard.said.append((self.address.rpartition("/")[2], body["client_id"]))
            if "report" in self.last:
                self.heard.filing.append(took)
                self.heard.reports.append(self.last["report"]["reference"])

    def next_words(self) -> dict[str, str]:
        buttons = [] if self.last is None or "report" in self.last else _buttons(self.last)
        if buttons:
            return {"text": buttons[0]["title"], "payload": buttons[0]["payload"]}
        return {"text": self.texts.choice(self.choices)}


def _buttons(told: dict[str, Any]) -> list[dict[str, str]]:
    return [button for one in told["messages"] for button in one.get("buttons", [])]


async def talk(url: str, conversations: int, rate: float, seconds: float) -> Heard:
    heard = Heard()
    choices = [row["text"] for row in read_table(TICKETS)]
    bounds = httpx.Limits(max_connections=conversations, max_keepalive_connections=conversations)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=bounds) as client:
        talkers = [
            await open_talker(client, choices, heard, number) for number in range(conversations)
        ]
        if rate == 0:
            for count in range(int(seconds)):
                await talkers[count % conversations].say(time.perf_counter())
            return heard
        begun = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for count in range(int(rate * seconds)):
                due = begun + count / rate
                await asyncio.sleep(due - time.perf_counter())
                group.create_task(talkers[count % conversations].say(due))
    return heard


async def open_talker(
    client: httpx.AsyncClient, choices: list[str], heard: Heard, number: int
) -> Talker:
    told = (await client.post("/api/v1/conversations", json={})).json()
    headers = {"Authorization": f"Bearer {told['token']}"}
    address = f"/api/v1/conversations/{told['id']}"
    return Talker(client, address, headers, random.Random(number), choices, heard)


if __name__ == "__main__":
    url, conversations, rate, seconds = sys.argv[1:]
    found = asyncio.run(talk(url, int(conversations), float(rate), float(seconds)))
    json.dump(asdict(found), sys.stdout)
