"""A stream through the grouping path: read strictly, decided in order, alarmed once."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from classifier.baselines import Setting, meaning, settings, words
from classifier.pair_features import FEATURES
from classifier.pair_scorer import PairScorer
from classifier.window import PairFacts
from incidents.candidates import CandidateRule
from incidents.grouping import GroupingPolicy
from incidents.replay import BadStreamError, ReadRow, StreamRow, parse_stream, replay_stream
from incidents.scoring import score_alarms, score_groups, score_rivals

HOUR = 3_600.0


def by_cosine() -> PairScorer:
    """Joins from a cosine of about .75 to the nearest member on."""
    zeros = np.zeros(len(FEATURES))
    weights = np.array([20.0 if feature == "max" else 0.0 for feature in FEATURES])
    return PairScorer("test", zeros, zeros + 1, weights, -15.0, 0.5, 0.2, {})


def read(number: int, t: float, angle: float, **more: object) -> ReadRow:
    vector = np.array([np.cos(angle), np.sin(angle)], dtype=np.float32)
    row = StreamRow(
        str(number), t, "words", more.get("group"), more.get("reporter", f"p{number}"),
        restricted=bool(more.get("restricted")),
    )  # fmt: skip
    return ReadRow(row, vector, PairFacts())


def replay(rows: list[ReadRow], **more: object):
    scorer = by_cosine()
    return replay_stream(rows, scorer, GroupingPolicy.of(scorer), encoder_id="test", **more)


def write(path: Path, *rows: object) -> Path:
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
    return path


def test_rows_are_read_by_time_with_everything_optional(tmp_path: Path) -> None:
    path = write(
        tmp_path / "stream.jsonl",
        {"id": 2, "t": 5, "text": "b", "group": "x", "site": "berlin", "audience": "restricted"},
        "",
        {"id": "1", "t": 1.5, "text": "a", "attachments": ["log line"], "group": None},
    )
    first, second = parse_stream(path)
    assert (first.id, first.t, first.text, first.group) == ("1", 1.5, "a", None)
    assert first.attached == ("log line",)
    assert (second.id, second.group, second.site, second.restricted) == ("2", "x", "berlin", True)
    assert first.reporter != second.reporter


@pytest.mark.parametrize(
    "line",
    [
        "not json", "[]", "3", '{"id": "1", "t": 0}', '{"id": "1", "t": "noon", "text": "a"}',
        '{"id": "1", "t": 0, "text": "a", "group": ["x"]}', '{"id": "1", "t": NaN, "text": "a"}',
    ],
)  # fmt: skip
def test_a_bad_line_is_named_by_its_number(tmp_path: Path, line: str) -> None:
    path = write(tmp_path / "stream.jsonl", {"id": "0", "t": 0, "text": "a"}, line)
    with pytest.raises(BadStreamError, match="line 2"):
        parse_stream(path)


def test_two_rows_with_one_id_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "s.jsonl", *[{"id": "1", "t": t, "text": "a"} for t in (0, 1)])
    with pytest.raises(BadStreamError, match="same id"):
        parse_stream(path)


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_a_file_that_cannot_be_read_is_said_so(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "stream.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadStreamError, match="cannot be read"):
        parse_stream(path)


def test_like_reports_meet_and_others_stay_alone() -> None:
    found = replay([read(1, 0, 0.0), read(2, 60, 0.1), read(3, 120, 1.5), read(4, 180, 0.05)])
    a, b, c, d = found.groups
    assert a == b == d != c
    assert found.probabilities[0] is None
    assert found.probabilities[1] > 0.5


def test_what_came_before_is_joined_by_nothing_that_was_restricted() -> None:
    found = replay([read(1, 0, 0.0, restricted=True), read(2, 60, 0.0)])
    assert found.groups[0] != found.groups[1]


def test_a_decision_does_not_change_with_what_comes_later() -> None:
    rows = [read(n, 60.0 * n, (n * 0.37) % 1.6) for n in range(30)]
    assert replay(rows).groups[:12] == replay(rows[:12]).groups


def test_a_history_ends_one_second_before_and_is_remembered() -> None:
    history = [read(n, 1_000_000.0 + n, 0.0) for n in range(3)]
    found = replay([read(10, 50.0, 0.0), read(11, 51.0, 1.5)], history=history)
    assert found.groups[0].startswith("h")
    assert found.groups[1].startswith("g")


def test_four_people_in_six_hours_raise_one_alarm_with_the_members_of_that_moment() -> None:
    found = replay([read(n, n * HOUR, 0.0) for n in range(6)])
    (alarm,) = found.alarms
    assert alarm.t == 3 * HOUR
    assert alarm.ids == ("0", "1", "2", "3")


def test_one_person_four_times_is_no_alarm() -> None:
    assert replay([read(n, n * 60.0, 0.0, reporter="p1") for n in range(6)]).alarms == ()


def test_the_rule_can_be_told() -> None:
    rule = CandidateRule(2, timedelta(minutes=30))
    rows = [read(1, 0, 0.0), read(2, 1 * HOUR, 0.0), read(3, 1.2 * HOUR, 0.0)]
    (alarm,) = replay(rows, rule=rule).alarms
    assert alarm.ids == ("1", "2", "3")


def test_with_a_budget_what_comes_every_day_is_no_alarm_and_something_new_is() -> None:
    history = [read(n, n * HOUR, 0.0) for n in range(230)]
    usual = [read(1_000 + n, n * 600.0, 0.0) for n in range(4)]
    new = [read(2_000 + n, n * 600.0, 1.5) for n in range(6)]
    assert len(replay(usual, history=history).alarms) == 1
    assert replay(usual, history=history, budget=1).alarms == ()
    (alarm,) = replay(new, history=history, budget=1).alarms
    assert "such reports usually come" in alarm.sentence


def test_without_enough_past_the_fixed_rule_holds_also_with_a_budget() -> None:
    rows = [read(100 + n, n * 600.0, 1.5) for n in range(6)]
    (alarm,) = replay(rows, budget=0.1).alarms
    assert "the rule: 4 people in 6 hours" in alarm.sentence


@pytest.mark.parametrize("label", ["right", None])
def test_a_history_teaches_what_to_ask_for_only_where_it_says_what_was_right(label) -> None:
    calm = [read(n, n * HOUR, 2.5 + n % 7 * 0.09) for n in range(400)]
    loud = [read(900 + n, 300 * HOUR + n * 300.0, 0.0, group=label) for n in range(6)]
    history = sorted([*calm, *loud], key=lambda one: one.row.t)
    threshold = replay([read(1, 0, 0.0)], history=history, budget=1).threshold
    assert threshold is not None
    assert (threshold.peaks > 0) == (label is not None)


def test_three_people_bring_a_group_into_the_queue_and_it_says_when_and_why() -> None:
    found = replay([read(n, n * 600.0, 0.0) for n in range(3)] + [read(9, 2_000.0, 1.5)])
    (group,) = found.published
    assert group == found.groups[0]
    assert found.published[group].t == 1_200.0
    assert found.published[group].why.sentence == "3 people in 20 minutes."


def test_alarms_are_right_where_half_of_them_is_one_incident() -> None:
    gold = {"1": "a", "2": "a", "3": "b", "4": None, "5": "b"}
    score = score_alarms(gold, [("1", "2", "3", "4"), ("3", "4", "1"), ("4",)], at_least=2)
    assert (score.alarms, score.false, score.found, score.incidents) == (3, 2, 1, 2)
    assert score.per_day(4.0) == 0.5


def test_an_empty_stream_has_no_groups() -> None:
    assert replay([]) == replay_stream(
        [], by_cosine(), GroupingPolicy.of(by_cosine()), encoder_id="x"
    )
    assert replay([]).groups == ()


def test_scores_count_pairs_and_incidents_of_three() -> None:
    gold = ["a", "a", "a", "b", "b", None, None]
    score = score_groups(gold, [1, 1, 1, 2, 3, 3, None])
    assert (score.precision, score.recall) == (3 / 4, 3 / 4)
    assert (score.incidents, score.detected) == (1, 1)


def test_a_perfect_grouping_scores_one_and_no_grouping_none() -> None:
    gold = ["a", "a", None, "b", "b"]
    assert score_groups(gold, ["x", "x", "y", "z", "z"]).f1 == 1.0
    assert score_groups(gold, [1, 2, 3, 4, 5]).f1 == 0.0


def test_the_single_pass_looks_back_only_as_far_as_its_window() -> None:
    vectors = np.array([[1, 0]] * 3, dtype=np.float32)
    method = meaning([0.0, 0.5 * HOUR, 2 * HOUR], vectors)
    assert method.groups(Setting(0.9, 1.0, "nearest")) == [0, 0, 1]
    assert method.groups(Setting(0.9, 3.0, "mean")) == [0, 0, 0]


def test_mean_and_nearest_linkage_differ_where_a_group_is_loose() -> None:
    angles = [0.0, 0.5, 1.0]
    vectors = np.array([[np.cos(a), np.sin(a)] for a in angles], dtype=np.float32)
    method = meaning([0.0, 1.0, 2.0], vectors)
    assert method.groups(Setting(0.85, 1.0, "nearest")) == [0, 0, 0]
    assert method.groups(Setting(0.85, 1.0, "mean")) == [0, 0, 1]


def test_words_alone_meet_by_shared_words() -> None:
    method = words([0.0, 1.0, 2.0], ["vpn gateway timeout", "gateway timeout again", "red chair"])
    assert method.groups(Setting(0.2, 1.0, "nearest")) == [0, 0, 1]


def test_rivals_are_scored_at_their_best_setting() -> None:
    gold = ["a", "a", None]
    vectors = np.array([[1, 0], [1, 0.1], [0, 1]], dtype=np.float32)
    rivals = score_rivals(gold, [0.0, 60.0, 120.0], ["vpn down", "vpn down", "chair"], vectors)
    assert [rival.name for rival in rivals] == ["TF-IDF", "plain cosine"]
    assert all(rival.score.f1 == 1.0 for rival in rivals)
    assert all(rival.setting in list(settings()) for rival in rivals)
