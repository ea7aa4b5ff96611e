"""What a report is made of when staff record it as it stands, or leave it to the assistant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.dialogue import ConversationState
from assistant.drafting import empty_draft
from assistant.text_dialogue import WAITING
from models.conversation import Conversation, Message
from models.report import Attachment
from models.vocabulary import Direction

_COURTESY: Final = frozenset({"request_human", "greet", "thanks"})
_A_COURTESY: Final = 60
"""Characters of the longest that is surely no more; in more something may be told."""
_AT_ONCE: Final = 50
_SETTLED: Final = frozenset({"thanks", "resolved", "cancel"})
_TROUBLE: Final = frozenset({"report", "worse"})


def told(session: Session, row: Conversation, state: ConversationState) -> Mapping[str, Any]:
    """Description and attachments: the draft's, with what was said to staff since.

    Without a draft, all that was said since the last report of the conversation; nothing where
    that was no more than courtesy.
    """
    draft = state.slots.get("description")
    said = unreported(session, row)
    spoken = [one for one in said if one.payload is None]
    words = [one.text for one in spoken] if any(map(_tells, spoken)) else []
    if draft:
        words = [str(draft), *(one.text for one in _to_staff(said))]
    description = "\n".join(text for one in words if (text := one.strip()))
    return {"description": description, "attachments": files_of(session, row, state)}


def take_along(
    session: Session, row: Conversation, state: ConversationState, *, alone: bool
) -> bool:
    """Leave what was told to staff to the assistant: each word once, in `state`.

    It is more of the open draft, or of words of which we have asked already what they are.

    Args:
        session: Inside the transaction; the messages are marked as taken.
        row: The conversation, whose hand-off ends.
        state: Its dialogue, which is changed.
        alone: Whether nobody of staff answered their last words, nor decided what they are.

    Returns:
        Whether the words wait in `pending` now, for the person to say if they are a report.

    """
    heard = _to_staff(unreported(session, row))
    said = _unsettled(heard) if state.loop is None else list(filter(_tells, heard))
    for one in heard:
        one.outcome = {**(one.outcome or {}), "taken": True}
    if state.loop is not None:
        state.slots["attachments"] = files_of(session, row, state)
        _take(state.slots, "description", said)
        return False
    if waiting := state.slots.get(WAITING):
        state.slots[WAITING] = _take(dict(waiting), "text", said)
        return False
    if state.slots.get("pending") and state.slots.get("doubted"):
        _take(state.slots, "pending", said)
        return False
    trouble = next((one for one in said if _intent(one) in _TROUBLE), None)
    if not alone or trouble is None:
        return False
    facts = (trouble.outcome or {}).get("facts") or {}
    state.slots |= {"pending": None, "pending_facts": facts, "doubted": True}
    state.slots["attachments"] = files_of(session, row, state)
    _take(state.slots, "pending", said)
    return True


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
    """What the person said since the latest report, in order, and that was added to none."""
    rows = session.scalars(
        select(Message)
        .where(Message.conversation_id == row.id)
        .order_by(Message.number.desc())
        .execution_options(yield_per=_AT_ONCE)  # a phone's conversation lasts for years
    )
    found: list[Message] = []
    with closing(rows):
        for one in rows:
            outcome = one.outcome or {}
            if outcome.get("report"):
                break
            if one.direction is Direction.INBOUND and not outcome.get("added"):
                found.append(one)
    return found[::-1]


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


def _take(slots: dict[str, Any], name: str, said: Sequence[Message]) -> dict[str, Any]:
    words = [slots.get(name), *(one.text.strip() for one in said)]
    slots[name] = "\n".join(str(one) for one in words if one) or None
    return slots


def _unsettled(said: Sequence[Message]) -> list[Message]:
    """What was told since the person last thanked, or said that it works again."""
    settled = max((one.number for one in said if _intent(one) in _SETTLED), default=0)
    return [one for one in said if one.number > settled and _tells(one)]


def _to_staff(said: Sequence[Message]) -> list[Message]:
    """Words to staff in the hand-off that is open; `taken` marks those of one that ended."""
    return [
        one
        for one in said
        if _is_held(one) and one.payload is None and not (one.outcome or {}).get("taken")
    ]


def _tells(message: Message) -> bool:
    short = len(message.text.strip()) <= _A_COURTESY
    return bool(message.text.strip()) and not (short and _intent(message) in _COURTESY)


def _intent(message: Message) -> str:
    """What the words do; a report where nothing could read them."""
    return str((message.outcome or {}).get("intent") or "report")


def _is_held(message: Message) -> bool:
    return bool((message.outcome or {}).get("held"))
