"""An incident is linked to past ones of the same cause, never merged; staff have the last word."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from sqlalchemy import select

from classifier.encoding import HashEncoder
from incidents import actions as act
from incidents.history_search import BlockSearch
from incidents.looking_back import missed_looks
from incidents.outcomes import SenselessReviewError
from incidents.recurrence import Recurrences
from incidents.recurrence_view import Seen, came_back, seen_before
from models.delivery import Record
from models.incident import Incident
from models.records import SCHEMAS
from models.recurrence import RecurrenceLink
from models.vocabulary import Audience, Author, Status
from tests.conftest import House
from tests.fakes import OtherEncoder, plain_recurrence
from tests.journeys.projection import check_everything, take_picture

WIFI = "the wifi in berlin is down"
PRINTER = "printer eats paper again"


def target(reference: str) -> act.Target:
    return act.Target(reference, None)


def looker(house: House) -> Recurrences:
    return Recurrences(
        house.database, house.organisation, BlockSearch(), plain_recurrence(),
        HashEncoder.id, HashEncoder.width, house.clock,
    )  # fmt: skip


def outage(house: House, text: str, people: range, **more: object) -> str:
    """Several people tell the same within minutes; returns the incident's reference."""
    for number in people:
        house.clock.forward(minutes=1)
        recorded = house.file(text, f"p{number:03d}", **more)
    return recorded.incident.reference


def look(house: House, reference: str) -> None:
    looker(house).look_back(house.incident(reference).id)


def before(house: House, reference: str) -> list[Seen]:
    with house.database.reading() as session:
        row = session.scalars(select(Incident).where(Incident.reference == reference)).one()
        return seen_before(session, row)


def after(house: House, reference: str) -> list[Seen]:
    with house.database.reading() as session:
        row = session.scalars(select(Incident).where(Incident.reference == reference)).one()
        return came_back(session, row)


def names(seen: list[Seen]) -> list[str]:
    return [one.incident.reference for one in seen]


def records(house: House, reference: str) -> list[dict[str, Any]]:
    with house.database.reading() as session:
        rows = session.scalars(
            select(Record).where(Record.subject == reference).order_by(Record.seq)
        )
        return [row.data for row in rows]


@pytest.fixture
def old(plain_house: House) -> str:
    """An outage of ten days ago, resolved after three hours, with something that helped."""
    reference = outage(plain_house, WIFI, range(1, 4), site="berlin")
    plain_house.reviewer.perform(
        act.SetWorkaround(target(reference), "Use the cable."), actor="ana"
    )
    plain_house.clock.forward(hours=3)
    plain_house.reviewer.perform(act.Resolve(target(reference)), actor="ana")
    plain_house.clock.forward(days=10)
    return reference


@pytest.fixture
def new(plain_house: House, old: str) -> str:
    reference = outage(plain_house, WIFI, range(4, 6), site="berlin")
    assert reference != old
    return reference


def test_an_outage_that_comes_back_is_linked_to_the_one_before_and_stays_two(
    plain_house: House, old: str, new: str
) -> None:
    assert plain_house.incident(new).id in plain_house.jobs.past_owed
    look(plain_house, new)
    (seen,) = before(plain_house, new)
    assert seen.incident.reference == old
    assert seen.author is Author.MODEL
    assert seen.probability is not None
    assert seen.probability > 0.9
    assert "alike in meaning" in seen.sentence
    assert "site" in seen.sentence
    assert seen.incident.workaround == "Use the cable."
    assert seen.resolved_at is not None
    assert names(after(plain_house, old)) == [new]
    assert plain_house.incident(old).reports == 3
    assert plain_house.incident(new).reports == 2
    check_everything(plain_house)


def test_the_link_goes_out_with_the_incidents_record(
    plain_house: House, old: str, new: str
) -> None:
    look(plain_house, new)
    newest = records(plain_house, new)[-1]
    assert [one["incident"] for one in newest["seen_before"]] == [old]
    jsonschema.validate(newest, SCHEMAS["incident"])


def test_something_else_is_not_linked(plain_house: House, old: str) -> None:
    other = outage(plain_house, PRINTER, range(4, 6))
    look(plain_house, other)
    assert before(plain_house, other) == []
    assert after(plain_house, old) == []


def test_a_look_alike_at_the_same_time_is_no_past(plain_house: House) -> None:
    first = outage(plain_house, WIFI, range(1, 3), site="berlin")
    plain_house.reviewer.perform(act.SetLock(target(first), locked=True), actor="ana")
    second = outage(plain_house, WIFI, range(3, 5), site="berlin")
    assert second != first
    look(plain_house, second)
    assert before(plain_house, second) == []
    # Nor is it once it is resolved: it went on while the second had begun.
    plain_house.clock.forward(minutes=5)
    plain_house.reviewer.perform(act.SetLock(target(first), locked=False), actor="ana")
    plain_house.file(WIFI, "p009", join=first)
    plain_house.reviewer.perform(act.Resolve(target(first)), actor="ana")
    outage(plain_house, WIFI, range(5, 8), site="berlin")
    look(plain_house, second)
    assert plain_house.incident(second).reports >= 4
    assert before(plain_house, second) == []


def test_an_open_incident_is_past_once_it_was_silent_for_long(plain_house: House) -> None:
    first = outage(plain_house, WIFI, range(1, 3), site="berlin")
    plain_house.reviewer.perform(act.SetLock(target(first), locked=True), actor="ana")
    plain_house.clock.forward(hours=13)
    second = outage(plain_house, WIFI, range(3, 5), site="berlin")
    look(plain_house, second)
    assert names(before(plain_house, second)) == [first]


def test_one_report_alone_is_not_looked_at(plain_house: House, old: str) -> None:
    alone = outage(plain_house, WIFI, range(4, 5), site="berlin")
    assert plain_house.incident(alone).id not in plain_house.jobs.past_owed
    look(plain_house, alone)
    assert before(plain_house, alone) == []


def test_it_is_looked_at_again_at_twice_the_size_and_not_before(
    plain_house: House, old: str, new: str
) -> None:
    look(plain_house, new)
    plain_house.jobs.past_owed.clear()
    outage(plain_house, WIFI, range(6, 7), site="berlin")
    assert plain_house.jobs.past_owed == []
    outage(plain_house, WIFI, range(7, 8), site="berlin")
    assert plain_house.jobs.past_owed == [plain_house.incident(new).id]
    look(plain_house, new)
    look(plain_house, new)
    with plain_house.database.reading() as session:
        assert len(session.scalars(select(RecurrenceLink)).all()) == 1


def test_a_link_that_the_fuller_picture_does_not_bear_is_ended_and_kept(
    plain_house: House, old: str, new: str
) -> None:
    look(plain_house, new)
    outage(plain_house, WIFI, range(6, 8), site="berlin")
    strict = replace(looker(plain_house), scorer=replace(plain_recurrence(), link=1.0))
    strict.look_back(plain_house.incident(new).id)
    assert before(plain_house, new) == []
    with plain_house.database.reading() as session:
        row = session.scalars(select(RecurrenceLink)).one()
    assert row.ended_at is not None
    assert row.ended_by == "a later look"
    check_everything(plain_house)


def test_staff_say_it_is_not_the_same_cause_and_no_later_look_says_otherwise(
    plain_house: House, old: str, new: str
) -> None:
    look(plain_house, new)
    picture = take_picture(plain_house)
    done = plain_house.reviewer.perform(act.SayCause(target(new), old, same=False), actor="ana")
    assert before(plain_house, new) == []
    assert after(plain_house, old) == []
    outage(plain_house, WIFI, range(6, 8), site="berlin")
    look(plain_house, new)
    assert before(plain_house, new) == []
    with pytest.raises(SenselessReviewError):
        plain_house.reviewer.perform(act.SayCause(target(new), old, same=False), actor="bob")
    plain_house.reviewer.perform(act.Undo(done.token), actor="ana")
    assert names(before(plain_house, new)) == [old]
    assert take_picture(plain_house).words == picture.words
    check_everything(plain_house)


def test_staff_say_it_is_the_same_cause_though_nothing_is_alike(
    plain_house: House, old: str
) -> None:
    other = outage(plain_house, PRINTER, range(4, 6))
    done = plain_house.reviewer.perform(act.SayCause(target(other), old, same=True), actor="ana")
    (seen,) = before(plain_house, other)
    assert (seen.incident.reference, seen.author, seen.probability) == (old, Author.STAFF, None)
    assert names(after(plain_house, old)) == [other]
    plain_house.reviewer.perform(act.SayCause(target(other), old, same=False), actor="ana")
    assert before(plain_house, other) == []
    plain_house.reviewer.perform(act.SayCause(target(other), old, same=True), actor="ana")
    assert names(before(plain_house, other)) == [old]
    assert done.kind == "same_cause"
    check_everything(plain_house)


def test_a_word_on_the_cause_never_moves_a_report(plain_house: House, old: str, new: str) -> None:
    plain_house.reviewer.perform(act.SayCause(target(new), old, same=True), actor="ana")
    joined = plain_house.file(WIFI, "p008", site="berlin")
    assert joined.incident.reference == new
    assert plain_house.incident(old).reports == 3
    check_everything(plain_house)


@pytest.mark.parametrize("same", [True, False])
def test_a_cause_is_said_of_two_incidents_that_stand_apart(
    plain_house: House, old: str, new: str, same: bool
) -> None:
    with pytest.raises(SenselessReviewError):
        plain_house.reviewer.perform(act.SayCause(target(new), new, same=same), actor="ana")
    plain_house.reviewer.perform(act.Reopen(target(old)), actor="ana")
    plain_house.reviewer.perform(act.Merge(target(new), (target(old),)), actor="ana")
    with pytest.raises(SenselessReviewError):
        plain_house.reviewer.perform(act.SayCause(target(new), old, same=same), actor="ana")
    check_everything(plain_house)


def test_restricted_incidents_know_only_restricted_ones(plain_house: House, old: str) -> None:
    secret = outage(plain_house, WIFI, range(4, 6), audience=Audience.RESTRICTED)
    look(plain_house, secret)
    assert before(plain_house, secret) == []
    with pytest.raises(SenselessReviewError):
        plain_house.reviewer.perform(act.SayCause(target(secret), old, same=True), actor="ana")
    plain_house.clock.forward(days=3)
    again = outage(plain_house, WIFI, range(6, 8), audience=Audience.RESTRICTED)
    assert again != secret
    look(plain_house, again)
    (seen,) = before(plain_house, again)
    assert seen.incident.reference == secret
    assert "shared words" not in seen.sentence
    public = outage(plain_house, WIFI, range(8, 10), site="berlin")
    look(plain_house, public)
    assert names(before(plain_house, public)) == [old]


def test_vectors_of_another_encoder_are_never_compared(
    plain_house: House, old: str, new: str
) -> None:
    other = replace(looker(plain_house), encoder_id=OtherEncoder.id)
    other.look_back(plain_house.incident(new).id)
    assert before(plain_house, new) == []


def test_a_look_that_no_job_made_is_found_by_the_sweep(
    plain_house: House, old: str, new: str
) -> None:
    def missed() -> list[object]:
        with plain_house.database.reading() as session:
            return list(missed_looks(session, now=plain_house.clock(), limit=10))

    assert missed() == [plain_house.incident(new).id]
    look(plain_house, new)
    assert missed() == []


def test_forgotten_passwords_have_no_common_cause(plain_house: House) -> None:
    chore = "i forgot my password"
    for person in ("p001", "p002"):
        first = plain_house.file(chore, person)
    plain_house.clock.forward(days=7)
    second = plain_house.file(chore, "p003")
    plain_house.file(chore, "p004", join=second.incident.reference)
    assert first.incident.reference != second.incident.reference
    look(plain_house, second.incident.reference)
    assert before(plain_house, second.incident.reference) == []


def test_an_absorbed_past_incident_stands_under_its_new_name(
    plain_house: House, old: str, new: str
) -> None:
    look(plain_house, new)
    bigger = outage(plain_house, PRINTER, range(6, 8))
    plain_house.reviewer.perform(act.Reopen(target(old)), actor="ana")
    plain_house.reviewer.perform(act.Merge(target(bigger), (target(old),)), actor="ana")
    assert plain_house.incident(old).status is Status.ABSORBED
    assert names(before(plain_house, new)) == [bigger]
