"""Texts through a gateway of one's own: signed both ways, fresh, each once, parts joined."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from standardwebhooks import Webhook
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import BadSettingsError, new_webhook_secret
from api.wiring import Installation, build_installation
from classifier.reading import Reader
from incidents.transports.port import OptedOutError, TransportError
from incidents.transports.sms_gateway import GatewaySms
from models.conversation import Message
from models.ids import new_id
from models.texting import TextStatus
from models.vocabulary import Direction
from tests.fakes import FakeJobs, StandingClock
from tests.integration.api_fixtures import make_settings
from tests.integration.sms_fixtures import (
    OUTAGE,
    PHONE,
    hear_later,
    hear_owed,
    inbound,
    jobs_of,
    send_owed,
)
from tests.standins.phone_gateway import PhoneGateway

PATH = "/channels/sms/gateway"


@dataclass
class Gateway:
    """A phone with a SIM card on the operator's desk."""

    door: TestClient
    secret: str

    def call(
        self,
        body: dict[str, Any] | str,
        webhook_id: str | None = None,
        *,
        at: datetime | None = None,
        secret: str | None = None,
        **headers: str,
    ) -> int:
        text = body if isinstance(body, str) else json.dumps(body)
        at, name = at or datetime.now(UTC), webhook_id or str(new_id())
        signature = Webhook(secret or self.secret).sign(name, at, text)
        told = {
            "webhook-id": name,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": signature,
            **headers,
        }
        return self.door.post(PATH, content=text, headers=told).status_code

    def text(self, words: str, webhook_id: str | None = None, **more: object) -> int:
        return self.call({"from": PHONE, "text": words, **more}, webhook_id)


@pytest.fixture
def outside() -> Iterator[PhoneGateway]:
    with PhoneGateway() as found:
        yield found


@pytest.fixture
def house(
    tmp_path: Path,
    prepared_store: Path,
    reader: Reader,
    clock: StandingClock,
    outside: PhoneGateway,
) -> Iterator[Installation]:
    settings = make_settings(
        tmp_path, text_gateway_url=outside.url, text_gateway_secret=outside.secret
    )
    shutil.copy(prepared_store, settings.data_dir / "muster.db")
    found = build_installation(settings, clock=clock, reader=reader, jobs=FakeJobs())
    yield found
    found.close()


@pytest.fixture
def gateway(house: Installation, outside: PhoneGateway) -> Iterator[Gateway]:
    with TestClient(create_app(house), raise_server_exceptions=False) as door:
        yield Gateway(door, outside.secret)


def heard(house: Installation) -> list[str]:
    with house.database.reading() as session:
        return list(
            session.scalars(
                select(Message.text)
                .where(Message.direction == Direction.INBOUND)
                .order_by(Message.at, Message.number)
            )
        )


def answers(outside: PhoneGateway) -> list[dict[str, Any]]:
    return [dict(one) for one in outside.bodies]


def test_a_signed_text_is_heard_and_answered_through_the_gateway_signed(
    gateway: Gateway, house: Installation, outside: PhoneGateway
) -> None:
    assert gateway.text(OUTAGE) == 204
    send_owed(house)
    (answer,) = answers(outside)
    assert answer["to"] == PHONE
    assert "RPT-" in answer["text"]


@pytest.mark.parametrize(
    "forgery", ["another secret", "too old", "from the future", "no signature", "garbage", "ids"]
)
def test_a_forged_or_a_stale_call_is_refused_and_not_heard(
    gateway: Gateway, house: Installation, forgery: str
) -> None:
    body, now = {"from": PHONE, "text": OUTAGE}, datetime.now(UTC)
    match forgery:
        case "another secret":
            status = gateway.call(body, secret=new_webhook_secret())
        case "too old":
            status = gateway.call(body, at=now - timedelta(minutes=6))
        case "from the future":
            status = gateway.call(body, at=now + timedelta(minutes=6))
        case "no signature":
            status = gateway.door.post(PATH, json=body).status_code
        case "garbage":
            status = gateway.call(body, **{"webhook-signature": "v1,%%% v1 x,,"})
        case _:
            status = gateway.call(body, "one", **{"webhook-id": "two"})
    assert status == 403
    assert inbound(house) == 0


def test_a_replayed_call_changes_nothing(
    gateway: Gateway, house: Installation, outside: PhoneGateway
) -> None:
    assert [gateway.text(OUTAGE, "evt-1") for _ in range(3)] == [204] * 3
    send_owed(house)
    assert gateway.text(OUTAGE, "evt-1") == 204
    send_owed(house)
    assert heard(house) == [OUTAGE]
    assert len(answers(outside)) == 1
    assert gateway.text(OUTAGE, "evt-2") == 204  # the same words, said again
    assert inbound(house) == 2


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        "{",
        {"from": 49, "text": "x"},
        {"from": PHONE, "text": 1},
        {"from": PHONE, "text": "x", "part": {"ref": 1, "number": 3, "of": 2}},
        {"from": PHONE, "text": "x", "media": ["http://127.0.0.1/"]},
        {"from": PHONE, "text": "x", "sent_at": "yesterday"},
    ],
)
def test_what_is_signed_but_no_text_is_said_to_be_none(
    gateway: Gateway, house: Installation, body: Any
) -> None:
    assert gateway.call(body) == 400
    assert inbound(house) == 0


def test_numbers_are_known_as_phones_write_them(gateway: Gateway, house: Installation) -> None:
    gateway.call({"from": "0049 1511 2345678", "text": OUTAGE})
    gateway.call({"from": "+49 (1511) 234-5678", "text": "what about mine?"})
    gateway.call({"from": "Vodafone", "text": "your bill"})
    assert heard(house) == []
    hear_owed(house)
    assert len(heard(house)) == 2


def test_parts_that_come_in_any_order_are_one_message(
    gateway: Gateway, house: Installation, outside: PhoneGateway
) -> None:
    for number, words in ((3, "since 9."), (1, "The wifi is "), (2, "gone in Berlin ")):
        part = {"ref": "77", "number": number, "of": 3}
        assert gateway.text(words, f"evt-{number}", part=part) == 204
        hear_owed(house)
    send_owed(house)
    assert heard(house) == ["The wifi is gone in Berlin since 9."]
    assert len(answers(outside)) == 1


def test_a_message_whose_part_never_comes_is_filed_after_a_wait(
    gateway: Gateway, house: Installation, clock: StandingClock
) -> None:
    gateway.text("The wifi is gone in Berlin ", part={"ref": "77", "number": 1, "of": 2})
    hear_owed(house)
    assert heard(house) == []
    hear_later(house, clock)
    assert heard(house) == ["The wifi is gone in Berlin  [...]"]


def test_a_text_that_was_cut_and_its_rest_are_one_message_in_order(
    gateway: Gateway, house: Installation, clock: StandingClock, outside: PhoneGateway
) -> None:
    gateway.text("the wifi in berlin is gone and")
    hear_owed(house)
    clock.forward(seconds=1)
    gateway.text("nobody can work")
    gateway.text("what about mine?")
    send_owed(house)
    assert heard(house) == ["the wifi in berlin is gone and nobody can work", "what about mine?"]
    assert len(answers(outside)) == 2


def test_texts_that_arrive_the_wrong_way_round_are_heard_as_they_were_said(
    gateway: Gateway, house: Installation
) -> None:
    gateway.text("still nothing", sent_at="2026-11-23T12:00:05Z")
    gateway.text(OUTAGE, sent_at="2026-11-23T12:00:00Z")
    hear_owed(house)
    with house.database.reading() as session:
        texts = session.scalars(
            select(Message.text)
            .where(Message.direction == Direction.INBOUND)
            .order_by(Message.number)
        ).all()
    assert list(texts) == [OUTAGE, "still nothing"]


def test_a_wish_for_help_is_answered_once_and_stop_by_nobody(
    gateway: Gateway, house: Installation, outside: PhoneGateway
) -> None:
    gateway.text("HELP", "evt-1")
    gateway.text("HELP", "evt-1")
    send_owed(house)
    (answer,) = answers(outside)
    assert "STOP" in answer["text"]
    gateway.text("STOP")
    gateway.text("HELP")
    gateway.text(OUTAGE)
    send_owed(house)
    assert len(answers(outside)) == 1
    assert inbound(house) == 1
    gateway.text("START")
    gateway.text("what about mine?")
    send_owed(house)
    assert len(answers(outside)) == 2


def test_how_far_an_answer_came_is_told_by_the_id_it_was_sent_with(
    gateway: Gateway, house: Installation, outside: PhoneGateway
) -> None:
    gateway.text(OUTAGE)
    send_owed(house)
    (answer,) = answers(outside)
    assert gateway.call({"id": answer["id"], "status": "delivered"}) == 204
    assert gateway.call({"id": answer["id"], "status": "sent"}) == 204
    with house.database.reading() as session:
        (known,) = session.scalars(select(TextStatus)).all()
        message = session.scalars(select(Message).where(Message.send_state == "sent")).one()
    assert (known.status, known.provider_message_id) == ("delivered", message.provider_message_id)


@pytest.mark.parametrize(
    ("status", "permanent"), [(503, False), (429, False), (401, False), (400, True), (451, True)]
)
def test_what_a_gateway_answers_says_whether_another_try_helps(
    outside: PhoneGateway, status: int, permanent: bool
) -> None:
    outside.answers.append(status)
    transport = GatewaySms(outside.url, outside.secret)
    with pytest.raises(TransportError) as failure:
        transport.send(PHONE, "Noted", unsure=False, key="one")
    transport.close()
    assert failure.value.permanent is permanent
    assert isinstance(failure.value, OptedOutError) is (status == 451)


@pytest.mark.parametrize(
    "more",
    [
        {"text_gateway_url": "http://127.0.0.1:1"},
        {"text_gateway_secret": "whsec_" + "a" * 40},
        {"text_gateway_url": "ftp://x", "text_gateway_secret": "whsec_" + "a" * 40},
        {"text_gateway_url": "http://127.0.0.1:1", "text_gateway_secret": "short"},
        {"quiet_hours": "at night"},
        {
            "text_gateway_url": "http://127.0.0.1:1",
            "text_gateway_secret": "whsec_" + "a" * 40,
            "twilio_account_sid": "AC1",
            "twilio_auth_token": "t",
            "twilio_from": "+1",
        },
    ],
)
def test_half_a_provider_and_two_of_them_are_refused(
    tmp_path: Path, more: dict[str, object]
) -> None:
    with pytest.raises(BadSettingsError, match=r"MUSTER_|QUIET_HOURS|quiet_hours"):
        make_settings(tmp_path, **more)


def test_nothing_waits_in_the_box_when_all_is_heard(gateway: Gateway, house: Installation) -> None:
    gateway.text(OUTAGE)
    hear_owed(house)
    assert house.texts is not None
    assert house.texts.hearing.box.due_texts() == []
    assert jobs_of(house).texts_later == []
