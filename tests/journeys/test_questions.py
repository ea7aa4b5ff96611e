"""The one question that changes the decision most, by chat and by text, in two tones."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from api.views_incident import render_member
from incidents.queries import read_members
from models.report import Report, ReportAddition
from tests.conftest import House
from tests.journeys.talk import Talk, count_reports, desk_of
from tests.journeys.test_intake import wave

PLACE = "Where are you? Pick a place or write it."
IMPACT = "Who is affected, as far as you can see?"
SERVICE = "Which service is it about? Pick one or write its name."


def report_of(house: House, talk: Talk) -> Report:
    with house.database.reading() as session:
        return session.scalars(select(Report).where(Report.reference == talk.report)).one()


def file(talk: Talk) -> list[str]:
    """Press on to the end, knowing nothing; returns what was asked."""
    asked = []
    while talk.heard[-1].card is None:
        asked.append(talk.heard[-1].text)
        talk.say("I don't know")
    talk.press("Send")
    return asked


@pytest.mark.parametrize(
    "words",
    [
        "Hello, the wifi does not work any more, could you have a look please",
        "WIFI IS DEAD AGAIN!!!",
    ],
)
def test_the_place_is_asked_where_it_decides_and_staff_read_why(house: House, words: str) -> None:
    wave(house)
    house.clock.forward(minutes=5)
    talk = Talk(desk_of(house))
    talk.say(words)
    asked = file(talk)
    assert PLACE in asked
    assert len(asked) <= 3
    report = report_of(house, talk)
    because = report.assessment["asked"]
    assert because["site"]
    with house.database.reading() as session:
        members = read_members(session, house.incident(str(talk.incident)))
        mine = next(one for one in members if one.report.reference == talk.report)
        shown = render_member(mine, house.organisation.catalogue)
    assert ("Asked", because["site"]) in shown.facts


def test_nothing_is_asked_where_the_first_words_say_it_all(house: House) -> None:
    talk = Talk(desk_of(house))
    talk.say("Outlook is down for my whole team in Berlin, 12 people")
    assert talk.heard[-1].card is not None
    talk.press("Send")
    assert "asked" not in report_of(house, talk).assessment


def test_a_plain_request_is_not_asked_for_what_only_others_would_need(house: House) -> None:
    talk = Talk(desk_of(house), context={"site": "london"})
    talk.say("I would like to order a second monitor and a docking station for next month please")
    assert SERVICE not in [one.text for one in talk.heard]


def test_where_somebody_said_today_that_they_are_is_not_asked_again(house: House) -> None:
    talk = Talk(desk_of(house))
    talk.say("Outlook is down for my whole team in Berlin")
    talk.press("Send")
    talk.say("SAP crashes when I open an order, only for me")
    assert talk.card["site"] == "Berlin"
    assert talk.marks["site"] == "from what you said before"


@pytest.mark.parametrize(
    "words",
    [
        "Dear all, nothing works here this morning",
        "NOTHING WORKS IN OUR OFFICE SINCE THIS MORNING, THIS IS A DISGRACE!",
    ],
)
def test_two_things_are_asked_by_text_after_filing_and_no_more(house: House, words: str) -> None:
    talk = Talk(desk_of(house), phone="+447700900123")
    first = talk.say(words)
    assert talk.report is not None
    reference = talk.report
    assert first.count("?") == 1
    second = talk.say("everybody here")
    assert second.count("?") == 1
    last = talk.say("Outlook")
    assert "?" not in last
    assert count_reports(house) == 1
    with house.database.reading() as session:
        report = session.scalars(select(Report).where(Report.reference == reference)).one()
        rows = select(ReportAddition).where(ReportAddition.report_id == report.id)
        told = {one.data["asked"]: one.data.get("told") for one in session.scalars(rows)}
    assert len(told) == 2
    assert set(report.assessment["asked"]) == set(told)
    assert told["impact"] == "1"


def test_an_outage_that_it_may_be_is_asked_about_below_what_joining_needs(house: House) -> None:
    wave(house)
    house.clock.forward(minutes=5)
    talk = Talk(desk_of(house), context={"site": "berlin"})
    said = talk.say("pages do not load on my laptop")
    while "Is yours the same problem?" not in said and talk.heard[-1].card is None:
        said = talk.say("just me")
    assert "Is yours the same problem?" in said


def test_an_outage_that_an_answer_brings_to_light_is_offered(house: House) -> None:
    reference = wave(house)[0]
    house.clock.forward(minutes=5)
    talk = Talk(desk_of(house))
    talk.say("my screen says there is a problem and I cannot go on")
    while talk.heard[-1].text != SERVICE:
        talk.say("just me")
    said = talk.say("the wifi")
    assert "Wi-Fi: Berlin" in said
    talk.press("Yes, the same problem")
    assert talk.incident == reference


@pytest.mark.parametrize("words", ["just me", "JUST ME!!!"])
def test_services_to_choose_from_are_those_of_the_whole_draft(house: House, words: str) -> None:
    """That it is just me says nothing of a service: what was told before it still counts."""
    talk = Talk(desk_of(house))
    talk.say("I can't log in")
    for told in ("it says my account is locked", words):
        assert SERVICE in talk.say(told)
        assert talk.buttons[0].title == "Sign-in (Okta)"
