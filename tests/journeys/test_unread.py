"""A report is never lost because nothing can read it: it stands alone, and is read later."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from classifier.encoding import EncoderUnavailableError
from incidents import actions as act
from incidents.drafts import Recorded
from incidents.intake import unread_reports
from models.delivery import Record
from models.incident import Incident, Membership
from models.records import RecordKind
from models.report import Report
from models.vocabulary import Audience, Status
from tests.conftest import House
from tests.fakes import PlainReader
from tests.journeys.projection import check_everything, check_records

WIFI = "the wifi in berlin is down"


@pytest.fixture
def known(plain_house: House) -> Incident:
    """An event that was told and read before the trouble began."""
    for person in ("p001", "p002"):
        plain_house.clock.forward(minutes=1)
        recorded = plain_house.file(WIFI, person)
    return recorded.incident


def reader_of(house: House) -> PlainReader:
    assert isinstance(house.intake.reader, PlainReader)
    return house.intake.reader


def file_unread(house: House, text: str, person: str, **more: object) -> Recorded:
    reader = reader_of(house)
    reader.broken = "The encoder is still loading."
    house.clock.forward(minutes=1)
    recorded = house.file(text, person, **more)
    reader.broken = None
    return recorded


def read_it(house: House, recorded: Recorded) -> None:
    house.intake.read_unread(recorded.report.id, now=house.clock())
    check_everything(house)
    check_records(house)


def home_of(house: House, recorded: Recorded) -> Incident:
    with house.database.reading() as session:
        return session.scalars(
            select(Incident)
            .join(Membership, Membership.incident_id == Incident.id)
            .where(Membership.report_id == recorded.report.id, Membership.ended_at.is_(None))
        ).one()


def waiting(house: House) -> list[object]:
    with house.database.reading() as session:
        return list(unread_reports(session))


def test_a_report_that_cannot_be_read_is_recorded_alone_and_its_reading_is_owed(
    plain_house: House, known: Incident
) -> None:
    recorded = file_unread(plain_house, WIFI, "p003", impact=1, service="wifi")
    assert not recorded.joined
    assert recorded.incident.reference != known.reference
    assert recorded.report.read_at is None
    assert (recorded.report.service_id, recorded.report.impact) == ("wifi", 1)
    assert plain_house.jobs.unread == waiting(plain_house) == [recorded.report.id]
    check_everything(plain_house)


def test_once_read_it_is_grouped_by_the_same_rule_and_its_incident_leads_there(
    plain_house: House, known: Incident
) -> None:
    recorded = file_unread(plain_house, WIFI, "p003")
    read_it(plain_house, recorded)
    assert home_of(plain_house, recorded).id == known.id
    assert waiting(plain_house) == []
    emptied = plain_house.incident(recorded.incident.reference)
    assert (emptied.status, emptied.absorbed_into, emptied.reports) == (
        Status.ABSORBED,
        known.id,
        0,
    )
    assert plain_house.incident(known.reference).reporters == 3
    told = plain_house.file("hello", "p004", join=recorded.incident.reference)
    assert told.incident.id == known.id


def test_the_outside_hears_of_it_again(plain_house: House, known: Incident) -> None:
    recorded = file_unread(plain_house, WIFI, "p003")
    read_it(plain_house, recorded)
    with plain_house.database.reading() as session:
        heard = session.scalars(
            select(Record).where(Record.subject == recorded.report.reference).order_by(Record.seq)
        ).all()
    assert [record.kind for record in heard] == [
        RecordKind.REPORT_RECORDED,
        RecordKind.REPORT_REGROUPED,
    ]
    assert heard[1].data["incident"] == known.reference
    assert heard[1].data["previous_incident"] == recorded.incident.reference


def test_what_is_like_nothing_known_stays_alone_and_is_found_by_the_next(
    plain_house: House, known: Incident
) -> None:
    recorded = file_unread(plain_house, "printer eats paper", "p003")
    read_it(plain_house, recorded)
    assert home_of(plain_house, recorded).reference == recorded.incident.reference
    with plain_house.database.reading() as session:
        link = session.scalars(
            select(Membership).where(
                Membership.report_id == recorded.report.id, Membership.ended_at.is_(None)
            )
        ).one()
    assert link.probability is None
    assert "closest" in link.evidence["sentence"]
    later = plain_house.file("printer eats paper again", "p004")
    assert later.incident.reference == recorded.incident.reference


def test_while_the_reader_fails_again_the_reading_stays_owed(
    plain_house: House, known: Incident
) -> None:
    recorded = file_unread(plain_house, WIFI, "p003")
    reader_of(plain_house).broken = "The encoder could not be loaded."
    for _ in range(2):
        with pytest.raises(EncoderUnavailableError):
            read_it(plain_house, recorded)
        assert waiting(plain_house) == [recorded.report.id]
    reader_of(plain_house).broken = None
    read_it(plain_house, recorded)
    read_it(plain_house, recorded)
    assert plain_house.incident(known.reference).reports == 3


def test_a_word_of_the_reporter_holds_for_a_late_reading(
    plain_house: House, known: Incident
) -> None:
    apart = file_unread(plain_house, WIFI, "p003", declined=(known.reference,))
    read_it(plain_house, apart)
    assert home_of(plain_house, apart).reference == apart.incident.reference
    joined = file_unread(plain_house, "it does not work", "p004", join=known.reference)
    assert joined.incident.id == known.id
    read_it(plain_house, joined)
    assert home_of(plain_house, joined).id == known.id


def test_who_said_no_to_an_unread_report_is_not_met_by_it_later(plain_house: House) -> None:
    unread = file_unread(plain_house, WIFI, "p001")
    apart = plain_house.file(WIFI, "p002", declined=(unread.incident.reference,))
    read_it(plain_house, unread)
    assert home_of(plain_house, unread).id != home_of(plain_house, apart).id


@pytest.mark.parametrize(
    "action",
    [
        act.Declare(act.Target("", None)),
        act.Resolve(act.Target("", None)),
        act.SetLock(act.Target("", None), True),
        act.Retitle(act.Target("", None), "Ours"),
    ],
)
def test_what_staff_touched_is_not_emptied_by_a_late_reading(
    plain_house: House, known: Incident, action: act.Action
) -> None:
    recorded = file_unread(plain_house, WIFI, "p003")
    target = act.Target(recorded.incident.reference, None)
    plain_house.reviewer.perform(type(action)(**{**vars_of(action), "incident": target}), actor="a")
    read_it(plain_house, recorded)
    assert home_of(plain_house, recorded).reference == recorded.incident.reference
    assert known.reports == 2


def vars_of(action: act.Action) -> dict[str, object]:
    return {name: getattr(action, name) for name in action.__slots__}


def test_a_restricted_report_hides_itself_once_it_is_read(
    plain_house: House, known: Incident
) -> None:
    secret = file_unread(plain_house, "phishing mail with a fake login", "p003")
    assert secret.report.audience is Audience.OPEN
    read_it(plain_house, secret)
    assert home_of(plain_house, secret).title == "Restricted report"
    assert home_of(plain_house, secret).audience is Audience.RESTRICTED
    told = file_unread(plain_house, "phishing: it does not work", "p004", join=known.reference)
    read_it(plain_house, told)
    home = home_of(plain_house, told)
    assert home.audience is Audience.RESTRICTED
    assert plain_house.incident(known.reference).reports == 2


def test_an_undo_brings_a_report_back_even_to_an_incident_that_a_reading_emptied(
    plain_house: House, known: Incident
) -> None:
    guest = plain_house.file("printer eats paper", "p006")
    host = file_unread(plain_house, WIFI, "p003")
    into = act.Target(host.incident.reference, None)
    merge = act.Merge(into, (act.Target(guest.incident.reference, None),))
    plain_house.reviewer.perform(merge, actor="ana")
    also = plain_house.file("headset squeaks loudly", "p007")
    move = act.MoveReport(into, guest.report.reference, also.incident.reference)
    moved = plain_house.reviewer.perform(move, actor="ana")
    read_it(plain_house, host)
    assert plain_house.incident(host.incident.reference).status is Status.ABSORBED
    undone = plain_house.reviewer.perform(act.Undo(moved.token), actor="ana")
    check_everything(plain_house)
    assert plain_house.incident(host.incident.reference).status is Status.OPEN
    plain_house.reviewer.perform(act.Undo(undone.token), actor="ana")
    check_everything(plain_house)
    assert plain_house.incident(host.incident.reference).status is Status.ABSORBED


def test_the_row_of_an_unread_report_keeps_what_the_person_said(plain_house: House) -> None:
    recorded = file_unread(plain_house, WIFI, "p003", service="erp", impact=1, urgency=2, people=40)
    read_it(plain_house, recorded)
    with plain_house.database.reading() as session:
        report = session.get_one(Report, recorded.report.id)
    assert (report.service_id, report.impact, report.urgency, report.people) == (
        "erp", 1, 2, 40,
    )  # fmt: skip
    assert report.site_id == "berlin"
    assert report.filled_in["site"] == "words"


def test_what_was_not_said_is_filled_in_by_the_late_reading(plain_house: House) -> None:
    recorded = file_unread(plain_house, "wifi is down for 30 people since 9:15", "p003")
    assert recorded.report.filled_in == {"impact": "default", "urgency": "default"}
    read_it(plain_house, recorded)
    with plain_house.database.reading() as session:
        report = session.get_one(Report, recorded.report.id)
    assert (report.impact, report.people, report.service_id) == (1, 30, "wifi")
    assert report.filled_in["impact"] == "classifier"


def test_what_was_restricted_on_request_stays_so(plain_house: House) -> None:
    recorded = file_unread(plain_house, WIFI, "p003", audience=Audience.RESTRICTED)
    read_it(plain_house, recorded)
    assert home_of(plain_house, recorded).audience is Audience.RESTRICTED
