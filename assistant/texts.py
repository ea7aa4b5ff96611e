"""Hearing texts: take what waits, fetch its pictures, take the turn, look after silence.

A job. What is one message was written down when it was taken, and the desk answers a message
once, so a job that dies anywhere is simply run again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from assistant import transcript
from assistant.desk import Desk
from assistant.dialogue import ConversationState
from assistant.messages import Inbound
from assistant.text_dialogue import waits_for_a_word
from incidents.handoffs import find_open
from incidents.intake import record_addition
from incidents.text_inbound import TakenText, TextBox
from incidents.text_media import TextMedia, given_up, is_decided, kept_files, troubles
from incidents.text_notes import owe_note
from incidents.text_words import render_words
from models.conversation import Conversation
from models.database import insert_if_absent
from models.ids import ConversationId, TextId
from models.report import Report
from models.texting import TextThread
from models.vocabulary import HandoffState

_WAITS: Final = tuple(timedelta(seconds=s) for s in (1, 2, 4, 8, 15))
_AT_ONCE: Final = 2
"""Hearing is work for the processor: with more at once, calls wait to be acknowledged."""
_SILENT_AT_ONCE: Final = 50
_NO_WORDS: Final = "Files came by text, without words."
_REQUESTED: Final = "description"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TextHearing:
    """Hears what stands in the box, a number's texts in order."""

    box: TextBox
    desk: Desk
    media: TextMedia | None = field(default=None)
    at_once: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(_AT_ONCE))

    def hear_text(self, text_id: TextId) -> int:
        """Hear all that waits from the number of this text; returns how many messages."""
        with self.at_once:
            sender = self.box.sender_of(text_id)
            heard = 0
            while sender is not None and (taken := self.box.take_next(sender)) is not None:
                heard += self._hear(taken)
            return heard

    def hear_silence(self) -> int:
        """File what waits for a word of somebody who fell silent; returns how many turns."""
        with self.desk.database.reading() as session:
            due = session.scalars(
                select(TextThread.conversation_id)
                .where(TextThread.auto_file_at <= self.box.clock())
                .order_by(TextThread.auto_file_at)
                .limit(_SILENT_AT_ONCE)
            ).all()
        return sum(self._hear_silence(one) for one in due)

    def owe_help(self, sender: str, text_id: str) -> None:
        """Say what this number is for, once per request."""
        conversation = self.desk.thread_of(sender)
        with self.desk.database.transaction() as session:
            row = session.get_one(Conversation, conversation)
            words = render_words("help", transcript.language_of(row))
            message = owe_note(
                session, conversation, f"help:{text_id}", words, now=self.box.clock()
            )
            self.box.jobs.owe_sms(session, message)

    def _hear(self, taken: TakenText) -> bool:
        if taken.tries > self.box.policy.hearing_tries:
            log.error("text %s could not be heard in %d tries", taken.id, taken.tries - 1)
            with self.desk.database.transaction() as session:
                self.box.record_heard(session, taken, [], "it could not be heard; see the log")
            return False
        conversation = self.desk.thread_of(taken.sender)
        media = self._fetch(conversation, taken)
        if not is_decided(media):
            self.box.put_off(taken, media, _WAITS[min(taken.tries, len(_WAITS)) - 1])
            return False
        if taken.text.strip() or kept_files(media):
            self.desk.hear(
                conversation,
                Inbound(
                    text=taken.text,
                    provider_message_id=taken.id,
                    attachments=kept_files(media),
                ),
            )
        with self.desk.database.transaction() as session:
            self._look_after(session, conversation, taken, media)
            self.box.record_heard(session, taken, media)
        return True

    def _fetch(self, conversation: ConversationId, taken: TakenText) -> Sequence[dict[str, Any]]:
        media: list[dict[str, Any]] = [one for _, _, one in taken.media]
        if media and self.media is not None:
            media = self.media.fetch(conversation, media)
        patient = self.box.clock() - taken.at < self.box.policy.media_patience
        last = taken.tries >= self.box.policy.hearing_tries
        return media if patient and not last else given_up(media)

    def _look_after(
        self,
        session: Session,
        conversation: ConversationId,
        taken: TakenText,
        media: Sequence[Mapping[str, Any]],
    ) -> None:
        """What follows a turn: when silence would file something, and what was not kept."""
        lost = troubles(media)
        row = session.get_one(Conversation, conversation)
        self.record_expected(session, row)
        if not lost:
            return
        words = render_words(
            "file_lost", transcript.language_of(row), lost=len(lost), all=len(media), why=lost[0]
        )
        now = self.box.clock()
        message = owe_note(session, conversation, f"lost:{taken.id}", words, now=now)
        self.box.jobs.owe_sms(session, message)
        self._tell_staff(session, row, len(media), lost, now)

    def record_expected(self, session: Session, row: Conversation) -> None:
        """Write down when silence would file something, or that it would not."""
        record_expected(session, row, self.box.policy.silence)

    def _tell_staff(
        self, session: Session, row: Conversation, count: int, lost: Sequence[str], now: datetime
    ) -> None:
        """Staff see on the report that something was sent which they do not have."""
        reference = ConversationState.from_json(row.state).slots.get("last_report")
        report = session.scalars(
            select(Report).where(Report.reference == reference, Report.conversation_id == row.id)
        ).one_or_none()
        if report is None:
            return
        record_addition(
            session,
            self.desk.organisation,
            report,
            kind="file_lost",
            text=f"{len(lost)} of {count} files of a text were not kept: {'; '.join(lost)}.",
            data={"lost": len(lost), "sent": count},
            now=now,
        )

    def _hear_silence(self, conversation: ConversationId) -> bool:
        with self.desk.database.reading() as session:
            row = session.get_one(Conversation, conversation)
        state = ConversationState.from_json(row.state)
        word, key = waits_for_a_word(state), f"silence:{row.version}"
        if word is not None:
            silent = Inbound(text="", payload=word, client_id=key, by_silence=True)
            self.desk.hear(conversation, silent)
        elif _has_only_files(state):
            silent = Inbound(text=_NO_WORDS, client_id=key, by_silence=True)
            self.desk.hear(conversation, silent)
        with self.desk.database.transaction() as session:
            session.execute(
                update(TextThread)
                .where(TextThread.conversation_id == conversation)
                .values(auto_file_at=None)
            )
        return True


def record_expected(session: Session, row: Conversation, silence: timedelta) -> None:
    """Write down when silence would file something; while one of staff answers, it never does."""
    state = ConversationState.from_json(row.state)
    handoff = find_open(session, row.id)
    held = handoff is not None and handoff.state is HandoffState.HELD
    waits = not held and (waits_for_a_word(state) is not None or _has_only_files(state))
    at = row.last_at + silence if waits else None
    insert_if_absent(session, TextThread, conversation_id=row.id, failures=0)
    session.execute(
        update(TextThread)
        .where(TextThread.conversation_id == row.id)
        .values(auto_file_at=at)
        .execution_options(synchronize_session=False)
    )


def _has_only_files(state: ConversationState) -> bool:
    return bool(
        state.loop is not None and state.requested == _REQUESTED and state.slots.get("attachments")
    )
