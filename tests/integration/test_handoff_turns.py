"""Taking over and giving back are whole or nothing, and of two at once one wins; on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from assistant.desk import Desk
from assistant.handoff_desk import HandoffDesk
from assistant.messages import Answer, Inbound
from classifier.catalogue import Catalogue
from classifier.reading import Reader
from incidents.handoffs import HandoffTakenError
from models.conversation import Message
from models.database import Database
from models.handoff import Handoff
from models.ids import ConversationId
from models.report import Report
from models.vocabulary import Direction, HandoffState
from tests.conftest import House, build_house
from tests.fakes import StandingClock
from tests.integration.test_atomic import cut_off_everywhere
from tests.journeys.talk import desk_of

PLEASE = Inbound("I want to talk to a human", client_id="please")
Told = tuple[House, Desk, ConversationId]


@pytest.fixture
def told(database: Database, catalogue: Catalogue, reader: Reader, clock: StandingClock) -> Told:
    """Somebody who has told half of what is broken."""
    house = build_house(database, catalogue, reader, clock)
    desk = desk_of(house)
    opened = desk.open_web(locale="en", time_zone=None, context={})
    desk.hear(opened.conversation, Inbound("the wifi is gone", client_id="tell"))
    return house, desk, opened.conversation


def outbound(house: House) -> list[str]:
    with house.database.reading() as session:
        query = select(Message.text).where(Message.direction == Direction.OUTBOUND)
        return list(session.scalars(query.order_by(Message.number)))


def test_failing_any_statement_of_any_step_leaves_nothing_and_the_retry_does_it_once(
    told: Told,
) -> None:
    house, desk, conversation = told
    staff = HandoffDesk(desk)
    steps: list[Callable[[], object]] = [
        lambda: desk.hear(conversation, PLEASE),
        lambda: staff.take(conversation, "Ana"),
        lambda: desk.hear(conversation, Inbound("hello?", client_id="held")),
        lambda: staff.say(conversation, "Ana", "Which floor?", key="k"),
        lambda: staff.file(conversation, "Ana"),
        lambda: staff.give_back(conversation, "Ana"),
    ]
    for step in steps:
        cut_off_everywhere(house.database, step, least=4)
    again = steps[0](), steps[2]()
    assert all(isinstance(one, Answer) and one.repeated for one in again)
    said = outbound(house)
    assert said.count("Which floor?") == 1
    assert sum("recorded it as" in one for one in said) == 1
    assert sum("has left" in one for one in said) == 1
    with house.database.reading() as session:
        assert session.scalars(select(func.count(Report.id))).one() == 1


def test_of_two_who_take_at_the_same_moment_one_wins_and_the_other_is_told_who(
    told: Told,
) -> None:
    house, desk, conversation = told
    desk.hear(conversation, PLEASE)
    staff, gate = HandoffDesk(desk), threading.Barrier(6)

    def take(name: str) -> str:
        gate.wait(30)
        try:
            staff.take(conversation, name)
        except HandoffTakenError as refusal:
            return str(refusal.data["taken_by"])
        return name

    names = [f"Staff{number}" for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        winners = set(pool.map(take, names))
    assert len(winners) == 1
    assert winners <= set(names)
    assert sum("has joined" in one for one in outbound(house)) == 1
    with house.database.reading() as session:
        assert session.scalars(select(func.count(Handoff.id))).one() == 1


def test_what_is_said_while_somebody_takes_over_is_answered_by_one_side_only(
    told: Told,
) -> None:
    """Whoever comes first: after the take-over's sentence the assistant says no word."""
    house, desk, conversation = told
    staff, gate = HandoffDesk(desk), threading.Barrier(2)

    def speak() -> Answer:
        gate.wait(30)
        return desk.hear(conversation, Inbound("just me", client_id="meanwhile"))

    def take() -> None:
        gate.wait(30)
        staff.take(conversation, "Ana")

    with ThreadPoolExecutor(2) as pool:
        answered = pool.submit(speak)
        pool.submit(take).result(60)
        answer = answered.result(60)
    said = outbound(house)
    joined = next(index for index, one in enumerate(said) if "has joined" in one)
    assert said[joined + 1 :] == []
    # The greeting, the first question, and this turn's answer where it came first.
    assert joined == 2 + len(answer.messages)
    with house.database.reading() as session:
        numbers = session.scalars(
            select(Message.number)
            .where(Message.conversation_id == conversation)
            .order_by(Message.number)
        ).all()
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_sweep_in_two_processes_gives_the_assistant_back_once(told: Told) -> None:
    house, desk, conversation = told
    desk.hear(conversation, PLEASE)
    house.clock.forward(minutes=16)
    staff, gate = HandoffDesk(desk), threading.Barrier(4)

    def sweep(_: int) -> int:
        gate.wait(30)
        return staff.sweep()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(sweep, range(4))) == 1
    assert sum("Nobody of IT was free" in one for one in outbound(house)) == 1
    with house.database.reading() as session:
        assert session.scalars(select(Handoff.state)).one() is HandoffState.ENDED
