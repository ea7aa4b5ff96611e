"""A report for a colleague, and one of (or for) somebody whom the organisation puts first."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models.delivery import Record
from models.vocabulary import Priority
from tests.conftest import House
from tests.journeys.behaviours import EVERY_WAY, ON_THE_WEB, Lines, Teller, Way
from tests.journeys.projection import check_everything, check_records

PRIYA, PHONE_OF_PRIYA = "p003", "+447700900009"
BOARD, PHONE_OF_BOARD = "p006", "+447700900012"
ANNA: Lines = {
    "polite web": "I would like to report a problem for my colleague Anna in Berlin, she cannot "
    "log in to Outlook",
    "furious web": "ANNA IN BERLIN CANT LOG IN TO OUTLOOK, SHES GOING NUTS, REPORTING FOR HER",
    "polite sms": "I am writing for my colleague Anna in Berlin, she cannot log in to Outlook",
    "furious sms": "reporting 4 anna in berlin shes locked out of outlook ffs",
}


def told_outside(house: House, reference: str) -> Record:
    with house.database.reading() as session:
        return session.scalars(
            select(Record).where(Record.subject == reference).order_by(Record.seq.desc())
        ).first()


@EVERY_WAY
def test_a_report_for_a_colleague_says_for_whom_and_where_they_are(house: House, way: Way) -> None:
    one = Teller(house, way, phone=PHONE_OF_PRIYA, person=PRIYA, context={"site": "london"})
    one.say(ANNA)
    if not way.by_text:
        assert one.talk.card["behalf"] == "Anna"
        assert (
            one.talk.card["affected" if "affected" in one.talk.card else "impact"] == "One person"
        )
    one.finish()
    kept = one.only()
    assert (kept.behalf, kept.service, kept.site, kept.impact) == ("Anna", "email", "berlin", 3)
    record = told_outside(house, kept.reference)
    assert record.data["on_behalf_of"] == "Anna"
    assert record.data["reporter"]["name"] == "Priya Raghavan"
    check_everything(house)
    check_records(house)


@EVERY_WAY
def test_where_the_teller_sits_is_not_where_the_colleague_does(house: House, way: Way) -> None:
    one = Teller(house, way, phone=PHONE_OF_PRIYA, person=PRIYA, context={"site": "london"})
    one.say(
        {
            "polite": "This is for a colleague of the other team, her wifi drops all the time",
            "furious web": "MY COLLEAGUE CANT GET ON THE WIFI, HER LAPTOP IS OFFLINE ALL DAY",
            "furious sms": "my colleague cant get on the wifi her laptop is offline all day",
        }
    )
    one.finish()
    kept = one.only()
    assert kept.behalf is not None
    assert (kept.service, kept.site) == ("wifi", None)


@EVERY_WAY
def test_where_a_colleague_is_says_nothing_of_the_tellers_next_report(
    house: House, way: Way
) -> None:
    one = Teller(house, way)
    one.say(ANNA)
    one.finish()
    one.say(
        {
            "polite": "Thank you. Now mine: the wifi drops all the time, only for me",
            "furious": "NOW MINE: WIFI DROPS ALL THE TIME, ONLY ME",
        }
    )
    one.finish()
    assert [each.site for each in one.kept()] == ["berlin", None]
    assert [each.behalf for each in one.kept()] == ["Anna", None]


@ON_THE_WEB
def test_a_colleague_whom_the_directory_knows_brings_their_place(house: House, way: Way) -> None:
    one = Teller(house, way, person=PRIYA)
    one.say(
        {
            "polite": "I am reporting for Viktor Dahlmann, he has no wifi and his laptop is offline",
            "furious": "REPORTING FOR VIKTOR DAHLMANN, HE HAS NO WIFI AND HIS LAPTOP IS OFFLINE",
        }
    )
    assert one.talk.card["behalf"] == "Viktor Dahlmann"
    assert one.talk.card["site"] == "Berlin"
    assert one.talk.marks["site"] == "from the directory"
    one.finish()
    assert (one.only().service, one.only().site) == ("wifi", "berlin")


@ON_THE_WEB
def test_to_a_stranger_the_directory_says_nothing(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(
        {
            "polite": "I am reporting for Viktor Dahlmann, he has no wifi and his laptop is offline",
            "furious": "REPORTING FOR VIKTOR DAHLMANN, HE HAS NO WIFI AND HIS LAPTOP IS OFFLINE",
        }
    )
    assert one.asked == "site"


@EVERY_WAY
def test_somebody_named_beside_the_teller_is_no_report_for_them(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(
        {
            "polite": "SAP does not open in Pune, and it does not work for my colleague Anna either",
            "furious": "SAP DEAD IN PUNE FOR ME, MY COLLEAGUE ANNA CANT OPEN IT EITHER",
        }
    )
    one.finish(impact={"polite": "the two of us", "furious": "2 OF US"})
    assert one.only().behalf is None
    assert one.only().impact == 2


@EVERY_WAY
@pytest.mark.parametrize("vip", [True, False])
def test_whom_the_organisation_puts_first_is_more_pressing_and_never_told(
    house: House, way: Way, *, vip: bool
) -> None:
    person, phone = (BOARD, PHONE_OF_BOARD) if vip else (PRIYA, PHONE_OF_PRIYA)
    one = Teller(house, way, phone=phone, person=person)
    one.say(
        {
            "polite": "Outlook crashes whenever I open it, only for me",
            "furious": "OUTLOOK CRASHES EVERY TIME I OPEN IT. ONLY ME",
        }
    )
    assert one.asked == (None if way.by_text else "confirm")
    one.finish()
    kept = one.only()
    plain = house.organisation.matrix.priority(kept.row.impact, kept.row.urgency)
    sooner = list(Priority)[max(0, list(Priority).index(plain) - 1)]
    assert kept.priority is (sooner if vip else plain)
    assert house.incident(kept.incident).priority is kept.priority
    assert (kept.filled_in.get("priority") == "vip") is vip
    assert not [m for m in one.talk.heard if "vip" in m.text.lower()]
    assert "vip" not in str(told_outside(house, kept.reference).data).lower()


@ON_THE_WEB
def test_who_speaks_for_the_board_gets_its_priority_too(house: House, way: Way) -> None:
    one = Teller(house, way, person=PRIYA)
    one.say(
        {
            "polite": "I report this for Mrs Oyelaran, her Outlook crashes whenever she opens it",
            "furious": "REPORTING FOR MRS OYELARAN, HER OUTLOOK CRASHES ALL THE TIME",
        }
    )
    assert one.talk.card["behalf"] == "Mrs Oyelaran"
    one.finish()
    kept = one.only()
    assert kept.filled_in.get("priority") == "vip"
    plain = house.organisation.matrix.priority(kept.row.impact, kept.row.urgency)
    assert list(Priority).index(kept.priority) == max(0, list(Priority).index(plain) - 1)


@ON_THE_WEB
def test_nobody_becomes_important_by_a_name_alone(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(
        {
            "polite": "I report this for Mrs Oyelaran, her Outlook crashes whenever she opens it",
            "furious": "REPORTING FOR MRS OYELARAN, HER OUTLOOK CRASHES ALL THE TIME",
        }
    )
    one.finish()
    assert "priority" not in one.only().filled_in
