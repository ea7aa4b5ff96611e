"""What tests of hand-offs look at: who of staff acts, and what was said."""

from __future__ import annotations

from sqlalchemy import select

from assistant.handoff_desk import HandoffDesk
from models.conversation import Conversation, Message
from models.handoff import Handoff
from models.ids import ConversationId
from models.report import Report, ReportText
from tests.conftest import House
from tests.journeys.talk import desk_of


def staff_of(house: House) -> HandoffDesk:
    return HandoffDesk(desk_of(house))


def conversation_of(house: House) -> ConversationId:
    with house.database.reading() as session:
        return session.scalars(select(Conversation.id)).one()


def handoffs(house: House) -> list[Handoff]:
    with house.database.reading() as session:
        return list(session.scalars(select(Handoff).order_by(Handoff.asked_at)))


def ours(house: House) -> list[Message]:
    """What went out, in order."""
    with house.database.reading() as session:
        query = select(Message).where(Message.direction == "outbound").order_by(Message.number)
        return list(session.scalars(query))


def last_words(house: House) -> str:
    return ours(house)[-1].text


def words_of(house: House) -> list[str]:
    with house.database.reading() as session:
        return list(session.scalars(select(ReportText.text).join(Report)))
