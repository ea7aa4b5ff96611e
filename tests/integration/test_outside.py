"""The whole way, with real processes: told in chat and by SMS, one incident, forwarded.

`muster serve` runs as a process of its own; the outside system and Twilio are real servers.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from sqlalchemy import select

from incidents.forwarding import pending_count
from models.conversation import Message
from models.delivery import Delivery, Record
from models.incident import Incident, Membership
from models.records import SCHEMAS, RecordKind
from models.report import Report
from models.vocabulary import Channel, DeliveryState, Direction, SendState
from tests.standins.receiver import Receiver, wait_until
from tests.standins.serving import Muster
from tests.standins.twilio import Twilio

TOLD = (
    "Wifi in the Berlin office is completely gone since 9, nobody on our floor can work",
    "kein WLAN mehr im Berliner Büro, bei den Kollegen auch nicht",
    "is the wireless down in berlin? my laptop cannot find HF-Staff any more",
    "berlin office: wlan disconnected for the whole team, about 12 people",
    "no wifi in Berlin, can't reach anything, phones neither",
    "the wi-fi network in our berlin building dropped out a few minutes ago",
    "WLAN Berlin ausgefallen, ganze Etage offline",
    "I'm in Berlin and the wireless keeps saying no internet, everyone here has it",
    "wifi dead in berlin again?? the meeting rooms have no network at all",
    "Berlin: laptops can't connect to the wifi, it just says disconnected",
)
OTHERS = (
    "my headset only works on one ear",
    "I forgot my password for SAP and am locked out",
    "the printer on floor 2 in london jams on every page",
)
PHONE = "+4915112345678"


@pytest.fixture(scope="module")
def twilio() -> Iterator[Twilio]:
    with Twilio() as found:
        yield found


@pytest.fixture(scope="module")
def outside() -> Iterator[Receiver]:
    with Receiver() as found:
        yield found


@pytest.fixture(scope="module")
def muster(
    tmp_path_factory: pytest.TempPathFactory, twilio: Twilio, outside: Receiver
) -> Iterator[Muster]:
    folder: Path = tmp_path_factory.mktemp("muster")
    settings = {
        "MUSTER_FORWARD_URL": outside.url,
        "MUSTER_FORWARD_SECRET": outside.secret,
        "MUSTER_TWILIO_ACCOUNT_SID": twilio.account_sid,
        "MUSTER_TWILIO_AUTH_TOKEN": twilio.auth_token,
        "MUSTER_TWILIO_FROM": twilio.number,
        "MUSTER_TWILIO_API_BASE": twilio.url,
        "MUSTER_PUBLIC_BASE_URL": "https://muster.example.org",
    }
    with Muster(folder, settings) as found:
        yield found


def tell(muster: Muster, text: str, *, same: bool = True) -> tuple[str, str]:
    """Report something in the chat, taking the way forward: (report, incident).

    Who is asked whether it is the known outage says what is so.
    """
    with httpx.Client(base_url=muster.url, timeout=30) as client:
        opened = client.post("/api/v1/conversations", json={"channel": "web"}).json()
        headers = {"Authorization": f"Bearer {opened['token']}"}
        message: dict[str, Any] = {"text": text}
        for turn in range(8):
            answer = client.post(
                f"/api/v1/conversations/{opened['id']}/messages",
                json={"client_id": f"c{turn}", **message},
                headers=headers,
            )
            assert answer.status_code == 200, answer.text
            found = answer.json()
            if "report" in found:
                return found["report"]["reference"], found["incident"]["reference"]
            buttons = [b for one in found["messages"] for b in one.get("buttons", [])]
            asked_whether_same = "same" in buttons[0]["title"].lower()
            button = buttons[0] if same or not asked_whether_same else buttons[1]
            message = {"text": button["title"], "payload": button["payload"]}
    raise AssertionError(found)


def text_until_filed(muster: Muster, twilio: Twilio, text: str) -> Report:
    """Report something by SMS, answering the first choice, until it is filed."""
    database = muster.open_database()
    try:
        for _ in range(6):
            already = len(twilio.texts_to(PHONE))
            answer = twilio.deliver(
                PHONE, text, to=muster.url, public="https://muster.example.org", times=2
            )
            assert answer.status_code == 200, answer.text
            twilio.wait_until(lambda seen=already: len(twilio.texts_to(PHONE)) > seen)
            with database.reading() as session:
                report = session.scalars(
                    select(Report).where(Report.channel == Channel.SMS)
                ).one_or_none()
            if report is not None:
                return report
            text = "1"
    finally:
        database.dispose()
    raise AssertionError(twilio.texts_to(PHONE))


@pytest.fixture(scope="module")
def story(muster: Muster, twilio: Twilio, outside: Receiver) -> dict[str, Any]:
    """Ten people tell of one outage, three of other things, one by SMS; the outside stumbles."""
    outside.troubles.extend(["503", "503", "hang", "lost answer"])
    found: dict[str, Any] = {"told": [], "others": []}
    for number, text in enumerate(TOLD):
        found["told"].append(tell(muster, text))
        if number < len(OTHERS):
            found["others"].append(tell(muster, OTHERS[number], same=False))
    found["sms"] = text_until_filed(
        muster, twilio, "wifi is down in the berlin office, whole team offline"
    )
    return found


def incident_of(muster: Muster, reference: str) -> Incident:
    database = muster.open_database()
    try:
        with database.reading() as session:
            return session.scalars(
                select(Incident)
                .join(Membership, Membership.incident_id == Incident.id)
                .join(Report, Report.id == Membership.report_id)
                .where(Report.reference == reference, Membership.ended_at.is_(None))
            ).one()
    finally:
        database.dispose()


def test_ten_peoples_reports_of_one_outage_are_one_incident_and_a_text_joins_them(
    muster: Muster, story: dict[str, Any]
) -> None:
    homes = {incident_of(muster, report).reference for report, _ in story["told"]}
    assert len(homes) == 1
    assert not homes & {incident_of(muster, report).reference for report, _ in story["others"]}
    joined = incident_of(muster, story["sms"].reference)
    assert {joined.reference} == homes
    assert joined.reports == 11


def test_the_answer_by_sms_arrives_once_in_one_segment_and_names_the_report(
    muster: Muster, twilio: Twilio, story: dict[str, Any]
) -> None:
    assert any(story["sms"].reference in text for text in twilio.texts_to(PHONE))
    assert all(one["num_segments"] == "1" for one in twilio.sent)
    database = muster.open_database()
    try:
        with database.reading() as session:
            owed = session.scalars(
                select(Message).where(
                    Message.channel == Channel.SMS, Message.direction == Direction.OUTBOUND
                )
            ).all()
    finally:
        database.dispose()
    assert {one.send_state for one in owed} == {SendState.SENT}
    assert [one.provider_message_id for one in owed] == [one["sid"] for one in twilio.sent]


def test_the_outside_gets_every_record_in_order_each_once_signed_and_valid(
    muster: Muster, outside: Receiver, story: dict[str, Any]
) -> None:
    database = muster.open_database()

    def pending() -> int:
        with database.reading() as session:
            return pending_count(session)

    try:
        wait_until(lambda: not outside.troubles and pending() == 0, within=60)
        with database.reading() as session:
            owed = {
                str(event): stream
                for event, stream in session.execute(
                    select(Record.event_id, Record.stream)
                    .where(Record.superseded.is_(False))
                    .order_by(Record.seq)
                )
            }
            states = set(session.scalars(select(Delivery.state)))
    finally:
        database.dispose()
    assert outside.refused == []
    assert len(outside.tries) > len(outside.ids)  # it did stumble
    assert len(set(outside.ids)) == len(outside.ids)
    assert set(outside.ids) == set(owed)
    assert states <= {DeliveryState.DELIVERED, DeliveryState.SUPERSEDED}
    for events in outside.by_stream().values():
        numbers = [int(event["sequence"]) for event in events]
        assert numbers == sorted(numbers)
    checks = {
        name: jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
        for name, schema in SCHEMAS.items()
    }
    for event in outside.accepted:
        kind = RecordKind(event["type"])
        checks[kind.schema_name].validate(event["data"])
        assert event["specversion"] == "1.0"
        assert event["source"] == "https://muster.example.org"
        assert event["subject"] == event["data"]["reference"]
        assert event["dataschema"].endswith(f"/schemas/{kind.schema_name}.v1.json")
    assert {report for report, _ in story["told"]} <= {one["subject"] for one in outside.accepted}


def test_a_kill_while_both_sides_were_being_told_loses_nothing_and_repeats_nothing(
    muster: Muster, outside: Receiver, twilio: Twilio, story: dict[str, Any]
) -> None:
    database = muster.open_database()
    texts, tries = len(twilio.sent), len(outside.tries)
    twilio.troubles.append("lost answer")
    outside.troubles.append("lost answer")
    muster_public = "https://muster.example.org"
    twilio.deliver(PHONE, "what is happening with mine?", to=muster.url, public=muster_public)
    report, _ = tell(muster, "the coffee machine app on my laptop shows error 0x80070005")
    twilio.wait_for(texts + 1)
    outside.wait_until(lambda: len(outside.tries) > tries)
    muster.kill()
    muster.start()

    def settled() -> bool:
        with database.reading() as session:
            waiting = session.scalars(
                select(Message.id).where(Message.send_state == SendState.PENDING)
            ).all()
            return pending_count(session) == 0 and not waiting

    try:
        wait_until(settled, within=60)
        with database.reading() as session:
            owed = set(session.scalars(select(Record.event_id).where(~Record.superseded)))
            texted = session.scalars(
                select(Message.provider_message_id).where(
                    Message.channel == Channel.SMS, Message.direction == Direction.OUTBOUND
                )
            ).all()
    finally:
        database.dispose()
    assert report in {event["subject"] for event in outside.accepted}
    assert set(outside.ids) == {str(one) for one in owed}
    assert len(set(outside.ids)) == len(outside.ids)
    assert sum(outside.repeats.values()) >= 1  # the wire repeats; the receiver's record does not
    assert sorted(filter(None, texted)) == sorted(one["sid"] for one in twilio.sent)
