"""The web chat: open a conversation, say something, hear the answer, and follow along.

Public, but each conversation answers only to its own token, sent as a bearer token and
never in an address.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from api.auth import NotSignedInError, house_of
from api.bodies import OpenConversation, SaidMessage, SeenMessages
from api.identity import read_identity
from api.news import News, render_event
from api.staff import digest
from api.wiring import Installation
from assistant.messages import Answer, Inbound
from assistant.transcript import OutMessage, TurnOvertakenError
from incidents.presence import record_person_saw
from models.conversation import Conversation, ConversationToken, Message
from models.errors import DomainError, NotFoundError
from models.ids import AttachmentId, ConversationId
from models.vocabulary import Channel

HEARTBEAT: Final = 15
_STREAMS: Final = 20
"""Of one conversation at once: the tabs and devices of its person."""
_PAGE: Final = 200
router = APIRouter(prefix="/api/v1/conversations", tags=["conversations"])


class EmptyMessageError(DomainError):
    """No words, no button, no file."""

    code: ClassVar[str] = "message.empty"


class ConversationBusyError(DomainError):
    """Other messages of the conversation came first, again and again."""

    code: ClassVar[str] = "conversation.busy"


def own_conversation(request: Request, conversation_id: UUID) -> ConversationId:
    """The conversation whose token the caller holds.

    Raises (as a dependency):
        NotSignedInError: No token was sent.
        NotFoundError: There is no such conversation, or the token is another's; never which.

    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotSignedInError("Send the conversation's token as a bearer token.")
    with house_of(request).database.reading() as session:
        given = digest(token.strip())
        kept = session.scalars(
            select(Conversation.token_hash).where(
                Conversation.id == conversation_id, Conversation.channel == Channel.WEB
            )
        ).one_or_none()
        another = session.get(ConversationToken, given)
    elsewhere = another is not None and another.conversation_id == conversation_id
    if not elsewhere and not hmac.compare_digest(kept or "", given):
        raise NotFoundError("There is no such conversation for this token. Start a new one.")
    return ConversationId(conversation_id)


Own = Annotated[ConversationId, Depends(own_conversation)]


@router.post("", status_code=201)
def open_conversation(request: Request, body: OpenConversation) -> dict[str, Any]:
    """Open a conversation, or one's own again; the token is shown once.

    With an `identity` that the intranet signed, a conversation of the last day is taken up
    again: what was said is at `messages` of it, and only what is new stands in the answer.
    """
    house = house_of(request)
    limits = house.limits
    limits.hit(limits.openings, "open", request.client.host if request.client else "")
    try:
        opened = house.desk.open_web(
            locale=body.locale,
            time_zone=body.time_zone,
            context=dict(body.context),
            person=read_identity(house.settings, body.identity, now=house.clock()),
        )
    except (TurnOvertakenError, IntegrityError) as error:
        raise _busy() from error
    return {
        "id": str(opened.conversation),
        "token": opened.token,
        "resumed": opened.resumed,
        "messages": [render_message(one) for one in opened.messages],
    }


@router.post("/{conversation_id}/messages")
def say(request: Request, conversation: Own, body: SaidMessage) -> dict[str, Any]:
    """Say something. The same `client_id` again gets the first answer again."""
    if not body.text.strip() and body.payload is None and not body.attachments:
        raise EmptyMessageError("The message is empty. Write what is broken, in your own words.")
    house = house_of(request)
    house.limits.hit(house.limits.messages, "say", str(conversation))
    began = time.perf_counter()
    message = Inbound(
        text=body.text,
        payload=body.payload,
        client_id=body.client_id,
        attachments=tuple(AttachmentId(one) for one in body.attachments),
    )
    try:
        answer = house.desk.hear(conversation, message)
    except (TurnOvertakenError, IntegrityError) as error:
        raise _busy() from error
    house.meters.turns.observe(time.perf_counter() - began)
    return render_answer(answer)


@router.get("/{conversation_id}/messages")
def read_messages(
    request: Request, conversation: Own, after: Annotated[int, Query(ge=0)] = 0
) -> dict[str, Any]:
    """What was said by both sides, from number `after` on: for a page that was reloaded."""
    return {"messages": _spoken(house_of(request), conversation, after)}


@router.put("/{conversation_id}/seen", status_code=204)
def mark_seen(request: Request, conversation: Own, body: SeenMessages) -> None:
    """The person had the messages up to `number` before their eyes; staff may see that."""
    house = house_of(request)
    house.limits.hit(house.limits.messages, "seen", str(conversation))
    with house.database.transaction() as session:
        record_person_saw(session, conversation, body.number)


@router.get("/{conversation_id}/events", response_class=EventSourceResponse)
async def follow(
    request: Request,
    conversation: Own,
    last_event_id: Annotated[str | None, Header()] = None,
    files: Annotated[
        bool,
        Query(description="This client shows what was seen in a file itself: no turn says it."),
    ] = False,
) -> Response:
    """Messages as they come, by number; `Last-Event-ID` resumes after the last one seen.

    Beside them, without a number: `presence` (how far staff have seen, whether they write) and,
    if asked for, `file` (how far the reading of a file is, what was seen in it). `elsewhere` is
    the last of a stream that gave way to newer ones: come back in a minute, not at once.
    """
    after = int(last_event_id) if last_event_id and last_event_id.isdecimal() else 0
    return EventSourceResponse(
        _stream(house_of(request), conversation, after, files=files),
        ping=HEARTBEAT,
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


async def _stream(
    house: Installation, conversation: ConversationId, after: int, *, files: bool
) -> AsyncIterator[ServerSentEvent]:
    news = News(house.database, house.clock, conversation, files=files)
    with house.live.listen(conversation, most=_STREAMS) as bell:
        while not bell.over:
            spoken = await run_in_threadpool(_spoken, house, conversation, after)
            for message in spoken:
                after = message["number"]
                yield render_event("message", message, number=after)
            for kind, data in await run_in_threadpool(news.read_changes):
                yield render_event(kind, data)
            if len(spoken) < _PAGE:
                await bell.rings(HEARTBEAT)
        if bell.dismissed:
            yield render_event("elsewhere", {})


def _spoken(house: Installation, conversation: ConversationId, after: int) -> list[dict[str, Any]]:
    with house.database.reading() as session:
        rows: Sequence[Message] = session.scalars(
            select(Message)
            .where(Message.conversation_id == conversation, Message.number > after)
            .order_by(Message.number)
            .limit(_PAGE)
        ).all()
    return [
        {
            "id": str(row.id),
            "number": row.number,
            "direction": row.direction.value,
            "client_id": row.client_id,
            "text": row.text,
            "buttons": [{"title": title, "payload": payload} for title, payload in row.buttons],
            "card": row.card,
            "author": row.author,
            "at": row.at.isoformat(),
        }
        for row in rows
    ]


def render_message(message: OutMessage) -> dict[str, Any]:
    """One message of ours, as JSON; buttons, card and author only where it has them."""
    found: dict[str, Any] = {
        "id": message.id,
        "number": message.number,
        "text": message.text,
        "at": message.at.isoformat(),
    }
    if message.buttons:
        found["buttons"] = [
            {"title": button.title, "payload": button.payload} for button in message.buttons
        ]
    if message.card is not None:
        found["card"] = dict(message.card)
    if message.author is not None:
        found["author"] = message.author
    return found


def render_answer(answer: Answer) -> dict[str, Any]:
    """What one message brought, as JSON."""
    found: dict[str, Any] = {
        "number": answer.number,
        "messages": [render_message(one) for one in answer.messages],
    }
    if answer.report is not None:
        found["report"] = {"reference": answer.report}
    if answer.incident is not None:
        incident: Mapping[str, Any] = answer.incident
        found["incident"] = dict(incident)
    return found


def _busy() -> ConversationBusyError:
    return ConversationBusyError(
        "Too much of this conversation came at once. Send this again.", retry_after=1
    )
