"""Two groupings are compared by what people said; chance is told from better."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.judging import compare_groupings, count_pairs

LEVELS = st.sampled_from([0.0, 0.5, 1.0])
ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), LEVELS), max_size=14)


@given(ROWS)
def test_pairs_weigh_as_counted_one_by_one(rows: list[tuple[int, int, float]]) -> None:
    gold, groups, strength = (
        [row[0] for row in rows],
        [row[1] for row in rows],
        [row[2] for row in rows],
    )
    by_hand = np.zeros((len(rows), 3))
    for i, j in combinations(range(len(rows)), 2):
        weight = max(strength[i], strength[j])
        told, found = gold[i] == gold[j], groups[i] == groups[j]
        for row in (i, j):
            by_hand[row] += weight * np.array([told and found, told, found])
    counted = count_pairs(gold, groups, strength) if rows else by_hand
    np.testing.assert_allclose(counted, by_hand)


def outages(count: int, size: int = 3) -> list[str]:
    return [f"outage {number}" for number in range(count) for _ in range(size)]


def alone(count: int) -> list[str]:
    return [f"alone {number}" for number in range(count)]


def test_the_same_grouping_is_not_better_than_itself() -> None:
    gold = outages(20)
    found = compare_groupings(gold, [1.0] * 60, gold, gold)
    assert (found.old, found.new, found.difference, found.low, found.high) == (1, 1, 0, 0, 0)
    assert not found.is_better


def test_what_is_better_on_many_incidents_is_better_beyond_chance() -> None:
    gold = outages(20)
    found = compare_groupings(gold, [1.0] * 60, alone(60), gold)
    assert (found.old, found.new, found.incidents) == (0.0, 1.0, 20)
    assert found.is_better
    assert not compare_groupings(gold, [1.0] * 60, gold, alone(60)).is_better


def test_what_is_better_on_one_incident_of_many_is_chance() -> None:
    gold = outages(20)
    old = alone(3) + gold[3:]
    found = compare_groupings(gold, [1.0] * 60, old, gold)
    assert found.difference > 0
    assert not found.is_better


def test_one_great_incident_is_one_piece_of_evidence() -> None:
    """By pairs it would be 4950 of 4970 and look certain."""
    gold = ["great"] * 100 + outages(10, 2)
    old = alone(100) + gold[100:]
    assert not compare_groupings(gold, [1.0] * 120, old, gold).is_better


def test_what_nobody_looked_at_does_not_count() -> None:
    gold = outages(10)
    found = compare_groupings(gold, [0.0] * 30, gold, alone(30))
    assert (found.difference, found.incidents, found.reports) == (0.0, 0, 0)


def test_a_stranger_in_an_incident_that_people_spoke_about_counts() -> None:
    gold = [*outages(6), *alone(6)]
    strength = [1.0] * 18 + [0.0] * 6
    new = [*outages(6), *(f"outage {number}" for number in range(6))]
    found = compare_groupings(gold, strength, gold, new)
    assert found.new < found.old == 1.0


def test_a_word_weighs_more_than_silence() -> None:
    gold = outages(2)
    half = count_pairs(gold, gold, [0.5] * 3 + [1.0] * 3)[:, 1]
    assert half.tolist() == [1.0, 1.0, 1.0, 2.0, 2.0, 2.0]


def test_the_same_seed_gives_the_same_interval() -> None:
    gold = outages(12)
    old = alone(12) + gold[12:]
    first, second = (compare_groupings(gold, [1.0] * 36, old, gold) for _ in range(2))
    assert first == second
    assert first.to_json() == second.to_json()


def test_an_empty_comparison_decides_nothing() -> None:
    found = compare_groupings([], [], [], [])
    assert (found.incidents, found.is_better) == (0, False)


@pytest.mark.parametrize("seed", range(3))
def test_noise_in_both_directions_promotes_nothing(seed: int) -> None:
    draws = np.random.default_rng(seed)
    gold = outages(40)
    one, two = (
        [name if draws.random() < 0.8 else f"lost {n}" for n, name in enumerate(gold)]
        for _ in range(2)
    )
    found = compare_groupings(gold, [1.0] * 120, one, two)
    assert found.low <= found.difference <= found.high
    assert found.low < 0 < found.high
