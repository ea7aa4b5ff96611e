"""What a report is made of when staff record it from a conversation, as it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.dialogue import ConversationState
from assistant.drafting import empty_draft
from assistant.text_dialogue import WAITING
from models.conversation import Conversation, Message
from models.report import Attachment
from models.vocabulary import Direction


def told(session: Session, row: Conversation, state: ConversationState) -> Mapping[str, Any]:
    """Description and attachments: the draft's, with what was said to staff since.

    Without a draft, all that was said since the last report of the conversation.
    """
    draft = state.slots.get("description")
    said = unreported(session, row)
    words = [one.text for one in said if one.payload is None]
    if draft:
        words = [str(draft), *(one.text for one in said if _is_held(one))]
    description = "\n".join(text for one in words if (text := one.strip()))
    return {"description": description, "attachments": files_of(session, row, state)}


def files_of(session: Session, row: Conversation, state: ConversationState) -> list[str]:
    """The draft's files, and those that came while staff answered and are in no report."""
    known = list(state.slots.get("attachments") or [])
    named = [
        file
        for one in unreported(session, row)
        if _is_held(one)
        for file in (one.outcome or {})["files"]
    ]
    free = session.scalars(
        select(Attachment.id).where(
            Attachment.id.in_([UUID(one) for one in named]),
            Attachment.conversation_id == row.id,
            Attachment.report_id.is_(None),
        )
    )
    kept = {str(one) for one in free}
    return list(dict.fromkeys([*known, *(one for one in named if one in kept)]))


def unreported(session: Session, row: Conversation) -> Sequence[Message]:
    """What the person said since the latest report came of the conversation, in order."""
    rows = session.scalars(
        select(Message).where(Message.conversation_id == row.id).order_by(Message.number)
    )
    found: list[Message] = []
    for one in rows:
        if (one.outcome or {}).get("report"):
            found.clear()
        elif one.direction is Direction.INBOUND:
            found.append(one)
    return found


def after_filing(state: ConversationState, reference: str) -> ConversationState:
    """The dialogue as it stands after a report that the assistant files itself."""
    after = state.copy()
    number = int(after.slots.get("draft_no") or 1)
    after.slots |= empty_draft()
    after.slots |= {"draft_no": number + 1, "last_report": reference}
    after.slots |= {"pending": None, "follow_up": None, "tried": None, WAITING: None}
    after.loop = after.requested = None
    after.rejected, after.issued = False, []
    return after


def _is_held(message: Message) -> bool:
    return bool((message.outcome or {}).get("held"))
