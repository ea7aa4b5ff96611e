"""Texts come in by signed calls and are answered through REST, by a job."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from api.app import create_app
from api.wiring import Installation, build_installation
from classifier.catalogue import Catalogue
from classifier.reading import Reader
from models.conversation import Conversation, Message
from models.vocabulary import Channel, Direction, SendState
from tests.fakes import FakeJobs, StandingClock
from tests.integration.api_fixtures import make_settings, make_store
from tests.integration.sms_fixtures import (
    OUTAGE,
    PHONE,
    PUBLIC,
    client,
    house,
    inbound,
    send_owed,
    twilio,
)
from tests.standins.twilio import PATH, Twilio, new_sid

__all__ = ["client", "house", "twilio"]


def test_a_signed_text_is_heard_acknowledged_silently_and_answered_through_rest(
    client: TestClient, house: Installation, twilio: Twilio
) -> None:
    answer = twilio.deliver(PHONE, OUTAGE, to=client, public=PUBLIC)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/xml")
    assert answer.text.endswith("<Response/>")
    assert twilio.sent == []
    send_owed(house)
    assert twilio.texts_to(PHONE)
    assert all(one["num_segments"] == "1" for one in twilio.sent)


@pytest.mark.parametrize("algorithm", ["HMAC_SHA1", "HMAC_SHA256"])
def test_both_of_twilios_signatures_are_believed(
    client: TestClient, house: Installation, twilio: Twilio, algorithm: str
) -> None:
    form = twilio.form(PHONE, OUTAGE)
    headers = twilio.sign(form, PUBLIC, algorithm=algorithm)
    assert client.post(PATH, content=urlencode(form), headers=headers).status_code == 200
    assert inbound(house) == 1


def test_the_query_belongs_to_the_signed_address(
    client: TestClient, house: Installation, twilio: Twilio
) -> None:
    form = twilio.form(PHONE, OUTAGE)
    headers = twilio.sign(form, PUBLIC, path=PATH + "?line=2&x=%20y")
    body = urlencode(form)
    assert client.post(PATH + "?line=3", content=body, headers=headers).status_code == 403
    assert client.post(PATH, content=body, headers=headers).status_code == 403
    assert client.post(PATH + "?line=2&x=%20y", content=body, headers=headers).status_code == 200


def test_a_repeated_text_is_answered_once_even_when_all_come_together(
    client: TestClient, house: Installation, twilio: Twilio
) -> None:
    sid = new_sid()
    with ThreadPoolExecutor(5) as pool:
        answers = list(
            pool.map(
                lambda _: twilio.deliver(PHONE, OUTAGE, to=client, public=PUBLIC, sid=sid),
                range(5),
            )
        )
    twilio.deliver(PHONE, OUTAGE, to=client, public=PUBLIC, sid=sid, times=2)
    send_owed(house)
    assert {answer.status_code for answer in answers} == {200}
    assert inbound(house) == 1
    with house.database.reading() as session:
        owed = session.execute(
            select(func.count()).where(Message.direction == Direction.OUTBOUND)
        ).scalar_one()
    assert len(twilio.sent) == owed


@pytest.mark.parametrize(
    "forgery",
    [
        "no signature",
        "another token",
        "another address",
        "the address of the request",
        "changed words",
        "changed sender",
        "one field more",
        "another account",
        "unknown algorithm",
    ],
)
def test_a_call_that_is_not_our_accounts_is_refused_and_not_heard(
    client: TestClient, house: Installation, twilio: Twilio, forgery: str
) -> None:
    form = twilio.form(PHONE, OUTAGE)
    if forgery == "another account":
        form["AccountSid"] = "AC" + "6" * 32
    headers = twilio.sign(form, PUBLIC)
    match forgery:
        case "no signature":
            del headers["x-twilio-signature"]
        case "another token":
            headers = Twilio(auth_token="guessed").sign(form, PUBLIC)
        case "another address":
            headers = twilio.sign(form, "https://evil.example.org")
        case "the address of the request":
            headers = twilio.sign(form, "http://testserver")
        case "changed words":
            form["Body"] += "!"
        case "changed sender":
            form["From"] = "+4915100000000"
        case "one field more":
            form["OptOutType"] = "STOP"
        case "unknown algorithm":
            headers["x-twilio-webhooks-signature-settings"] = "algorithm=NONE"
    answer = client.post(
        PATH,
        content=urlencode(form),
        headers={**headers, "x-forwarded-host": "muster.example.org", "x-forwarded-proto": "https"},
    )
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "sms.forged"
    assert inbound(house) == 0


def test_what_is_no_form_is_refused(client: TestClient, twilio: Twilio) -> None:
    headers = twilio.sign({}, PUBLIC)
    for body, status in (
        (b"Body=%ff%fe", 400),
        ("Body=ü".encode(), 400),
        (b"", 403),
        (b"&".join(b"a=1" for _ in range(500)), 400),
        (b"Body=" + b"x" * 100_000, 413),
    ):
        answer = client.post(PATH, content=body, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (
            status,
            "application/problem+json",
        )


def test_where_no_account_is_configured_there_is_no_such_channel(
    tmp_path: Path, catalogue: Catalogue, reader: Reader, clock: StandingClock, twilio: Twilio
) -> None:
    settings = make_settings(tmp_path / "other", public_base_url=PUBLIC)
    make_store(settings, catalogue)
    other = build_installation(settings, clock=clock, reader=reader, jobs=FakeJobs())
    with TestClient(create_app(other)) as stranger:
        answer = twilio.deliver(PHONE, OUTAGE, to=stranger, public=PUBLIC)
    other.close()
    assert answer.status_code == 404
    assert answer.json()["code"] == "sms.not_configured"


@pytest.mark.parametrize("sender", ["22333", "Vodafone", "", "whatsapp:+4915112345678", "+0", "us"])
def test_a_text_from_no_persons_phone_is_acknowledged_and_not_heard(
    client: TestClient, house: Installation, twilio: Twilio, sender: str
) -> None:
    said = twilio.number if sender == "us" else sender
    assert twilio.deliver(said, OUTAGE, to=client, public=PUBLIC).status_code == 200
    assert inbound(house) == 0


def test_a_json_call_is_believed_by_the_hash_of_its_body_in_the_signed_address(
    client: TestClient, house: Installation, twilio: Twilio
) -> None:
    body = json.dumps(twilio.form(PHONE, OUTAGE))
    path = f"{PATH}?bodySHA256={hashlib.sha256(body.encode()).hexdigest()}"
    headers = twilio.sign({}, PUBLIC, path=path) | {"content-type": "application/json"}
    assert client.post(path, content=body + " ", headers=headers).status_code == 403
    plain = twilio.sign({}, PUBLIC) | {"content-type": "application/json"}
    assert client.post(PATH, content=body, headers=plain).status_code == 403
    assert client.post(path, content="[1]", headers=headers).status_code == 400
    assert client.post(path, content=body, headers=headers).status_code == 200
    assert inbound(house) == 1


def test_a_wish_for_help_is_left_to_the_network_that_answers_it(
    client: TestClient, house: Installation, twilio: Twilio
) -> None:
    for word in ("HELP", "info", "Hilfe!"):
        twilio.deliver(PHONE, word, to=client, public=PUBLIC)
    send_owed(house)
    assert inbound(house) == 0
    assert twilio.sent == []


@pytest.mark.parametrize("word", ["STOPP", "stopall", "OptOut", "Abmelden", "revoke."])
def test_every_word_for_no_more_is_obeyed_at_once_even_for_what_is_owed_already(
    client: TestClient, house: Installation, twilio: Twilio, word: str
) -> None:
    twilio.deliver(PHONE, OUTAGE, to=client, public=PUBLIC)
    twilio.deliver(PHONE, word, to=client, public=PUBLIC)
    send_owed(house)
    assert inbound(house) == 1
    assert twilio.tries == []


def test_words_that_no_database_keeps_and_other_oddities_are_heard(
    client: TestClient, house: Installation, twilio: Twilio
) -> None:
    for text in ("wifi\x00 down in berlin", "😀" * 400, "/restart", '/inform{"service":"sap"}'):
        assert twilio.deliver(PHONE, text, to=client, public=PUBLIC).status_code == 200
    assert inbound(house) == 4
    assert twilio.deliver(PHONE, "  \n", to=client, public=PUBLIC).status_code == 200
    assert inbound(house) == 4


def test_after_stop_nothing_is_sent_until_start_and_nothing_told_is_lost(
    client: TestClient, house: Installation, twilio: Twilio
) -> None:
    def say(text: str, sid: str | None = None, **more: str) -> None:
        answer = twilio.deliver(PHONE, text, to=client, public=PUBLIC, sid=sid, **more)
        assert answer.status_code == 200
        send_owed(house)

    say(OUTAGE)
    before = len(twilio.sent)
    assert before
    stop = new_sid()
    say("Stop", sid=stop)
    say("printer on floor 2 in berlin is on fire")
    assert len(twilio.sent) == before
    heard = inbound(house)
    say("START")
    assert inbound(house) == heard
    assert len(twilio.sent) == before  # what was withheld stays so
    say("Stop", sid=stop)  # a repeated call, not a new wish
    say("what is happening with mine?")
    assert len(twilio.sent) > before
    with house.database.reading() as session:
        states = set(
            session.scalars(
                select(Message.send_state)
                .join(Conversation)
                .where(Message.direction == Direction.OUTBOUND, Message.channel == Channel.SMS)
            )
        )
    assert states == {SendState.SENT, SendState.WITHHELD}


def test_the_networks_own_reading_of_a_word_is_obeyed(
    client: TestClient, house: Installation, twilio: Twilio
) -> None:
    for word, reading in (("aufhören", "STOP"), ("hilfe", "HELP"), ("wieder", "START")):
        twilio.deliver(PHONE, word, to=client, public=PUBLIC, OptOutType=reading)
    assert inbound(house) == 0
    twilio.deliver(PHONE, OUTAGE, to=client, public=PUBLIC)
    send_owed(house)
    assert twilio.sent


def test_yes_from_somebody_who_never_said_stop_is_an_ordinary_word(
    client: TestClient, house: Installation, twilio: Twilio
) -> None:
    twilio.deliver(PHONE, "yes", to=client, public=PUBLIC)
    assert inbound(house) == 1


def test_who_opted_out_at_the_provider_is_remembered(
    client: TestClient, house: Installation, twilio: Twilio
) -> None:
    twilio.opted_out.add(PHONE)
    twilio.deliver(PHONE, OUTAGE, to=client, public=PUBLIC)
    send_owed(house)
    tries = len(twilio.tries)
    assert tries == 1
    twilio.deliver(PHONE, "any news?", to=client, public=PUBLIC)
    send_owed(house)
    assert len(twilio.tries) == tries
