"""The life of a hand-off: somebody asks for a person, one of staff takes over and gives back.

Every `record_` runs inside the caller's transaction, which holds the conversation's row: so of
two who take at once one comes second, and a turn that was thought before is thought anew.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.conversation import Conversation
from models.errors import DomainError
from models.handoff import Handoff
from models.ids import ConversationId, HandoffId, new_id
from models.report import Report
from models.vocabulary import Audience, HandoffOutcome, HandoffReason
from models.vocabulary import HandoffState as S

MOVES: Final = MappingProxyType(
    {
        S.WAITING: frozenset({S.HELD, S.ENDED}),
        S.HELD: frozenset({S.ENDED}),
        S.ENDED: frozenset[S](),
    }
)
_FIRST: Final = re.compile(r"[^\s.@_,]+")
_SHOWN: Final = 40


class StaffShown(StrEnum):
    """What a person is told of the one of staff who writes to them."""

    FIRST_NAME = "first_name"
    NAME = "name"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class HandoffPolicy:
    """How long people wait for people; a judgement, not measured.

    Attributes:
        patience: After this without anybody, a person who asked is told that nobody was free.
        silence: A person who waits so long for the one who took over gets the assistant back.
        idle: A conversation that is held ends by itself where the person is silent for so long.
        shown: What they are told of who writes.

    """

    patience: timedelta = timedelta(minutes=15)
    silence: timedelta = timedelta(minutes=15)
    idle: timedelta = timedelta(hours=8)
    shown: StaffShown = StaffShown.FIRST_NAME


class HandoffTakenError(DomainError):
    """Somebody else of staff has the conversation."""

    code: ClassVar[str] = "handoff.taken"


class HandoffNotHeldError(DomainError):
    """Only who has taken a conversation over speaks in it."""

    code: ClassVar[str] = "handoff.not_held"


def move(before: S, after: S) -> S:
    """Decide one change of state; returns `after`.

    Raises:
        HandoffNotHeldError: `after` is not reachable from `before`.

    """
    if after not in MOVES[before]:
        raise HandoffNotHeldError(
            f"This hand-off is {before}; it cannot become {after}. Reload the page.",
            state=before.value,
        )
    return after


def render_shown(name: str, shown: StaffShown) -> str | None:
    """A staff member's name as people outside IT see it; None where they see none."""
    if shown is StaffShown.NOBODY:
        return None
    if shown is StaffShown.NAME:
        return name.strip()[:_SHOWN]
    found = _FIRST.search(name)
    first = found[0] if found else name
    return (first[:1].upper() + first[1:])[:_SHOWN]


def find_open(session: Session, conversation: ConversationId) -> Handoff | None:
    """The hand-off of a conversation that has not ended, if there is one."""
    return session.scalars(
        select(Handoff).where(Handoff.conversation_id == conversation, Handoff.ended_at.is_(None))
    ).one_or_none()


def list_open(session: Session, *, restricted: bool) -> Sequence[Handoff]:
    """All that have not ended, who asked first comes first.

    Args:
        session: Reading is enough.
        restricted: Whether the asker may see restricted reports; without, a conversation that
            holds one is left out.

    """
    closed = select(Report.conversation_id).where(
        Report.audience != Audience.OPEN, Report.conversation_id.is_not(None)
    )
    where = [] if restricted else [Handoff.conversation_id.not_in(closed)]
    return session.scalars(
        select(Handoff)
        .where(Handoff.ended_at.is_(None), *where)
        .order_by(Handoff.asked_at, Handoff.id)
    ).all()


def count_waiting(session: Session) -> int:
    """How many people wait for one of staff to take over."""
    query = select(func.count()).where(Handoff.ended_at.is_(None), Handoff.state == S.WAITING)
    return session.execute(query).scalar_one()


def longest_wait(session: Session) -> datetime | None:
    """Since when somebody waits for one of staff to take over; None where nobody does."""
    query = select(func.min(Handoff.asked_at))
    waiting = query.where(Handoff.ended_at.is_(None), Handoff.state == S.WAITING)
    return session.execute(waiting).scalar_one()


def standing_handoffs(session: Session) -> int:
    """Another number as soon as an open hand-off, or its conversation, moved on; 0 without one.

    That its person has seen more is such a move too. Compare it with an earlier one of the same
    process only.
    """
    rows = session.execute(
        select(Handoff.id, Handoff.state, Conversation.version, Conversation.person_saw)
        .join(Conversation, Conversation.id == Handoff.conversation_id)
        .where(Handoff.ended_at.is_(None))
        .order_by(Handoff.id)
    )
    standing = tuple((row.id, row.state.value, row.version, row.person_saw) for row in rows)
    return hash(standing) if standing else 0


def due_handoffs(session: Session, *, now: datetime, limit: int) -> Sequence[Handoff]:
    """Those whose person has waited, or been silent, too long."""
    return session.scalars(
        select(Handoff)
        .where(Handoff.state != S.ENDED, Handoff.due_at <= now)
        .order_by(Handoff.due_at)
        .limit(limit)
    ).all()


def record_asked(
    session: Session, conversation: ConversationId, policy: HandoffPolicy, *, now: datetime
) -> Handoff:
    """A person asks for a person; asked twice is asked once."""
    found = find_open(session, conversation)
    if found is not None:
        return found
    row = _opened(conversation, HandoffReason.ASKED, now=now)
    row.waiting_since, row.due_at = now, now + policy.patience
    session.add(row)
    session.flush()
    return row


def record_taken(
    session: Session,
    conversation: ConversationId,
    actor: str,
    policy: HandoffPolicy,
    *,
    now: datetime,
) -> Handoff | None:
    """One of staff takes over, asked or not; None where they have it already.

    Raises:
        HandoffTakenError: Somebody else has it.

    """
    row = find_open(session, conversation)
    if row is not None and row.state is S.HELD:
        if row.taken_by == actor:
            return None
        raise HandoffTakenError(
            f"{row.taken_by} has taken this conversation over. Speak to them, or give it back "
            "first.",
            taken_by=row.taken_by,
        )
    if row is None:
        row = _opened(conversation, HandoffReason.STAFF, now=now)
        session.add(row)
    row.state = move(row.state, S.HELD)
    row.taken_by, row.taken_at = actor, now
    row.waiting_since, row.due_at = row.waiting_since or now, now + policy.silence
    session.flush()
    return row


def require_held(session: Session, conversation: ConversationId, actor: str) -> Handoff:
    """The hand-off that this member of staff holds.

    Raises:
        HandoffTakenError: Somebody else holds it.
        HandoffNotHeldError: Nobody does.

    """
    row = find_open(session, conversation)
    if row is None or row.state is not S.HELD:
        raise HandoffNotHeldError(
            "The assistant speaks in this conversation. Take it over first.", taken_by=None
        )
    if row.taken_by != actor:
        raise HandoffTakenError(
            f"{row.taken_by} has taken this conversation over. Speak to them, or give it back "
            "first.",
            taken_by=row.taken_by,
        )
    return row


def record_heard(row: Handoff, policy: HandoffPolicy, *, now: datetime) -> None:
    """The person wrote while it is held; from their first unanswered word they wait."""
    if row.waiting_since is None:
        row.waiting_since, row.due_at = now, now + policy.silence


def record_said(row: Handoff, policy: HandoffPolicy, *, now: datetime) -> None:
    """The one who holds it wrote: it is the person's turn."""
    row.waiting_since, row.due_at = None, now + policy.idle


def record_ended(
    row: Handoff, outcome: HandoffOutcome, *, now: datetime, actor: str | None = None
) -> None:
    """It is over; the assistant speaks again."""
    row.state = move(row.state, S.ENDED)
    row.outcome, row.ended_at, row.ended_by = outcome, now, actor
    row.waiting_since = row.due_at = None


def _opened(conversation: ConversationId, reason: HandoffReason, *, now: datetime) -> Handoff:
    return Handoff(
        id=HandoffId(new_id()),
        conversation_id=conversation,
        state=S.WAITING,
        reason=reason,
        asked_at=now,
        taken_by=None,
        taken_at=None,
        waiting_since=None,
        due_at=None,
        ended_at=None,
        ended_by=None,
        outcome=None,
    )
