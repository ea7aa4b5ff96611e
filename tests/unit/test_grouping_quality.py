"""The figures of a grouping: what counting by hand gives, and intervals that hold them."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.grouping_quality import (
    count_bonds,
    measure,
    measure_found,
    measure_gain,
    tally_groups,
)

LABELS = st.lists(st.sampled_from([None, "x", "y", "z"]), min_size=1, max_size=25)
GOLD = ["x", "x", None, "x", "y", "y", "y", None]


def found(gold: list, groups: list) -> dict:
    return measure(tally_groups(gold, groups), draws=50)


def test_a_perfect_grouping_reaches_one_everywhere() -> None:
    figures = found(GOLD, ["a", "a", "b", "a", "c", "c", "c", "d"])
    for name in ("precision", "recall", "f1", "b3_f1", "b3_incidents_f1", "detected_share"):
        assert figures[name] == [1.0, 1.0, 1.0]
    assert (figures["incidents"], figures["detected"]) == (2, 2)
    assert figures["reports_until_detected"] == 3
    assert figures["wrong_pairs"] == figures["missed_pairs"] == 0


def test_one_big_group_finds_all_and_is_mostly_wrong() -> None:
    figures = found(GOLD, ["a"] * len(GOLD))
    assert figures["recall"][0] == 1.0
    assert figures["precision"][0] == pytest.approx(6 / 28, abs=1e-4)
    assert figures["wrong_pairs"] == 22
    assert figures["b3_f1"][0] < 0.6


def test_how_late_an_incident_was_detected_is_told_in_its_reports() -> None:
    figures = found(["x"] * 5, ["a", "b", "a", None, "a"])
    assert figures["reports_until_detected"] == 5
    assert figures["detected"] == 1


@given(LABELS, st.data())
def test_pairs_and_b_cubed_are_what_counting_gives(gold: list, data: st.DataObject) -> None:
    group = st.one_of(st.none(), st.integers(0, 4))
    groups = data.draw(st.lists(group, min_size=len(gold), max_size=len(gold)))
    pairs = list(combinations(range(len(gold)), 2))
    told = {(i, j) for i, j in pairs if gold[i] is not None and gold[i] == gold[j]}
    made = {(i, j) for i, j in pairs if groups[i] is not None and groups[i] == groups[j]}
    figures = found(gold, groups)
    expected = 2 * len(told & made) / (len(told) + len(made)) if told or made else 1.0
    assert figures["f1"][0] == pytest.approx(expected, abs=1e-4)
    assert figures["wrong_pairs"] == len(made - told)
    assert figures["missed_pairs"] == len(told - made)

    def together(labels: list, row: int) -> set[int]:
        return {
            o for o, other in enumerate(labels) if o == row or (other == labels[row] is not None)
        }

    shared = [len(together(gold, r) & together(groups, r)) for r in range(len(gold))]
    precision = sum(s / len(together(groups, r)) for r, s in enumerate(shared)) / len(gold)
    recall = sum(s / len(together(gold, r)) for r, s in enumerate(shared)) / len(gold)
    assert figures["b3_f1"][0] == pytest.approx(
        2 * precision * recall / (precision + recall), abs=1e-4
    )


@given(LABELS, st.data())
def test_every_interval_is_in_order_and_within_zero_and_one(
    gold: list, data: st.DataObject
) -> None:
    groups = data.draw(st.lists(st.integers(0, 4), min_size=len(gold), max_size=len(gold)))
    figures = found(gold, groups)
    for name in ("precision", "recall", "f1", "b3_f1", "b3_incidents_f1", "detected_share"):
        value, low, high = figures[name]
        assert 0 <= low <= high <= 1
        assert 0 <= value <= 1


def test_with_few_incidents_the_interval_is_wide_and_with_many_narrow() -> None:
    def width(incidents: int) -> float:
        gold = [f"i{n}" for n in range(incidents) for _ in range(4)]
        groups = [f"g{n}" if n % 2 else f"g{n} {k}" for n in range(incidents) for k in range(4)]
        _, low, high = measure(tally_groups(gold, groups))["recall"]
        return high - low

    assert width(4) > 3 * width(100)


def test_what_is_better_on_every_incident_is_better_beyond_chance() -> None:
    gold = [f"i{n}" for n in range(12) for _ in range(3)]
    halves = [f"{label} {place % 3 == 2}" for place, label in enumerate(gold)]
    value, low, _ = measure_gain(tally_groups(gold, gold), tally_groups(gold, halves))
    assert value > 0.3
    assert low > 0.3
    same = tally_groups(gold, halves)
    assert measure_gain(same, same) == [0.0, 0.0, 0.0]


def test_an_alarm_finds_the_incident_that_makes_up_half_of_it() -> None:
    gold = {"1": "x", "2": "x", "3": "x", "4": None, "5": "y", "6": "y", "7": "y", "8": "z"}
    count, (share, low, high) = measure_found(gold, [["1", "2", "4"], ["4", "5", "8"]], ["x", "y"])
    assert (count, share) == (1, 0.5)
    assert low <= share <= high
    assert measure_found({"1": None}, [], []) == (0, [0.0, 0.0, 0.0])


def test_look_alikes_met_where_one_group_holds_two_of_each() -> None:
    gold = ["x", "x", "y", "y", "z", "z"]
    bonds = {"y": "x", "z": "x", "w": "x"}
    met = count_bonds(gold, ["a", "a", "a", "a", "a", "b"], bonds)
    assert met == {"asked": 2, "apart": 1, "pairs_met": 6}
