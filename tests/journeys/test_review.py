"""Staff merge, split, move and take it back; what people said outlives every change."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from incidents import actions as act
from incidents.queries import undoable_reviews
from incidents.review import AlreadyUndoneError, NewerReviewError
from incidents.review_actions import SenselessReviewError
from models.conversation import Message
from models.delivery import Record
from models.errors import NotFoundError, StaleVersionError
from models.ids import new_id
from models.incident import ConstraintPair, Feedback, Review
from models.records import RecordKind
from models.vocabulary import Author, MajorState, Severity, Status
from tests.conftest import House
from tests.journeys.projection import check_everything, take_picture

WIFI = "the wifi in berlin is down"
PRINTER = "printer eats paper"
HEADSET = "headset squeaks loudly"


def target(reference: str) -> act.Target:
    return act.Target(reference, None)


def do(house: House, action: act.Action, actor: str = "ana") -> act.Undo:
    """Perform it; returns what takes it back."""
    done = house.reviewer.perform(action, actor=actor)
    check_everything(house)
    return act.Undo(done.token)


@pytest.fixture
def wifi(plain_house: House) -> str:
    for person in ("p001", "p002", "p003"):
        plain_house.clock.forward(minutes=1)
        recorded = plain_house.file(WIFI, person, site="berlin")
    return recorded.incident.reference


@pytest.fixture
def printer(plain_house: House) -> str:
    plain_house.clock.forward(minutes=1)
    return plain_house.file(PRINTER, "p004").incident.reference


def test_reports_that_came_since_a_split_stay_where_they_were_told_to_belong(
    plain_house: House, wifi: str
) -> None:
    odd = plain_house.file(WIFI + " only on my tablet", "p005", site="berlin")
    assert odd.incident.reference == wifi
    undo = do(plain_house, act.Split(target(wifi), (odd.report.reference,), "Tablets"))
    tablets = next(
        ref for ref, row in take_picture(plain_house).incidents.items() if row["title"] == "Tablets"
    )
    later = plain_house.file("my tablet too", "p006", join=tablets)
    assert later.incident.reference == tablets
    do(plain_house, undo)
    assert plain_house.incident(wifi).reports == 4
    left = plain_house.incident(tablets)
    assert (left.status, left.reports) == (Status.OPEN, 1)
    with plain_house.database.reading() as session:
        kept = session.scalars(
            select(ConstraintPair).where(
                ConstraintPair.lifted_at.is_(None), ConstraintPair.author == Author.REPORTER
            )
        ).one()
    assert kept.left_id == later.report.id


def test_a_report_that_said_no_is_not_taken_in_again_after_a_merge_is_undone(
    plain_house: House, wifi: str
) -> None:
    apart = plain_house.file(WIFI, "p005", site="berlin", declined=(wifi,))
    assert apart.incident.reference != wifi
    before = take_picture(plain_house)
    undo = do(plain_house, act.Merge(target(wifi), (target(apart.incident.reference),)))
    assert take_picture(plain_house).words == frozenset()
    do(plain_house, undo)
    assert take_picture(plain_house) == before


def test_a_merge_through_a_third_incident_leaves_no_word_against_itself(
    plain_house: House, wifi: str, printer: str
) -> None:
    odd = plain_house.file(WIFI + " on my tablet", "p005", site="berlin").report.reference
    do(plain_house, act.Split(target(wifi), (odd,), "Tablets"))
    tablets = next(
        ref for ref, row in take_picture(plain_house).incidents.items() if row["title"] == "Tablets"
    )
    do(plain_house, act.Merge(target(printer), (target(tablets),)))
    before = take_picture(plain_house)
    undo = do(plain_house, act.Merge(target(wifi), (target(printer),)))
    assert take_picture(plain_house).words == frozenset()
    do(plain_house, undo)
    assert take_picture(plain_house) == before


def test_a_moved_report_goes_back_under_the_reason_it_had(
    plain_house: House, wifi: str, printer: str
) -> None:
    odd = plain_house.file(WIFI, "p005", site="berlin").report
    before = take_picture(plain_house)
    undo = do(plain_house, act.MoveReport(target(wifi), odd.reference, printer))
    assert take_picture(plain_house).links[odd.id][1:3] == (Author.STAFF, "ana")
    do(plain_house, undo)
    assert take_picture(plain_house) == before
    assert take_picture(plain_house).links[odd.id][1] is Author.MODEL


def test_the_only_report_of_an_incident_is_merged_not_moved(
    plain_house: House, wifi: str, printer: str
) -> None:
    only = plain_house.file(HEADSET, "p007")
    move = act.MoveReport(target(only.incident.reference), only.report.reference, wifi)
    with pytest.raises(SenselessReviewError, match="Merge"):
        plain_house.reviewer.perform(move, actor="ana")


def test_a_declaration_of_a_rejected_incident_can_be_taken_back(
    plain_house: House, wifi: str
) -> None:
    do(plain_house, act.Reject(target(wifi), "only a drill"))
    undo = do(plain_house, act.Declare(target(wifi)))
    redo = do(plain_house, undo)
    assert plain_house.incident(wifi).major_state is MajorState.REJECTED
    do(plain_house, redo)
    assert plain_house.incident(wifi).major_state is MajorState.DECLARED


def test_a_declared_incident_is_not_rejected(plain_house: House, wifi: str) -> None:
    do(plain_house, act.Declare(target(wifi)))
    with pytest.raises(SenselessReviewError, match="declared"):
        plain_house.reviewer.perform(act.Reject(target(wifi), "oh no"), actor="ana")


def test_a_fourth_person_makes_a_candidate_and_a_split_takes_it_back(
    plain_house: House, wifi: str
) -> None:
    fourth = plain_house.file(WIFI, "p005", site="berlin").report.reference
    assert plain_house.incident(wifi).major_state is MajorState.PROPOSED
    before = take_picture(plain_house)
    undo = do(plain_house, act.Split(target(wifi), (fourth,), None))
    assert plain_house.incident(wifi).major_state is MajorState.NONE
    do(plain_house, undo)
    after = take_picture(plain_house)
    assert {ref: after.incidents[ref] for ref in before.incidents} == before.incidents


def test_one_person_who_writes_four_times_is_no_candidate(plain_house: House) -> None:
    for _ in range(4):
        reference = plain_house.file(WIFI, "p001", site="berlin").incident.reference
    incident = plain_house.incident(reference)
    assert (incident.reports, incident.reporters) == (4, 1)
    assert incident.major_state is MajorState.NONE


def test_a_rejected_candidate_is_not_proposed_again_by_more_reports(
    plain_house: House, wifi: str
) -> None:
    plain_house.file(WIFI, "p005", site="berlin")
    do(plain_house, act.Reject(target(wifi), "planned works"))
    plain_house.file(WIFI, "p006", site="berlin")
    incident = plain_house.incident(wifi)
    assert (incident.major_state, incident.reject_reason) == (
        MajorState.REJECTED,
        "planned works",
    )


def test_a_merge_writes_to_nobody(plain_house: House, wifi: str, printer: str) -> None:
    do(plain_house, act.Merge(target(wifi), (target(printer),)))
    assert plain_house.jobs.sms == []
    with plain_house.database.reading() as session:
        assert session.scalars(select(func.count(Message.id))).one() == 0


def test_an_absorbed_incident_leads_to_the_one_it_went_into(
    plain_house: House, wifi: str, printer: str
) -> None:
    do(plain_house, act.Merge(target(wifi), (target(printer),)))
    again = plain_house.file(PRINTER, "p009", join=printer)
    assert again.incident.reference == wifi
    told = plain_house.file(PRINTER, "p010", join=printer.lower())
    assert told.incident.reference == wifi


def test_a_preview_changes_nothing(plain_house: House, wifi: str, printer: str) -> None:
    before = take_picture(plain_house)
    version = plain_house.incident(wifi).version
    merge = act.Merge(target(wifi), (target(printer),))
    seen = plain_house.reviewer.perform(merge, actor="ana", preview=True)
    assert {one.reference: one.reports for one in seen.after} == {wifi: 4, printer: 0}
    assert take_picture(plain_house) == before
    assert plain_house.incident(wifi).version == version


def test_a_review_of_a_version_that_is_past_is_refused_with_the_new_one(
    plain_house: House, wifi: str, printer: str
) -> None:
    seen = plain_house.incident(wifi).version
    old = plain_house.incident(printer).version
    plain_house.file(WIFI, "p005", site="berlin")
    with pytest.raises(StaleVersionError) as refusal:
        plain_house.reviewer.perform(act.Resolve(act.Target(wifi, seen)), actor="ana")
    assert refusal.value.data == {"reference": wifi, "version": seen + 1}
    plain_house.file(PRINTER, "p005")
    sources = (act.Target(printer, old),)
    with pytest.raises(StaleVersionError):
        plain_house.reviewer.perform(act.Merge(target(wifi), sources), actor="ana")


@pytest.mark.parametrize(
    "action",
    [
        act.Accept(act.Target("wifi", None)),
        act.Reject(act.Target("wifi", None), "   "),
        act.Merge(act.Target("wifi", None), ()),
        act.Merge(act.Target("wifi", None), (act.Target("wifi", None),)),
        act.Split(act.Target("wifi", None), (), None),
    ],
)
def test_what_makes_no_sense_is_refused_in_words_and_changes_nothing(
    plain_house: House, wifi: str, action: act.Action
) -> None:
    assert not isinstance(action, act.Undo)
    real = replace(action, incident=target(wifi))
    if isinstance(real, act.Merge):
        real = replace(real, sources=tuple(target(wifi) for _ in real.sources))
    before = take_picture(plain_house)
    with pytest.raises(SenselessReviewError) as refusal:
        plain_house.reviewer.perform(real, actor="ana")
    assert str(refusal.value).endswith(".")
    assert take_picture(plain_house) == before


def test_a_resolved_incident_takes_no_part_in_merges_and_no_more_reports(
    plain_house: House, wifi: str, printer: str
) -> None:
    undo = do(plain_house, act.Resolve(target(wifi)))
    with pytest.raises(SenselessReviewError, match="resolved"):
        plain_house.reviewer.perform(act.Merge(target(printer), (target(wifi),)), actor="ana")
    with pytest.raises(SenselessReviewError, match="open already"):
        plain_house.reviewer.perform(act.Reopen(target(printer)), actor="ana")
    assert plain_house.file(WIFI, "p005", site="berlin").incident.reference != wifi
    do(plain_house, undo)
    assert plain_house.file(WIFI, "p006", site="berlin", join=wifi).incident.reference == wifi


def test_a_restricted_incident_is_never_merged_with_an_open_one(
    plain_house: House, wifi: str
) -> None:
    secret = plain_house.file("phishing mail with a fake login", "p005").incident.reference
    for one, other in ((wifi, secret), (secret, wifi)):
        with pytest.raises(SenselessReviewError, match="restricted"):
            plain_house.reviewer.perform(act.Merge(target(one), (target(other),)), actor="ana")


def test_an_undo_happens_once_and_an_unknown_token_is_told_so(
    plain_house: House, wifi: str
) -> None:
    undo = do(plain_house, act.Retitle(target(wifi), "Wireless"))
    do(plain_house, undo)
    with pytest.raises(AlreadyUndoneError):
        plain_house.reviewer.perform(undo, actor="ana")
    with pytest.raises(NotFoundError):
        plain_house.reviewer.perform(act.Undo(new_id()), actor="ana")


def test_the_newer_of_two_reviews_is_undone_first(plain_house: House, wifi: str) -> None:
    first = do(plain_house, act.Retitle(target(wifi), "Wireless"))
    second = do(plain_house, act.SetSeverity(target(wifi), Severity.SEV1))
    with pytest.raises(NewerReviewError) as refusal:
        plain_house.reviewer.perform(first, actor="ana")
    assert refusal.value.data["token"] == str(second.token)
    with plain_house.database.reading() as session:
        listed = [row.id for row in undoable_reviews(session, plain_house.incident(wifi))]
    assert listed == [second.token, first.token]
    do(plain_house, second)
    do(plain_house, first)
    assert plain_house.incident(wifi).staff_title is None


def test_corrections_by_staff_are_kept_as_examples(
    plain_house: House, wifi: str, printer: str
) -> None:
    do(plain_house, act.Merge(target(wifi), (target(printer),)))
    odd = plain_house.file(WIFI, "p005", site="berlin").report.reference
    do(plain_house, act.Split(target(wifi), (odd,), None))
    with plain_house.database.reading() as session:
        found = {row.kind: row.data for row in session.scalars(select(Feedback))}
        assert session.scalars(select(func.count(Review.id))).one() == 2
    assert found["same"] == {"incident": wifi, "with": [printer]}
    assert found["different"] == {"incident": wifi, "reports": [odd]}


def test_the_outside_hears_of_a_merge_once_per_incident_and_once_per_moved_report(
    plain_house: House, wifi: str, printer: str
) -> None:
    with plain_house.database.reading() as session:
        seen = session.scalars(select(func.max(Record.seq))).one()
    do(plain_house, act.Merge(target(wifi), (target(printer),)))
    with plain_house.database.reading() as session:
        new = session.scalars(select(Record).where(Record.seq > seen).order_by(Record.seq)).all()
    told = [(record.kind, record.subject[:3], record.stream) for record in new]
    assert told == [
        (RecordKind.INCIDENT_CHANGED, "INC", printer),
        (RecordKind.INCIDENT_MERGED, "INC", wifi),
        (RecordKind.INCIDENT_PROPOSED, "INC", wifi),
        (RecordKind.REPORT_REGROUPED, "RPT", wifi),
    ]
    assert new[0].data["absorbed_into"] == wifi
    assert new[3].data["previous_incident"] == printer
