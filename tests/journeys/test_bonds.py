"""What people say about their own report binds: same problem, not that one, not for all eyes."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from incidents import actions as act
from incidents.drafts import Draft, ReadDraft
from incidents.identities import record_identity
from models.incident import ConstraintPair, Incident
from models.vocabulary import Audience, Author, Channel, ConstraintKind
from tests.conftest import House
from tests.journeys.projection import check_everything

WIFI = "the wifi in berlin is down"


@pytest.fixture
def wifi(plain_house: House) -> str:
    for person in ("p001", "p002"):
        plain_house.clock.forward(minutes=1)
        reference = plain_house.file(WIFI, person, site="berlin").incident.reference
    return reference


def words(house: House) -> list[tuple[ConstraintKind, Author]]:
    with house.database.reading() as session:
        return [(row.kind, row.author) for row in session.scalars(select(ConstraintPair))]


def test_a_yes_joins_whatever_the_words_are_and_is_remembered(
    plain_house: House, wifi: str
) -> None:
    recorded = plain_house.file("nothing works", "p003", join=wifi)
    assert recorded.incident.reference == wifi
    assert words(plain_house) == [(ConstraintKind.MUST_LINK, Author.REPORTER)]
    check_everything(plain_house)


def test_a_yes_to_what_takes_no_more_reports_opens_an_incident(
    plain_house: House, wifi: str
) -> None:
    plain_house.reviewer.perform(act.SetLock(act.Target(wifi, None), True), actor="ana")
    assert plain_house.file("nothing works", "p003", join=wifi).incident.reference != wifi
    assert plain_house.file("help", "p004", join="INC-000000-0").joined is False
    check_everything(plain_house)


def test_a_no_is_stronger_than_a_yes_and_than_the_words(plain_house: House, wifi: str) -> None:
    both = plain_house.file(WIFI, "p003", join=wifi, declined=(wifi.lower(),))
    assert both.incident.reference != wifi
    assert words(plain_house) == [(ConstraintKind.CANNOT_LINK, Author.REPORTER)]
    check_everything(plain_house)


def test_who_asks_for_discretion_meets_only_others_who_did(plain_house: House, wifi: str) -> None:
    first = plain_house.file(WIFI, "p003", audience=Audience.RESTRICTED, join=wifi)
    assert first.incident.reference != wifi
    second = plain_house.file(WIFI, "p004", audience=Audience.RESTRICTED)
    assert second.incident.reference == first.incident.reference
    assert plain_house.file(WIFI, "p005").incident.reference == wifi
    check_everything(plain_house)


def known_to(house: House, text: str, **more: object) -> Incident | None:
    with house.database.transaction() as session:
        identity = record_identity(session, Channel.SMS, "+4930555", now=house.clock())
    draft = Draft(text=text, channel=Channel.SMS, identity=identity.id, **more)
    read: ReadDraft = house.intake.read_draft(draft, now=house.clock())
    return house.intake.find_known(draft, read)


def test_what_two_people_told_is_offered_to_the_third(plain_house: House, wifi: str) -> None:
    found = known_to(plain_house, WIFI)
    assert found is not None
    assert found.reference == wifi
    assert known_to(plain_house, "printer eats paper") is None
    assert known_to(plain_house, WIFI, declined=(wifi,)) is None


def test_what_one_person_told_twice_is_offered_to_nobody(plain_house: House) -> None:
    for _ in range(2):
        plain_house.file(WIFI, "p001")
    assert known_to(plain_house, WIFI) is None


def test_what_is_locked_resolved_or_restricted_is_offered_to_nobody(
    plain_house: House, wifi: str
) -> None:
    lock = plain_house.reviewer.perform(act.SetLock(act.Target(wifi, None), True), actor="ana")
    assert known_to(plain_house, WIFI) is None
    plain_house.reviewer.perform(act.Undo(lock.token), actor="ana")
    assert known_to(plain_house, WIFI) is not None
    plain_house.reviewer.perform(act.Resolve(act.Target(wifi, None)), actor="ana")
    assert known_to(plain_house, WIFI) is None
    for person in ("p003", "p004"):
        plain_house.file("phishing mail with a fake login", person)
    assert known_to(plain_house, "phishing mail with a fake login") is None
    assert known_to(plain_house, "mail with a fake login") is None


def test_nothing_is_offered_while_nothing_can_be_read(plain_house: House, wifi: str) -> None:
    draft = Draft(
        text=WIFI, channel=Channel.WEB, identity=plain_house.file(WIFI, "p009").report.identity_id
    )
    assert plain_house.intake.find_known(draft, ReadDraft(draft, None, None, None)) is None
