"""A recording that is cut off at any statement leaves everything or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

import pytest
from sqlalchemy import Connection, event, func, select
from sqlalchemy.exc import IntegrityError, OperationalError

from classifier.catalogue import Catalogue
from incidents import actions as act
from incidents.drafts import Draft, ReadDraft, Recorded
from incidents.identities import record_identity
from models.conversation import Conversation
from models.database import Database
from models.everything import METADATA
from models.ids import ConversationId, IdentityId, new_id
from models.vocabulary import Channel
from tests.conftest import House, build_house
from tests.fakes import PlainReader, StandingClock, plain_scorer
from tests.standins.crowd import WORDS

T = TypeVar("T")


class CutOffError(Exception):
    """The process died here, as far as the database can tell."""


@contextmanager
def cut_off_at(database: Database, number: int) -> Iterator[list[str]]:
    """Fail before the `number`-th statement (from 1), as if the process had died."""
    seen: list[str] = []

    def before(_: Any, __: Any, statement: str, *___: Any) -> None:
        seen.append(statement)
        if len(seen) == number:
            raise CutOffError(statement)

    event.listen(database.write_engine, "before_cursor_execute", before)
    try:
        yield seen
    finally:
        event.remove(database.write_engine, "before_cursor_execute", before)


def everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of ours."""
    with database.reading() as session:
        return {
            name: sorted(tuple(map(str, row)) for row in session.execute(select(table)))
            for name, table in METADATA.tables.items()
        }


def cut_off_everywhere(database: Database, do: Callable[[], T], *, least: int) -> T:
    """Die before each statement in turn, of which nothing may be left; then once to the end.

    With `least` statements or fewer nothing would be proved.
    """
    before = everything(database)
    number = 0
    while True:
        number += 1
        with cut_off_at(database, number) as seen:
            try:
                done = do()
            except CutOffError:
                assert everything(database) == before, seen[-1]
                continue
        assert number > least, "too few statements were cut off to prove anything"
        return done


@pytest.fixture
def half_full(database: Database, catalogue: Catalogue, clock: StandingClock) -> House:
    """Two reports of one event and one of another are there already."""
    house = build_house(database, catalogue, PlainReader(catalogue), clock, plain_scorer())
    house.file(WORDS[0], "p001")
    house.file(WORDS[1], "p002")
    house.file("my headset is broken", "p003")
    return house


def conversation_of(house: House) -> tuple[ConversationId, IdentityId]:
    now = house.clock()
    with house.database.transaction() as session:
        identity = record_identity(session, Channel.WEB, "anon:1", now=now)
        conversation = Conversation(
            id=ConversationId(new_id()),
            channel=Channel.WEB,
            identity_id=identity.id,
            context={},
            state={},
            version=0,
            created_at=now,
            last_at=now,
        )
        session.add(conversation)
    return conversation.id, identity.id


def record(house: House, read: ReadDraft, now: datetime) -> Recorded:
    with house.database.transaction() as session:
        return house.intake.record_report(session, read, now=now)


def test_failing_any_statement_of_a_recording_leaves_nothing_and_the_retry_files_once(
    half_full: House,
) -> None:
    house = half_full
    conversation, identity = conversation_of(house)
    other = house.file("my headset is broken and squeaks", "p004").incident
    draft = Draft(
        text=WORDS[2],
        channel=Channel.WEB,
        identity=identity,
        conversation=conversation,
        declined=(other.reference,),
    )
    read = house.intake.read_draft(draft, now=house.clock())
    before = everything(house.database)
    recorded = cut_off_everywhere(
        house.database, lambda: record(house, read, house.clock()), least=20
    )
    assert recorded.joined
    with pytest.raises(IntegrityError):
        record(house, read, house.clock())
    after = everything(house.database)
    grown = {name for name in after if len(after[name]) != len(before[name])}
    assert {
        "report", "report_text", "membership", "constraint_pair", "timeline_entry", "record",
        "delivery",
    } == grown  # fmt: skip
    assert len(after["report"]) == len(before["report"]) + 1
    assert house.incident(recorded.incident.reference).reports == 3


def test_failing_any_statement_of_a_merge_or_its_undo_leaves_it_as_it_was(
    half_full: House,
) -> None:
    house = half_full
    coffee = house.file(WORDS[3], "p005").incident.reference
    headset = house.file("headset is broken", "p006").incident.reference
    merge = act.Merge(act.Target(coffee, None), (act.Target(headset, None),))
    done = perform_cut_off(house, merge)
    perform_cut_off(house, act.Undo(done))
    assert (house.incident(coffee).reports, house.incident(headset).reports) == (3, 2)


def perform_cut_off(house: House, action: act.Action) -> Any:
    return cut_off_everywhere(
        house.database, lambda: house.reviewer.perform(action, actor="ana").token, least=20
    )


def test_a_connection_that_dies_at_the_commit_leaves_nothing_and_the_next_one_works(
    postgres: Database, catalogue: Catalogue, clock: StandingClock
) -> None:
    house = build_house(postgres, catalogue, PlainReader(catalogue), clock, plain_scorer())
    conversation, identity = conversation_of(house)
    draft = Draft(text=WORDS[2], channel=Channel.WEB, identity=identity, conversation=conversation)
    read = house.intake.read_draft(draft, now=house.clock())
    before = everything(postgres)

    def cut_the_line(connection: Connection) -> None:
        mine = connection.connection.driver_connection.info.backend_pid
        with postgres.read_engine.connect() as other:
            other.execute(select(func.pg_terminate_backend(mine)))

    event.listen(postgres.write_engine, "commit", cut_the_line)
    with pytest.raises(OperationalError):
        record(house, read, house.clock())
    event.remove(postgres.write_engine, "commit", cut_the_line)
    assert everything(postgres) == before
    assert record(house, read, house.clock()).incident.reports == 1
