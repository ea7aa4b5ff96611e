"""Chats of people whom the intranet names, over HTTP: theirs on every device, nobody else's."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.wiring import Installation, build_installation
from classifier.reading import Reader
from models.conversation import ConversationToken
from models.ids import PersonId, new_id
from models.people import Person
from tests.fakes import FakeJobs, StandingClock
from tests.integration.api_fixtures import make_settings, open_chat

SECRET = "k3Jd0w-Zq8XbV1nM5pTsY7rC2fHgLaEu4oNi"
ISSUER = "https://intranet.example.org"
BEGUN = "Outlook is down for my whole team"


@pytest.fixture
def known(
    tmp_path: Path, prepared_store: Path, reader: Reader, clock: StandingClock
) -> Iterator[Installation]:
    """An installation that believes one intranet."""
    settings = make_settings(tmp_path, identity_key=SECRET, identity_issuer=ISSUER)
    shutil.copy(prepared_store, settings.data_dir / "muster.db")
    house = build_installation(settings, clock=clock, reader=reader, jobs=FakeJobs())
    yield house
    house.close()


@pytest.fixture
def door(known: Installation) -> Iterator[TestClient]:
    with TestClient(create_app(known), raise_server_exceptions=False) as found:
        yield found


def token(clock: StandingClock, person: str) -> str:
    now = int(clock().timestamp())
    claims = {"iss": ISSUER, "aud": "muster", "sub": person, "iat": now, "exp": now + 300}
    return jwt.encode(claims, SECRET, "HS256")


def test_both_devices_of_a_person_speak_in_one_conversation(
    door: TestClient, clock: StandingClock
) -> None:
    url, desk = open_chat(door, identity=token(clock, "p003"))
    door.post(f"{url}/messages", json={"client_id": "1", "text": BEGUN}, headers=desk)
    clock.forward(hours=2)
    answer = door.post("/api/v1/conversations", json={"identity": token(clock, "p003")}).json()
    assert answer["resumed"] is True
    assert url.endswith(answer["id"])
    assert "Email" in answer["messages"][0]["text"]
    phone = {"Authorization": f"Bearer {answer['token']}"}
    sent = door.post(
        f"{url}/messages", json={"client_id": "2", "text": "Send", "payload": "/affirm"},
        headers=phone,
    )  # fmt: skip
    assert sent.json()["report"]["reference"].startswith("RPT-")
    by_desk = door.get(f"{url}/messages", headers=desk).json()["messages"]
    by_phone = door.get(f"{url}/messages", headers=phone).json()["messages"]
    assert by_desk == by_phone
    assert [one["text"] for one in by_desk if one["direction"] == "inbound"] == [BEGUN, "Send"]


def test_another_person_and_a_stranger_get_their_own(
    door: TestClient, clock: StandingClock
) -> None:
    url, headers = open_chat(door, identity=token(clock, "p003"))
    door.post(f"{url}/messages", json={"client_id": "1", "text": BEGUN}, headers=headers)
    for body in ({"identity": token(clock, "p004")}, {}):
        answer = door.post("/api/v1/conversations", json=body).json()
        assert answer["resumed"] is False
        assert not url.endswith(answer["id"])
        theirs = {"Authorization": f"Bearer {answer['token']}"}
        assert door.get(f"{url}/messages", headers=theirs).status_code == 404


def test_a_token_of_one_conversation_opens_no_other(
    door: TestClient, known: Installation, clock: StandingClock
) -> None:
    open_chat(door, identity=token(clock, "p003"))
    _, second = open_chat(door, identity=token(clock, "p003"))
    other, _ = open_chat(door)
    with known.database.reading() as session:
        assert session.query(ConversationToken).count() == 1
    assert door.get(f"{other}/messages", headers=second).status_code == 404


def test_a_bad_token_opens_nothing_and_says_what_to_do(door: TestClient) -> None:
    answer = door.post("/api/v1/conversations", json={"identity": "rubbish"})
    assert (answer.status_code, answer.json()["code"]) == (401, "identity.refused")
    assert "new token" in answer.json()["detail"]


def test_who_enters_the_directory_later_is_known_from_their_next_chat_on(
    door: TestClient, known: Installation, clock: StandingClock
) -> None:
    open_chat(door, identity=token(clock, "p999"))
    with known.database.transaction() as session:
        session.add(Person(id=PersonId(new_id()), external_id="p999", name="Nora", site_id="pune"))
    url, headers = open_chat(door, identity=token(clock, "p999"))
    answer = door.post(
        f"{url}/messages", json={"client_id": "1", "text": "the wifi is gone, just me"},
        headers=headers,
    )  # fmt: skip
    card = answer.json()["messages"][-1]["card"]
    assert {row["name"]: row["value"] for row in card["rows"]}["site"] == "Pune"


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize(
    ("given", "chat"),
    [
        ({}, "<muster-chat>"),
        ({"identity_from": "/my/token?a=1"}, '<muster-chat identity-from="/my/token?a=1">'),
        (
            {"identity_required": True, "identity_from": "/token"},
            '<muster-chat identity-from="/token">',
        ),
        ({"identity_required": True}, None),
    ],
    ids=["nameless", "named", "named only", "elsewhere"],
)
def test_our_own_first_page_opens_the_chat_as_it_may_be_opened(
    tmp_path: Path,
    prepared_store: Path,
    reader: Reader,
    given: dict[str, object],
    chat: str | None,
    language: str,
) -> None:
    settings = make_settings(tmp_path, identity_key=SECRET, identity_issuer=ISSUER, **given)
    shutil.copy(prepared_store, settings.data_dir / "muster.db")
    house = build_installation(settings, reader=reader, jobs=FakeJobs())
    with TestClient(create_app(house)) as door:
        page = door.get("/", headers={"Accept-Language": language}).text
    house.close()
    assert (chat in page) if chat is not None else ("<muster-chat" not in page)
    assert ("ntranet" in page) is (chat is None)
