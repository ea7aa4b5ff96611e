"""Records reach the outside in order, each once accepted, and nothing is silently lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import select

from incidents import actions as act
from incidents.forwarding import Forwarder, pending_count, render_cloudevent, replay_parked
from incidents.intake import record_addition
from incidents.transports.port import TransportError
from models.delivery import Delivery, DeliveryStream, Record
from models.records import RecordKind
from models.report import Report
from models.vocabulary import DeliveryState
from tests.conftest import House
from tests.fakes import FakeTransport
from tests.standins.published import FORMATS, VALIDATORS

SOURCE = "https://muster.example"
LATER = TransportError("answered 503", permanent=False)
NEVER = TransportError("answered 400 (bad request)", permanent=True)
ENVELOPE = Draft202012Validator(
    {
        "type": "object",
        "required": [
            "specversion", "id", "source", "type", "subject", "time", "datacontenttype",
            "dataschema", "data", "sequence", "partitionkey",
        ],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {"type": "string", "format": "uuid"},
            "source": {"type": "string", "format": "uri"},
            "type": {"pattern": r"^muster\.(report|incident)\.[a-z]+\.v1$"},
            "subject": {"pattern": "^(RPT|INC)-"},
            "time": {"type": "string", "format": "date-time", "pattern": "Z$"},
            "datacontenttype": {"const": "application/json"},
            "dataschema": {"type": "string", "format": "uri"},
            "sequence": {"type": "string", "pattern": "^[0-9]+$"},
            "partitionkey": {"pattern": "^INC-"},
        },
        "propertyNames": {"pattern": "^[a-z0-9]{1,20}$"},
    },
    format_checker=FORMATS,
)  # fmt: skip


@dataclass
class Outside:
    """One house, one outside system, and as many senders as wanted."""

    house: House
    transport: FakeTransport

    def sender(self, worker: str = "one", **more: Any) -> Forwarder:
        transports = {"records": self.transport, **more}
        return Forwarder(
            self.house.database,
            self.house.organisation.outbox,
            transports,
            source=SOURCE,
            worker=worker,
            clock=self.house.clock,
        )

    def send_all(self) -> int:
        sender = self.sender()
        return sum(sender.deliver_stream(*stream) for stream in sender.due_streams())

    def rows(self, state: DeliveryState) -> list[Delivery]:
        with self.house.database.reading() as session:
            query = select(Delivery).where(Delivery.state == state).order_by(Delivery.seq)
            return list(session.scalars(query))

    def accepted_kinds(self) -> list[str]:
        return [event["type"] for event in self.transport.accepted]


@pytest.fixture
def outside(plain_house: House) -> Outside:
    return Outside(plain_house, FakeTransport())


def wifi(house: House, person: str, **more: object) -> str:
    house.clock.forward(minutes=1)
    return house.file("the wifi in berlin is down", person, **more).incident.reference


def test_what_is_recorded_arrives_in_order(outside: Outside) -> None:
    stream = wifi(outside.house, "p001")
    assert outside.send_all() == 2
    wifi(outside.house, "p002")
    assert outside.send_all() == 2
    assert outside.accepted_kinds() == [
        RecordKind.REPORT_RECORDED,
        RecordKind.INCIDENT_OPENED,
        RecordKind.REPORT_RECORDED,
        RecordKind.INCIDENT_CHANGED,
    ]
    assert {event["partitionkey"] for event in outside.transport.accepted} == {stream}
    numbers = [int(event["sequence"]) for event in outside.transport.accepted]
    assert numbers == sorted(numbers)
    assert outside.send_all() == 0


def test_a_failed_try_holds_back_its_stream_and_no_other(outside: Outside) -> None:
    first = wifi(outside.house, "p001")
    other = outside.house.file("printer eats paper", "p002").incident.reference
    outside.transport.troubles = [LATER]
    sender = outside.sender()
    assert sender.deliver_stream("records", first) == 0
    assert sender.deliver_stream("records", first) == 0
    assert sender.deliver_stream("records", other) == 2
    assert len(outside.transport.tries) == 3
    assert outside.house.jobs.later == [("records", first, timedelta(seconds=1))]


def test_waits_grow_and_the_same_id_is_offered_each_time(outside: Outside) -> None:
    stream = wifi(outside.house, "p001")
    outside.transport.troubles = [LATER] * 8
    sender = outside.sender()
    sender.deliver_stream("records", stream)
    waits = []
    while outside.house.jobs.later:
        wait = outside.house.jobs.later.pop()[2]
        waits.append(wait.total_seconds())
        tried = len(outside.transport.tries)
        outside.house.clock.now += wait - timedelta(milliseconds=1)
        sender.deliver_stream("records", stream)
        assert len(outside.transport.tries) == tried
        outside.house.clock.now += timedelta(milliseconds=1)
        sender.deliver_stream("records", stream)
    assert waits == [1, 2, 4, 8, 15, 30, 60, 120]
    assert len(outside.transport.tries) == 8 + 2
    assert len({event["id"] for event in outside.transport.tries[:9]}) == 1
    assert len(outside.transport.accepted) == 2


def test_a_permanent_refusal_is_parked_with_its_reason_and_the_stream_goes_on(
    outside: Outside,
) -> None:
    wifi(outside.house, "p001")
    outside.transport.troubles = [NEVER]
    assert outside.send_all() == 1
    (parked,) = outside.rows(DeliveryState.PARKED)
    assert parked.reason == "answered 400 (bad request)"
    assert outside.accepted_kinds() == [RecordKind.INCIDENT_OPENED]


def test_a_record_that_nobody_takes_for_a_day_is_parked(outside: Outside) -> None:
    stream = wifi(outside.house, "p001")
    sender = outside.sender()
    outside.transport.troubles = [LATER]
    sender.deliver_stream("records", stream)
    outside.house.clock.forward(hours=24)
    outside.transport.troubles = [LATER]
    assert sender.deliver_stream("records", stream) == 1
    (parked,) = outside.rows(DeliveryState.PARKED)
    assert (parked.attempts, parked.reason) == (2, "answered 503")


def test_what_is_parked_is_sent_when_it_is_replayed(outside: Outside) -> None:
    stream = wifi(outside.house, "p001")
    outside.transport.troubles = [NEVER]
    outside.send_all()
    outside.house.jobs.streams.clear()
    with outside.house.database.transaction() as session:
        outbox = outside.house.organisation.outbox
        assert replay_parked(session, outbox, now=outside.house.clock(), only=lambda _: False) == 0
        assert replay_parked(session, outbox, now=outside.house.clock()) == 1
    assert outside.house.jobs.streams == [("records", stream)]
    assert outside.send_all() == 1
    assert sorted(outside.accepted_kinds()) == sorted(
        [RecordKind.INCIDENT_OPENED, RecordKind.REPORT_RECORDED]
    )
    with outside.house.database.reading() as session:
        assert pending_count(session) == 0


def test_of_several_waiting_snapshots_only_the_newest_is_sent(outside: Outside) -> None:
    stream = wifi(outside.house, "p001")
    for person in ("p002", "p003"):
        wifi(outside.house, person)
    outside.house.reviewer.perform(act.Retitle(act.Target(stream, None), "Wireless"), actor="ana")
    outside.send_all()
    assert outside.accepted_kinds() == [
        RecordKind.REPORT_RECORDED,
        RecordKind.INCIDENT_OPENED,
        RecordKind.REPORT_RECORDED,
        RecordKind.REPORT_RECORDED,
        RecordKind.INCIDENT_CHANGED,
    ]
    newest = outside.transport.accepted[-1]["data"]
    assert (newest["title"], newest["reports"], newest["version"]) == ("Wireless", 3, 4)
    assert len(outside.rows(DeliveryState.SUPERSEDED)) == 2
    with outside.house.database.reading() as session:
        assert pending_count(session) == 0


def test_a_snapshot_that_was_offered_once_is_never_dropped(outside: Outside) -> None:
    stream = wifi(outside.house, "p001")
    outside.send_all()
    outside.house.reviewer.perform(act.Retitle(act.Target(stream, None), "One"), actor="ana")
    outside.transport.troubles = [LATER]
    outside.send_all()
    outside.house.reviewer.perform(act.Retitle(act.Target(stream, None), "Two"), actor="ana")
    outside.house.clock.forward(minutes=1)
    outside.send_all()
    titles = [event["data"]["title"] for event in outside.transport.accepted[2:]]
    assert titles == ["One", "Two"]


def test_two_senders_never_send_one_stream_at_once(outside: Outside) -> None:
    stream = wifi(outside.house, "p001")
    meanwhile: list[int] = []
    for worker in ("one", "two"):
        senders = [outside.sender("one"), outside.sender(worker)]
        outside.transport = Interrupted(
            lambda other=senders[1]: meanwhile.append(other.deliver_stream("records", stream))
        )
        outside.sender("one").deliver_stream("records", stream)
        wifi(outside.house, "p002")
    assert meanwhile
    assert set(meanwhile) == {0}


class Interrupted(FakeTransport):
    """Something else happens while a record is on its way."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        super().__init__()
        self._meanwhile = meanwhile

    def deliver(self, event: Mapping[str, Any]) -> None:
        self._meanwhile()
        super().deliver(event)


def test_the_lease_of_a_dead_sender_runs_out(outside: Outside) -> None:
    stream = wifi(outside.house, "p001")

    class DiedError(Exception):
        pass

    def die() -> None:
        raise DiedError

    dying = Outside(outside.house, Interrupted(die))
    with pytest.raises(DiedError):
        dying.sender("dead").deliver_stream("records", stream)
    alive = outside.sender("alive")
    assert alive.deliver_stream("records", stream) == 0
    assert alive.due_streams() == []
    outside.house.clock.forward(seconds=26)
    assert alive.due_streams() == [("records", stream)]
    assert alive.deliver_stream("records", stream) == 2


def test_at_a_lone_start_the_leases_of_the_last_run_are_forgotten(outside: Outside) -> None:
    stream = wifi(outside.house, "p001")
    with outside.house.database.transaction() as session:
        session.add(
            DeliveryStream(
                target="records",
                stream=stream,
                leased_by="gone",
                leased_until=outside.house.clock() + timedelta(seconds=20),
                failures=0,
                next_try_at=None,
            )
        )
    sender = outside.sender()
    assert sender.due_streams() == []
    sender.release_leases()
    assert sender.due_streams() == [("records", stream)]


def test_a_sender_that_was_overtaken_stops_after_the_record_in_its_hands(
    outside: Outside,
) -> None:
    stream = wifi(outside.house, "p001")
    fast = outside.sender("fast")

    def hang() -> None:
        outside.house.clock.forward(seconds=30)
        fast.deliver_stream("records", stream)

    slow = Outside(outside.house, Interrupted(hang)).sender("slow")
    assert slow.deliver_stream("records", stream) == 1
    ids = [event["id"] for event in outside.transport.accepted]
    assert len(ids) == len(set(ids)) == 2
    assert outside.rows(DeliveryState.PENDING) == []


def test_the_sweep_finds_what_no_wake_up_came_for(outside: Outside) -> None:
    stream = wifi(outside.house, "p001")
    outside.house.jobs.streams.clear()
    assert outside.sender().due_streams() == [("records", stream)]
    outside.transport.troubles = [LATER]
    outside.send_all()
    assert outside.sender().due_streams() == []
    outside.house.clock.forward(seconds=1)
    assert outside.sender().due_streams() == [("records", stream)]


def test_a_target_that_is_no_longer_configured_keeps_what_it_is_owed(outside: Outside) -> None:
    stream = wifi(outside.house, "p001")
    nobody = Forwarder(
        outside.house.database,
        outside.house.organisation.outbox,
        {},
        source=SOURCE,
        worker="one",
        clock=outside.house.clock,
    )
    assert nobody.due_streams() == []
    assert nobody.deliver_stream("records", stream) == 0
    assert outside.send_all() == 2


def test_every_record_of_a_busy_day_is_as_published(outside: Outside) -> None:
    house = outside.house
    first = wifi(house, "p001", site="berlin", people=12, since="nine o'clock", impact=1, urgency=1)
    for person in ("p002", "p003", "p004", "nobody we know"):
        wifi(house, person, site="london")
    secret = house.file("phishing mail with a fake login", "p005")
    odd = house.file("printer eats paper", "p006", attributes={"floor": 3}, declined=(first,))
    target = act.Target(first, None)
    with house.database.transaction() as session:
        record_addition(
            session,
            house.organisation,
            session.get_one(Report, secret.report.id),
            kind="worse",
            text="my password is hunter2",
            data={},
            now=house.clock(),
        )
    actions = [
        act.Accept(target),
        act.Merge(target, (act.Target(odd.incident.reference, None),)),
        act.Split(target, (odd.report.reference,), "Printer"),
        act.SetWorkaround(target, "use the cable, or mail help@example.org"),
        act.Resolve(target),
        act.Reopen(target),
    ]
    for action in actions:
        done = house.reviewer.perform(action, actor="ana")
    house.reviewer.perform(act.Undo(done.token), actor="ana")
    with house.database.reading() as session:
        records = session.scalars(select(Record).order_by(Record.seq)).all()
    for record in records:
        event = render_cloudevent(record, SOURCE)
        ENVELOPE.validate(event)
        VALIDATORS[RecordKind(record.kind).schema_name].validate(event["data"])
    assert {record.kind for record in records} >= {
        kind.value for kind in RecordKind if kind is not RecordKind.REPORT_WITHDRAWN
    }
    told = [record.data for record in records if record.subject == secret.report.reference]
    assert all(data["description"] is None for data in told)
    assert told[-1]["additions"][0]["text"] is None
    masked = [r.data.get("workaround") for r in records if r.data.get("workaround")]
    assert set(masked) == {"use the cable, or mail <email>"}
