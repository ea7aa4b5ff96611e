"""Reports come in, become incidents, and staff correct them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from incidents import actions as act
from incidents.queries import read_members
from incidents.review import NewerReviewError
from models.delivery import Record
from models.errors import StaleVersionError, UnknownServiceError
from models.incident import Incident, Membership
from models.vocabulary import Audience, MajorState, Status
from tests.conftest import House

WIFI = (
    ("p031", "Wifi on the third floor in Berlin is completely gone since 9"),
    ("p032", "kein WLAN im Berliner Büro, bei den Kollegen auch nicht"),
    ("p033", "no wireless in Berlin, my laptop does not find HF-Staff anymore"),
    ("p034", "is the wifi down in berlin? can't connect to anything"),
    ("p035", "Berlin office: wlan disconnected for the whole team, about 12 people"),
)


def wave(house: House) -> list[str]:
    found = []
    for person, text in WIFI:
        house.clock.forward(minutes=2)
        found.append(house.file(text, person, site="berlin").incident.reference)
    return found


def test_an_outage_told_in_different_words_becomes_one_incident(house: House) -> None:
    references = wave(house)
    house.clock.forward(minutes=1)
    other = house.file("My headset only works on one ear", "p001", site="london")
    assert len(set(references)) == 1
    assert other.incident.reference not in references
    incident = house.incident(references[0])
    assert incident.reporters == 5
    assert incident.service_id == "wifi"
    assert incident.major_state is MajorState.PROPOSED


def test_every_member_says_why_it_is_there(house: House) -> None:
    reference = wave(house)[0]
    with house.database.reading() as session:
        members = read_members(session, house.incident(reference))
    assert len(members) == 5
    assert all(member.link.evidence["sentence"] for member in members)
    joined = members[-1].link.evidence
    assert joined["decision"] == "join"
    assert joined["probability"] >= joined["threshold"]
    assert joined["nearest"][0]["report"].startswith("RPT-")


def test_an_unknown_service_is_refused_with_the_known_ones(house: House) -> None:
    with pytest.raises(UnknownServiceError) as refusal:
        house.file("broken", "p001", service="teleporter")
    assert "wifi" in refusal.value.data["known"]


def test_a_phishing_report_is_restricted_and_goes_out_without_words(house: House) -> None:
    recorded = house.file(
        "Phishing mail: fake payslip login page stole my password, I clicked the link", "p001"
    )
    assert recorded.report.audience is Audience.RESTRICTED
    with house.database.reading() as session:
        record = session.scalars(
            select(Record).where(Record.subject == recorded.report.reference)
        ).one()
    assert record.data["description"] is None
    assert house.incident(recorded.incident.reference).title == "Restricted report"


def test_a_merge_can_be_previewed_done_undone_and_redone(house: House) -> None:
    reference = wave(house)[0]
    other = house.file("SAP is extremely slow and then times out", "p001", site="london")
    into = act.Target(reference, house.incident(reference).version)
    merge = act.Merge(into, (act.Target(other.incident.reference, None),))
    seen = house.reviewer.perform(merge, actor="ana", preview=True)
    assert house.incident(reference).reports == 5
    assert {one.reference: one.reports for one in seen.after}[reference] == 6

    done = house.reviewer.perform(merge, actor="ana")
    assert house.incident(reference).reports == 6
    assert house.incident(other.incident.reference).status is Status.ABSORBED

    undone = house.reviewer.perform(act.Undo(done.token), actor="ana")
    assert house.incident(reference).reports == 5
    assert house.incident(other.incident.reference).status is Status.OPEN

    house.reviewer.perform(act.Undo(undone.token), actor="ana")
    assert house.incident(reference).reports == 6
    assert house.incident(other.incident.reference).status is Status.ABSORBED


def test_a_split_is_remembered_and_an_older_review_waits_for_the_newer_one(house: House) -> None:
    reference = wave(house)[0]
    other = house.file("SAP is extremely slow and then times out", "p001", site="london")
    merged = house.reviewer.perform(
        act.Merge(act.Target(reference, None), (act.Target(other.incident.reference, None),)),
        actor="ana",
    )
    split = house.reviewer.perform(
        act.Split(act.Target(reference, None), (other.report.reference,), "SAP slow"), actor="bo"
    )
    with pytest.raises(NewerReviewError):
        house.reviewer.perform(act.Undo(merged.token), actor="ana")
    house.reviewer.perform(act.Undo(split.token), actor="bo")
    house.reviewer.perform(act.Undo(merged.token), actor="ana")
    assert house.incident(reference).reports == 5
    with house.database.reading() as session:
        home = session.scalars(
            select(Membership.incident_id).where(
                Membership.report_id == other.report.id, Membership.ended_at.is_(None)
            )
        ).one()
        assert session.get_one(Incident, home).reference == other.incident.reference


def test_a_review_of_something_that_changed_meanwhile_is_refused(house: House) -> None:
    reference = wave(house)[0]
    seen = house.incident(reference).version
    house.file("wlan still dead in berlin", "p036", site="berlin", join=reference)
    with pytest.raises(StaleVersionError):
        house.reviewer.perform(act.Accept(act.Target(reference, seen)), actor="ana")


def test_who_says_no_to_a_known_outage_is_kept_apart_from_it(house: House) -> None:
    reference = wave(house)[0]
    house.clock.forward(minutes=1)
    recorded = house.file(
        "no wifi in berlin on my phone", "p040", site="berlin", declined=(reference,)
    )
    assert recorded.incident.reference != reference


def test_a_locked_incident_takes_no_more_reports(house: House) -> None:
    reference = wave(house)[0]
    house.reviewer.perform(act.SetLock(act.Target(reference, None), True), actor="ana")
    house.clock.forward(minutes=1)
    recorded = house.file("wifi gone in berlin for us too", "p041", site="berlin")
    assert recorded.incident.reference != reference
