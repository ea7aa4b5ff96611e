"""What a Rasa server calls: closed without our token, and hardened against odd calls."""

from __future__ import annotations

import json
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from api.app import create_app
from api.rasa_settings import check_rasa
from api.settings import LOOPBACK, BadSettingsError, Dialogue
from api.wiring import build_installation
from assistant.rasa_dialogue import RasaDialogue
from classifier.reading import Reader
from tests.fakes import FakeJobs, StandingClock
from tests.integration.api_fixtures import make_settings

TOKEN = "a-token-of-the-tests-0123456789-abcdef"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
ROUTES = ("/rasa/webhook", "/rasa/model/parse", "/rasa/nlg")
TRACKER = {
    "sender_id": "x",
    "slots": {"changed": "service VPN", "language": None},
    "latest_message": {"text": "", "intent": {"name": "correct"}, "entities": [], "metadata": {}},
    "events": [],
    "paused": False,
    "followup_action": None,
    "active_loop": {},
    "latest_action_name": "action_listen",
}


@pytest.fixture
def rasa(
    tmp_path: Path,
    prepared_store: Path,
    reader: Reader,
    clock: StandingClock,
) -> Iterator[TestClient]:
    """An installation that shares a token with a Rasa server."""
    settings = make_settings(tmp_path, rasa_token=TOKEN)
    shutil.copy(prepared_store, settings.data_dir / "muster.db")
    house = build_installation(settings, clock=clock, reader=reader, jobs=FakeJobs())
    with TestClient(create_app(house), raise_server_exceptions=False) as found:
        yield found
    house.close()


def call(action: str, **more: object) -> dict[str, object]:
    return {"next_action": action, "sender_id": "x", "tracker": TRACKER, "domain": {}, **more}


@pytest.mark.parametrize("route", ROUTES)
def test_without_a_token_in_the_settings_a_route_is_not_there(
    client: TestClient,
    route: str,
) -> None:
    for headers in ({}, BEARER, {"Authorization": "Bearer "}):
        answer = client.post(route, json={"token": TOKEN, "text": "x"}, headers=headers)
        assert answer.status_code == 404
        assert answer.json()["code"] == "rasa.not_configured"


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer x"}, {"Authorization": f"Basic {TOKEN}"}]
)
def test_without_the_token_nothing_is_answered(
    rasa: TestClient, route: str, headers: dict[str, str]
) -> None:
    answer = rasa.post(route, json=call("action_say_changed"), headers=headers)
    assert answer.status_code == 403
    assert answer.json()["code"] == "rasa.forged"


def test_an_action_runs_as_on_an_action_server(rasa: TestClient) -> None:
    answer = rasa.post("/rasa/webhook", json=call("action_say_changed"), headers=BEARER)
    assert answer.status_code == 200
    told = answer.json()
    assert told["events"] == []
    assert told["responses"][0]["response"] == "utter_changed"


@pytest.mark.parametrize("bits", [zlib.MAX_WBITS, -zlib.MAX_WBITS])
def test_a_packed_call_is_unpacked(rasa: TestClient, bits: int) -> None:
    packer = zlib.compressobj(wbits=bits)
    body = packer.compress(json.dumps(call("action_say_changed")).encode()) + packer.flush()
    answer = rasa.post(
        "/rasa/webhook", content=body, headers=BEARER | {"Content-Encoding": "deflate"}
    )
    assert answer.status_code == 200
    assert answer.json()["responses"]


def test_a_packed_call_that_grows_without_end_is_refused(rasa: TestClient) -> None:
    body = zlib.compress(b" " * (64 << 20))
    answer = rasa.post(
        "/rasa/webhook", content=body, headers=BEARER | {"Content-Encoding": "deflate"}
    )
    assert answer.status_code == 413
    assert answer.json()["code"] == "rasa.too_large"


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"{", {}),
        (b"[]", {}),
        (b"[" * 100_000, {}),
        (b"\xff", {}),
        (b"{}", {"Content-Encoding": "br"}),
        (b"{}", {"Content-Encoding": "deflate"}),
    ],
)
def test_what_is_no_call_is_refused_as_malformed(
    rasa: TestClient, route: str, body: bytes, headers: dict[str, str]
) -> None:
    answer = rasa.post(route, content=body, headers=BEARER | headers)
    assert answer.status_code == 400
    assert answer.json()["code"] == "request.malformed"


def test_an_action_that_is_not_ours_is_told_by_name(rasa: TestClient) -> None:
    answer = rasa.post("/rasa/webhook", json=call("action_sing"), headers=BEARER)
    assert answer.status_code == 404
    assert answer.json()["action_name"] == "action_sing"


def test_a_domain_that_was_not_sent_is_asked_for(rasa: TestClient) -> None:
    asked = {**call("action_say_changed"), "domain_digest": "unknown"}
    del asked["domain"]
    answer = rasa.post("/rasa/webhook", json=asked, headers=BEARER)
    assert answer.status_code == 449
    assert answer.json()["code"] == "rasa.domain_needed"


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"next_action": "action_extract"},
        {"next_action": 5, "tracker": TRACKER},
        {"next_action": "action_extract", "tracker": {}, "domain": {}},
        {"next_action": "action_extract", "tracker": {**TRACKER, "events": 5}, "domain": {}},
        {
            "next_action": "action_extract",
            "tracker": {**TRACKER, "latest_message": {}},
            "domain": {},
        },
    ],
)
def test_a_call_without_what_an_action_reads_is_refused(
    rasa: TestClient, odd: dict[str, object]
) -> None:
    answer = rasa.post("/rasa/webhook", json=odd, headers=BEARER)
    assert answer.status_code == 422
    assert answer.json()["code"] == "rasa.bad_call"


def test_a_message_is_read_with_the_token_in_the_body_as_rasa_sends_it(rasa: TestClient) -> None:
    text = "Outlook is down for my whole team in Berlin"
    told = rasa.post("/rasa/model/parse", json={"token": TOKEN, "text": text}).json()
    assert told["text"] == text
    assert told["intent"]["name"] == "report"
    assert told["metadata"]["facts"]["sites"]
    assert rasa.post("/rasa/model/parse", json={"token": "x", "text": text}).status_code == 403


def test_a_buttons_payload_is_read_as_its_intent_and_entities(rasa: TestClient) -> None:
    body = {"token": TOKEN, "text": '/inform{"impact":"3"}'}
    told = rasa.post("/rasa/model/parse", json=body).json()
    assert told["intent"] == {"name": "inform", "confidence": 1.0}
    assert told["entities"] == [{"entity": "impact", "value": "3"}]
    assert told["metadata"]["chosen"] is True


@pytest.mark.parametrize("text", ["", None, "/restart", "/sing{}", 5])
def test_a_message_of_nothing_or_of_an_unknown_payload_steers_nothing(
    rasa: TestClient, text: object
) -> None:
    told = rasa.post("/rasa/model/parse", json={"token": TOKEN, "text": text}).json()
    assert told["intent"]["name"] in {"empty", "unclear"}
    assert told["entities"] == []


def test_words_come_for_the_channel_and_an_actions_buttons_are_left_to_rasa(
    rasa: TestClient,
) -> None:
    asked = {
        "response": "utter_changed",
        "arguments": {"buttons": [{"title": "x", "payload": "/x"}], "text": None},
        "tracker": {"slots": {"changed": "service A → B"}, "latest_input_channel": "sms"},
        "channel": {"name": "collector"},
    }
    told = rasa.post("/rasa/nlg", json=asked, headers=BEARER).json()
    assert "service A → B" in told["text"]
    assert told["buttons"] == []


@pytest.mark.parametrize(
    ("odd", "status"),
    [
        ({"response": "utter_sing", "tracker": {"slots": {}}}, 404),
        ({"response": ["utter_changed"], "tracker": {"slots": {}}}, 404),
        ({"response": "utter_changed", "tracker": {}}, 422),
        ({"response": "utter_changed", "tracker": {"slots": {}}, "arguments": [1]}, 422),
        ({"response": "utter_changed", "tracker": {"slots": {}}, "channel": "sms"}, 422),
    ],
)
def test_a_call_for_words_that_are_not_there_is_refused(
    rasa: TestClient, odd: dict[str, object], status: int
) -> None:
    assert rasa.post("/rasa/nlg", json=odd, headers=BEARER).status_code == status


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"rasa_token": "short"}, "MUSTER_RASA_TOKEN"),
        ({"rasa_token": "a" * 40}, "MUSTER_RASA_TOKEN"),
        ({"dialogue": Dialogue.RASA}, "MUSTER_RASA_URL"),
        ({"dialogue": Dialogue.RASA, "rasa_url": "http://127.0.0.1:5005"}, "MUSTER_RASA_TOKEN"),
        ({"rasa_url": "5005", "rasa_token": TOKEN}, "MUSTER_RASA_URL"),
        ({"rasa_url": "http://me:pw@127.0.0.1:5005", "rasa_token": TOKEN}, "MUSTER_RASA_URL"),
    ],
)
def test_settings_that_would_open_a_door_or_ask_nobody_are_refused(
    tmp_path: Path, more: dict[str, object], says: str
) -> None:
    with pytest.raises(BadSettingsError, match=says):
        make_settings(tmp_path, **more)


@pytest.mark.parametrize(
    ("url", "accepted"),
    [
        ("http://rasa.example.org:5005", False),
        ("https://rasa.example.org", True),
        ("http://127.0.0.1:5005", True),
    ],
)
def test_in_production_words_leave_this_machine_only_encrypted(url: str, accepted: bool) -> None:
    more = {"wanted": True, "production": True, "near": LOOPBACK}
    if accepted:
        check_rasa(SecretStr(TOKEN), url, **more)
        return
    with pytest.raises(ValueError, match="https://"):
        check_rasa(SecretStr(TOKEN), url, **more)


def test_with_rasa_wanted_the_desk_asks_rasa(
    tmp_path: Path,
    prepared_store: Path,
    reader: Reader,
    clock: StandingClock,
) -> None:
    settings = make_settings(
        tmp_path, rasa_token=TOKEN, rasa_url="http://127.0.0.1:9", dialogue=Dialogue.RASA
    )
    shutil.copy(prepared_store, settings.data_dir / "muster.db")
    house = build_installation(settings, clock=clock, reader=reader, jobs=FakeJobs())
    assert isinstance(house.desk.engine, RasaDialogue)
    with TestClient(create_app(house), raise_server_exceptions=False) as browser:
        opened = browser.post("/api/v1/conversations", json={"channel": "web"}).json()
        answer = browser.post(
            f"/api/v1/conversations/{opened['id']}/messages",
            json={"client_id": "one", "text": "Outlook is down"},
            headers={"Authorization": f"Bearer {opened['token']}"},
        )
    house.close()
    assert answer.status_code == 200  # nobody listens there: our own engine takes the turn
    assert answer.json()["messages"]
