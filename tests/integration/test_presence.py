"""Who has seen, who writes, and what of a file was told: the same on both databases, and in races."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from incidents.file_listing import has_unsaid, list_files, read_unsaid, record_shown
from incidents.identities import record_identity
from incidents.presence import (
    Presence,
    read_presence,
    record_news,
    record_person_saw,
    record_staff_saw,
)
from models.conversation import Conversation, Message
from models.database import Database
from models.ids import AttachmentId, ConversationId, MessageId, new_id
from models.report import Attachment, AttachmentReading
from models.vocabulary import AttachmentState, Channel, Direction
from tests.fakes import StandingClock

SEEN = "I can see error 0x8004010F in your file."


@pytest.fixture
def talk(database: Database, clock: StandingClock) -> ConversationId:
    """Five messages and a file in which something was seen."""
    conversation, file, now = ConversationId(new_id()), AttachmentId(new_id()), clock()
    with database.transaction() as session:
        identity = record_identity(session, Channel.WEB, "anon:1", now=now)
        session.add(
            Conversation(
                id=conversation, channel=Channel.WEB, identity_id=identity.id, locale="en",
                context={}, state={}, version=1, created_at=now, last_at=now,
            )
        )  # fmt: skip
        session.flush()
        session.add_all(
            Message(
                id=MessageId(new_id()), conversation_id=conversation, number=number,
                direction=Direction.OUTBOUND, channel=Channel.WEB, text=f"words {number}",
                buttons=[], at=now,
            )
            for number in range(1, 6)
        )  # fmt: skip
        session.add(
            Attachment(
                id=file, conversation_id=conversation, name="a.log", media_type="text/plain",
                size=1, sha256="0" * 64, blob_key="ab", state=AttachmentState.CLEAN, at=now,
            )
        )  # fmt: skip
        session.flush()
        session.add(
            AttachmentReading(
                attachment_id=file, text="", signatures=[], reader="plain", seen=SEEN,
                suggested=[], read_at=now,
            )
        )  # fmt: skip
    return conversation


def test_marks_from_many_at_once_end_at_the_furthest(
    database: Database, talk: ConversationId, clock: StandingClock
) -> None:
    def mark(number: int) -> None:
        with database.transaction() as session:
            record_person_saw(session, talk, number)
            record_staff_saw(session, talk, 6 - number)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(mark, [3, 1, 4, 2, 9, 5, 2]))
    with database.reading() as session:
        assert read_presence(session, talk, now=clock()) == Presence(5, 5, None)


def test_what_was_seen_is_told_by_a_turn_or_shown_beside_its_file_and_never_both(
    database: Database, talk: ConversationId, clock: StandingClock
) -> None:
    with database.transaction() as session:
        assert read_unsaid(session, talk) == [SEEN]
        assert has_unsaid(session, talk)
        record_shown(session, talk, now=clock())
    with database.reading() as session:
        assert read_unsaid(session, talk) == []
        assert not has_unsaid(session, talk)
        assert [one.shown for one in list_files(session, talk)] == [True]


def test_what_a_turn_has_told_is_not_shown_as_well(
    database: Database, talk: ConversationId, clock: StandingClock
) -> None:
    with database.transaction() as session:
        session.add(
            Message(
                id=MessageId(new_id()), conversation_id=talk, number=6, text=SEEN, buttons=[],
                direction=Direction.OUTBOUND, channel=Channel.WEB, at=clock(),
            )
        )  # fmt: skip
    with database.transaction() as session:
        record_shown(session, talk, now=clock())
    with database.reading() as session:
        assert [one.shown for one in list_files(session, talk)] == [False]


def test_news_from_many_at_once_are_all_counted(database: Database, talk: ConversationId) -> None:
    def tell(_: int) -> None:
        with database.transaction() as session:
            record_news(session, talk)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(tell, range(12)))
    with database.reading() as session:
        assert session.get_one(Conversation, talk).news == 12
