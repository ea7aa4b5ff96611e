"""What comes into the queue, what is proposed, and what waits: the whole way, on a plain desk."""

from __future__ import annotations

from datetime import timedelta

import pytest

from incidents import actions as act
from incidents.alarm_store import (
    describe_rule,
    read_alarm_changes,
    read_threshold,
    record_alarm_policy,
    take_alarms,
)
from incidents.alarms import AlarmPolicy
from incidents.proposing import read_merges, read_split
from incidents.queries import read_timeline
from models.incident import Incident
from models.vocabulary import MajorState
from tests.conftest import House

NOISE = "the coffee machine on floor {} blinks and beeps"


def file(house: House, text: str, person: str, **more: object) -> Incident:
    house.clock.forward(minutes=1)
    return house.file(text, person, **more).incident


def kinds(house: House, incident: Incident) -> list[str]:
    with house.database.reading() as session:
        return [entry.kind for entry in read_timeline(session, incident)]


def live_a_week(house: House) -> None:
    """Two hundred and forty everyday reports over five days, each about the same matter."""
    for number in range(240):
        house.clock.forward(minutes=30)
        house.file(NOISE.format(number % 3), f"p{number}")


def test_what_is_published_stays_published_and_says_why(plain_house: House) -> None:
    for person in ("p001", "p002"):
        incident = file(plain_house, "the wifi is down", person)
        assert not plain_house.incident(incident.reference).published
    file(plain_house, "the wifi is down", "p003")
    shown = plain_house.incident(incident.reference)
    assert shown.published
    assert shown.publication is not None
    assert shown.publication["sentence"] == "3 people in 2 minutes."
    assert "incident.published" in kinds(plain_house, shown)
    token = plain_house.reviewer.perform(
        act.Split(act.Target(shown.reference, None), (_last_report(plain_house, shown),), None),
        actor="ana",
    ).token
    assert plain_house.incident(incident.reference).published
    plain_house.reviewer.perform(act.Undo(token), actor="ana")
    assert plain_house.incident(incident.reference).published


def _last_report(house: House, incident: Incident) -> str:
    from incidents.queries import read_members

    with house.database.reading() as session:
        return read_members(session, incident)[-1].report.reference


def test_one_person_who_writes_often_brings_nothing_into_the_queue(plain_house: House) -> None:
    for _ in range(6):
        incident = file(plain_house, "the wifi is down", "p001")
    assert not plain_house.incident(incident.reference).published
    assert plain_house.incident(incident.reference).major_state is MajorState.NONE


def test_what_staff_worked_on_is_in_the_queue(plain_house: House) -> None:
    incident = file(plain_house, "the wifi is down", "p001")
    plain_house.reviewer.perform(
        act.Retitle(act.Target(incident.reference, None), "Wifi"), actor="ana"
    )
    shown = plain_house.incident(incident.reference)
    assert shown.published
    assert shown.publication is not None
    assert shown.publication["why"] == "staff"


def test_with_a_past_what_comes_every_day_waits_and_something_new_is_proposed(
    plain_house: House,
) -> None:
    now = plain_house.clock()
    alarms = plain_house.organisation.alarms
    assert not describe_rule(alarms, now).learned
    assert "0 past reports are known" in describe_rule(alarms, now).sentence
    live_a_week(plain_house)
    assert describe_rule(alarms, plain_house.clock()).learned
    plain_house.clock.forward(hours=30)
    for number in range(5):
        usual = file(plain_house, NOISE.format(1), f"u{number}")
    assert plain_house.incident(usual.reference).major_state is MajorState.NONE
    assert not plain_house.incident(usual.reference).published
    for number in range(6):
        new = file(plain_house, "nobody can open the vault door", f"n{number}")
    proposed = plain_house.incident(new.reference)
    assert proposed.major_state is MajorState.PROPOSED
    assert proposed.proposal is not None
    assert proposed.proposal["rule"] == "learned"
    assert "such reports usually come" in proposed.proposal["sentence"]
    assert proposed.peak is not None
    assert proposed.peak["surprise"] >= alarms.threshold.surprise


def test_those_in_an_incident_that_may_be_the_same_count_for_a_candidate(
    plain_house: House,
) -> None:
    one = file(plain_house, "the vault door is stuck", "p001")
    file(plain_house, "the vault door is stuck", "p002")
    plain_house.reviewer.perform(
        act.SetLock(act.Target(one.reference, None), locked=True), actor="ana"
    )
    other = file(plain_house, "the vault door is stuck", "p003")
    file(plain_house, "the vault door is stuck", "p004")
    assert other.id != one.id
    proposed = plain_house.incident(other.reference)
    assert proposed.major_state is MajorState.PROPOSED
    assert proposed.proposal is not None
    assert "counting 2 reports of incidents that may be the same" in proposed.proposal["sentence"]


def test_stragglers_beside_a_proposed_incident_are_not_proposed_again(plain_house: House) -> None:
    live_a_week(plain_house)
    plain_house.clock.forward(hours=30)
    for number in range(12):
        one = file(plain_house, "nobody can open the vault door", f"n{number}")
    assert plain_house.incident(one.reference).major_state is MajorState.PROPOSED
    plain_house.reviewer.perform(
        act.SetLock(act.Target(one.reference, None), locked=True), actor="ana"
    )
    for number in range(5):
        other = file(plain_house, "nobody can open the vault door", f"s{number}")
    assert other.id != one.id
    assert plain_house.incident(other.reference).reporters == 5
    assert plain_house.incident(other.reference).major_state is MajorState.NONE


def test_those_in_an_incident_that_is_not_the_same_do_not_count(plain_house: House) -> None:
    one = file(plain_house, "the vault door is stuck", "p001")
    file(plain_house, "the vault door is stuck", "p002")
    plain_house.reviewer.perform(
        act.SetLock(act.Target(one.reference, None), locked=True), actor="ana"
    )
    other = file(plain_house, "the vault door is stuck", "p003")
    plain_house.reviewer.perform(
        act.KeepApart(act.Target(other.reference, None), one.reference), actor="ana"
    )
    file(plain_house, "the vault door is stuck", "p004")
    assert plain_house.incident(other.reference).major_state is MajorState.NONE


def test_what_staff_accepted_and_rejected_sets_what_is_asked_for(plain_house: House) -> None:
    def raised(number: int, *, accepted: bool) -> None:
        with plain_house.database.transaction() as session:
            incident = session.get_one(Incident, opened[number].id)
            incident.peak = {"surprise": 9.0 if accepted else 7.5, "reports": [f"r{number}"]}
            incident.major_state = MajorState.DECLARED if accepted else MajorState.REJECTED

    opened = [file(plain_house, f"matter{n} thing{n}", f"p{n}") for n in range(31)]
    now = plain_house.clock() + timedelta(days=28)
    for number in range(31):
        raised(number, accepted=number == 30)
    with plain_house.database.reading() as session:
        strict = read_threshold(session, AlarmPolicy(budget=1.0), now=now)
        lax = read_threshold(session, AlarmPolicy(budget=20.0), now=now)
    assert strict.surprise > 7.5 > lax.surprise
    assert strict.peaks == lax.peaks > 10


def test_a_change_of_the_budget_is_stored_with_who_made_it(plain_house: House) -> None:
    alarms, now = plain_house.organisation.alarms, plain_house.clock()
    for budget in (0.5, 2.0):
        with plain_house.database.transaction() as session:
            policy = AlarmPolicy(budget=budget, people=5)
            record_alarm_policy(session, policy, actor="ada", now=plain_house.clock())
        plain_house.clock.forward(minutes=1)
    with plain_house.database.reading() as session:
        take_alarms(session, alarms, now=now)
        changes = read_alarm_changes(session)
    assert alarms.policy == AlarmPolicy(budget=2.0, people=5)
    assert [(one.actor, one.value["budget"]) for one in changes] == [("ada", 2.0), ("ada", 0.5)]


@pytest.fixture
def fragments(plain_house: House) -> tuple[Incident, Incident]:
    """One matter in two incidents."""
    for person in ("p001", "p003", "p004"):
        one = file(plain_house, "the vault door is stuck", person)
    plain_house.reviewer.perform(
        act.SetLock(act.Target(one.reference, None), locked=True), actor="ana"
    )
    return one, file(plain_house, "the vault door is stuck again", "p002")


def proposed_merges(house: House, incident: Incident) -> list[str]:
    with house.database.reading() as session:
        row = session.get_one(Incident, incident.id)
        found = read_merges(session, house.intake.window, row, now=house.clock())
        return [one.incident.reference for one in found]


def test_fragments_are_proposed_to_be_merged_until_people_say_otherwise(
    plain_house: House, fragments: tuple[Incident, Incident]
) -> None:
    one, other = fragments
    plain_house.reviewer.perform(
        act.SetLock(act.Target(one.reference, None), locked=False), actor="ana"
    )
    assert proposed_merges(plain_house, other) == [one.reference]
    token = plain_house.reviewer.perform(
        act.KeepApart(act.Target(one.reference, None), other.reference), actor="ana"
    ).token
    assert proposed_merges(plain_house, other) == proposed_merges(plain_house, one) == []
    plain_house.reviewer.perform(act.Undo(token), actor="ana")
    assert proposed_merges(plain_house, other) == [one.reference]


def test_two_heaps_in_one_incident_are_proposed_to_be_split_until_people_say_otherwise(
    plain_house: House,
) -> None:
    doors = [file(plain_house, "the vault door is stuck", f"p{n}") for n in range(4)]
    for number in range(3):
        other = file(plain_house, "my coffee tastes of soap", f"c{number}")
    home = act.Target(doors[0].reference, None)
    plain_house.reviewer.perform(act.Merge(home, (act.Target(other.reference, None),)), actor="ana")

    def split():
        with plain_house.database.reading() as session:
            row = session.get_one(Incident, doors[0].id)
            return read_split(session, row, plain_house.organisation.catalogue)

    found = split()
    assert found is not None
    assert len(found.away) == 3
    assert "3 of 7 reports may be something else" in found.sentence
    token = plain_house.reviewer.perform(act.KeepTogether(home, found.away), actor="ana").token
    assert split() is None
    plain_house.reviewer.perform(act.Undo(token), actor="ana")
    assert split() == found
