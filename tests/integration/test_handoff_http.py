"""Hand-offs over HTTP: the API and the console's pages, for those who may, with every word escaped."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from api.wiring import Installation
from models.conversation import Message
from models.handoff import ConversationAccess, Handoff
from models.report import TextAccess
from models.vocabulary import HandoffState, Role
from tests.integration.api_fixtures import file_report, key_for, open_chat
from tests.integration.console_forms import PHISHING, csrf, enter, tell

HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)"> human please "></textarea><b>'
SECRET = "my password is hunter2, the wifi is gone"


class Chat:
    """One person on the web."""

    def __init__(self, client: TestClient) -> None:
        self.client, self.number = client, 0
        self.url, self.headers = open_chat(client)
        self.id = self.url.rsplit("/", 1)[1]

    def say(self, text: str) -> list[dict[str, object]]:
        self.number += 1
        answer = self.client.post(
            f"{self.url}/messages",
            json={"client_id": f"m{self.number}", "text": text},
            headers=self.headers,
        )
        assert answer.status_code == 200, answer.text
        found: list[dict[str, object]] = answer.json()["messages"]
        return found

    def read(self) -> list[dict[str, object]]:
        found: list[dict[str, object]] = self.client.get(
            f"{self.url}/messages", headers=self.headers
        ).json()["messages"]
        return found


@pytest.fixture
def chat(client: TestClient) -> Chat:
    return Chat(client)


def do(client: TestClient, chat: Chat, verb: str, **fields: str):
    """Send a form of the conversation's page, as it is now."""
    page = client.get(f"/console/conversations/{chat.id}").text
    return client.post(
        f"/console/conversations/{chat.id}/{verb}", data={"csrf": csrf(page), **fields}
    )


def accesses(house: Installation) -> int:
    with house.database.reading() as session:
        return session.scalars(select(func.count(ConversationAccess.id))).one()


def test_a_program_takes_over_writes_and_gives_back(
    client: TestClient, installation: Installation, chat: Chat
) -> None:
    chat.say("human please")
    ana = key_for(installation, Role.ANALYST, "Ana Keller")
    (waiting,) = client.get("/api/v1/handoffs", headers=ana).json()["handoffs"]
    assert (waiting["conversation"], waiting["state"]) == (chat.id, "waiting")
    url = f"/api/v1/handoffs/{chat.id}"
    taken = client.post(f"{url}/take", headers=ana).json()["handoff"]
    assert (taken["state"], taken["taken_by"]) == ("held", "Ana Keller")
    assert chat.say("are you real?") == []
    sent = client.post(f"{url}/messages", headers=ana, json={"key": "k", "text": "I am"})
    assert sent.status_code == 201
    last = chat.read()[-1]
    assert (last["text"], last["author"], last["direction"]) == ("I am", "Ana", "outbound")
    filed = client.post(f"{url}/report", headers=ana)
    assert filed.status_code == 201
    assert filed.json()["reference"] in str(chat.read()[-1]["text"])
    assert client.post(f"{url}/give_back", headers=ana).json()["handoff"] is None
    assert chat.say("thanks") != []


def test_only_who_holds_a_conversation_is_shown_to_the_person_as_writing(
    client: TestClient, installation: Installation, chat: Chat
) -> None:
    chat.say("human please")
    ana, ben, auditor = (
        key_for(installation, role, name)
        for role, name in ((Role.ANALYST, "Ana"), (Role.ANALYST, "Ben"), (Role.AUDITOR, "Ada"))
    )
    sign = f"/console/conversations/{chat.id}/typing"
    assert client.post(sign, headers=ana).status_code == 409
    client.post(f"/api/v1/handoffs/{chat.id}/take", headers=ana)
    told = [client.post(sign, headers=one).status_code for one in (ana, ben, auditor)]
    assert told == [204, 409, 403]


@pytest.mark.parametrize(
    ("verb", "body", "status", "code"),
    [
        ("messages", {"key": "k", "text": "hello"}, 409, "handoff.not_held"),
        ("report", None, 409, "handoff.not_held"),
        ("give_back", None, 409, "handoff.not_held"),
        ("messages", {"text": "hello"}, 422, "request.invalid"),
    ],
)
def test_what_is_refused_says_why(
    client: TestClient,
    installation: Installation,
    chat: Chat,
    verb: str,
    body: dict[str, str] | None,
    status: int,
    code: str,
) -> None:
    ana = key_for(installation, Role.ANALYST)
    answer = client.post(f"/api/v1/handoffs/{chat.id}/{verb}", headers=ana, json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_second_to_take_is_told_who_was_first(
    client: TestClient, installation: Installation, chat: Chat
) -> None:
    chat.say("human please")
    url = f"/api/v1/handoffs/{chat.id}/take"
    client.post(url, headers=key_for(installation, Role.ANALYST, "Ana"))
    answer = client.post(url, headers=key_for(installation, Role.ANALYST, "Bo"))
    assert answer.status_code == 409
    assert (answer.json()["code"], answer.json()["taken_by"]) == ("handoff.taken", "Ana")
    enter(client, installation)
    page = do(client, chat, "take")
    assert page.status_code == 409
    assert "Ana has taken this conversation over" in page.text


@pytest.mark.parametrize("role", [Role.COMMUNICATIONS, Role.AUDITOR, Role.SERVICE, Role.REPORTER])
def test_who_only_looks_neither_reads_nor_takes_a_conversation(
    client: TestClient, installation: Installation, chat: Chat, role: Role
) -> None:
    chat.say("human please")
    key = key_for(installation, role)
    for method, path in (
        ("GET", "/api/v1/handoffs"),
        ("GET", f"/api/v1/handoffs/{chat.id}"),
        ("POST", f"/api/v1/handoffs/{chat.id}/take"),
        ("GET", "/console/conversations"),
        ("GET", f"/console/conversations/{chat.id}"),
        ("POST", f"/console/conversations/{chat.id}/take"),
    ):
        assert client.request(method, path, headers=key).status_code == 403, path
    assert accesses(installation) == 0
    enter(client, installation, role)
    assert "/console/conversations" not in client.get("/console").text


def test_a_form_without_its_token_takes_nothing(
    client: TestClient, installation: Installation, chat: Chat
) -> None:
    chat.say("human please")
    enter(client, installation)
    for verb in ("take", "say", "file", "give_back"):
        answer = client.post(f"/console/conversations/{chat.id}/{verb}", data={"key": "k"})
        assert answer.status_code == 403, verb
    with installation.database.reading() as session:
        assert session.scalars(select(Handoff.state)).one() is HandoffState.WAITING


def test_the_console_counts_who_waits_and_leads_to_them(
    client: TestClient, installation: Installation, chat: Chat
) -> None:
    enter(client, installation)
    assert "Nobody asks for a person." in client.get("/console/conversations").text
    assert "waits</span>" not in client.get("/console").text
    chat.say("human please")
    installation.clock.forward(minutes=3)  # type: ignore[attr-defined]
    assert "person waits</span>" in client.get("/console").text
    told = client.get("/metrics").text
    assert "muster_people_waiting 1.0" in told
    assert "muster_people_waiting_seconds 180.0" in told
    page = client.get("/console/conversations").text
    assert "Waits for a person" in page
    assert "3 minutes" in page
    assert f'href="/console/conversations/{chat.id}"' in page
    do(client, chat, "take")
    assert "With Ana commander" in client.get("/console/conversations").text
    assert (
        'id="people-waiting" hx-swap-oob="true"'
        in client.get("/console/conversations/waiting").text
    )


def test_staff_speak_with_a_person_on_the_conversations_page(
    client: TestClient, installation: Installation, chat: Chat
) -> None:
    chat.say(SECRET)
    chat.say("human please")
    enter(client, installation)
    page = client.get(f"/console/conversations/{chat.id}").text
    assert SECRET in page  # who answers needs what was said
    assert '<dt>Service</dt><dd dir="auto">Wi-Fi</dd>' in page
    assert 'name="text"' not in page
    taken = do(client, chat, "take")
    key = re.findall(r'name="key" value="([^"]+)"', taken.text)[0]
    for _ in range(2):
        sent = do(client, chat, "say", key=key, text="Which floor?")
        assert "Which floor?" in sent.text
    assert [one["text"] for one in chat.read()].count("Which floor?") == 1
    refused = do(client, chat, "say", key="k2", text="x" * 4001)
    assert refused.status_code == 422
    assert "x" * 4001 in refused.text  # nothing typed is lost
    filed = do(client, chat, "file")
    assert re.search(r"/console/reports/RPT-", filed.text)
    assert "Take over" in do(client, chat, "give_back").text


def test_what_comes_while_a_page_is_open_is_added_and_each_look_is_remembered(
    client: TestClient, installation: Installation, chat: Chat
) -> None:
    chat.say("human please")
    enter(client, installation)
    page = client.get(f"/console/conversations/{chat.id}").text
    assert accesses(installation) == 1
    more = re.findall(r'hx-get="(/console/conversations/[^"]+/more\?after=\d+)"', page)[0]
    same = client.get(more).text
    assert "human please" not in same
    assert accesses(installation) == 1  # nothing new was read
    chat.say("hurry up")
    fresh = client.get(more).text
    assert "hurry up" in fresh
    assert "human please" not in fresh
    assert 'id="panel"' in fresh
    assert accesses(installation) == 2
    assert "Ana commander" in client.get(f"/console/conversations/{chat.id}").text


def test_hostile_words_are_words_on_every_page(
    client: TestClient, installation: Installation, chat: Chat
) -> None:
    chat.say(HOSTILE)
    enter(client, installation)
    do(client, chat, "take")
    do(client, chat, "say", key="k", text=HOSTILE)
    do(client, chat, "file")
    with installation.database.reading() as session:
        said = session.scalars(select(Message.text).where(Message.text == HOSTILE)).all()
    assert len(said) == 2
    page = client.get(f"/console/conversations/{chat.id}").text
    report = re.findall(r"/console/reports/(RPT-[^\"]+)", page)[0]
    pages = [
        page,
        client.get("/console/conversations").text,
        client.get(f"/console/conversations/{chat.id}/more").text,
        client.get(f"/console/reports/{report}").text,
        client.get(f"/console/reports/{report}/told").text,
    ]
    for one in pages:
        assert "<script>alert" not in one
        assert "<img src=x" not in one
        assert "</textarea><b>" not in one


def test_a_conversation_with_a_restricted_report_is_for_those_who_may_see_it(
    client: TestClient, installation: Installation, chat: Chat
) -> None:
    chat.say(PHISHING)
    chat.say("just send it")
    chat.say("human please")
    ana = key_for(installation, Role.ANALYST)
    assert len(client.get("/api/v1/handoffs", headers=ana).json()["handoffs"]) == 1
    assert client.get(f"/api/v1/handoffs/{chat.id}", headers=ana).status_code == 200


def test_a_report_is_shown_as_told_and_each_look_is_remembered(
    client: TestClient, installation: Installation
) -> None:
    key = key_for(installation, Role.SERVICE)
    report = file_report(client, key, SECRET, "p001")["reference"]
    enter(client, installation)
    masked = client.get(f"/console/reports/{report}").text
    assert "hunter2" not in masked
    told = client.get(f"/console/reports/{report}/told").text
    assert SECRET in told
    with installation.database.reading() as session:
        look = session.scalars(select(TextAccess)).one()
    assert (look.actor, look.via) == ("Ana commander", "text")
    assert "Ana commander" in client.get(f"/console/reports/{report}").text


def test_a_restricted_report_has_no_page_for_those_who_may_not_see_it(
    client: TestClient, installation: Installation
) -> None:
    key = key_for(installation, Role.SERVICE)
    report = file_report(client, key, PHISHING, "p002")["reference"]
    assert tell(client, installation)
    enter(client, installation, Role.COMMUNICATIONS)
    for path in (f"/console/reports/{report}", f"/console/reports/{report}/told"):
        assert client.get(path).status_code == 404


def test_the_sweep_tells_who_waits_in_vain(
    client: TestClient, installation: Installation, chat: Chat
) -> None:
    chat.say("human please")
    installation.tending.sweep()
    assert "Nobody of IT was free" not in str(chat.read()[-1]["text"])
    installation.clock.forward(minutes=15)  # type: ignore[attr-defined]
    installation.tending.sweep()
    assert "Nobody of IT was free" in str(chat.read()[-1]["text"])
    enter(client, installation)
    assert "Nobody asks for a person." in client.get("/console/conversations").text
