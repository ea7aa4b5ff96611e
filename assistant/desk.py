"""One turn of a conversation, end to end: read, think, record once, answer after the commit.

A kill at any statement and a retry with the same id files the report exactly once: the turn,
its answers, the message's id and the report are one transaction. While one of staff holds the
conversation, what a person says is written down the same way, and the assistant is quiet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from assistant import background, transcript
from assistant.answers import render_answer, render_outcome, render_words
from assistant.dialogue import ConversationState, Said, Turn
from assistant.engine import DialoguePort
from assistant.foreign_words import ForeignWords
from assistant.foresight import Foresight
from assistant.manners import soothe
from assistant.messages import Answer, Inbound, Opened, brought, clean, digest
from assistant.opening import Wanted, new_conversation, record_opened
from assistant.phrases import spoken_languages
from assistant.readings import checked_context, filed_draft, overheard, understood
from assistant.resuming import forget_old
from assistant.text_dialogue import TextDialogue
from assistant.transcript import TurnOvertakenError, Words
from assistant.understanding import choose_intent
from classifier.encoding import EncoderUnavailableError
from classifier.foreign import foreign_language
from classifier.language import detect_language
from classifier.reading import Heard
from classifier.suspicion import mentions_mail
from incidents.affected import find_colleague
from incidents.attached_facts import holds_attack
from incidents.drafts import ReadDraft, Recorded
from incidents.file_listing import read_unsaid
from incidents.handoffs import HandoffPolicy, find_open, record_asked, record_heard
from incidents.helping import Tried, record_help
from incidents.identities import record_identity
from incidents.intake import Intake, record_addition
from incidents.organisation import Organisation
from models.clock import Clock
from models.conversation import Conversation
from models.database import Database
from models.ids import ConversationId, MessageId, new_id
from models.people import Identity
from models.report import Attachment, Report
from models.vocabulary import Channel, HandoffState

_TRIES: Final = 6


@dataclass(frozen=True, slots=True)
class _Thought:
    """A turn, thought through but not recorded."""

    state: ConversationState
    turn: Turn
    read: ReadDraft | None
    intent: str


@dataclass(frozen=True, slots=True)
class Desk:
    """Hears messages of people and answers them."""

    database: Database
    organisation: Organisation
    intake: Intake
    engine: DialoguePort
    foresight: Foresight
    clock: Clock
    handoffs: HandoffPolicy = field(default_factory=HandoffPolicy)

    def open_web(
        self,
        *,
        locale: str,
        time_zone: str | None,
        context: Mapping[str, Any],
        person: str | None = None,
    ) -> Opened:
        """Begin a conversation on a page, or take up a known person's own.

        Args:
            locale: Of the page.
            time_zone: The browser's.
            context: service and site, as the page knows them.
            person: Directory id of who opens it, proved by a token; None for somebody nameless,
                who gets a conversation that only this browser can go on with.

        Raises:
            UnknownServiceError: The page's context names a service that the catalogue lacks.
            UnknownSiteError: The same for a site.

        """
        wanted = Wanted(locale, time_zone, checked_context(self.organisation, context), person)
        now, begun = self.clock(), self.engine.open(Channel.WEB, locale[:2].lower())
        for attempt in range(_TRIES):
            try:
                with self.database.transaction() as session:
                    return record_opened(session, self.organisation, wanted, *begun, now=now)
            except (TurnOvertakenError, IntegrityError):
                # Their other device said something, or opened, at this very moment.
                if attempt == _TRIES - 1:
                    raise
        raise AssertionError  # the last try returns or raises

    def hear(self, conversation_id: ConversationId, message: Inbound) -> Answer:
        """Answer one message; the same id again gets the first answer again.

        Raises:
            NotFoundError: There is no such conversation.
            ClientIdReusedError: The id came before with another content.

        """
        message = replace(message, text=clean(message.text))
        for attempt in range(_TRIES):
            with self.database.reading() as session:
                row = transcript.find_conversation(session, conversation_id)
                if (earlier := _repeated(session, row, message)) is not None:
                    return earlier
                said = self._gather(session, row, message)
            held = said.handoff == HandoffState.HELD
            if held and message.by_silence:
                return Answer((), None, None)
            told = overheard(self.intake.reader, said) if held else {}
            thought = None if held else self._think(row, said)
            try:
                with self.database.transaction() as session:
                    if thought is None:
                        return self._record_held(session, row, message, told)
                    return self._record(session, row, message, thought)
            except (TurnOvertakenError, IntegrityError):
                # Another turn of this conversation came first: look again, then take it anew.
                if attempt == _TRIES - 1:
                    raise
        raise AssertionError  # the last try returns or raises

    def hear_sms(self, address: str, message: Inbound) -> Answer:
        """Answer one SMS in the thread of its number, which is begun on first sight."""
        return self.hear(self.thread_of(address), message)

    def thread_of(self, address: str) -> ConversationId:
        """The conversation of a number, begun where it is new."""
        find = (
            select(Conversation.id)
            .join(Identity, Identity.id == Conversation.identity_id)
            .where(Conversation.channel == Channel.SMS, Identity.address == address)
            .order_by(Conversation.created_at, Conversation.id)
            .limit(1)
        )
        with self.database.reading() as session:
            found = session.scalars(find).first()
        if found is not None:
            return ConversationId(found)
        now = self.clock()
        state, _ = self.engine.open(Channel.SMS)
        with self.database.transaction() as session:
            identity = record_identity(session, Channel.SMS, address, now=now)
            found = session.scalars(find).first()
            if found is not None:
                return ConversationId(found)
            row = new_conversation(
                ConversationId(new_id()), Channel.SMS, identity.id, state, now=now
            )
            session.add(row)
            return row.id

    def _gather(self, session: Session, row: Conversation, message: Inbound) -> Said:
        context = {**background.read_context(session, row.identity_id, self.clock()), **row.context}
        handoff = find_open(session, row.id)
        return Said(
            text=message.text,
            channel=row.channel,
            payload=message.payload,
            mine=tuple(background.read_mine(session, row.identity_id)),
            attachments=tuple(str(one) for one in message.attachments),
            context=context,
            handoff=handoff.state.value if handoff is not None else None,
        )

    def _think(self, row: Conversation, said: Said) -> _Thought:
        """The slow part: read the words, look for what to offer, take the turn, read the draft."""
        now = self.clock()
        state = ConversationState.from_json(row.state)
        over = background.is_over(row.last_at, now)
        readable = True
        if said.text.strip() and said.payload is None:
            found = detect_language(said.text)
            spoken = spoken_languages()
            foreign = foreign_language(said.text, spoken)
            known = found in spoken and foreign is None
            said = replace(said, language=found if known else None, foreign=foreign)
            try:
                heard = self.intake.reader.hear(said.text, asked=state.asked())
            except EncoderUnavailableError:
                readable = False
            else:
                said = self._with_people(row, understood(said, heard), state)
                state = forget_old(state, said) if over else state
                said = self._with_last(row, said, heard, state, now)
        state = forget_old(state, said) if over else state  # also what was pressed, or unreadable
        intent = choose_intent(said, state)
        if readable:
            said = self.foresight.look_ahead(row, said, state, intent, now)
        after, turn = ForeignWords(TextDialogue(self.engine)).turn(state, said)
        turn = soothe(after, said, turn)
        read = None
        if turn.filing is not None:
            draft = filed_draft(row, turn.filing, after.slots.get("language"), now)
            if readable:
                read = self.intake.read_draft(draft, now=now)
            else:
                read = ReadDraft(draft, None, None, None)
        return _Thought(after, turn, read, intent)

    def _with_people(self, row: Conversation, said: Said, state: ConversationState) -> Said:
        """With where the colleague sits of whom they speak, and whether a mail of theirs is odd."""
        files = {*said.attachments, *(state.slots.get("attachments") or ())}
        name = said.facts["behalf"]
        if not files and name is None:
            return said
        with self.database.reading() as session:
            odd = holds_attack(session, row.id, files)
            colleague = find_colleague(session, row.identity_id, name) if name else None
        if odd:
            said = replace(said, facts={**said.facts, "suspicious": True})
        if colleague is None:
            return said
        return replace(said, context={**said.context, "colleague_site": colleague.site_id})

    def _with_last(
        self,
        row: Conversation,
        said: Said,
        heard: Heard,
        state: ConversationState,
        now: datetime,
    ) -> Said:
        """By text, with the report that these words may be more of."""
        reference = state.slots.get("last_report")
        if row.channel is not Channel.SMS or not reference:
            return said
        reading = heard.reading
        with self.database.reading() as session:
            last = background.read_last(
                session, row.id, reference, reading.vector, reading.encoder_id, now=now
            )
        return replace(said, context={**said.context, "last": last, "language": row.locale})

    def _record(
        self, session: Session, row: Conversation, message: Inbound, thought: _Thought
    ) -> Answer:
        """The turn's one transaction."""
        now = self.clock()
        # The row is written first: it keeps two turns of one conversation apart.
        transcript.record_version(session, row, thought.state.to_json(), now=now)
        recorded: Recorded | None = None
        if thought.read is not None:
            recorded = self.intake.record_report(session, thought.read, now=now)
        if thought.turn.addition is not None:
            self._record_addition(session, row, message, thought.turn.addition, now)
        if thought.turn.handoff is not None:
            record_asked(session, row.id, self.handoffs, now=now)
        outcome = render_outcome(session, recorded, mail=_tells_of_mail(thought.read))
        outcome |= {"intent": thought.intent, "added": _adds(thought.turn)}
        if recorded is not None:
            thought.state.slots["last_report"] = recorded.report.reference
            session.get_one(Conversation, row.id).state = thought.state.to_json()
        number, inbound_id = _record_words(session, row, message, outcome, now)
        language = thought.state.slots.get("language")
        words = render_words(row.channel, thought.turn, outcome, language)
        if row.channel is Channel.WEB:  # what was read in their files since, before all else
            words = [*(Words(one) for one in read_unsaid(session, row.id)), *words]
        rows = transcript.record_outbound(
            session, row, words, number=number + 1, reply_to=inbound_id, now=now
        )
        if row.channel is Channel.SMS:
            for one in rows:
                self.organisation.outbox.jobs.owe_sms(session, one.id)
        return render_answer(
            tuple(transcript.render_out(one) for one in rows),
            outcome,
            repeated=False,
            number=number,
        )

    def _record_held(
        self, session: Session, row: Conversation, message: Inbound, told: Mapping[str, Any]
    ) -> Answer:
        """The turn's one transaction while one of staff answers: the words, and who waits."""
        now = self.clock()
        transcript.record_version(session, row, row.state, now=now)
        handoff = find_open(session, row.id)
        if handoff is not None:
            record_heard(handoff, self.handoffs, now=now)
        outcome = {**render_outcome(session, None), "held": True, **told}
        number, _ = _record_words(session, row, message, outcome, now)
        return render_answer((), outcome, repeated=False, number=number)

    def _record_addition(
        self,
        session: Session,
        row: Conversation,
        message: Inbound,
        addition: Mapping[str, Any],
        now: datetime,
    ) -> None:
        report = session.scalars(
            select(Report).where(
                Report.reference == addition["report"], Report.conversation_id == row.id
            )
        ).one_or_none()
        if (tried := addition["data"].get("tried")) is not None:
            record_help(
                session,
                Tried.from_json(tried),
                conversation=row.id,
                report=report.id if report is not None else None,
                now=now,
            )
        if report is None:
            return
        session.execute(
            update(Attachment)
            .where(
                Attachment.id.in_(message.attachments),
                Attachment.conversation_id == row.id,
                Attachment.report_id.is_(None),
            )
            .values(report_id=report.id)
        )
        record_addition(
            session,
            self.organisation,
            report,
            kind=addition["kind"],
            text=addition["text"],
            data=addition["data"],
            now=now,
        )


def _record_words(
    session: Session,
    row: Conversation,
    message: Inbound,
    outcome: Mapping[str, Any],
    now: datetime,
) -> tuple[int, MessageId]:
    """What the person said, with what came of it; its number and id."""
    number = transcript.next_number(session, row.id)
    said = transcript.record_inbound(
        session,
        row,
        number=number,
        text=message.text,
        payload=message.payload,
        client_id=message.client_id,
        provider_message_id=message.provider_message_id,
        outcome={**outcome, **brought(message)},
        now=now,
    )
    return number, said


def _tells_of_mail(read: ReadDraft | None) -> bool:
    return read is not None and (read.draft.suspicious or mentions_mail(read.draft.text))


def _adds(turn: Turn) -> bool:
    return turn.addition is not None and turn.addition["report"] is not None


def _repeated(session: Session, row: Conversation, message: Inbound) -> Answer | None:
    earlier = transcript.find_inbound(
        session,
        row,
        client_id=message.client_id,
        provider_message_id=message.provider_message_id,
    )
    if earlier is None:
        return None
    outcome = earlier.outcome or {}
    if message.client_id is not None and outcome.get("said") != digest(message):
        raise transcript.ClientIdReusedError(
            "This client_id was used for another message. Give every message its own."
        )
    return render_answer(
        transcript.answers_to(session, earlier.id), outcome, repeated=True, number=earlier.number
    )
