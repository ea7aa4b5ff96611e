"""Conversations on the console: who wants a person, and speaking with them in their own words."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from api.auth import Asker, Permission, house_of, require
from api.errors import STATUS
from api.pages import PageRoute, render_page
from api.views_conversation import render_panel, render_rows
from assistant.handoff_desk import LONGEST
from incidents.conversation_view import read_conversation, record_lines
from incidents.handoffs import list_open, require_held
from incidents.presence import record_staff_typing
from incidents.segments import SEGMENT
from models.errors import DomainError
from models.ids import ConversationId, new_id
from models.vocabulary import Channel

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Responder = Annotated[Asker, Depends(require(Permission.REVIEW))]
_Do = Callable[[ConversationId], object]


@router.get("/console/conversations")
def show_conversations(request: Request, asker: Responder) -> Response:
    """Who wants a person, and who speaks with one; who asked first comes first."""
    house = house_of(request)
    with house.database.reading() as session:
        rows = render_rows(session, list_open(session, restricted=asker.may(Permission.RESTRICTED)))
    return render_page(request, "console/conversations.html", asker=asker, rows=rows)


@router.get("/console/conversations/waiting")
def show_waiting(request: Request, asker: Responder) -> Response:
    """How many wait, for the navigation of a page that is open."""
    return render_page(request, "console/waiting.html", asker=asker, oob=True)


@router.get("/console/conversations/{conversation_id}")
def show_conversation(request: Request, conversation_id: UUID, asker: Responder) -> Response:
    return _page(request, asker, ConversationId(conversation_id))


@router.get("/console/conversations/{conversation_id}/more")
def show_more(
    request: Request,
    conversation_id: UUID,
    asker: Responder,
    after: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """What was said since a page was loaded, and how the conversation stands now."""
    with house_of(request).database.transaction() as session:
        told = _told(request, session, asker, ConversationId(conversation_id), after)
    return render_page(request, "console/conversation_more.html", asker=asker, oob=True, **told)


@router.post("/console/conversations/{conversation_id}/take")
def take(request: Request, conversation_id: UUID, asker: Responder) -> Response:
    """Take it over, asked or not."""
    handoffs = house_of(request).handoffs
    return _attempt(request, asker, conversation_id, lambda one: handoffs.take(one, asker.name))


@router.post("/console/conversations/{conversation_id}/say")
def write(
    request: Request,
    conversation_id: UUID,
    asker: Responder,
    key: Annotated[str, Form(min_length=1, max_length=100)],
    text: Annotated[str, Form(max_length=100_000)] = "",
) -> Response:
    """Write to the person."""
    handoffs = house_of(request).handoffs
    return _attempt(
        request,
        asker,
        conversation_id,
        lambda one: handoffs.say(one, asker.name, text, key=key),
        text=text,
    )


@router.post("/console/conversations/{conversation_id}/typing", status_code=204)
def sign_typing(request: Request, conversation_id: UUID, asker: Responder) -> None:
    """The person sees for some seconds that somebody writes; only of who holds the conversation."""
    house, conversation = house_of(request), ConversationId(conversation_id)
    with house.database.transaction() as session:
        require_held(session, conversation, asker.name)
        record_staff_typing(session, conversation, now=house.clock())


@router.post("/console/conversations/{conversation_id}/file")
def record(request: Request, conversation_id: UUID, asker: Responder) -> Response:
    """Record a report of what was said, as it stands."""
    handoffs = house_of(request).handoffs
    return _attempt(request, asker, conversation_id, lambda one: handoffs.file(one, asker.name))


@router.post("/console/conversations/{conversation_id}/give_back")
def give_back(request: Request, conversation_id: UUID, asker: Responder) -> Response:
    """Let the assistant go on."""
    handoffs = house_of(request).handoffs
    return _attempt(
        request, asker, conversation_id, lambda one: handoffs.give_back(one, asker.name)
    )


def _attempt(
    request: Request, asker: Asker, conversation_id: UUID, do: _Do, *, text: str = ""
) -> Response:
    """Do it and show the conversation; where it is refused, say why and keep what was typed."""
    conversation = ConversationId(conversation_id)
    with house_of(request).database.reading() as session:
        read_conversation(session, conversation, restricted=asker.may(Permission.RESTRICTED))
    try:
        do(conversation)
    except DomainError as refusal:
        status = STATUS.get(refusal.code, 500)
        return _page(request, asker, conversation, status=status, refused=str(refusal), text=text)
    return RedirectResponse(f"/console/conversations/{conversation}", HTTPStatus.SEE_OTHER)


def _page(
    request: Request,
    asker: Asker,
    conversation: ConversationId,
    *,
    status: int = 200,
    refused: str = "",
    text: str = "",
) -> Response:
    with house_of(request).database.transaction() as session:
        told = _told(request, session, asker, conversation, 0)
    by_text = told["seen"].channel == Channel.SMS
    return render_page(
        request,
        "console/conversation.html",
        asker=asker,
        status=status,
        refused=refused,
        text=text,
        key=new_id(),
        longest=SEGMENT if by_text else LONGEST,
        by_text=by_text,
        **told,
    )


def _told(
    request: Request, session: Session, asker: Asker, conversation: ConversationId, after: int
) -> dict[str, Any]:
    """The new lines, remembered as read, and the panel beside them."""
    house = house_of(request)
    seen = read_conversation(session, conversation, restricted=asker.may(Permission.RESTRICTED))
    lines = record_lines(session, seen.id, asker.name, after=after, now=house.clock())
    return {
        "seen": seen,
        "lines": lines,
        "after": lines[-1].number if lines else after,
        "panel": render_panel(session, seen, house.organisation.catalogue, asker.name),
    }
