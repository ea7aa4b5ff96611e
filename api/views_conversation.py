"""What the pages of conversations show beside the words: who waits, who answers, the draft."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from assistant.dialogue import ConversationState
from assistant.wording import render_card
from classifier.catalogue import Catalogue
from incidents.conversation_view import (
    ConversationSeen,
    list_conversation_accesses,
    read_conversation,
)
from incidents.file_listing import FileTold, list_files
from incidents.file_taking_back import named_files
from models.handoff import ConversationAccess, Handoff
from models.ids import ConversationId
from models.vocabulary import HandoffReason, HandoffState


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line of the list of conversations."""

    conversation: ConversationId
    reporter: str
    verified: bool
    channel: str
    report: str
    waits: bool
    since: datetime
    taken_by: str | None


@dataclass(frozen=True, slots=True)
class Panel:
    """How a conversation stands. `mine`: the one who looks holds it."""

    state: str
    sentence: str
    since: datetime | None
    mine: bool
    held: bool
    draft: tuple[tuple[str, str], ...]
    files: tuple[FileTold, ...]
    readers: tuple[ConversationAccess, ...]


def render_rows(session: Session, handoffs: Sequence[Handoff]) -> list[Waiting]:
    """Open hand-offs in their order, each with who speaks and the last report."""
    return [_row(session, one) for one in handoffs]


def render_panel(
    session: Session, seen: ConversationSeen, catalogue: Catalogue, viewer: str
) -> Panel:
    """What stands beside the transcript."""
    row = seen.handoff
    held = row is not None and row.state is HandoffState.HELD
    latest = {one.actor: one for one in reversed(list_conversation_accesses(session, seen.id))}
    named = named_files(session, seen.id)
    return Panel(
        state=row.state.value if row is not None else "none",
        sentence=_sentence(row, viewer),
        since=row.waiting_since if row is not None else None,
        mine=held and row is not None and row.taken_by == viewer,
        held=held,
        draft=_draft(seen, catalogue),
        files=tuple(one for one in list_files(session, seen.id) if one.file.id in named),
        readers=tuple(sorted(latest.values(), key=lambda one: one.at, reverse=True)),
    )


def _row(session: Session, handoff: Handoff) -> Waiting:
    seen = read_conversation(session, handoff.conversation_id, restricted=True)
    return Waiting(
        conversation=seen.id,
        reporter=seen.reporter,
        verified=seen.verified,
        channel=seen.channel,
        report=seen.reports[-1].reference if seen.reports else "",
        waits=handoff.state is HandoffState.WAITING,
        since=handoff.waiting_since or handoff.asked_at,
        taken_by=handoff.taken_by,
    )


def _sentence(handoff: Handoff | None, viewer: str) -> str:
    if handoff is None:
        return "The assistant answers here. Nobody asked for a person."
    if handoff.state is HandoffState.WAITING:
        return "Asked for a person. The assistant answers until somebody takes over."
    who = "You have" if handoff.taken_by == viewer else f"{handoff.taken_by} has"
    asked = "" if handoff.reason is HandoffReason.STAFF else ", as was asked for"
    return f"{who} taken over{asked}. The assistant is quiet."


def _draft(seen: ConversationSeen, catalogue: Catalogue) -> tuple[tuple[str, str], ...]:
    """The report that is being taken, as its summary would show it."""
    state = ConversationState.from_json(seen.state)
    if state.loop is None:
        return ()
    card: dict[str, Any] = render_card(state.slots | {"language": "en"}, catalogue)
    return tuple((row["label"], row["value"]) for row in card["rows"])
