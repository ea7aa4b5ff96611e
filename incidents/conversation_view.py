"""A conversation as staff see it who answer in it: every word as it was said, each look remembered.

Elsewhere staff see words with private parts masked; who speaks with a person needs what they said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incidents.handoffs import find_open
from incidents.presence import record_staff_saw
from incidents.queries import identity_name
from incidents.text_status import is_open_to_all, send_state_of
from models.conversation import Conversation, Message
from models.errors import NotFoundError
from models.handoff import ConversationAccess, Handoff
from models.ids import ConversationId, EntryId, new_id
from models.incident import Incident, Membership
from models.people import Identity, Person
from models.report import Report
from models.texting import TextStatus
from models.vocabulary import Channel, Direction


@dataclass(frozen=True, slots=True)
class ReportMade:
    """A report that came of the conversation, and the incident it is in now."""

    reference: str
    incident: str
    title: str


@dataclass(frozen=True, slots=True)
class ConversationSeen:
    """One conversation.

    Attributes:
        reporter: Who speaks, by the directory or by address.
        verified: Whether that is proven.
        state: The dialogue's, with the draft.
        handoff: The open one, if there is one.
        unseen: How many of our messages were not before the person's eyes yet; None by text.

    """

    id: ConversationId
    channel: str
    reporter: str
    verified: bool
    began_at: datetime
    last_at: datetime
    state: Mapping[str, Any]
    handoff: Handoff | None
    reports: tuple[ReportMade, ...]
    unseen: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """One message as it was said.

    Attributes:
        who: `person`, `assistant` or `staff`.
        name: Of the member of staff.
        answers: Titles of the buttons that were offered.
        files: How many came with it.
        state: By text: how far it came; empty on the web.
        why: Where it did not arrive.

    """

    number: int
    who: str
    name: str
    text: str
    answers: tuple[str, ...]
    files: int
    at: datetime
    state: str
    why: str | None


def read_conversation(
    session: Session, conversation: ConversationId, *, restricted: bool
) -> ConversationSeen:
    """Who speaks, what came of it, and who answers.

    Raises:
        NotFoundError: There is none, or it holds a restricted report that the asker may not see.

    """
    row = session.execute(
        select(Conversation, Identity, Person)
        .join(Identity, Identity.id == Conversation.identity_id)
        .outerjoin(Person, Person.id == Identity.person_id)
        .where(Conversation.id == conversation)
    ).one_or_none()
    if row is None or not (restricted or is_open_to_all(session, conversation)):
        raise NotFoundError("There is no such conversation, or you may not see it.")
    found, identity, person = row
    return ConversationSeen(
        id=found.id,
        channel=found.channel.value,
        reporter=person.name if person else identity_name(identity),
        verified=identity.verified_by is not None,
        began_at=found.created_at,
        last_at=found.last_at,
        state=found.state,
        handoff=find_open(session, conversation),
        reports=tuple(_reports(session, conversation)),
        unseen=None if found.channel is Channel.SMS else _unseen(session, found),
    )


def record_lines(
    session: Session,
    conversation: ConversationId,
    actor: str,
    *,
    after: int = 0,
    now: datetime,
) -> list[Line]:
    """What was said after that number, and in the same transaction the row that says who read it.

    The person sees that it was read. Nothing new of the person is no look.
    """
    rows = session.execute(
        select(Message, TextStatus)
        .outerjoin(TextStatus, TextStatus.provider_message_id == Message.provider_message_id)
        .where(Message.conversation_id == conversation, Message.number > after)
        .order_by(Message.number)
    ).all()
    lines = [_line(message, status) for message, status in rows]
    if any(line.who == "person" for line in lines):
        record_conversation_access(session, conversation, actor, now=now)
        record_staff_saw(session, conversation, lines[-1].number)
    return lines


def record_conversation_access(
    session: Session, conversation: ConversationId, actor: str, *, now: datetime
) -> None:
    """Remember who read in it: its words, or a file that is in no report."""
    session.add(
        ConversationAccess(
            id=EntryId(new_id()), conversation_id=conversation, actor=actor[:200], at=now
        )
    )


def list_conversation_accesses(
    session: Session, conversation: ConversationId
) -> Sequence[ConversationAccess]:
    """Who read it, the latest first."""
    return session.scalars(
        select(ConversationAccess)
        .where(ConversationAccess.conversation_id == conversation)
        .order_by(ConversationAccess.at.desc(), ConversationAccess.id.desc())
    ).all()


def _unseen(session: Session, row: Conversation) -> int:
    query = select(func.count()).where(
        Message.conversation_id == row.id,
        Message.direction == Direction.OUTBOUND,
        Message.number > row.person_saw,
    )
    return session.execute(query).scalar_one()


def _reports(session: Session, conversation: ConversationId) -> list[ReportMade]:
    rows = session.execute(
        select(Report.reference, Incident.reference, Incident.title)
        .join(Membership, Membership.report_id == Report.id)
        .join(Incident, Incident.id == Membership.incident_id)
        .where(Report.conversation_id == conversation, Membership.ended_at.is_(None))
        .order_by(Report.received_at, Report.id)
    ).all()
    return [ReportMade(*row) for row in rows]


def _line(message: Message, status: TextStatus | None) -> Line:
    inbound = message.direction is Direction.INBOUND
    state, why = send_state_of(message, status)
    return Line(
        number=message.number,
        who="person" if inbound else "staff" if message.author else "assistant",
        name=message.actor or "" if message.author else "",
        text=message.text,
        answers=tuple(title for title, _ in message.buttons),
        files=len((message.outcome or {}).get("files", ())),
        at=message.at,
        state="" if inbound or message.send_state is None else state,
        why=why,
    )
