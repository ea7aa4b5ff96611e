"""A turn of conversation is whole or nothing, and happens once, however often it is sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from assistant.desk import Desk
from assistant.messages import Inbound
from classifier.catalogue import Catalogue
from classifier.reading import Reader
from models.conversation import Message
from models.database import Database
from models.ids import ConversationId
from models.report import Report, ReportAddition
from models.vocabulary import Direction
from tests.conftest import House, build_house
from tests.fakes import StandingClock
from tests.integration.test_atomic import cut_off_everywhere
from tests.journeys.talk import desk_of

SEND = Inbound("Send", payload="/affirm", client_id="send")


@pytest.fixture
def told(
    database: Database, catalogue: Catalogue, reader: Reader, clock: StandingClock
) -> tuple[House, Desk, ConversationId]:
    """Somebody told of an outage that others know too, and is about to send it."""
    house = build_house(database, catalogue, reader, clock)
    house.file("no mail since 9, Outlook says disconnected, Berlin", "p031", site="berlin")
    desk = desk_of(house)
    opened = desk.open_web(locale="en", time_zone=None, context={})
    desk.hear(
        opened.conversation,
        Inbound("Outlook is down for my whole team in Berlin since 9", client_id="tell"),
    )
    return house, desk, opened.conversation


def counts(house: House) -> tuple[int, int]:
    with house.database.reading() as session:
        reports = session.execute(select(func.count()).select_from(Report)).scalar_one()
        heard = session.execute(
            select(func.count()).where(Message.direction == Direction.INBOUND)
        ).scalar_one()
    return reports, heard


def test_failing_any_statement_of_a_turn_that_files_leaves_everything_or_nothing(
    told: tuple[House, Desk, ConversationId],
) -> None:
    house, desk, conversation = told
    answer = cut_off_everywhere(house.database, lambda: desk.hear(conversation, SEND), least=30)
    assert answer.report is not None
    assert counts(house) == (2, 2)
    assert desk.hear(conversation, SEND).messages == answer.messages
    assert counts(house) == (2, 2)


def test_eight_copies_of_one_message_at_once_get_one_answer(
    told: tuple[House, Desk, ConversationId],
) -> None:
    house, desk, conversation = told
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: desk.hear(conversation, SEND), range(8)))
    assert len({answer.report for answer in answers}) == 1
    assert len({answer.messages for answer in answers}) == 1
    assert [answer.repeated for answer in answers].count(False) == 1
    assert counts(house) == (2, 2)


def test_two_messages_of_one_person_at_once_are_taken_one_after_the_other(
    told: tuple[House, Desk, ConversationId],
) -> None:
    house, desk, conversation = told
    desk.hear(conversation, SEND)
    said = [Inbound(f"it got worse, now {n} people sit idle", client_id=f"w{n}") for n in (3, 4)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda one: desk.hear(conversation, one), said))
    with house.database.reading() as session:
        numbers = session.scalars(
            select(Message.number)
            .where(Message.conversation_id == conversation)
            .order_by(Message.number)
        ).all()
        additions = session.execute(select(func.count()).select_from(ReportAddition)).scalar_one()
    assert numbers == list(range(1, len(numbers) + 1))
    assert additions == 2


def test_two_copies_of_the_first_text_message_of_a_number_begin_one_thread(
    told: tuple[House, Desk, ConversationId],
) -> None:
    house, desk, _ = told
    message = Inbound("wifi gone in berlin", provider_message_id="SM1")
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: desk.hear_sms("+447700900031", message), range(2)))
    assert answers[0].report == answers[1].report
    assert counts(house)[0] == 2
    assert len(house.jobs.sms) == 1
