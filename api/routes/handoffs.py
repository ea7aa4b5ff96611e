"""Hand-offs by program: who wants a person, and speaking with them in the assistant's place."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from api.auth import Asker, Permission, house_of, require
from api.bodies import StaffMessage
from api.render import render_handoff, render_line, render_moment
from api.wiring import Installation
from incidents.conversation_view import read_conversation, record_lines
from incidents.handoffs import list_open
from models.ids import ConversationId

router = APIRouter(prefix="/api/v1/handoffs", tags=["handoffs"])
Responder = Annotated[Asker, Depends(require(Permission.REVIEW))]


@router.get("")
def list_handoffs(request: Request, asker: Responder) -> dict[str, Any]:
    """Who wants a person, and who speaks with one; who asked first comes first."""
    with house_of(request).database.reading() as session:
        found = [render_handoff(row) for row in list_open(session, restricted=_restricted(asker))]
    return {"handoffs": found}


@router.get("/{conversation_id}")
def read_handoff(request: Request, conversation_id: UUID, asker: Responder) -> dict[str, Any]:
    """A conversation, every word as it was said. Each look is remembered with its caller."""
    house = house_of(request)
    with house.database.transaction() as session:
        seen = read_conversation(
            session, ConversationId(conversation_id), restricted=_restricted(asker)
        )
        lines = record_lines(session, seen.id, asker.name, now=house.clock())
    return {
        "conversation": str(seen.id),
        "channel": seen.channel,
        "reporter": {"name": seen.reporter, "verified": seen.verified},
        "began_at": render_moment(seen.began_at),
        "handoff": render_handoff(seen.handoff) if seen.handoff is not None else None,
        "reports": [{"reference": one.reference, "incident": one.incident} for one in seen.reports],
        "messages": [render_line(line) for line in lines],
    }


@router.post("/{conversation_id}/take")
def take(request: Request, conversation_id: UUID, asker: Responder) -> dict[str, Any]:
    """Take the conversation over, asked or not; the person is told who joined."""
    house, conversation = _visible(request, conversation_id, asker)
    house.handoffs.take(conversation, asker.name)
    return _standing(house, conversation)


@router.post("/{conversation_id}/messages", status_code=201)
def write(
    request: Request, conversation_id: UUID, body: StaffMessage, asker: Responder
) -> dict[str, Any]:
    """Write to the person; the same `key` again changes nothing."""
    house, conversation = _visible(request, conversation_id, asker)
    house.handoffs.say(conversation, asker.name, body.text, key=body.key)
    return _standing(house, conversation)


@router.post("/{conversation_id}/report", status_code=201)
def record(request: Request, conversation_id: UUID, asker: Responder) -> dict[str, Any]:
    """Record a report of what was said, as it stands; the person is told its reference."""
    house, conversation = _visible(request, conversation_id, asker)
    recorded = house.handoffs.file(conversation, asker.name)
    return {
        "reference": recorded.report.reference,
        "incident": {"reference": recorded.incident.reference, "joined": recorded.joined},
    }


@router.post("/{conversation_id}/give_back")
def give_back(request: Request, conversation_id: UUID, asker: Responder) -> dict[str, Any]:
    """The assistant goes on where it was; the person is told."""
    house, conversation = _visible(request, conversation_id, asker)
    house.handoffs.give_back(conversation, asker.name)
    return _standing(house, conversation)


def _restricted(asker: Asker) -> bool:
    return asker.may(Permission.RESTRICTED)


def _visible(
    request: Request, conversation_id: UUID, asker: Asker
) -> tuple[Installation, ConversationId]:
    """Only what the asker may see is theirs to answer."""
    house = house_of(request)
    with house.database.reading() as session:
        seen = read_conversation(
            session, ConversationId(conversation_id), restricted=_restricted(asker)
        )
    return house, seen.id


def _standing(house: Installation, conversation: ConversationId) -> dict[str, Any]:
    with house.database.reading() as session:
        row = read_conversation(session, conversation, restricted=True).handoff
    return {
        "conversation": str(conversation),
        "handoff": render_handoff(row) if row is not None else None,
    }
