"""A conversation's rows: who speaks, what was said and answered, and the state in between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from assistant.dialogue import Button, ConversationState
from models.conversation import Conversation, Message
from models.errors import DomainError, NotFoundError
from models.ids import ConversationId, MessageId, new_id
from models.vocabulary import Channel, Direction


class ClientIdReusedError(DomainError):
    """One client id stands for one message."""

    code: ClassVar[str] = "message.client_id_reused"


class TurnOvertakenError(Exception):
    """Another turn of the same conversation was recorded meanwhile; take this one again."""


@dataclass(frozen=True, slots=True)
class OutMessage:
    """One message to a person, as stored. `number` counts within the conversation.

    `author` is set where a member of staff wrote it, not the assistant.
    """

    id: str
    number: int
    text: str
    buttons: tuple[Button, ...]
    card: Mapping[str, Any] | None
    at: datetime
    author: str | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """What a message of ours will hold.

    Attributes:
        author: The one of staff who wrote it, as the person sees them.
        actor: The one of staff who wrote it or caused it.
        key: With one it is said once: a second message of the same key is refused.
        report: Reference of a report that staff recorded, where this tells of it.

    """

    text: str
    buttons: tuple[Button, ...] = ()
    card: Mapping[str, Any] | None = None
    author: str | None = None
    actor: str | None = None
    key: str | None = None
    report: str | None = None


def find_conversation(session: Session, conversation_id: ConversationId) -> Conversation:
    """The conversation by its id.

    Raises:
        NotFoundError: There is none.

    """
    row = session.get(Conversation, conversation_id)
    if row is None:
        raise NotFoundError("There is no such conversation. Start a new one.")
    return row


def language_of(conversation: Conversation) -> str:
    """As the dialogue has heard it, else as the conversation began."""
    return str(conversation.state.get("slots", {}).get("language") or conversation.locale)


def find_inbound(
    session: Session,
    conversation: Conversation,
    *,
    client_id: str | None,
    provider_message_id: str | None,
) -> Message | None:
    """The stored message with this client's or provider's id, if it came before."""
    if provider_message_id is not None:
        return session.scalars(
            select(Message).where(
                Message.channel == conversation.channel,
                Message.provider_message_id == provider_message_id,
            )
        ).one_or_none()
    if client_id is None:
        return None
    return session.scalars(
        select(Message).where(
            Message.conversation_id == conversation.id, Message.client_id == client_id
        )
    ).one_or_none()


def answers_to(session: Session, message_id: MessageId) -> tuple[OutMessage, ...]:
    """What the assistant answered; what staff wrote since is no part of it."""
    rows = session.scalars(
        select(Message)
        .where(Message.reply_to == message_id, Message.author.is_(None))
        .order_by(Message.number)
    )
    return tuple(render_out(row) for row in rows)


def messages_after(
    session: Session, conversation_id: ConversationId, number: int
) -> tuple[Message, ...]:
    """Messages of both directions past `number`, in order."""
    return tuple(
        session.scalars(
            select(Message)
            .where(Message.conversation_id == conversation_id, Message.number > number)
            .order_by(Message.number)
        )
    )


def record_version(
    session: Session, conversation: Conversation, state: Mapping[str, Any], *, now: datetime
) -> None:
    """Move the conversation on by one turn. Locks its row until commit.

    Raises:
        TurnOvertakenError: It is not at the version that the turn was thought for.

    """
    moved = session.execute(
        update(Conversation)
        .where(Conversation.id == conversation.id, Conversation.version == conversation.version)
        .values(version=conversation.version + 1, state=dict(state), last_at=now)
        .execution_options(synchronize_session=False)
    )
    if moved.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result counts rows
        raise TurnOvertakenError


def lock_conversation(
    session: Session, conversation_id: ConversationId, *, now: datetime
) -> Conversation:
    """Move the conversation on for staff, whatever its version. Locks its row until commit.

    A turn that was thought meanwhile is overtaken, and taken again.

    Raises:
        NotFoundError: There is none.

    """
    session.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id)
        .values(version=Conversation.version + 1, last_at=now)
        .execution_options(synchronize_session=False)
    )
    return find_conversation(session, conversation_id)


def next_number(session: Session, conversation_id: ConversationId) -> int:
    newest = session.execute(
        select(func.max(Message.number)).where(Message.conversation_id == conversation_id)
    ).scalar_one()
    return int(newest or 0) + 1


def record_inbound(
    session: Session,
    conversation: Conversation,
    *,
    number: int,
    text: str,
    payload: str | None,
    client_id: str | None,
    provider_message_id: str | None,
    outcome: Mapping[str, Any],
    now: datetime,
) -> MessageId:
    """Write down what a person said, with what it brought."""
    row_id = MessageId(new_id())
    session.add(
        Message(
            id=row_id,
            conversation_id=conversation.id,
            number=number,
            direction=Direction.INBOUND,
            channel=conversation.channel,
            text=text,
            payload=payload,
            buttons=[],
            card=None,
            client_id=client_id,
            provider_message_id=provider_message_id,
            reply_to=None,
            outcome=dict(outcome),
            send_state=None,
            send_reason=None,
            at=now,
        )
    )
    return row_id


def record_outbound(
    session: Session,
    conversation: Conversation,
    words: Sequence[Words],
    *,
    number: int,
    reply_to: MessageId | None,
    now: datetime,
) -> list[Message]:
    """Write down what we say; an SMS waits for its job."""
    rows = [
        Message(
            id=MessageId(new_id()),
            conversation_id=conversation.id,
            number=number + index,
            direction=Direction.OUTBOUND,
            channel=conversation.channel,
            text=said.text,
            payload=None,
            buttons=[[b.title, b.payload] for b in said.buttons],
            card=dict(said.card) if said.card else None,
            client_id=said.key,
            provider_message_id=None,
            reply_to=reply_to,
            outcome={"report": said.report} if said.report else None,
            send_state="pending" if conversation.channel is Channel.SMS else None,
            send_reason=None,
            author=said.author,
            actor=said.actor,
            at=now,
        )
        for index, said in enumerate(words)
    ]
    session.add_all(rows)
    session.flush()
    return rows


def asked_last(session: Session, row: Conversation, state: ConversationState) -> Words | None:
    """The question that the form waits for, with its buttons and card, to be said again.

    By text nothing is said again: there a report is filed with the first words.
    """
    if state.loop is None or row.channel is Channel.SMS:
        return None
    last = session.scalars(
        select(Message)
        .where(
            Message.conversation_id == row.id,
            Message.direction == Direction.OUTBOUND,
            Message.author.is_(None),
            Message.client_id.is_(None),
        )
        .order_by(Message.number.desc())
        .limit(1)
    ).first()
    if last is None:
        return None
    out = render_out(last)
    return Words(out.text, out.buttons, out.card)


def render_out(row: Message) -> OutMessage:
    return OutMessage(
        id=str(row.id),
        number=row.number,
        text=row.text,
        buttons=tuple(Button(title, payload) for title, payload in row.buttons),
        card=row.card,
        at=row.at,
        author=row.author,
    )
