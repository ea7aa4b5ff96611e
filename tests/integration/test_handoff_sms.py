"""A person of staff answers by text: through the same outbox, with its hours, limits and STOP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from api.wiring import Installation
from models.conversation import Conversation, Message
from models.report import Report
from models.vocabulary import Role
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
PLEASE = {"polite": "could i please talk to a person?", "furious": "GET ME A HUMAN RIGHT NOW!!!"}


class Ana:
    """One of staff, by the API."""

    def __init__(self, client: TestClient, house: Installation) -> None:
        self.client = client
        self.key = key_for(house, Role.ANALYST, "Ana Keller")
        with house.database.reading() as session:
            self.url = f"/api/v1/handoffs/{session.scalars(select(Conversation.id)).one()}"

    def do(self, verb: str, **body: object) -> httpx.Response:
        answer: httpx.Response = self.client.post(
            f"{self.url}/{verb}", headers=self.key, json=body or None
        )
        return answer

    def seen(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client.get(self.url, headers=self.key).json()["messages"]
        return found


def texts(twilio: Twilio) -> list[str]:
    return [one["body"] for one in twilio.sent]


@pytest.mark.parametrize("tone", PLEASE)
def test_a_person_texts_for_a_human_and_one_answers(
    client: TestClient, house: Installation, twilio: Twilio, tone: str
) -> None:
    twilio.deliver(PHONE, OUTAGE, to=client, public=PUBLIC)
    send_owed(house)
    twilio.deliver(PHONE, PLEASE[tone], to=client, public=PUBLIC)
    send_owed(house)
    assert "a person of IT" in texts(twilio)[-1]
    ana = Ana(client, house)
    assert ana.do("take").status_code == 200
    assert ana.do("take").status_code == 200
    assert ana.do("messages", key="k1", text="Which floor?").status_code == 201
    send_owed(house)
    assert texts(twilio)[-2:] == [
        "Ana of IT has joined and reads what you wrote. Just answer here.",
        "Which floor?",
    ]
    sent = len(twilio.sent)
    form = twilio.form(PHONE, "the third, SAP crashes as well")
    for _ in range(2):
        twilio.post(form, to=client, public=PUBLIC)
    assert inbound(house) == 3
    send_owed(house)
    assert len(twilio.sent) == sent
    assert reports(house) == 1
    assert ana.do("give_back").status_code == 200
    send_owed(house)
    assert texts(twilio)[-1] == "Ana of IT has left. I am the assistant again."


def test_how_far_a_text_of_staff_came_is_seen_where_they_wrote_it(
    client: TestClient, house: Installation, twilio: Twilio
) -> None:
    twilio.deliver(PHONE, OUTAGE, to=client, public=PUBLIC)
    send_owed(house)
    ana = Ana(client, house)
    ana.do("take")
    ana.do("messages", key="k1", text="Which floor?")
    assert ana.seen()[-1]["state"] == "pending"
    send_owed(house)
    assert ana.seen()[-1]["state"] == "sent"
    twilio.tell_status(twilio.sent[-1]["sid"], "delivered", to=client, public=PUBLIC)
    last = ana.seen()[-1]
    assert (last["state"], last["who"], last["name"]) == ("delivered", "staff", "Ana Keller")


def test_a_reports_page_shows_its_texts_and_how_far_each_came(
    client: TestClient, house: Installation, twilio: Twilio
) -> None:
    twilio.deliver(PHONE, f"my password is hunter2, {OUTAGE}", to=client, public=PUBLIC)
    send_owed(house)
    sid = twilio.sent[-1]["sid"]
    twilio.tell_status(sid, "undelivered", to=client, public=PUBLIC, error="30003")
    with house.database.reading() as session:
        reference = session.scalars(select(Report.reference)).one()
    page = client.get(
        f"/console/reports/{reference}", headers=key_for(house, Role.COMMUNICATIONS)
    ).text
    assert 'declared">undelivered</span> <span class="small" dir="auto">error 30003' in page
    assert "hunter2" not in page
    assert "/console/conversations/" not in page  # for who may speak with people


def test_to_who_said_stop_nothing_goes_out_and_staff_see_why(
    client: TestClient, house: Installation, twilio: Twilio
) -> None:
    twilio.deliver(PHONE, OUTAGE, to=client, public=PUBLIC)
    send_owed(house)
    twilio.deliver(PHONE, "STOP", to=client, public=PUBLIC)
    sent = len(twilio.sent)
    ana = Ana(client, house)
    ana.do("take")
    ana.do("messages", key="k1", text="Which floor?")
    send_owed(house)
    assert len(twilio.sent) == sent
    last = ana.seen()[-1]
    assert (last["state"], last["why"]) == ("withheld", "this number asked for no texts")


def test_at_night_an_answer_goes_out_and_words_out_of_the_blue_wait(
    client: TestClient, house: Installation, twilio: Twilio, clock: StandingClock
) -> None:
    twilio.deliver(PHONE, OUTAGE, to=client, public=PUBLIC)
    send_owed(house)
    clock.forward(hours=11)
    ana = Ana(client, house)
    ana.do("take")
    ana.do("messages", key="k1", text="Is it better?")
    send_owed(house)
    assert len(twilio.sent) == 1  # nor does it wake anybody that Ana has joined
    twilio.deliver(PHONE, "are you there?", to=client, public=PUBLIC)
    send_owed(house)
    ana.do("messages", key="k2", text="Yes, I am")
    send_owed(house)
    assert texts(twilio)[-1] == "Yes, I am"
    assert "Is it better?" not in texts(twilio)
    clock.forward(hours=8)
    jobs_of(house).sms.extend(house.texts.sending.due_messages() if house.texts else [])
    send_owed(house)
    assert texts(twilio)[-1] == "Is it better?"


def test_who_took_over_by_day_and_writes_at_night_wakes_nobody(
    client: TestClient, house: Installation, twilio: Twilio, clock: StandingClock
) -> None:
    twilio.deliver(PHONE, OUTAGE, to=client, public=PUBLIC)
    send_owed(house)
    clock.forward(minutes=1)
    ana = Ana(client, house)
    ana.do("take")
    send_owed(house)
    assert "Ana of IT has joined" in texts(twilio)[-1]
    clock.forward(hours=11)
    ana.do("messages", key="k1", text="Is it better?")
    send_owed(house)
    assert "Is it better?" not in texts(twilio)
    clock.forward(hours=8)
    jobs_of(house).sms.extend(house.texts.sending.due_messages() if house.texts else [])
    send_owed(house)
    assert texts(twilio)[-1] == "Is it better?"


def test_a_number_that_gets_too_many_texts_of_staff_is_told_so_once(
    client: TestClient, house: Installation, twilio: Twilio
) -> None:
    twilio.deliver(PHONE, "human please", to=client, public=PUBLIC)
    send_owed(house)
    ana = Ana(client, house)
    ana.do("take")
    for number in range(25):
        ana.do("messages", key=f"k{number}", text=f"line {number}")
    send_owed(house)
    said = texts(twilio)
    assert sum(one.startswith("line ") for one in said) < 20
    assert sum(one.startswith("Many texts came at once") for one in said) == 1
    with house.database.reading() as session:
        states = set(session.scalars(select(Message.send_state).where(Message.author == "Ana")))
    assert states == {"sent", "withheld"}
