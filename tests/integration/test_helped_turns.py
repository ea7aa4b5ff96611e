"""A turn that tells what became of help is whole or nothing, and happens once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from assistant.desk import Desk
from assistant.messages import Inbound
from classifier.catalogue import Catalogue
from classifier.reading import Reader
from incidents.article_files import FILE, parse_articles
from incidents.articles import record_articles
from models.article import Help
from models.database import Database
from models.ids import ConversationId
from models.report import Report
from tests.conftest import ORGANISATION, House, build_house
from tests.fakes import StandingClock
from tests.integration.test_atomic import cut_off_everywhere
from tests.journeys.talk import desk_of

JAM = Inbound("there is a paper jam in the printer in Berlin", client_id="tell")
HELPED = Inbound("That helped", payload="/affirm", client_id="helped")
BROKEN = Inbound("Still broken", payload="/deny", client_id="broken")


@pytest.fixture
def told(
    database: Database, catalogue: Catalogue, reader: Reader, clock: StandingClock
) -> tuple[House, Desk, ConversationId]:
    """Somebody who was told an article and is about to say whether it helped."""
    house = build_house(database, catalogue, reader, clock)
    with database.transaction() as session:
        drafts = [one for one in parse_articles(ORGANISATION / FILE) if "paper" in one.reference]
        record_articles(session, drafts, actor="ana", now=clock())
    desk = desk_of(house)
    opened = desk.open_web(locale="en", time_zone=None, context={})
    answer = desk.hear(opened.conversation, JAM)
    assert [one.title for one in answer.messages[-1].buttons] == ["That helped", "Still broken"]
    return house, desk, opened.conversation


def count(house: House, table: type[Help | Report]) -> int:
    with house.database.reading() as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()


def test_failing_any_statement_leaves_everything_or_nothing(
    told: tuple[House, Desk, ConversationId],
) -> None:
    house, desk, conversation = told
    answer = cut_off_everywhere(house.database, lambda: desk.hear(conversation, HELPED), least=5)
    assert (count(house, Help), count(house, Report)) == (1, 0)
    assert desk.hear(conversation, HELPED).messages == answer.messages
    assert count(house, Help) == 1


def test_eight_copies_at_once_are_counted_once(told: tuple[House, Desk, ConversationId]) -> None:
    house, desk, conversation = told
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: desk.hear(conversation, HELPED), range(8)))
    assert len({answer.messages for answer in answers}) == 1
    assert count(house, Help) == 1


def test_a_yes_and_a_no_at_once_are_taken_one_after_the_other(
    told: tuple[House, Desk, ConversationId],
) -> None:
    house, desk, conversation = told
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda one: desk.hear(conversation, one), (HELPED, BROKEN)))
    assert count(house, Help) <= 1
    assert count(house, Report) == 0
