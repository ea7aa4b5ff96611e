"""How far a text came never goes back; quiet hours hold updates; too many texts are enough."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from api.wiring import Installation
from incidents.text_status import RANKS, record_status
from models.conversation import Conversation, Message
from models.database import Database
from models.ids import MessageId, new_id
from models.texting import TextStatus
from models.vocabulary import Channel, Direction, Role, SendState
from tests.fakes import StandingClock
from tests.integration.api_fixtures import key_for
from tests.integration.sms_fixtures import (
    OUTAGE,
    PHONE,
    PUBLIC,
    client,
    house,
    inbound,
    jobs_of,
    reports,
    send_owed,
    twilio,
)
from tests.standins.twilio import Twilio

__all__ = ["client", "house", "twilio"]


@pytest.fixture
def reference(client: TestClient, house: Installation, twilio: Twilio) -> str:
    """Of a report by text, answered."""
    twilio.deliver(PHONE, OUTAGE, to=client, public=PUBLIC)
    send_owed(house)
    return next(word for word in twilio.sent[0]["body"].split() if word.startswith("RPT-")).strip(
        "."
    )


def status_of(house: Installation, sid: str) -> str | None:
    with house.database.reading() as session:
        found = session.get(TextStatus, sid)
        return found.status if found else None


def test_statuses_in_any_order_and_twice_never_go_back(
    client: TestClient, house: Installation, twilio: Twilio, reference: str
) -> None:
    sid = twilio.sent[0]["sid"]
    order = ("queued", "delivered", "sent", "sending", "delivered", "undelivered", "accepted")
    seen = []
    for status in order:
        assert twilio.tell_status(sid, status, to=client, public=PUBLIC).status_code == 204
        seen.append(status_of(house, sid))
    assert seen == ["queued", *["delivered"] * 6]


def test_every_order_of_the_same_statuses_ends_the_same(database: Database) -> None:
    words = ("queued", "sending", "sent", "delivered")
    for number, order in enumerate(permutations(words)):
        best = -1
        for status in order:
            with database.transaction() as session:
                moved = record_status(
                    session, f"SM{number}", status, error=None, now=datetime.now(UTC)
                )
            assert moved == (RANKS[status] > best)
            best = max(best, RANKS[status])
        with database.reading() as session:
            assert session.get_one(TextStatus, f"SM{number}").status == "delivered"


def test_a_status_that_is_not_signed_or_not_known_changes_nothing(
    client: TestClient, house: Installation, twilio: Twilio, reference: str
) -> None:
    sid = twilio.sent[0]["sid"]
    forged = Twilio(auth_token="guessed")
    assert forged.tell_status(sid, "failed", to=client, public=PUBLIC).status_code == 403
    assert twilio.tell_status(sid, "teleported", to=client, public=PUBLIC).status_code == 204
    assert status_of(house, sid) is None


def test_the_provider_is_told_where_to_say_how_far_a_text_came(
    house: Installation, twilio: Twilio, reference: str
) -> None:
    assert twilio.tries[0]["StatusCallback"] == f"{PUBLIC}/channels/sms/twilio/status"


def test_staff_see_on_the_conversation_what_was_said_and_how_far_it_came(
    client: TestClient, house: Installation, twilio: Twilio, reference: str
) -> None:
    sid = twilio.sent[0]["sid"]
    path = f"/api/v1/reports/{reference}/texts"
    assert client.get(path).status_code == 401
    key = key_for(house, Role.COMMUNICATIONS)
    told = client.get(path, headers=key).json()["texts"]
    assert [(one["direction"], one["state"]) for one in told] == [
        ("inbound", "heard"),
        ("outbound", "sent"),
    ]
    twilio.tell_status(sid, "undelivered", to=client, public=PUBLIC, error="30003")
    told = client.get(path, headers=key).json()["texts"]
    assert (told[1]["state"], told[1]["why"]) == ("undelivered", "error 30003")
    twilio.deliver(PHONE, "still down, my password: hunter22", to=client, public=PUBLIC)
    send_owed(house)
    said = client.get(path, headers=key).json()["texts"][2]["text"]
    assert said.startswith("still down")
    assert "hunter22" not in said
    assert client.get("/api/v1/reports/RPT-000000-0/texts", headers=key).status_code == 404


def test_a_conversation_with_a_restricted_report_is_shown_to_those_who_may_see_it(
    client: TestClient, house: Installation, twilio: Twilio, reference: str
) -> None:
    phishing = "I got a phishing mail that asks for my password and I clicked the link"
    twilio.deliver(PHONE, phishing, to=client, public=PUBLIC)
    send_owed(house)
    assert reports(house) == 2
    path = f"/api/v1/reports/{reference}/texts"
    assert client.get(path, headers=key_for(house, Role.COMMUNICATIONS)).status_code == 404
    assert client.get(path, headers=key_for(house, Role.ANALYST)).status_code == 200


def owe_update(house: Installation, words: str) -> MessageId:
    """What a later broadcast will do: a text that answers nothing."""
    with house.database.transaction() as session:
        row = session.scalars(select(Conversation).where(Conversation.channel == Channel.SMS)).one()
        last = session.scalars(
            select(Message.number)
            .where(Message.conversation_id == row.id)
            .order_by(Message.number.desc())
        ).first()
        message = Message(
            id=MessageId(new_id()),
            conversation_id=row.id,
            number=(last or 0) + 1,
            direction=Direction.OUTBOUND,
            channel=Channel.SMS,
            text=words,
            buttons=[],
            send_state=SendState.PENDING.value,
            at=house.clock(),
        )
        session.add(message)
    return message.id


def test_in_quiet_hours_an_update_waits_and_an_answer_does_not(
    client: TestClient, house: Installation, twilio: Twilio, clock: StandingClock, reference: str
) -> None:
    assert house.texts is not None
    sending = house.texts.sending
    clock.now = datetime(2026, 11, 23, 21, 30, tzinfo=UTC)  # 22:30 in Berlin, where the report is
    update = owe_update(house, "Update: the wifi is back in an hour.")
    assert sending.send_sms(update) == 0
    assert sending.due_messages() == []
    twilio.deliver(PHONE, "what about mine?", to=client, public=PUBLIC)
    send_owed(house)
    assert len(twilio.sent) == 2
    assert "Update" not in twilio.sent[1]["body"]
    clock.now = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)  # 07:00 in Berlin
    assert sending.due_messages() == [update]
    assert sending.send_sms(update) == 1
    assert twilio.sent[2]["body"].startswith("Update")


def test_by_day_an_update_goes_out_at_once(
    house: Installation, twilio: Twilio, reference: str
) -> None:
    assert house.texts is not None
    assert house.texts.sending.send_sms(owe_update(house, "Update: it is back.")) == 1


def test_who_texts_too_much_is_told_so_once_and_everything_is_kept(
    client: TestClient, house: Installation, twilio: Twilio, clock: StandingClock
) -> None:
    most = house.texts.sending.texts.answers if house.texts else 0
    twilio.deliver(PHONE, OUTAGE, to=client, public=PUBLIC)
    for _ in range(most + 5):
        twilio.deliver(PHONE, "still the same", to=client, public=PUBLIC)
        send_owed(house)
    assert inbound(house) == most + 6
    notes = [one for one in twilio.texts_to(PHONE) if "Many texts" in one]
    assert len(notes) == 1
    assert len(twilio.sent) == most + 1
    assert jobs_of(house).sms == []
    clock.forward(minutes=11)
    twilio.deliver(PHONE, "what about mine?", to=client, public=PUBLIC)
    send_owed(house)
    assert len(twilio.sent) == most + 2
