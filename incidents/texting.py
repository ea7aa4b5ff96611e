"""Sending the texts we owe: one conversation's in order, each at least once, none after STOP.

A wake-up (from `incidents.jobs`) calls `send_sms`. What is owed stands in `message`
(`send_state`); the lease in `text_thread` makes one sender at a time certain and remembers
which text may have gone out already, so that the next try looks before it sends again.
In quiet hours only answers go out; a number that gets too many at once is told so, once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from incidents.consent import Signal, record_signal, wants_texts, was_signal
from incidents.jobs_port import Jobs
from incidents.policies import ForwardingPolicy
from incidents.text_notes import (
    ANSWERS,
    IS_NOTE,
    is_answer,
    is_too_much,
    owe_note,
    quiet_there,
)
from incidents.text_policy import TextPolicy
from incidents.text_words import render_words
from incidents.transports.port import OptedOutError, SmsTransport, TransportError
from models.clock import Clock
from models.conversation import Conversation, Message
from models.database import Database
from models.ids import ConversationId, IdentityId, MessageId, new_id
from models.people import Identity
from models.texting import TextThread
from models.vocabulary import Channel, Direction, SendState

_KNOWN: Final = 200  # earlier texts to one number whose ids a look-up must not take for ours


def _texting_policy() -> ForwardingPolicy:
    """As records are forwarded; the lease also covers the look-up before a repeated send."""
    return ForwardingPolicy(lease=timedelta(seconds=60))


@dataclass(frozen=True, slots=True)
class Owed:
    """One text, claimed: nobody else sends in its conversation until the lease ends."""

    message: MessageId
    conversation: ConversationId
    to: str
    text: str
    unsure: bool
    known: frozenset[str]


@dataclass(frozen=True, slots=True)
class Texting:
    """Everything that sending texts needs."""

    database: Database
    jobs: Jobs
    transport: SmsTransport
    worker: str
    clock: Clock
    policy: ForwardingPolicy = field(default_factory=_texting_policy)
    texts: TextPolicy = field(default_factory=TextPolicy)

    def send_sms(self, message_id: MessageId) -> int:
        """Send what this message's conversation owes, oldest first; returns how many ended.

        Stops where a try fails: the wake-up for the next one is owed then.
        """
        with self.database.reading() as session:
            conversation = session.scalars(
                select(Message.conversation_id).where(Message.id == message_id)
            ).one_or_none()
        if conversation is None:
            return 0
        holder = f"{self.worker}:{new_id()}"
        owed, ended = self._claim(conversation, holder), 0
        while owed is not None:
            done, owed = self._send_one(owed, holder)
            ended += done
        return ended

    def due_messages(self) -> Sequence[MessageId]:
        """The oldest owed text of each conversation that nobody sends: missed wake-ups."""
        now = self.clock()
        with self.database.reading() as session:
            first = (
                select(Message.conversation_id, func.min(Message.number).label("number"))
                .outerjoin(TextThread, TextThread.conversation_id == Message.conversation_id)
                .where(
                    *_OWED,
                    or_(ANSWERS, TextThread.quiet_until.is_(None), TextThread.quiet_until <= now),
                )
                .group_by(Message.conversation_id)
                .subquery()
            )
            return session.scalars(
                select(Message.id)
                .join(
                    first,
                    (first.c.conversation_id == Message.conversation_id)
                    & (first.c.number == Message.number),
                )
                .outerjoin(TextThread, TextThread.conversation_id == Message.conversation_id)
                .where(
                    or_(TextThread.leased_until.is_(None), TextThread.leased_until <= now),
                    or_(TextThread.next_try_at.is_(None), TextThread.next_try_at <= now),
                )
            ).all()

    def release_leases(self) -> None:
        """Forget who was sending. Only where this process is alone (SQLite, at start)."""
        with self.database.transaction() as session:
            session.execute(update(TextThread).values(leased_until=None, leased_by=None))

    def hear_signal(self, address: str, signal: Signal, *, signal_id: str) -> bool:
        """Remember what an address said about texts; True where we must stay silent.

        False means that the words were an ordinary message after all ("yes" from somebody
        who never said stop).
        """
        if signal.wanted is None:
            return True
        try:
            return self._record_signal(address, signal, signal_id)
        except IntegrityError:  # the same call, or another word of this number, came first
            return self._record_signal(address, signal, signal_id)

    def _record_signal(self, address: str, signal: Signal, signal_id: str) -> bool:
        with self.database.transaction() as session:
            silenced = not wants_texts(session, Channel.SMS, address)
            if signal.wanted and not silenced and not signal.always_silent:
                return was_signal(session, Channel.SMS, signal_id)
            record_signal(
                session,
                Channel.SMS,
                address,
                wanted=bool(signal.wanted),
                word=signal.word,
                signal_id=signal_id,
                now=self.clock(),
            )
        return True

    def _claim(self, conversation: ConversationId, holder: str) -> Owed | None:
        with self.database.transaction() as session:
            return self._claim_next(session, conversation, holder)

    def _claim_next(
        self, session: Session, conversation: ConversationId, holder: str
    ) -> Owed | None:
        """Take or keep the lease and the oldest owed text; None when there is nothing to do.

        Giving the lease back and looking for more is one transaction, so a text that is
        committed meanwhile is seen either here or by the wake-up that came with it.
        """
        now = self.clock()
        thread = _thread_row(session, conversation)
        other = thread.leased_by != holder
        if thread.leased_until is not None and thread.leased_until > now and other:
            return None
        if thread.next_try_at is not None and thread.next_try_at > now:
            return None
        identity = session.scalars(
            select(Identity)
            .join(Conversation, Conversation.identity_id == Identity.id)
            .where(Conversation.id == conversation)
        ).one()
        message = self._next_owed(session, thread, identity, now)
        if message is None:
            thread.trying, thread.failures, thread.next_try_at = None, 0, None
            thread.leased_by, thread.leased_until = None, None
            return None
        unsure = thread.trying == message.id
        thread.trying, thread.leased_by = message.id, holder
        thread.leased_until = now + self.policy.lease
        return Owed(
            message=message.id,
            conversation=conversation,
            to=identity.address,
            text=message.text,
            unsure=unsure,
            known=_known_ids(session, identity.id) if unsure else frozenset(),
        )

    def _next_owed(
        self, session: Session, thread: TextThread, identity: Identity, now: datetime
    ) -> Message | None:
        """The oldest owed text that may go out now; what may not at all is withheld."""
        conversation = thread.conversation_id
        query = (
            select(Message)
            .where(Message.conversation_id == conversation, *_OWED)
            .order_by(Message.number)
            .limit(1)
        )
        message = session.scalars(query).one_or_none()
        if message is not None and not is_answer(message):
            thread.quiet_until = quiet_there(session, identity, self.texts, now)
            if thread.quiet_until is not None:
                message = session.scalars(query.where(ANSWERS)).one_or_none()
        if message is None:
            return None
        if not wants_texts(session, Channel.SMS, identity.address):
            _withhold(session, conversation, "this number asked for no texts")
            return None
        if thread.trying != message.id and is_too_much(session, message, self.texts, now):
            _withhold(session, conversation, "too many texts to this number at once", ~IS_NOTE)
            row = session.get_one(Conversation, conversation)
            language = str(row.state.get("slots", {}).get("language") or row.locale)
            hour = int(now.timestamp() // self.texts.answers_within.total_seconds())
            note = render_words("enough", language)
            owe_note(session, conversation, f"enough:{hour}", note, now=now)
            return session.scalars(query).one_or_none()
        return message

    def _send_one(self, owed: Owed, holder: str) -> tuple[bool, Owed | None]:
        """Send it and write down what came of it; whether it ended, and the next to send."""
        try:
            provider_id = self.transport.send(
                owed.to,
                owed.text,
                unsure=owed.unsure,
                known=owed.known,
                key=str(owed.message),
            )
        except TransportError as error:
            return self._record_failure(owed, holder, error)
        with self.database.transaction() as session:
            _end(session, owed, SendState.SENT, reason=None, provider_id=provider_id)
            return True, self._go_on(session, owed, holder)

    def _record_failure(
        self, owed: Owed, holder: str, error: TransportError
    ) -> tuple[bool, Owed | None]:
        with self.database.transaction() as session:
            now = self.clock()
            if isinstance(error, OptedOutError):
                record_signal(
                    session,
                    Channel.SMS,
                    owed.to,
                    wanted=False,
                    word="refused",
                    signal_id=f"send:{owed.message}",
                    now=now,
                )
            at = session.scalars(select(Message.at).where(Message.id == owed.message)).one()
            if error.permanent or now - at >= self.policy.give_up_after:
                _end(session, owed, SendState.FAILED, reason=str(error), provider_id=None)
                return True, self._go_on(session, owed, holder)
            session.execute(
                update(Message).where(Message.id == owed.message).values(send_reason=str(error))
            )
            thread = _thread_row(session, owed.conversation)
            if thread.leased_by == holder:
                thread.failures += 1
                wait = self.policy.wait(thread.failures)
                thread.next_try_at = now + wait
                thread.leased_by, thread.leased_until = None, None
                self.jobs.owe_sms(session, owed.message, after=wait)
            return False, None

    def _go_on(self, session: Session, owed: Owed, holder: str) -> Owed | None:
        """Claim the next after one that ended, while the lease is still ours."""
        thread = _thread_row(session, owed.conversation)
        if thread.leased_by != holder:
            return None
        thread.trying, thread.failures, thread.next_try_at = None, 0, None
        session.flush()
        return self._claim_next(session, owed.conversation, holder)


_OWED: Final = (
    Message.direction == Direction.OUTBOUND,
    Message.channel == Channel.SMS,
    Message.send_state == SendState.PENDING,
)


def _end(
    session: Session,
    owed: Owed,
    state: SendState,
    *,
    reason: str | None,
    provider_id: str | None,
) -> None:
    session.execute(
        update(Message)
        .where(Message.id == owed.message, Message.send_state == SendState.PENDING)
        .values(send_state=state.value, send_reason=reason, provider_message_id=provider_id)
    )


def _withhold(session: Session, conversation: ConversationId, why: str, *only: Any) -> None:
    session.execute(
        update(Message)
        .where(Message.conversation_id == conversation, *_OWED, *only)
        .values(send_state=SendState.WITHHELD.value, send_reason=why)
        .execution_options(synchronize_session=False)
    )


def _known_ids(session: Session, identity: IdentityId) -> frozenset[str]:
    """Provider ids of earlier texts to this number: with the same words, still not ours."""
    rows = session.scalars(
        select(Message.provider_message_id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Conversation.identity_id == identity,
            Message.direction == Direction.OUTBOUND,
            Message.provider_message_id.is_not(None),
        )
        .order_by(Message.at.desc())
        .limit(_KNOWN)
    )
    return frozenset(row for row in rows if row is not None)


def _thread_row(session: Session, conversation: ConversationId) -> TextThread:
    query = select(TextThread).where(TextThread.conversation_id == conversation).with_for_update()
    row = session.scalars(query).one_or_none()
    if row is None:
        session.execute(
            _insert_for(session)(TextThread)
            .values(conversation_id=conversation, failures=0)
            .on_conflict_do_nothing()
        )
        row = session.scalars(query).one()
    return row


def _insert_for(session: Session) -> Any:
    from sqlalchemy.dialects import postgresql, sqlite

    return sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
