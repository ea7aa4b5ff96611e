"""Staff correct, the installation learns, and only what is better beyond chance decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from incidents import actions as act
from incidents.learning import (
    LearningPolicy,
    Lesson,
    TooLittleFeedbackError,
    choose_held,
    judge,
    own_stream,
    read_lesson,
    record_held,
    train_on,
)
from models.learning import HeldReport
from tests.conftest import House, open_house
from tests.fakes import PlainReader, plain_scorer

SMALL = LearningPolicy(corrections=10, incidents=3)


def target(reference: str) -> act.Target:
    return act.Target(reference, None)


def timid(house: House) -> House:
    """The same house with a scorer that joins almost nothing: staff will have to."""
    catalogue = house.organisation.catalogue
    scorer = replace(plain_scorer(), name="timid", join=0.9999999, suggest=0.3)
    return open_house(house.database, catalogue, PlainReader(catalogue), house.clock, scorer)


def live_through(house: House, outages: range) -> None:
    """Outages of three people in different words, which staff merge; and strangers between."""
    for number in outages:
        house.clock.forward(hours=5)
        found = []
        for who, more in enumerate(("again", "since monday", "please help")):
            house.clock.forward(minutes=2)
            words = f"gadget{number} shows error{number} {more}"
            found.append(house.file(words, f"p{number}x{who}").incident.reference)
        house.file(f"unrelated{number} wish{number} thing{number}", f"p{number}y")
        rest = tuple(target(one) for one in found[1:] if one != found[0])
        if rest:
            house.reviewer.perform(act.Merge(target(found[0]), rest), actor="ana")


def lesson_of(house: House, policy: LearningPolicy = SMALL) -> Lesson:
    with house.database.reading() as session:
        lesson = choose_held(read_lesson(session), policy)
    with house.database.transaction() as session:
        record_held(session, lesson, now=house.clock())
    return lesson


@pytest.fixture
def house(plain_house: House) -> House:
    return timid(plain_house)


def test_merges_by_staff_teach_it_to_put_such_reports_together(house: House) -> None:
    live_through(house, range(24))
    lesson, current = lesson_of(house), house.intake.window.numbers.scorer
    new = train_on(lesson, current, name="own-1", date="2026-11-25")
    found = judge(lesson, current, new)
    assert found.new > found.old + 0.5
    assert found.is_better
    assert new.manifest["trained_on"] == "own"


def test_what_is_no_better_is_not_called_better(house: House) -> None:
    live_through(house, range(24))
    lesson, current = lesson_of(house), house.intake.window.numbers.scorer
    new = train_on(lesson, current, name="own-1", date="2026-11-25")
    again = judge(lesson, new, replace(new, name="own-2"))
    assert (again.difference, again.is_better) == (0.0, False)


def test_with_few_corrections_it_says_how_many_more_are_needed(house: House) -> None:
    live_through(house, range(4))
    with pytest.raises(
        TooLittleFeedbackError, match="4 corrections of grouping, and 10 are needed"
    ):
        lesson_of(house)
    with house.database.reading() as session:
        assert session.scalars(select(func.count()).select_from(HeldReport)).one() == 0


def test_corrections_of_one_incident_alone_are_too_little_to_judge_by(house: House) -> None:
    live_through(house, range(1))
    with house.database.reading() as session:
        home = read_lesson(session).rows[0].home
    reference = {one.home: one for one in lesson_rows(house)}[home].reference
    for _ in range(5):
        house.clock.forward(minutes=1)
        odd = house.file("gadget0 shows error0 again", "p0z")
        merge = act.Merge(target(incident_of(house, reference)), (target(odd.incident.reference),))
        if odd.incident.id != home:
            house.reviewer.perform(merge, actor="ana")
    with pytest.raises(TooLittleFeedbackError, match="spoke about 1 incidents"):
        lesson_of(house, LearningPolicy(corrections=1, incidents=3))


def lesson_rows(house: House):
    with house.database.reading() as session:
        return read_lesson(session).rows


def incident_of(house: House, report: str) -> str:
    from incidents.queries import read_report

    with house.database.reading() as session:
        return read_report(session, report, restricted=True)[2].reference


def test_the_newest_incidents_are_held_back_whole_and_never_learnt_from(house: House) -> None:
    live_through(house, range(20))
    lesson = lesson_of(house)
    held = [row for row, home in zip(lesson.rows, lesson.truth, strict=True) if home in lesson.held]
    learnt = {one.id for one in own_stream(lesson)}
    assert min(row.at for row in held) > max(
        row.at for row in lesson.rows if row.reference in learnt
    )
    assert not {row.reference for row in held} & learnt
    golds = {str(home) for home in lesson.held}
    assert not golds & {one.gold for one in own_stream(lesson)}


def test_later_trainings_are_judged_on_the_same_and_newer_incidents(house: House) -> None:
    live_through(house, range(20))
    first = lesson_of(house)
    live_through(house, range(20, 40))
    second = lesson_of(house)
    assert first.held < second.held
    learnt = {one.id for one in own_stream(second)}
    frozen = {
        row.reference
        for row, home in zip(first.rows, first.truth, strict=True)
        if home in first.held
    }
    assert not frozen & learnt
    newer = {row.reference for row in second.rows} - {row.reference for row in first.rows}
    assert newer & learnt
    assert {
        row.reference
        for row, home in zip(second.rows, second.truth, strict=True)
        if home in second.held
    } & newer


def test_training_again_without_news_holds_back_nothing_more(house: House) -> None:
    live_through(house, range(20))
    assert lesson_of(house).held == lesson_of(house).held


def test_what_nobody_spoke_about_is_not_learnt_as_if_it_were_right(plain_house: House) -> None:
    live_through(timid(plain_house), range(20))
    for who in range(3):
        plain_house.clock.forward(minutes=1)
        nobody = plain_house.file("coffee machine dripping everywhere", f"p{who}c")
    assert nobody.incident.reports == 3
    lesson = lesson_of(plain_house)
    assert str(nobody.incident.id) not in {one.gold for one in own_stream(lesson)}
    assert nobody.report.reference not in {one.id for one in own_stream(lesson)}


def test_a_correction_that_was_taken_back_teaches_nothing(house: House) -> None:
    live_through(house, range(12))
    house.clock.forward(hours=1)
    one = house.file("lamp flickers", "p1").incident.reference
    other = house.file("chair squeaks", "p2").incident.reference
    with house.database.reading() as session:
        before = read_lesson(session)
    done = house.reviewer.perform(act.Merge(target(one), (target(other),)), actor="ana")
    house.reviewer.perform(act.Undo(done.token), actor="ana")
    with house.database.reading() as session:
        after = read_lesson(session)
    assert after.corrections == before.corrections
    assert after.truth == before.truth


def test_a_report_that_joins_a_held_incident_later_is_held_too(house: House) -> None:
    live_through(house, range(20))
    lesson = lesson_of(house)
    last = lesson.rows[-2]
    house.clock.forward(minutes=1)
    late = house.file("gadget19 shows error19 still", "p19z")
    home = incident_of(house, last.reference)
    if late.incident.reference != home:
        merge = act.Merge(target(home), (target(late.incident.reference),))
        house.reviewer.perform(merge, actor="ana")
    again = lesson_of(house)
    assert late.report.reference not in {one.id for one in own_stream(again)}
    assert house.clock() - last.at < timedelta(hours=1)
