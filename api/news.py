"""What a conversation's stream tells beside its messages: its files, and who has seen or writes.

Each is told whole, whenever it differs from what this stream told last; so a client that was
away knows everything after its first moment on the line again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sse_starlette import ServerSentEvent

from incidents.file_listing import FileTold, has_unsaid, list_files, record_shown
from incidents.presence import read_presence
from models.clock import Clock
from models.database import Database
from models.ids import ConversationId

Event = tuple[str, dict[str, Any]]


class News:
    """What one stream has told. With `files`, it shows what was seen in them: no turn does."""

    def __init__(
        self, database: Database, clock: Clock, conversation: ConversationId, *, files: bool
    ) -> None:
        self._database = database
        self._clock = clock
        self._conversation = conversation
        self._files = files
        self._told: dict[str, dict[str, Any]] = {
            "presence": {"staff_saw": 0, "staff_typing_until": None}  # goes without saying
        }

    def read_changes(self) -> list[Event]:
        """Events (kind, data) that this stream did not tell yet."""
        if self._files:
            self._show_files()
        now = self._clock()
        with self._database.reading() as session:
            presence = read_presence(session, self._conversation, now=now)
            files = list_files(session, self._conversation) if self._files else []
        until = presence.staff_typing_until
        told = {
            "staff_saw": presence.staff_saw,
            "staff_typing_until": None if until is None else until.isoformat(),
        }
        found = [("presence", "", told), *(("file", str(f.file.id), _file(f)) for f in files)]
        fresh = [(kind, data) for kind, key, data in found if self._told.get(kind + key) != data]
        self._told |= {kind + key: data for kind, key, data in found}
        return fresh

    def _show_files(self) -> None:
        with self._database.reading() as session:
            unsaid = has_unsaid(session, self._conversation)
        if unsaid:
            with self._database.transaction() as session:
                record_shown(session, self._conversation, now=self._clock())


def render_event(
    kind: str, data: Mapping[str, Any], *, number: int | None = None
) -> ServerSentEvent:
    """One event; only messages have a number, by which a stream is resumed."""
    return ServerSentEvent(
        data=json.dumps(data), event=kind, id=None if number is None else str(number)
    )


def _file(told: FileTold) -> dict[str, Any]:
    return {
        "id": str(told.file.id),
        "state": told.file.state.value,
        "reading": told.reading,
        "seen": told.seen if told.shown else "",
        "trouble": told.trouble,
    }
