"""Wakes waiting streams when something was committed, in whichever process it was.

One thread asks the database a few times a second, and only while somebody waits: the newest
`seq`, how the open hand-offs stand, and the versions and news of the conversations that are
watched. It works the same on SQLite and PostgreSQL; a waiting stream costs no thread.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from incidents.handoffs import standing_handoffs
from models.conversation import Conversation
from models.database import Database
from models.ids import ConversationId
from models.staff import Counter

SEQ: Final = "seq"
HANDOFFS: Final = "handoffs"
_CHUNK: Final = 500
log = logging.getLogger(__name__)


class Bell:
    """Rings when one of its topics changed. Belongs to one event loop."""

    def __init__(self, live: LiveUpdates, topics: frozenset[str | ConversationId]) -> None:
        self.topics = topics
        self._live = live
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()
        self.dismissed = False

    @property
    def over(self) -> bool:
        """Whether its stream should end: the server stops, or newer ones took its place."""
        return self.dismissed or self._live.closed

    async def rings(self, timeout: float) -> bool:  # noqa: ASYNC109 - a wait with a heartbeat
        """Wait for a change; False when none came in `timeout` seconds, or it is over."""
        try:
            await asyncio.wait_for(self._event.wait(), timeout)
        except TimeoutError:
            return False
        self._event.clear()
        return not self.over

    def dismiss(self) -> None:
        """End its stream, from any thread."""
        self.dismissed = True
        self.ring()

    def ring(self) -> None:
        """From any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._event.set)


class LiveUpdates:
    """What streams wait on: `SEQ` for anything on incidents, `HANDOFFS`, or one conversation."""

    def __init__(
        self, database: Database, *, every: timedelta = timedelta(milliseconds=250)
    ) -> None:
        self._database = database
        self._every = every.total_seconds()
        self._bells: dict[Bell, None] = {}  # the oldest first
        self._seen: dict[str | ConversationId, tuple[int, ...]] = {}
        self._lock = threading.Lock()
        self._wanted = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def closed(self) -> bool:
        """True once the server stops: streams end, and their clients come back later."""
        return self._stop.is_set()

    def start(self) -> None:
        self._thread = threading.Thread(target=self._watch, name="live-updates", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._wanted.set()
        with self._lock:
            bells = list(self._bells)
        for bell in bells:
            bell.ring()
        if self._thread is not None:
            self._thread.join(timeout=5)

    @contextmanager
    def listen(self, *topics: str | ConversationId, most: int | None = None) -> Iterator[Bell]:
        """A bell for topics, while the block runs. Look at the data after this, not before.

        Args:
            topics: What it rings for.
            most: How many may listen to just these; the oldest give way. Who was cut off comes
                back at once, while the line that was cut may seem open for minutes.

        """
        bell = Bell(self, frozenset(topics))
        with self._lock:
            same = [one for one in self._bells if one.topics == bell.topics]
            self._bells[bell] = None
            self._wanted.set()
        for one in same[: max(len(same) + 1 - most, 0)] if most is not None else ():
            one.dismiss()
        try:
            yield bell
        finally:
            with self._lock:
                self._bells.pop(bell, None)
                if not self._bells:
                    self._wanted.clear()

    def _watch(self) -> None:
        while not self._stop.is_set():
            self._wanted.wait()
            if self._stop.is_set():
                return
            try:
                self._look()
            except SQLAlchemyError:  # a database away for a moment must not end the streams
                log.warning("live updates could not look; they try again")
            self._stop.wait(self._every)

    def _look(self) -> None:
        with self._lock:
            topics = {topic for bell in self._bells for topic in bell.topics}
        now: dict[str | ConversationId, tuple[int, ...]] = {}
        watched = [topic for topic in topics if not isinstance(topic, str)]
        with self._database.reading() as session:
            if SEQ in topics:
                query = select(Counter.value).where(Counter.name == "seq")
                now[SEQ] = (session.execute(query).scalar_one(),)
            if HANDOFFS in topics:
                now[HANDOFFS] = (standing_handoffs(session),)
            for start in range(0, len(watched), _CHUNK):
                rows = session.execute(
                    select(Conversation.id, Conversation.version, Conversation.news).where(
                        Conversation.id.in_(watched[start : start + _CHUNK])
                    )
                )
                now |= {row.id: (row.version, row.news) for row in rows}
        # The first look at a topic rings too: something may have come just before it.
        changed = {topic for topic, value in now.items() if self._seen.get(topic) != value}
        self._seen = now
        with self._lock:
            ringing = [bell for bell in self._bells if bell.topics & changed]
        for bell in ringing:
            bell.ring()
