"""The chat over HTTP: only its own token opens it, a retry changes nothing, bad input is told so."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from api.wiring import Installation
from models.conversation import Message
from models.ids import new_id
from models.report import Report, ReportText
from models.vocabulary import Role
from tests.integration.api_fixtures import key_for, open_chat

WORDS = "The wifi in the Berlin office is down for my whole team since nine"


def count_reports(house: Installation) -> int:
    with house.database.reading() as session:
        return session.execute(select(func.count(Report.id))).scalar_one()


def say(door: TestClient, chat: tuple[str, dict[str, str]], number: int, **body: object):
    url, headers = chat
    return door.post(f"{url}/messages", json={"client_id": f"m{number}", **body}, headers=headers)


def file_by_buttons(door: TestClient, chat: tuple[str, dict[str, str]], **more: object) -> dict:
    """Say what is wrong, then press the first button until it is filed."""
    told = say(door, chat, 0, text=WORDS, **more).json()
    for number in range(1, 8):
        if "report" in told:
            return told
        button = told["messages"][-1]["buttons"][0]
        told = say(door, chat, number, text=button["title"], payload=button["payload"]).json()
    raise AssertionError(told)


def test_a_person_tells_what_is_wrong_and_the_first_button_leads_to_a_filed_report(
    client: TestClient, installation: Installation
) -> None:
    told = file_by_buttons(client, open_chat(client))
    assert told["report"]["reference"].startswith("RPT-")
    assert told["incident"]["reference"].startswith("INC-")
    assert count_reports(installation) == 1


def test_opening_says_hello_and_shows_the_token_once(
    client: TestClient, installation: Installation
) -> None:
    answer = client.post("/api/v1/conversations", json={"channel": "web", "locale": "en"})
    told = answer.json()
    assert answer.status_code == 201
    assert told["messages"][0]["text"]
    assert len(told["token"]) >= 40
    with installation.database.reading() as session:
        raw = session.connection().exec_driver_sql("SELECT token_hash FROM conversation")
        assert told["token"] not in raw.scalar_one()


def test_the_same_message_again_gets_the_first_answer_again(
    client: TestClient, installation: Installation
) -> None:
    chat = open_chat(client)
    first = say(client, chat, 1, text=WORDS)
    again = say(client, chat, 1, text=WORDS)
    assert again.status_code == 200
    assert again.json() == first.json()
    with installation.database.reading() as session:
        kept = session.scalars(select(Message).where(Message.client_id == "m1")).all()
    assert len(kept) == 1


def test_a_client_id_with_other_words_is_refused(client: TestClient) -> None:
    chat = open_chat(client)
    say(client, chat, 1, text=WORDS)
    answer = say(client, chat, 1, text="something else")
    assert answer.status_code == 422
    assert answer.json()["code"] == "message.client_id_reused"


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": "  \n\t "}, {"text": "\x00"}])
def test_an_empty_message_is_refused_kindly(client: TestClient, body: dict[str, str]) -> None:
    answer = say(client, open_chat(client), 1, **body)
    assert answer.status_code == 422
    assert answer.json()["code"] == "message.empty"


def test_a_hundred_thousand_characters_are_heard_and_one_more_is_refused(
    client: TestClient, installation: Installation
) -> None:
    chat = open_chat(client)
    long = (WORDS + ". ") * 2000
    assert say(client, chat, 1, text=long[:100_000]).status_code == 200
    refused = say(client, chat, 2, text=long[:100_001])
    assert (refused.status_code, refused.json()["code"]) == (422, "request.invalid")


def test_words_that_cannot_be_stored_everywhere_are_mended(client: TestClient) -> None:
    url, headers = open_chat(client)
    answer = client.post(
        f"{url}/messages",
        content=b'{"client_id": "1", "text": "wifi is \\ud83d down\\u0000 in Berlin"}',
        headers=headers | {"content-type": "application/json"},
    )
    assert answer.status_code == 200
    kept = client.get(f"{url}/messages", headers=headers).json()["messages"]
    assert kept[1]["text"] == "wifi is ? down in Berlin"


def test_a_body_that_is_no_utf8_is_malformed(client: TestClient) -> None:
    url, headers = open_chat(client)
    answer = client.post(
        f"{url}/messages",
        content=b'{"client_id": "1", "text": "wifi \xff\xfe"}',
        headers=headers | {"content-type": "application/json"},
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "request.malformed")


def test_a_field_that_we_do_not_know_is_a_mistake_that_we_name(client: TestClient) -> None:
    answer = say(client, open_chat(client), 1, text=WORDS, shout=True)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == "body/shout"


def test_a_page_that_names_an_unknown_service_is_told_the_known_ones(client: TestClient) -> None:
    answer = client.post("/api/v1/conversations", json={"context": {"service": "teleporter"}})
    assert answer.status_code == 422
    assert answer.json()["code"] == "catalogue.unknown_service"
    assert "wifi" in answer.json()["known"]


def test_nobody_learns_whether_another_conversation_exists(client: TestClient) -> None:
    mine, my_headers = open_chat(client)
    other, other_headers = open_chat(client)
    nowhere = f"/api/v1/conversations/{new_id()}"
    refusals = [
        client.post(f"{url}/messages", json={"client_id": "1", "text": "x"}, headers=headers)
        for url, headers in (
            (mine, other_headers),
            (other, my_headers),
            (nowhere, my_headers),
            (mine, {"Authorization": "Bearer wrong"}),
        )
    ]
    assert {refusal.status_code for refusal in refusals} == {404}
    assert len({refusal.json()["detail"] for refusal in refusals}) == 1


@pytest.mark.parametrize("way", ["messages", "events"])
def test_without_a_token_or_with_one_in_the_address_the_door_stays_shut(
    client: TestClient, way: str
) -> None:
    url, headers = open_chat(client)
    token = headers["Authorization"].removeprefix("Bearer ")
    assert client.get(f"{url}/{way}").status_code == 401
    assert client.get(f"{url}/{way}", params={"token": token}).status_code == 401
    assert client.get(f"{url}/{way}", headers={"Authorization": token}).status_code == 401


def test_an_api_key_does_not_open_a_conversation(
    client: TestClient, installation: Installation
) -> None:
    url, _ = open_chat(client)
    answer = client.get(f"{url}/messages", headers=key_for(installation, Role.ADMIN))
    assert answer.status_code == 404


@pytest.mark.parametrize("typed", ["/restart", '/inform{"service":"payroll"}', "/affirm"])
def test_a_typed_command_is_words_and_no_command(
    client: TestClient, installation: Installation, typed: str
) -> None:
    chat = open_chat(client)
    say(client, chat, 1, text=WORDS)
    answer = say(client, chat, 2, text=typed)
    assert answer.status_code == 200
    assert "report" not in answer.json()
    assert count_reports(installation) == 0


def test_a_payload_that_was_never_issued_here_is_not_obeyed(
    client: TestClient, installation: Installation
) -> None:
    answer = say(client, open_chat(client), 1, text="Send", payload="/affirm")
    assert answer.status_code == 200
    assert "report" not in answer.json()
    assert count_reports(installation) == 0


def test_a_reloaded_page_reads_what_both_sides_said(client: TestClient) -> None:
    url, headers = open_chat(client)
    say(client, (url, headers), 1, text=WORDS)
    told = client.get(f"{url}/messages", headers=headers).json()["messages"]
    assert [one["number"] for one in told] == list(range(1, len(told) + 1))
    assert [one["direction"] for one in told[:3]] == ["outbound", "inbound", "outbound"]
    later = client.get(f"{url}/messages", params={"after": 2}, headers=headers).json()
    assert later["messages"] == told[2:]


def test_the_words_of_a_filed_report_are_kept_as_told(
    client: TestClient, installation: Installation
) -> None:
    file_by_buttons(client, open_chat(client))
    with installation.database.reading() as session:
        assert WORDS in session.scalars(select(ReportText.text)).one()


def test_buttons_look_the_same_by_whichever_way_a_message_comes(client: TestClient) -> None:
    chat = url, headers = open_chat(client)
    answered = say(client, chat, 0, text=WORDS).json()["messages"]
    read = client.get(f"{url}/messages", headers=headers).json()["messages"]
    by_id = {message["id"]: message for message in read}
    assert any(message.get("buttons") for message in answered)
    for message in answered:
        assert by_id[message["id"]]["buttons"] == message.get("buttons", [])
