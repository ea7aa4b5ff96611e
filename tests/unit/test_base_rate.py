"""How often such reports come, and what is surprising then."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.base_rate import DAY, Rate, measure_likeness, past_days, surprise, topic_rate
from classifier.window import Item, PairFacts, Window

HOUR = 3_600.0
rates = st.builds(Rate, st.integers(0, 200), st.floats(0, 14), st.floats(1e-3, 200))


def pointing(angle: float) -> np.ndarray:
    return np.array([np.cos(angle), np.sin(angle)], dtype=np.float32)


def window(*reports: tuple[float, float], service: str | None = None) -> Window:
    """Of (moment, angle)."""
    made = Window("test", 2)
    for number, (at, angle) in enumerate(reports):
        made.add(Item(number, f"g{number}", at, pointing(angle), PairFacts(service=service)))
    return made


@given(st.integers(0, 80), rates, st.floats(60, DAY))
def test_more_people_are_never_less_surprising(people: int, rate: Rate, span: float) -> None:
    assert surprise(people + 1, rate, span) >= surprise(people, rate, span) - 1e-9


@given(st.integers(1, 60), rates, st.floats(1.01, 10))
def test_what_is_more_common_is_never_more_surprising(
    people: int, rate: Rate, times: float
) -> None:
    common = Rate(rate.count, rate.days, rate.expected * times)
    assert surprise(people, common, 6 * HOUR) <= surprise(people, rate, 6 * HOUR) + 1e-9


@given(rates, st.integers(1, 30), st.floats(0.05, 0.95))
def test_part_of_a_person_lies_between_two_whole_ones(rate: Rate, people: int, part: float) -> None:
    low, high = surprise(people, rate, HOUR), surprise(people + 1, rate, HOUR)
    assert low - 1e-9 <= surprise(people + part, rate, HOUR) <= high + 1e-9


@given(rates)
def test_nobody_surprises_nobody(rate: Rate) -> None:
    assert surprise(0, rate, HOUR) == 0.0


@pytest.mark.parametrize(("people", "mean"), [(1, 0.5), (3, 2.0), (12, 4.0)])
def test_the_chance_is_that_of_a_negative_binomial_counted_by_hand(
    people: int, mean: float
) -> None:
    rate = Rate(2, 10, mean)  # three witnesses with the new topic's one
    shape, chance = 3.0, mean / (mean + 3.0)
    below = sum(
        math.exp(math.lgamma(k + shape) - math.lgamma(shape) - math.lgamma(k + 1))
        * chance**k
        * (1 - chance) ** shape
        for k in range(people)
    )
    assert surprise(people, rate, DAY) == pytest.approx(-math.log10(1 - below), rel=1e-6)


def test_only_what_is_alike_and_older_than_the_gap_counts() -> None:
    at = 5 * DAY
    seen = window((0, 0.0), (DAY, 0.1), (DAY, 1.5), (at - HOUR, 0.0), (at - 7 * HOUR, 0.0))
    rate = topic_rate(seen, pointing(0.0), at, alike_from=0.9)
    assert rate.count == 2
    assert rate.days == pytest.approx(5 - 8 / 24)


def test_a_groups_own_reports_are_not_its_past() -> None:
    seen = window((3 * DAY, 0.0), (3.1 * DAY, 0.0))
    assert topic_rate(seen, pointing(0.0), 4 * DAY, alike_from=0.9, own={0}).count == 1


def test_what_a_group_has_told_for_days_is_what_is_usual() -> None:
    seen = window((0, 0.0), (DAY, 0.0))
    assert topic_rate(seen, pointing(0.0), 4 * DAY, alike_from=0.9, own={0, 1}).count == 2


def test_a_report_known_to_be_of_another_service_is_another_matter() -> None:
    seen = window((0, 0.0), (DAY, 0.0), service="vpn")
    told = {
        service: topic_rate(seen, pointing(0.0), 3 * DAY, alike_from=0.9, service=service).count
        for service in ("vpn", "mail", None)
    }
    assert told == {"vpn": 2, "mail": 0, None: 2}


def test_a_topic_never_seen_is_rare_and_not_impossible() -> None:
    fresh = topic_rate(window((0, 1.5)), pointing(0.0), 10 * DAY, alike_from=0.9)
    assert 0 < fresh.expected < 0.2
    assert surprise(5, fresh, 6 * HOUR) < 12


def test_what_comes_every_monday_morning_is_expected_on_a_monday_morning() -> None:
    monday, week = 20 * DAY, 7 * DAY
    passwords = [(monday - week + 600.0 * n, 0.0) for n in range(12)]
    others = [(monday - 10 * DAY + n * 5 * HOUR, 1.5) for n in range(46)]
    seen = window(*sorted(passwords + others))
    on_monday = topic_rate(seen, pointing(0.0), monday, alike_from=0.9)
    on_thursday = topic_rate(seen, pointing(0.0), monday + 3 * DAY, alike_from=0.9)
    assert on_monday.count == on_thursday.count == 12
    assert on_monday.expected > 1.5 * on_thursday.expected


def test_the_past_is_how_much_and_how_long() -> None:
    assert past_days(window(), DAY) == (0, 0.0)
    count, days = past_days(window((0, 0.0), (DAY, 0.0), (2 * DAY, 0.0)), 2 * DAY)
    assert (count, days) == (2, pytest.approx(2 - 8 / 24))


@given(st.integers(1, 400))
def test_the_busier_the_desk_the_more_alike_two_reports_must_be(traffic: int) -> None:
    def at_rate(count: int) -> float:
        rng = np.random.default_rng(7)
        made = Window("test", 8)
        vectors = rng.normal(size=(max(count, 1), 8)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        made.add_many(
            [
                Item(n, n, DAY * n / max(count, 1), vectors[n % len(vectors)], PairFacts())
                for n in range(count)
            ]
        )
        return measure_likeness(made, DAY)

    assert 0.45 <= at_rate(max(traffic // 4, 1)) <= at_rate(traffic) + 0.021 <= 0.78
