"""Many phones at once: signed texts, some doubled, some out of order, some forged; and the count.

Paced: calls go out at a rate, by a few threads, and each one's answer is timed from when the
call is made.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

import httpx
from sqlalchemy import func, select

from models.conversation import Message
from models.database import Database
from models.texting import TextInbound
from models.vocabulary import Direction, SendState
from tests.standins.twilio import PATH, Twilio, new_sid

FORGED = "forged"
_FIRST = (
    "wifi is down in berlin since 9",
    "outlook does not start, error 0x8004010f",
    "SAP says error 500 for everyone in lisbon",
    "vpn drops every few minutes",
    "the printer on floor 2 in london is broken",
    "teams calls have no sound",
)
_LATER = ("2", "still down", "what about mine?", "thanks", "it is worse now", "whole team")


@dataclass(frozen=True, slots=True)
class Call:
    """One request: what it carries, and whether it is a forger's."""

    body: str
    headers: dict[str, str]
    forged: bool


@dataclass
class Load:
    """Texts of many phones. Shares are of the texts; forged calls come on top."""

    twilio: Twilio
    public: str
    texts: int
    phones: int
    seed: int = 20261125
    doubled: float = 0.10
    reordered: float = 0.10
    forged: float = 0.05
    sids: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    def __post_init__(self) -> None:
        chance = random.Random(self.seed)
        forger = Twilio(auth_token="guessed")
        told: Counter[int] = Counter()
        for number in range(self.texts):
            phone = number % self.phones
            words = chance.choice(_LATER if told[phone] else _FIRST)
            told[phone] += 1
            form = self.twilio.form(f"+4477{10_000_000 + phone}", words, new_sid())
            self.sids.append(form["MessageSid"])
            self._add(form, self.twilio)
            if chance.random() < self.doubled:
                self._add(form, self.twilio, at=len(self.calls) - chance.randrange(2))
            if chance.random() < self.reordered and len(self.calls) > 4:
                a, b = len(self.calls) - 1, len(self.calls) - 2 - chance.randrange(3)
                self.calls[a], self.calls[b] = self.calls[b], self.calls[a]
            if chance.random() < self.forged:
                lie = {**form, "MessageSid": new_sid(), "Body": f"{FORGED} {words}"}
                how = chance.randrange(3)
                if how == 0:
                    self._add(lie, forger, forged=True)
                else:  # signed for the true words, or for the id of a true text
                    true = self.twilio.sign(form, self.public)
                    lie = lie if how == 1 else {**form, "Body": lie["Body"]}
                    self.calls.append(Call(urlencode(lie), true, forged=True))

    def _add(
        self, form: dict[str, str], by: Twilio, *, at: int | None = None, forged: bool = False
    ) -> None:
        call = Call(urlencode(form), by.sign(form, self.public), forged)
        self.calls.insert(len(self.calls) if at is None else at, call)

    def run(self, server: str, rate: float, *, threads: int = 4) -> Answers:
        """Make every call, `rate` a second; returns the answers."""
        answers, began, lock = Answers(), time.perf_counter(), threading.Lock()
        numbered = iter(enumerate(self.calls))

        def work() -> None:
            with httpx.Client(base_url=server, timeout=30) as client:
                while True:
                    with lock:
                        number, call = next(numbered, (0, None))
                    if call is None:
                        return
                    wait = began + number / rate - time.perf_counter()
                    if wait > 0:
                        pause.wait(wait)
                    sent = time.perf_counter()
                    status = client.post(PATH, content=call.body, headers=call.headers).status_code
                    took = time.perf_counter() - sent
                    with lock:
                        answers.add(status, took, forged=call.forged)

        pause = threading.Event()  # never set: paces a thread
        workers = [threading.Thread(target=work) for _ in range(threads)]
        for one in workers:
            one.start()
        for one in workers:
            one.join()
        answers.wall = time.perf_counter() - began
        return answers


@dataclass
class Answers:
    """How the calls were answered; seconds are of those that were signed."""

    seconds: list[float] = field(default_factory=list)
    signed: Counter[int] = field(default_factory=Counter)
    forged: Counter[int] = field(default_factory=Counter)
    wall: float = 0.0

    def add(self, status: int, took: float, *, forged: bool) -> None:
        (self.forged if forged else self.signed)[status] += 1
        if not forged:
            self.seconds.append(took)

    def quantile(self, share: float) -> float:
        """Milliseconds."""
        ordered = sorted(self.seconds)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1e3


@dataclass(frozen=True, slots=True)
class Counted:
    """What became of the texts; every fault should be 0."""

    heard: int
    answered: int
    forged_accepted: int
    lost: int
    double_replies: int
    unsent: int
    out_of_order: int


def waiting(database: Database) -> tuple[int, int]:
    """Texts that are not heard, and answers that are not sent."""
    with database.reading() as session:
        unheard = session.scalar(
            select(func.count()).select_from(TextInbound).where(TextInbound.heard_at.is_(None))
        )
        unsent = session.scalar(
            select(func.count())
            .select_from(Message)
            .where(Message.send_state == SendState.PENDING.value)
        )
    return unheard or 0, unsent or 0


def wait_for_end(database: Database, within: float, tell: Callable[[str], None]) -> float:
    """Until nothing waits; returns the seconds that took.

    Raises:
        TimeoutError: Something still does.

    """
    began, pause = time.perf_counter(), threading.Event()
    while any(left := waiting(database)):
        passed = time.perf_counter() - began
        tell(f"{left[0]} unheard, {left[1]} unsent after {passed:.0f} s")
        if passed > within:
            msg = f"{left[0]} unheard and {left[1]} unsent after {within:.0f} s"
            raise TimeoutError(msg)
        pause.wait(1.0)
    return time.perf_counter() - began


def count(database: Database, twilio: Twilio, sids: Sequence[str]) -> Counted:
    """Compare what was told, what is stored, and what the phones got."""
    with database.reading() as session:
        rows = session.execute(
            select(
                Message.id, Message.direction, Message.provider_message_id, Message.text,
                Message.reply_to, Message.send_state,
            )
        ).all()  # fmt: skip
        kept = set(session.scalars(select(TextInbound.provider_message_id)))
    inbound = [one for one in rows if one.direction is Direction.INBOUND]
    outbound = [one for one in rows if one.direction is Direction.OUTBOUND]
    replies = Counter(one.reply_to for one in outbound if one.reply_to is not None)
    known = {one.provider_message_id for one in outbound}
    heard = Counter(one.provider_message_id for one in inbound)
    return Counted(
        heard=len(inbound),
        answered=len(twilio.sent),
        forged_accepted=sum(FORGED in one.text for one in inbound) + len(kept - set(sids)),
        lost=sum(heard[sid] != 1 for sid in sids),
        double_replies=sum(n - 1 for n in replies.values() if n > 1)
        + sum(one["sid"] not in known for one in twilio.sent),
        unsent=sum(one.send_state == SendState.FAILED.value for one in outbound),
        out_of_order=_out_of_order(database, twilio),
    )


def _out_of_order(database: Database, twilio: Twilio) -> int:
    """Answers that a phone got before an older one."""
    with database.reading() as session:
        numbers: dict[str | None, tuple[object, int]] = {
            sid: (conversation, number)
            for sid, conversation, number in session.execute(
                select(Message.provider_message_id, Message.conversation_id, Message.number).where(
                    Message.direction == Direction.OUTBOUND
                )
            )
        }
    newest: dict[object, int] = {}
    late = 0
    for one in twilio.sent:
        conversation, number = numbers.get(one["sid"], (None, 0))
        late += number < newest.get(conversation, 0)
        newest[conversation] = max(number, newest.get(conversation, 0))
    return late
