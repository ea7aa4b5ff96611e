"""Programs that file and people that chat, and keep at it: same ids until they are answered.

    load = Load(muster.url, key, texts)
    load.start()
    load.wait_for(40)          # acknowledged reports
    load.stop()                # each ends what it has begun
    find_losses(load, muster.open_database(), receiver)   # -> [] when all is well

Every report carries a mark of its own, so that one filed twice is seen.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.conversation import Message
from models.database import Database
from models.delivery import Delivery, Record
from models.incident import Incident, Membership
from models.report import Report
from models.vocabulary import DeliveryState, Direction
from tests.standins.receiver import Receiver

_AGAIN: Final = frozenset({409, 429, 500, 502, 503, 504})
_PAUSE: Final = 0.1
_TURNS: Final = 12


@dataclass
class Load:
    """What was begun, and what was acknowledged."""

    url: str
    key: str
    texts: Sequence[str]
    programs: int = 4
    chatters: int = 2
    filed: dict[str, dict[str, Any]] = field(default_factory=dict)  # idempotency key -> answer
    chats: dict[str, str] = field(default_factory=dict)  # conversation -> token
    said: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    retries: int = 0
    wrong: list[str] = field(default_factory=list)  # answers that should not be

    def __post_init__(self) -> None:
        self._changed = threading.Condition()
        self._ending = threading.Event()
        self._threads: list[threading.Thread] = []
        self._texts = itertools.cycle(self.texts)

    @property
    def reports(self) -> list[str]:
        """References of every acknowledged report."""
        with self._changed:
            chatted = [told["report"]["reference"] for *_, told in self.said if "report" in told]
            return [told["reference"] for told in self.filed.values()] + chatted

    @property
    def answered(self) -> int:
        with self._changed:
            return len(self.filed) + len(self.said)

    def start(self) -> None:
        jobs = [(self._file, n) for n in range(self.programs)]
        jobs += [(self._chat, n) for n in range(self.chatters)]
        self._threads = [threading.Thread(target=run, args=(n,), daemon=True) for run, n in jobs]
        for thread in self._threads:
            thread.start()

    def wait_for(self, more: int, *, within: float = 60.0) -> None:
        """Until `more` further answers came."""
        goal = self.answered + more
        with self._changed:
            if not self._changed.wait_for(
                lambda: len(self.filed) + len(self.said) >= goal, timeout=within
            ):
                msg = f"no {more} answers within {within} s; wrong: {self.wrong[:3]}"
                raise TimeoutError(msg)

    def stop(self, *, within: float = 60.0) -> None:
        """Begin nothing new; until everything begun is answered."""
        self._ending.set()
        deadline = time.monotonic() + within
        for thread in self._threads:
            thread.join(max(0.1, deadline - time.monotonic()))
        if any(thread.is_alive() for thread in self._threads):
            msg = f"still unanswered after {within} s; wrong: {self.wrong[:3]}"
            raise TimeoutError(msg)

    def file_all_again(self) -> list[str]:
        """Send every acknowledged request once more; says which answer is not the first one."""
        differing = []
        with httpx.Client(base_url=self.url, timeout=20) as client:
            for mark, first in list(self.filed.items()):
                again = self._insist(lambda m=mark: self._send_report(client, m), 201)
                if again is not None and again["reference"] != first["reference"]:
                    differing.append(f"{mark}: {first['reference']}, then {again['reference']}")
        return differing

    def _file(self, number: int) -> None:
        with httpx.Client(base_url=self.url, timeout=20) as client:
            for count in itertools.count():
                if self._ending.is_set():
                    return
                mark = f"program{number}-{count}"
                told = self._insist(lambda m=mark: self._send_report(client, m), 201)
                if told is None:
                    return
                with self._changed:
                    self.filed[mark] = told
                    self._changed.notify_all()

    def _send_report(self, client: httpx.Client, mark: str) -> httpx.Response:
        number = sum(mark.encode()) * 31 + int(mark.rpartition("-")[2])
        return client.post(
            "/api/v1/reports",
            json={
                "text": self.texts[number % len(self.texts)],
                "reporter": f"p{1 + number % 120:03}",
                "attributes": {"mark": mark},
            },
            headers={"Authorization": f"Bearer {self.key}", "Idempotency-Key": mark},
        )

    def _chat(self, number: int) -> None:
        with httpx.Client(base_url=self.url, timeout=20) as client:
            while not self._ending.is_set():
                opened = self._insist(lambda: client.post("/api/v1/conversations", json={}), 201)
                if opened is None:
                    return
                with self._changed:
                    self.chats[opened["id"]] = opened["token"]
                    text = next(self._texts)
                if not self._tell(client, opened, f"chat{number}", text):
                    return

    def _tell(
        self, client: httpx.Client, opened: dict[str, Any], name: str, text: str
    ) -> dict[str, Any] | None:
        """One report in a fresh conversation, always taking the way forward."""
        message: dict[str, Any] = {"text": text}
        for turn in range(_TURNS):
            body = {"client_id": f"{name}-{turn}", **message}
            told = self._insist(lambda b=body: self._say(client, opened, b), 200)
            if told is None:
                return None
            with self._changed:
                self.said.append((opened["id"], body["client_id"], told))
                self._changed.notify_all()
            if "report" in told:
                return told
            message = way_forward(told)
        return self._complain(f"{_TURNS} turns and no report: {text!r}")

    def _say(
        self, client: httpx.Client, opened: dict[str, Any], body: dict[str, Any]
    ) -> httpx.Response:
        return client.post(
            f"/api/v1/conversations/{opened['id']}/messages",
            json=body,
            headers={"Authorization": f"Bearer {opened['token']}"},
        )

    def _insist(self, send: Callable[[], httpx.Response], status: int) -> dict[str, Any] | None:
        """Send the same again until it is answered; None on an answer that no retry mends."""
        while True:
            try:
                answer = send()
            except httpx.TransportError:
                pass
            else:
                if answer.status_code == status:
                    found: dict[str, Any] = answer.json()
                    return found
                if answer.status_code not in _AGAIN:
                    return self._complain(f"{answer.status_code}: {answer.text[:300]}")
            with self._changed:
                self.retries += 1
                # A pause between tries; nobody wakes it, so it is the time-out that ends it.
                self._changed.wait_for(lambda: False, timeout=_PAUSE)

    def _complain(self, what: str) -> None:
        with self._changed:
            self.wrong.append(what)
            self._changed.notify_all()


def way_forward(told: dict[str, Any]) -> dict[str, Any]:
    """The message that presses the first button, or says something where there is none."""
    buttons = [button for one in told["messages"] for button in one.get("buttons", [])]
    if not buttons:
        return {"text": "it is the whole team, since this morning"}
    return {"text": buttons[0]["title"], "payload": buttons[0]["payload"]}


def pending(database: Database) -> int:
    """Records still owed to the outside."""
    with database.reading() as session:
        return session.scalars(
            select(func.count()).where(Delivery.state == DeliveryState.PENDING)
        ).one()


def find_losses(load: Load, database: Database, outside: Receiver) -> list[str]:
    """Everything that is not as acknowledged; empty when all is well. Nothing may be pending."""
    with database.reading() as session:
        return [
            *load.wrong,
            *_report_losses(load, session),
            *_message_losses(load, session),
            *_grouping_faults(session),
            *_forwarding_faults(session, outside),
        ]


def _report_losses(load: Load, session: Session) -> list[str]:
    kept = Counter(session.scalars(select(Report.reference)))
    marks = Counter(
        attributes["mark"]
        for attributes in session.scalars(select(Report.attributes))
        if "mark" in attributes
    )
    told = load.reports
    losses = [f"{one} was acknowledged and is not there" for one in told if one not in kept]
    losses += [f"{mark} was filed {count} times" for mark, count in marks.items() if count > 1]
    losses += [f"{one} was acknowledged twice" for one, n in Counter(told).items() if n > 1]
    if len(told) != kept.total():
        losses.append(f"{len(told)} reports were acknowledged, {kept.total()} are there")
    return losses


def _message_losses(load: Load, session: Session) -> list[str]:
    kept = Counter(
        (str(conversation), client_id)
        for conversation, client_id in session.execute(
            select(Message.conversation_id, Message.client_id).where(
                Message.direction == Direction.INBOUND
            )
        )
    )
    said = {(conversation, client_id) for conversation, client_id, _ in load.said}
    losses = [f"message {one} was acknowledged and is not there" for one in said - set(kept)]
    return losses + [f"message {one} is there {n} times" for one, n in kept.items() if n > 1]


def _grouping_faults(session: Session) -> list[str]:
    live = Counter(
        session.scalars(select(Membership.report_id).where(Membership.ended_at.is_(None)))
    )
    faults = [
        f"report {one} is in {live[one]} incidents"
        for one in session.scalars(select(Report.id))
        if live[one] != 1
    ]
    counted = Counter(
        session.scalars(select(Membership.incident_id).where(Membership.ended_at.is_(None)))
    )
    return faults + [
        f"{one.reference} counts {one.reports} reports and has {counted[one.id]}"
        for one in session.scalars(select(Incident))
        if one.reports != counted[one.id]
    ]


def _forwarding_faults(session: Session, outside: Receiver) -> list[str]:
    owed: set[str] = set()
    replaced: set[str] = set()
    for event, superseded in session.execute(select(Record.event_id, Record.superseded)):
        (replaced if superseded else owed).add(str(event))
    got = outside.ids
    faults = [f"record {one} never arrived" for one in owed - set(got)]
    faults += [f"record {one} arrived and is not ours" for one in set(got) - owed - replaced]
    faults += [f"record {one} was accepted {n} times" for one, n in Counter(got).items() if n > 1]
    faults += [f"a call was refused: {why}" for why in outside.refused]
    for stream, events in outside.by_stream().items():
        numbers = [int(event["sequence"]) for event in events]
        if numbers != sorted(numbers):
            faults.append(f"stream {stream} came in the order {numbers}")
    parked = session.scalars(
        select(func.count()).where(Delivery.state == DeliveryState.PARKED)
    ).one()
    return [*faults, f"{parked} records were parked"] if parked else faults
