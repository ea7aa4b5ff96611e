"""What one of staff does in a person's conversation: takes it, writes, files, gives it back.

Each is one transaction that holds the conversation's row, with what is said to the person and
what is owed by text. The dialogue's state stays as it was, so the assistant goes on from there.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from assistant import handoff_filing as filing
from assistant import handoff_words as say
from assistant import transcript
from assistant.desk import Desk
from assistant.dialogue import ConversationState
from assistant.drafting import filing_of
from assistant.messages import clean
from assistant.nlg import render_sms
from assistant.readings import filed_draft
from assistant.texts import record_expected
from assistant.transcript import TurnOvertakenError, Words
from assistant.understanding import UNFILED
from assistant.wording import render_card
from incidents import handoffs
from incidents.drafts import Recorded
from incidents.segments import SEGMENT, count_segments, is_gsm, render_gsm
from incidents.text_policy import TextPolicy
from models.conversation import Conversation, Message
from models.errors import DomainError
from models.handoff import Handoff
from models.ids import ConversationId, MessageId
from models.texting import TextThread
from models.vocabulary import Channel, Direction, HandoffOutcome, HandoffState

LONGEST: Final = 4000
_TRIES: Final = 6
_AT_ONCE: Final = 50
log = logging.getLogger(__name__)


class UnsendableError(DomainError):
    """What staff wrote is empty, or more than the channel carries."""

    code: ClassVar[str] = "handoff.unsendable"


class NothingToFileError(DomainError):
    """Nothing was said that could be a report."""

    code: ClassVar[str] = "handoff.nothing_to_file"


class TooBusyError(DomainError):
    """Something new was said each time that the words were about to be recorded."""

    code: ClassVar[str] = "handoff.busy"


@dataclass(frozen=True, slots=True)
class HandoffDesk:
    """Where staff speak with people in the assistant's place. `actor` is a staff name."""

    desk: Desk
    texts: TextPolicy = field(default_factory=TextPolicy)

    @property
    def policy(self) -> handoffs.HandoffPolicy:
        return self.desk.handoffs

    def take(self, conversation: ConversationId, actor: str) -> None:
        """Take the conversation over, asked or not, and say so; twice is once.

        Raises:
            NotFoundError: There is no such conversation.
            HandoffTakenError: Somebody else has it; `taken_by` says who.

        """
        with self.desk.database.transaction() as session:
            now = self.desk.clock()
            row = transcript.lock_conversation(session, conversation, now=now)
            taken = handoffs.record_taken(session, row.id, actor, self.policy, now=now)
            if taken is None:
                return
            session.execute(
                update(TextThread)
                .where(TextThread.conversation_id == row.id)
                .values(auto_file_at=None)
            )
            words = say.joined(transcript.language_of(row), self._shown(row, actor))
            self._note(session, row, taken, "joined", Words(words, actor=actor), now)

    def say(self, conversation: ConversationId, actor: str, text: str, *, key: str) -> None:
        """Write to the person; the same `key` again changes nothing.

        Raises:
            NotFoundError: There is no such conversation.
            HandoffNotHeldError: Nobody has taken it over.
            HandoffTakenError: Somebody else has.
            UnsendableError: The words are none, or too many for the channel.

        """
        with self.desk.database.transaction() as session:
            now = self.desk.clock()
            row = transcript.lock_conversation(session, conversation, now=now)
            held = handoffs.require_held(session, row.id, actor)
            words, key = _sendable(row.channel, text), f"staff:{key}"
            if transcript.find_inbound(session, row, client_id=key, provider_message_id=None):
                return  # it is this very message that came before
            author = self._shown(row, actor) or say.NOBODY
            said = Words(words, author=author, actor=actor, key=key)
            self._tell(session, row, said, _heard_last(session, row, held), now)
            handoffs.record_said(held, self.policy, now=now)

    def give_back(self, conversation: ConversationId, actor: str) -> None:
        """The assistant goes on where it was; anybody who may take may also give back.

        Raises:
            NotFoundError: There is no such conversation.
            HandoffNotHeldError: Nobody has taken it over.

        """
        with self.desk.database.transaction() as session:
            now = self.desk.clock()
            row = transcript.lock_conversation(session, conversation, now=now)
            held = handoffs.find_open(session, row.id)
            if held is None or held.state is not HandoffState.HELD:
                raise handoffs.HandoffNotHeldError(
                    "The assistant speaks in this conversation already.", taken_by=None
                )
            words = say.left(transcript.language_of(row), self._shown(row, held.taken_by))
            self._go_on(session, row, held, HandoffOutcome.GIVEN_BACK, words, actor, now)

    def file(self, conversation: ConversationId, actor: str) -> Recorded:
        """Record a report of what was said, as it stands, and tell the person its reference.

        Raises:
            NotFoundError: There is no such conversation.
            HandoffNotHeldError: Nobody has taken it over.
            HandoffTakenError: Somebody else has.
            NothingToFileError: Not a word was said yet that is in no report.
            TooBusyError: Each time something new was said meanwhile.

        """
        for attempt in range(_TRIES):
            with self.desk.database.reading() as session:
                row = transcript.find_conversation(session, conversation)
                handoffs.require_held(session, row.id, actor)
                state = ConversationState.from_json(row.state)
                told = filing.told(session, row, state)
            if not told["description"]:
                raise NothingToFileError("Nothing was said yet that is in no report.")
            drafted = filing_of({**state.slots, **told})
            language, now = state.slots.get("language"), self.desk.clock()
            intake = self.desk.intake
            read = intake.read_draft(filed_draft(row, drafted, language, now), now=now)
            try:
                with self.desk.database.transaction() as session:
                    now = self.desk.clock()
                    transcript.record_version(session, row, row.state, now=now)
                    held = handoffs.require_held(session, row.id, actor)
                    recorded = intake.record_report(session, read, now=now)
                    reference = recorded.report.reference
                    fresh = session.get_one(Conversation, row.id)
                    fresh.state = filing.after_filing(state, reference).to_json()
                    name = self._shown(row, actor)
                    words = say.recorded(transcript.language_of(row), name, reference)
                    note = Words(words, actor=actor, report=reference)
                    self._note(session, fresh, held, f"recorded:{reference}", note, now)
                    handoffs.record_said(held, self.policy, now=now)
                    return recorded
            except TurnOvertakenError as error:
                if attempt == _TRIES - 1:
                    raise TooBusyError(
                        "The person writes faster than this can be recorded. Try again."
                    ) from error
        raise AssertionError  # the last try returns or raises

    def sweep(self) -> int:
        """Give the assistant back to who waits too long; returns to how many."""
        with self.desk.database.reading() as session:
            due = handoffs.due_handoffs(session, now=self.desk.clock(), limit=_AT_ONCE)
        released = 0
        for one in due:
            try:
                released += self._release(one.conversation_id)
            except Exception:  # one that cannot be given back does not keep the others waiting
                log.exception("hand-off %s was not given back; the next sweep tries again", one.id)
        return released

    def _release(self, conversation: ConversationId) -> bool:
        with self.desk.database.transaction() as session:
            now = self.desk.clock()
            row = transcript.lock_conversation(session, conversation, now=now)
            found = handoffs.find_open(session, row.id)
            if found is None or found.due_at is None or found.due_at > now:
                return False  # somebody was quicker
            language = transcript.language_of(row)
            if found.state is HandoffState.HELD and found.waiting_since is None:
                outcome = HandoffOutcome.GIVEN_BACK  # the person was silent, not staff
                words = say.left(language, self._shown(row, found.taken_by))
            elif found.state is HandoffState.HELD:
                outcome = HandoffOutcome.LEFT_ALONE
                words = say.silent(language, self._shown(row, found.taken_by))
            else:
                outcome = HandoffOutcome.NOBODY_CAME
                words = say.nobody(language, ConversationState.from_json(row.state))
            self._go_on(session, row, found, outcome, words, None, now)
            log.info("hand-off %s ended: %s", found.id, outcome)
        return True

    def _go_on(
        self,
        session: Session,
        row: Conversation,
        handoff: Handoff,
        outcome: HandoffOutcome,
        words: str,
        actor: str | None,
        now: datetime,
    ) -> None:
        """The assistant speaks again: a sentence, and what it had asked once more.

        What was told to staff meanwhile is more of the draft; without one, and where nobody
        answered it, it is asked whether to report it.
        """
        state = ConversationState.from_json(row.state)
        idle = actor is None and outcome is HandoffOutcome.GIVEN_BACK
        alone = outcome is HandoffOutcome.LEFT_ALONE
        unfiled = filing.take_along(session, row, state, alone=alone)
        question = say.unfiled(transcript.language_of(row)) if unfiled else None
        if question is not None:
            state.issued = [[one.title, one.payload] for one in question[1]]
            state.events.append({"event": "bot", "text": None, "metadata": {"utter": UNFILED}})
        row.state = state.to_json()
        handoffs.record_ended(handoff, outcome, now=now, actor=actor)
        self._note(session, row, handoff, "ended", Words(words, actor=actor), now, update=idle)
        asked = transcript.asked_last(session, row, state)
        if asked is not None and asked.card is not None:
            card = render_card(state.slots, self.desk.organisation.catalogue)
            asked = replace(asked, card=card)
        if asked is not None:
            self._tell(session, row, asked, None, now)
        if question is not None:
            text, buttons = question
            shown = render_sms(text, buttons) if row.channel is Channel.SMS else text
            self._note(session, row, handoff, "unfiled", Words(shown, buttons), now)
        if row.channel is Channel.SMS:
            record_expected(session, row, self.texts.silence)

    def _note(
        self,
        session: Session,
        row: Conversation,
        handoff: Handoff,
        name: str,
        words: Words,
        now: datetime,
        *,
        update: bool = False,
    ) -> None:
        """Our own sentence, said once. Unasked, it is an `update`: by text it waits for the day."""
        said = replace(words, key=f"handoff:{handoff.id}:{name}")
        if row.channel is Channel.SMS:
            said = replace(said, text=render_gsm(words.text))
            if update or _heard_last(session, row, handoff) is None:
                said = replace(said, key=None)
        self._tell(session, row, said, None, now)

    def _tell(
        self,
        session: Session,
        row: Conversation,
        words: Words,
        reply_to: MessageId | None,
        now: datetime,
    ) -> None:
        number = transcript.next_number(session, row.id)
        rows = transcript.record_outbound(
            session, row, [words], number=number, reply_to=reply_to, now=now
        )
        if row.channel is Channel.SMS:
            for one in rows:
                self.desk.organisation.outbox.jobs.owe_sms(session, one.id)

    def _shown(self, row: Conversation, actor: str | None) -> str | None:
        """As the person sees them; not by text where a text message lacks letters of the name."""
        name = handoffs.render_shown(actor or "", self.policy.shown) or None
        if name is None or row.channel is not Channel.SMS:
            return name
        plain = render_gsm(name)
        return plain if is_gsm(plain) and len(plain) == len(name) else None


def _sendable(channel: Channel, text: str) -> str:
    words = clean(text).strip()
    if not words or len(words) > LONGEST:
        raise UnsendableError(f"Write 1 to {LONGEST} characters.", most=LONGEST)
    if channel is not Channel.SMS:
        return words
    plain = render_gsm(words)
    if (segments := count_segments(plain)) > 1:
        raise UnsendableError(
            f"By text one message holds {SEGMENT} characters (70 in other alphabets); this takes "
            f"{segments} messages. Shorten it, or send it in parts.",
            segments=segments,
        )
    return plain


def _heard_last(session: Session, row: Conversation, handoff: Handoff) -> MessageId | None:
    """What these words answer; None where the person said nothing since it began."""
    return session.scalars(
        select(Message.id)
        .where(
            Message.conversation_id == row.id,
            Message.direction == Direction.INBOUND,
            Message.at >= handoff.asked_at,
        )
        .order_by(Message.number.desc())
        .limit(1)
    ).first()
