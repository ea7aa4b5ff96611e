"""What staff set right holds at once, is an example for later, and can be taken back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from incidents import actions as act
from incidents.feedback import choose_standing, standing_examples
from incidents.outcomes import SenselessReviewError
from models.ids import EntryId, ReviewId, new_id
from models.incident import ConstraintPair, Feedback
from models.vocabulary import Category, ConstraintKind, MajorState, Priority, Severity
from tests.conftest import House
from tests.fakes import NOON
from tests.journeys.projection import check_everything, check_records, take_picture

WIFI = "the wifi in berlin is down"
PRINTER = "printer eats paper"


def target(reference: str) -> act.Target:
    return act.Target(reference, None)


def do(house: House, action: act.Action) -> act.Undo:
    done = house.reviewer.perform(action, actor="ana")
    check_everything(house)
    check_records(house)
    return act.Undo(done.token)


def examples(house: House) -> list[tuple[str, dict[str, Any]]]:
    with house.database.reading() as session:
        return [(row.kind, row.data) for row in standing_examples(session)]


@pytest.fixture
def wifi(plain_house: House) -> str:
    for person in ("p001", "p002"):
        plain_house.clock.forward(minutes=1)
        recorded = plain_house.file(WIFI, person, site="berlin")
    return recorded.incident.reference


@pytest.fixture
def printer(plain_house: House) -> str:
    plain_house.clock.forward(minutes=1)
    plain_house.file(PRINTER, "p004")
    return plain_house.file(PRINTER, "p005").incident.reference


def test_a_category_by_staff_outlives_more_reports_until_it_is_taken_back(
    plain_house: House, wifi: str
) -> None:
    before = take_picture(plain_house)
    undo = do(plain_house, act.SetCategory(target(wifi), Category.TELEPHONY))
    assert plain_house.incident(wifi).category is Category.TELEPHONY
    do(plain_house, undo)
    assert take_picture(plain_house) == before
    do(plain_house, act.SetCategory(target(wifi), Category.TELEPHONY))
    plain_house.file(WIFI, "p006", site="berlin")
    assert plain_house.incident(wifi).category is Category.TELEPHONY


def test_a_priority_by_staff_outlives_more_reports_until_it_is_taken_back(
    plain_house: House, wifi: str
) -> None:
    before = take_picture(plain_house)
    undo = do(plain_house, act.SetPriority(target(wifi), Priority.P1))
    plain_house.file(WIFI, "p002", site="berlin")
    assert plain_house.incident(wifi).priority is Priority.P1
    do(plain_house, undo)
    assert plain_house.incident(wifi).priority.value == before.incidents[wifi]["priority"]


def test_two_incidents_that_are_not_the_same_are_kept_apart_until_somebody_lifts_it(
    plain_house: House, wifi: str, printer: str
) -> None:
    before = take_picture(plain_house)
    undo = do(plain_house, act.KeepApart(target(wifi), printer))
    words = take_picture(plain_house).words
    assert {word[0] for word in words} == {ConstraintKind.CANNOT_LINK}
    with pytest.raises(SenselessReviewError, match="already"):
        plain_house.reviewer.perform(act.KeepApart(target(printer), wifi), actor="ana")
    do(plain_house, undo)
    assert take_picture(plain_house) == before


def test_a_merge_lifts_the_word_that_kept_the_two_apart(
    plain_house: House, wifi: str, printer: str
) -> None:
    do(plain_house, act.KeepApart(target(wifi), printer))
    before = take_picture(plain_house)
    undo = do(plain_house, act.Merge(target(wifi), (target(printer),)))
    assert take_picture(plain_house).words == frozenset()
    do(plain_house, undo)
    assert take_picture(plain_house) == before


def test_an_incident_is_not_kept_apart_from_itself(plain_house: House, wifi: str) -> None:
    with pytest.raises(SenselessReviewError, match="itself"):
        plain_house.reviewer.perform(act.KeepApart(target(wifi), wifi), actor="ana")


def test_both_incidents_tell_on_their_timeline_that_they_are_not_the_same(
    plain_house: House, wifi: str, printer: str
) -> None:
    done = plain_house.reviewer.perform(act.KeepApart(target(wifi), printer), actor="ana")
    assert {one.reference for one in done.after} == {wifi, printer}


def test_every_kind_of_correction_is_an_example_and_its_undo_takes_the_example_back(
    plain_house: House, wifi: str, printer: str
) -> None:
    odd = plain_house.file(WIFI, "p007", site="berlin").report.reference
    told: list[tuple[act.Action, str]] = [
        (act.SetSeverity(target(wifi), Severity.SEV1), "severity"),
        (act.SetPriority(target(wifi), Priority.P1), "priority"),
        (act.SetCategory(target(wifi), Category.NETWORK), "category"),
        (act.KeepApart(target(wifi), printer), "apart"),
        (act.Declare(target(wifi)), "candidate"),
        (act.Reject(target(printer), "a drill"), "candidate"),
        (act.MoveReport(target(wifi), odd, printer), "moved"),
        (act.Split(target(wifi), (plain_house_report(plain_house, wifi),), None), "different"),
        (act.Merge(target(wifi), (target(printer),)), "same"),
    ]
    undos = []
    for action, kind in told:
        before = len(examples(plain_house))
        undos.append(do(plain_house, action))
        assert len(examples(plain_house)) == before + 1
        assert examples(plain_house)[-1][0] == kind
    for undo in reversed(undos):
        before = len(examples(plain_house))
        do(plain_house, undo)
        assert len(examples(plain_house)) == before - 1
    assert examples(plain_house) == []


def plain_house_report(house: House, reference: str) -> str:
    """The reference of the oldest report of an incident."""
    from incidents.queries import read_members

    with house.database.reading() as session:
        return read_members(session, house.incident(reference))[0].report.reference


def test_an_undo_that_is_undone_brings_the_example_back(plain_house: House, wifi: str) -> None:
    undo = do(plain_house, act.SetSeverity(target(wifi), Severity.SEV1))
    kept = examples(plain_house)
    redo = do(plain_house, undo)
    assert examples(plain_house) == []
    again = do(plain_house, redo)
    assert examples(plain_house) == kept
    do(plain_house, again)
    assert examples(plain_house) == []


def test_a_preview_teaches_nothing(plain_house: House, wifi: str, printer: str) -> None:
    merge = act.Merge(target(wifi), (target(printer),))
    plain_house.reviewer.perform(merge, actor="ana", preview=True)
    assert examples(plain_house) == []


def test_examples_hold_no_words_of_people(plain_house: House, wifi: str) -> None:
    plain_house.file(WIFI, "p008", site="berlin")
    do(plain_house, act.Reject(target(wifi), "Mrs Smith tripped over the cable"))
    with plain_house.database.reading() as session:
        told = str([row.data for row in session.scalars(select(Feedback))])
    assert "Smith" not in told
    assert "wifi" not in told.lower()


def test_a_report_said_not_to_be_the_same_stays_out_when_it_is_read_late(
    plain_house: House, wifi: str, printer: str
) -> None:
    plain_house.intake.reader.broken = "not yet"
    late = plain_house.file(WIFI, "p009", site="berlin")
    do(plain_house, act.KeepApart(target(late.incident.reference), wifi))
    plain_house.intake.reader.broken = None
    plain_house.intake.read_unread(late.report.id, now=plain_house.clock())
    check_everything(plain_house)
    assert plain_house.incident(wifi).reports == 2
    assert plain_house.incident(late.incident.reference).major_state is MajorState.NONE
    with plain_house.database.reading() as session:
        assert session.scalars(select(ConstraintPair)).one().lifted_at is None


@given(st.integers(0, 8))
def test_an_example_stands_after_an_even_number_of_undos(times: int) -> None:
    rows = [_row(None)]
    for _ in range(times):
        rows.append(_row(rows[-1].id))
    assert bool(choose_standing(rows)) == (times % 2 == 0)


def _row(undoes: EntryId | None) -> Feedback:
    return Feedback(
        id=EntryId(new_id()), review_id=ReviewId(new_id()), kind="severity", data={}, at=NOON,
        undoes=undoes,
    )  # fmt: skip
