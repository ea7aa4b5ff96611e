"""Texts that came: written down once each in the call that brought them, and heard by a job.

One path for every provider: its route checks who signed and parses a `BroughtText`; from
there on nobody knows who brought it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from incidents.jobs_port import Jobs
from incidents.text_joining import Joining, WaitingText, choose_message
from incidents.text_policy import TextPolicy
from models.clock import Clock
from models.database import Database, insert_if_absent
from models.ids import TextId, new_id
from models.storable import storable
from models.texting import TextInbound

E164: Final = re.compile(r"\+[1-9]\d{5,14}")
MOST_MEDIA: Final = 10
_MOST_SIGNS: Final = 20_000
_SWEPT: Final = 200


@dataclass(frozen=True, slots=True)
class BroughtMedia:
    """One picture or file of a text: where the provider keeps it, and its type by its word."""

    url: str
    type: str


@dataclass(frozen=True, slots=True)
class BroughtText:
    """A text from a person's phone, from a provider whose signature was checked.

    Attributes:
        id: The provider's, with its name before it where ids of two could meet.
        sender: E.164.
        series: With `part` (from 1) and `parts`, where the provider did not join them.
        said_at: By the provider's clock, where it tells.

    """

    id: str
    sender: str
    text: str
    media: tuple[BroughtMedia, ...] = ()
    series: str | None = None
    part: int = 1
    parts: int = 1
    said_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TakenText:
    """One message, taken by one worker until its lease ends.

    Attributes:
        head: The row that holds the lease.
        id: The provider's id of the head: hearing it twice answers once.
        media: As stored on the rows, with the row and place of each.

    """

    head: TextId
    id: str
    sender: str
    text: str
    at: datetime
    tries: int
    media: tuple[tuple[TextId, int, dict[str, Any]], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class TextBox:
    """What came and was not heard."""

    database: Database
    jobs: Jobs
    clock: Clock
    policy: TextPolicy = field(default_factory=TextPolicy)

    def record_text(self, brought: BroughtText) -> bool:
        """Write it down and owe its hearing; False where it came before. One transaction."""
        text_id = TextId(new_id())
        with self.database.transaction() as session:
            now = self.clock()
            insert_if_absent(
                session,
                TextInbound,
                id=text_id,
                provider_message_id=brought.id,
                sender=brought.sender,
                text=storable(brought.text[:_MOST_SIGNS]),
                media=[{"url": one.url, "type": one.type} for one in brought.media[:MOST_MEDIA]],
                series=brought.series,
                part=brought.part if brought.series else None,
                parts=brought.parts if brought.series else None,
                said_at=brought.said_at,
                at=now,
                due_at=now,
                tries=0,
            )
            kept = session.scalars(
                select(TextInbound.id).where(TextInbound.provider_message_id == brought.id)
            ).one()
            if kept != text_id:
                return False
            self.jobs.owe_hearing(session, text_id)
        return True

    def sender_of(self, text_id: TextId) -> str | None:
        with self.database.reading() as session:
            return session.scalars(
                select(TextInbound.sender).where(TextInbound.id == text_id)
            ).one_or_none()

    def take_next(self, sender: str) -> TakenText | None:
        """The next message of a number; None where nothing is due or another worker hears it.

        What is one message is decided once and written down: a retry hears the same words.
        """
        with self.database.reading() as session:  # a text that comes now has a job of its own
            waits = session.scalars(
                select(TextInbound.id)
                .where(TextInbound.sender == sender, TextInbound.heard_at.is_(None))
                .limit(1)
            ).first()
        if waits is None:
            return None
        with self.database.transaction() as session:
            now = self.clock()
            rows = _waiting(session, sender)
            if not rows:
                return None
            head = next((one for one in rows if one.head_id is not None), None)
            if head is not None:
                head = next(one for one in rows if one.id == head.head_id)
                if head.leased_until is not None and head.leased_until > now:
                    return None
            else:
                joining = choose_message([_value(one) for one in rows], self.policy, now)
                head = self._join(session, rows, joining, now)
            if head is None or head.due_at > now:
                return None
            head.leased_until, head.tries = now + self.policy.hearing_lease, head.tries + 1
            return _taken(head, [one for one in rows if one.head_id == head.id])

    def put_off(self, taken: TakenText, media: Sequence[dict[str, Any]], wait: timedelta) -> None:
        """Not yet: some of its media may still be had. What was kept is remembered."""
        with self.database.transaction() as session:
            _remember(session, taken, media)
            head = session.get_one(TextInbound, taken.head)
            head.leased_until, head.due_at = None, self.clock() + wait
            self.jobs.owe_hearing(session, taken.head, after=wait)

    def record_heard(
        self,
        session: Session,
        taken: TakenText,
        media: Sequence[dict[str, Any]],
        trouble: str | None = None,
    ) -> None:
        """It was heard, or with `trouble` put aside for good."""
        _remember(session, taken, media)
        session.flush()
        done: dict[str, Any] = {"heard_at": self.clock(), "leased_until": None}
        # The words stand in the conversation now, where a person's words can be erased.
        done |= {"text": ""} if trouble is None else {"trouble": trouble}
        session.execute(
            update(TextInbound)
            .where(TextInbound.head_id == taken.head)
            .values(**done)
            .execution_options(synchronize_session=False)
        )

    def due_texts(self) -> Sequence[TextId]:
        """The first waiting text of each number that nobody hears: missed wake-ups."""
        now = self.clock()
        with self.database.reading() as session:
            rows = session.execute(
                select(TextInbound.sender, TextInbound.id)
                .where(
                    TextInbound.heard_at.is_(None),
                    TextInbound.due_at <= now - self.policy.continued_within,
                    or_(TextInbound.leased_until.is_(None), TextInbound.leased_until <= now),
                )
                .order_by(TextInbound.due_at)
                .limit(_SWEPT)
            ).all()
        return list({row.sender: row.id for row in rows}.values())

    def forget_heard(self, older_than: timedelta) -> None:
        """Let go of what was heard that long ago; after that no provider repeats a call."""
        with self.database.transaction() as session:
            session.execute(
                delete(TextInbound).where(TextInbound.heard_at < self.clock() - older_than)
            )

    def release_leases(self) -> None:
        """Forget who was hearing. Only where this process is alone (SQLite, at start)."""
        with self.database.transaction() as session:
            session.execute(update(TextInbound).values(leased_until=None))

    def _join(
        self, session: Session, rows: Sequence[TextInbound], joining: Joining, now: datetime
    ) -> TextInbound | None:
        by_id = {one.id: one for one in rows}
        if joining.wait_until is not None:
            self.jobs.owe_hearing(session, rows[0].id, after=joining.wait_until - now)
            return None
        head = by_id[joining.texts[0]]
        for number, text_id in enumerate(joining.texts):
            by_id[text_id].head_id = head.id
            by_id[text_id].part = number
        if len(joining.texts) > 1 or joining.text != head.text:
            head.text, joined = joining.text, joining.texts[1:]
            for text_id in joined:
                by_id[text_id].text = ""  # its words stand in the head now
        return head


def _waiting(session: Session, sender: str) -> list[TextInbound]:
    """In the order it was said: by the provider's clock where it tells, else as it came."""
    rows = session.scalars(
        select(TextInbound)
        .where(TextInbound.sender == sender, TextInbound.heard_at.is_(None))
        .order_by(TextInbound.at, TextInbound.id)
        .with_for_update()
    ).all()
    return sorted(rows, key=lambda one: (one.said_at or one.at, one.at, one.id))


def _value(row: TextInbound) -> WaitingText:
    return WaitingText(row.id, row.text, row.at, row.series, row.part or 1, row.parts or 1)


def _taken(head: TextInbound, rows: Sequence[TextInbound]) -> TakenText:
    media = [
        (row.id, place, dict(one))
        for row in sorted(rows, key=lambda row: row.part or 0)
        for place, one in enumerate(row.media)
    ]
    return TakenText(
        head=head.id,
        id=head.provider_message_id,
        sender=head.sender,
        text=head.text,
        at=head.at,
        tries=head.tries,
        media=tuple(media),
    )


def _remember(session: Session, taken: TakenText, media: Sequence[dict[str, Any]]) -> None:
    """Write down what became of each picture, on the row that brought it."""
    if not media:
        return
    by_row: dict[TextId, list[Any]] = {}
    for (row_id, _, _), now_known in zip(taken.media, media, strict=True):
        by_row.setdefault(row_id, []).append(now_known)
    for row_id, known in by_row.items():
        session.get_one(TextInbound, row_id).media = known
