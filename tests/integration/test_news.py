"""What a chat's stream tells beside messages: what was seen in files, who has seen, who writes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from api.news import News
from incidents.presence import (
    TYPING_FOR,
    read_presence,
    record_staff_saw,
    record_staff_typing,
)
from models.conversation import Conversation, Message
from models.ids import ConversationId
from models.report import Attachment
from models.vocabulary import Direction
from tests.fakes import StandingClock
from tests.integration.api_fixtures import Served, open_chat
from tests.integration.test_api_live import WORDS, Stream, following, say

LOG = b"2026-11-23 11:58:07 ERROR Outlook 0x8004010F on lt-ber-0231\n"
SEEN = "I can see error 0x8004010F in your file."


class Chat:
    """One person's chat, with the server's inside at hand."""

    def __init__(self, http: httpx.Client, served: Served) -> None:
        self.http, self.house = http, served.house
        self.path, self.headers = open_chat(http)
        self.id = ConversationId(UUID(self.path.rpartition("/")[2]))

    def send_file(self, name: str = "app.log") -> str:
        answer = self.http.post(
            f"{self.path}/attachments", files={"file": (name, LOG)}, headers=self.headers
        )
        assert answer.status_code == 201
        sent: str = answer.json()["id"]
        return sent

    def read_files(self) -> None:
        """The job of every file."""
        with self.house.database.reading() as session:
            ids = session.scalars(select(Attachment.id)).all()
        for one in ids:
            self.house.tending.read_file(one)

    def told(self) -> list[str]:
        with self.house.database.reading() as session:
            return list(
                session.scalars(
                    select(Message.text)
                    .where(Message.direction == Direction.OUTBOUND)
                    .order_by(Message.number)
                )
            )

    def mark_seen(self, number: int) -> int:
        return self.http.put(
            f"{self.path}/seen", json={"number": number}, headers=self.headers
        ).status_code

    def person_saw(self) -> int:
        with self.house.database.reading() as session:
            return read_presence(session, self.id, now=self.house.clock()).person_saw


@pytest.fixture
def chat(http: httpx.Client, served: Served) -> Chat:
    return Chat(http, served)


def next_of(stream: Stream, kind: str) -> dict[str, Any]:
    while (event := stream.take())["event"] != kind:
        pass
    data: dict[str, Any] = event["data"]
    assert "id" not in event  # only messages move the place a stream is resumed from
    return data


def test_what_was_read_in_a_file_comes_as_soon_as_it_is_read_and_no_turn_says_it_again(
    chat: Chat,
) -> None:
    file = chat.send_file()
    with following(chat.http, f"{chat.path}/events?files=true", chat.headers) as stream:
        waits = next_of(stream, "file")
        assert (waits["id"], waits["reading"], waits["seen"]) == (file, "owed", "")
        chat.read_files()
        done = next_of(stream, "file")
    assert (done["id"], done["reading"], done["seen"]) == (file, "done", SEEN)
    say(chat.http, chat.path, chat.headers, 1, WORDS)
    assert SEEN not in chat.told()


def test_whoever_comes_back_is_shown_it_again(chat: Chat) -> None:
    chat.send_file()
    chat.read_files()
    for _ in range(2):
        with following(chat.http, f"{chat.path}/events?files=true", chat.headers) as stream:
            assert next_of(stream, "file")["seen"] == SEEN


def test_for_who_does_not_show_files_the_next_turn_says_it_and_nobody_shows_it_then(
    chat: Chat,
) -> None:
    chat.send_file()
    chat.read_files()
    with following(chat.http, f"{chat.path}/events", chat.headers) as stream:
        assert stream.take()["event"] == "message"
    say(chat.http, chat.path, chat.headers, 1, WORDS)
    assert chat.told().count(SEEN) == 1
    with following(chat.http, f"{chat.path}/events?files=true", chat.headers) as stream:
        assert next_of(stream, "file")["seen"] == ""


def test_how_far_a_person_has_seen_never_goes_back_nor_beyond_what_was_said(chat: Chat) -> None:
    say(chat.http, chat.path, chat.headers, 1, WORDS)
    newest = len(chat.told()) + 1
    assert chat.mark_seen(2) == 204
    assert chat.person_saw() == 2
    assert chat.mark_seen(1) == 204
    assert chat.person_saw() == 2
    assert chat.mark_seen(1_000_000) == 204
    assert chat.person_saw() == newest
    assert chat.mark_seen(0) == 422


def test_only_the_conversations_own_token_says_what_was_seen(
    chat: Chat, http: httpx.Client
) -> None:
    _, other = open_chat(http)
    answer = http.put(f"{chat.path}/seen", json={"number": 1}, headers=other)
    assert answer.status_code == 404
    assert chat.person_saw() == 0


def test_the_person_sees_that_staff_have_looked_and_that_they_write(
    chat: Chat, served: Served
) -> None:
    say(chat.http, chat.path, chat.headers, 1, WORDS)
    now = served.house.clock()
    with following(chat.http, f"{chat.path}/events", chat.headers) as stream:
        assert stream.take()["event"] == "message"
        with served.house.database.transaction() as session:
            record_staff_saw(session, chat.id, 2)
        assert next_of(stream, "presence") == {"staff_saw": 2, "staff_typing_until": None}
        with served.house.database.transaction() as session:
            record_staff_typing(session, chat.id, now=now)
        assert next_of(stream, "presence") == {
            "staff_saw": 2,
            "staff_typing_until": (now + TYPING_FOR).isoformat(),
        }
        with served.house.database.transaction() as session:
            record_staff_typing(session, chat.id, now=None)
        assert next_of(stream, "presence") == {"staff_saw": 2, "staff_typing_until": None}


def test_a_sign_of_writing_is_told_each_time_and_ends_by_itself(
    chat: Chat, served: Served, clock: StandingClock
) -> None:
    news = News(served.house.database, clock, chat.id, files=False)

    def told() -> list[bool]:
        return [data["staff_typing_until"] is not None for _, data in news.read_changes()]

    def sign() -> None:
        with served.house.database.transaction() as session:
            record_staff_typing(session, chat.id, now=clock())

    sign()
    assert told() == [True]
    clock.now += TYPING_FOR - timedelta(seconds=1)
    assert told() == []
    sign()
    assert told() == [True]
    clock.now += TYPING_FOR
    assert told() == [False]


def test_nothing_of_it_holds_up_a_turn(chat: Chat, served: Served) -> None:
    with served.house.database.reading() as session:
        before = session.get_one(Conversation, chat.id).version
    chat.send_file()
    chat.read_files()
    chat.mark_seen(1)
    with served.house.database.reading() as session:
        row = session.get_one(Conversation, chat.id)
    assert row.version == before  # a turn that is being thought is not overtaken
    assert row.news > 0
