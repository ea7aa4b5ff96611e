"""History is run again under other numbers and laid beside what happened; nothing is written."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import timedelta

import pytest

from incidents import actions as act
from incidents.candidates import CandidateRule
from incidents.history import LongHistoryError, read_history
from incidents.lab_words import render_lab
from incidents.past import read_names, read_past
from incidents.publishing import PublishRule
from incidents.replay_lab import Lab, rehearse
from incidents.replay_policy import ReplayPolicy
from models.database import Database
from tests.conftest import House
from tests.fakes import NOON, plain_scorer

WIFI = "the wifi in berlin is down"
PRINTER = "printer eats paper"


def target(reference: str) -> act.Target:
    return act.Target(reference, None)


def replayed(house: House, policy: ReplayPolicy | None = None, **stretch: object) -> Lab:
    with house.database.reading() as session:
        past = read_past(session, **stretch)
    return rehearse(past, plain_scorer(), policy or ReplayPolicy())


def partition(groups: dict[str, str]) -> set[frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for report, group in groups.items():
        found[group].add(report)
    return {frozenset(one) for one in found.values()}


def file(house: House, text: str, reporter: str, **more: object) -> tuple[str, str]:
    """Its report and its incident, a minute after the last one."""
    house.clock.forward(minutes=1)
    recorded = house.file(text, reporter, **more)
    return recorded.report.reference, recorded.incident.reference


@pytest.fixture
def wifi(plain_house: House) -> str:
    """Four people without wifi, and one with a printer; the first four are proposed."""
    for number in range(1, 5):
        _, incident = file(plain_house, WIFI, f"p00{number}", site="berlin")
    file(plain_house, PRINTER, "p009")
    return incident


def test_under_the_same_numbers_it_groups_and_proposes_as_it_did(
    plain_house: House, wifi: str
) -> None:
    lab = replayed(plain_house)
    assert {len(one) for one in partition(dict(lab.groups))} == {4, 1}
    grouping = lab.report["grouping"]
    assert grouping["was"] == grouping["would"]
    (proposal,) = lab.report["proposals"]
    assert (proposal["incident"], proposal["minutes_later"]) == (wifi, 0.0)
    assert lab.report["told"] == {"was": 4, "would": 4, "more": 0, "fewer": 0}


def test_a_stricter_threshold_would_have_left_them_apart(plain_house: House, wifi: str) -> None:
    lab = replayed(plain_house, ReplayPolicy(join=1.0))
    assert lab.report["grouping"]["would"]["groups"] == 0
    (proposal,) = lab.report["proposals"]
    assert (proposal["incident"], proposal["would"]) == (wifi, None)
    assert lab.report["told"] == {"was": 4, "would": 0, "more": 0, "fewer": 4}


def test_a_known_outage_is_offered_from_its_own_threshold_on(plain_house: House, wifi: str) -> None:
    assert replayed(plain_house).report["offered"] == 2
    assert replayed(plain_house, ReplayPolicy(offer=1.0)).report["offered"] == 0


def test_another_rule_shows_more_or_less_in_the_queue(plain_house: House, wifi: str) -> None:
    assert replayed(plain_house).report["published"]["would"] == 1
    few = ReplayPolicy(published=PublishRule(people=1))
    assert replayed(plain_house, few).report["published"]["would"] == 2
    many = ReplayPolicy(published=PublishRule(people=9), rule=CandidateRule(9, timedelta(hours=1)))
    assert replayed(plain_house, many).report["published"]["would"] == 0


def test_another_rule_would_have_proposed_earlier(plain_house: House, wifi: str) -> None:
    early = ReplayPolicy(rule=CandidateRule(2, timedelta(hours=1)))
    (proposal,) = replayed(plain_house, early).report["proposals"]
    assert (proposal["minutes_later"], proposal["people"]) == (-2.0, 2)


def test_what_staff_said_later_judges_both(plain_house: House, wifi: str) -> None:
    odd, home = file(plain_house, WIFI + " on my tablet", "p010", site="berlin")
    assert home == wifi
    plain_house.reviewer.perform(act.Split(target(wifi), (odd,), "Tablets"), actor="ana")
    plain_house.reviewer.perform(act.Accept(target(wifi)), actor="ana")
    lab = replayed(plain_house)
    grouping = lab.report["grouping"]
    assert grouping["would"]["wrongly_together"] == 4
    assert all(odd in pair for pair in grouping["would"]["wrong_pairs"])
    assert grouping["would"]["precision"] == 0.6
    assert grouping["would"]["recall"] == 1.0
    strict = replayed(plain_house, ReplayPolicy(join=0.9999)).report
    assert strict["grouping"]["would"]["wrongly_together"] == 0
    assert strict["incidents"] == [
        {
            "incident": wifi,
            "reports": 4,
            "was": {"groups": 1, "together": 4, "strangers": 1},
            "would": {"groups": 1, "together": 4, "strangers": 0},
        }
    ]
    assert strict["proposals"][0]["judged"] == "major"


def test_a_merge_shows_what_was_apart_on_arrival(plain_house: House, wifi: str) -> None:
    _, other = file(plain_house, "nobody gets online", "p011")
    plain_house.reviewer.perform(act.Merge(target(wifi), (target(other),)), actor="ana")
    (one,) = replayed(plain_house).report["incidents"]
    assert one["was"] == {"groups": 2, "together": 4, "strangers": 0}
    assert one["was"] == one["would"]


def test_a_word_that_was_taken_back_judges_nothing(plain_house: House, wifi: str) -> None:
    before = replayed(plain_house).report
    odd, _ = file(plain_house, WIFI, "p010", site="berlin")
    done = plain_house.reviewer.perform(act.Split(target(wifi), (odd,), None), actor="ana")
    plain_house.reviewer.perform(act.Undo(done.token), actor="ana")
    after = replayed(plain_house).report["grouping"]["would"]
    assert after["wrongly_together"] == 0
    # Putting a report back is a word of staff too, on that one report.
    assert after["judged_reports"] <= 1 + before["grouping"]["would"]["judged_reports"]


def test_a_rejected_candidate_is_named_as_such(plain_house: House, wifi: str) -> None:
    plain_house.reviewer.perform(act.Reject(target(wifi), "a drill"), actor="ana")
    (proposal,) = replayed(plain_house).report["proposals"]
    assert proposal["judged"] == "rejected"


def test_a_stretch_begins_warm_and_reports_only_what_is_in_it(
    plain_house: House, wifi: str
) -> None:
    since = plain_house.clock()
    late, home = file(plain_house, WIFI, "p012", site="berlin")
    assert home == wifi
    lab = replayed(plain_house, since=since + timedelta(seconds=1))
    assert list(lab.groups) == [late]
    assert lab.report["reports"] == 1
    assert lab.report["proposals"] == []
    assert replayed(plain_house, until=NOON + timedelta(minutes=3)).report["reports"] == 2


def test_a_budget_changes_nothing_before_it_is_known_what_is_usual(
    plain_house: House, wifi: str
) -> None:
    assert (
        replayed(plain_house, ReplayPolicy(budget=0.0)).report["proposals"]
        == (replayed(plain_house).report["proposals"])
    )


def test_a_smaller_budget_asks_for_more_surprise(plain_house: House) -> None:
    for day in range(18):
        for number in range(12):
            plain_house.clock.forward(minutes=2)
            plain_house.file("the coffee machine blinks", f"p{day}x{number}")
        plain_house.clock.forward(hours=23)
    since = plain_house.clock()
    file(plain_house, "the coffee machine blinks", "p9x1")
    none, little, much = (
        replayed(
            plain_house, ReplayPolicy(budget=budget), since=since, before=timedelta(days=56)
        ).report["surprise"]
        for budget in (None, 0.1, 50.0)
    )
    assert none is None
    assert little > much


def test_the_same_past_and_policy_give_the_same_bytes(plain_house: House, wifi: str) -> None:
    odd, _ = file(plain_house, WIFI + " on my tablet", "p010", site="berlin")
    plain_house.reviewer.perform(act.Split(target(wifi), (odd,), "Tablets"), actor="ana")
    policy = ReplayPolicy(join=0.9, rule=CandidateRule(2, timedelta(hours=1)))
    first, second = (
        json.dumps(replayed(plain_house, policy).report, sort_keys=True) for _ in range(2)
    )
    assert first == second
    assert render_lab(json.loads(first)) == render_lab(json.loads(second))


def test_the_text_says_what_the_figures_say(plain_house: House, wifi: str) -> None:
    plain_house.reviewer.perform(act.Accept(target(wifi)), actor="ana")
    text = render_lab(replayed(plain_house, ReplayPolicy(join=1.0)).report, ["Ana Ash"])
    assert "5 reports" in text
    assert "1 of 1 incidents would have been put together otherwise:" in text
    assert f"{wifi}  4 reports: together then, in 4 groups now" in text
    assert "Proposed as major: 1 then, 0 now." in text
    assert "People in a proposed incident: 4 then, 0 now (0 more, 4 fewer)." in text
    assert text.endswith("  Ana Ash\n")


def test_an_empty_past_has_an_empty_report(plain_house: House) -> None:
    lab = replayed(plain_house)
    assert lab.report["reports"] == 0
    assert "Nobody has said anything" in render_lab(lab.report)


def test_names_are_those_of_the_directory_or_the_address(plain_house: House, wifi: str) -> None:
    file(plain_house, WIFI, "stranger@example.org", site="berlin")
    lab = replayed(plain_house)
    with plain_house.database.reading() as session:
        names = read_names(session, lab.told)
    assert len(names) == 5
    assert not any(wanted in " ".join(names.values()) for wanted in ("p001", "p002"))


def test_more_reports_than_fit_into_memory_are_refused_in_a_sentence(
    plain_house: House, wifi: str
) -> None:
    with (
        plain_house.database.reading() as session,
        pytest.raises(LongHistoryError, match="There are 5 reports; 3 can be"),
    ):
        read_history(session, most=3)


def test_reports_of_another_encoder_are_left_out_and_counted(plain_house: House, wifi: str) -> None:
    from sqlalchemy import update

    from models.report import Report

    with plain_house.database.transaction() as session:
        first = session.query(Report.id).order_by(Report.received_at).first()
        session.execute(update(Report).where(Report.id == first[0]).values(encoder_id="older"))
    report = replayed(plain_house).report
    assert (report["reports"], report["left_out"], report["encoder"]) == (4, 1, "hash-v1")


def dump(database: Database) -> list[str]:
    raw = database.write_engine.raw_connection()
    try:
        return list(raw.driver_connection.iterdump())
    finally:
        raw.close()


def test_a_replay_writes_nothing(plain_house: House, wifi: str) -> None:
    before = dump(plain_house.database)
    replayed(plain_house, ReplayPolicy(join=0.2))
    assert dump(plain_house.database) == before
