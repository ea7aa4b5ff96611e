"""How surprising is surprising enough, for the false alarms that staff accept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.alarms import AlarmPolicy, BadAlarmPolicyError, Peak, choose_threshold

peaks = st.lists(st.builds(Peak, st.floats(3, 12), st.booleans()), max_size=40)
budgets = st.floats(0.05, 10)


@given(peaks, st.floats(1, 200), budgets, budgets)
def test_a_greater_budget_never_asks_for_more(
    past: list[Peak], days: float, one: float, other: float
) -> None:
    little, much = sorted((one, other))
    strict, lax = (choose_threshold(past, days, budget) for budget in (little, much))
    assert lax.surprise <= strict.surprise + 1e-9


@given(peaks, st.floats(56, 200), budgets)
def test_the_past_would_have_stayed_within_the_budget(
    past: list[Peak], days: float, budget: float
) -> None:
    chosen = choose_threshold(past, days, budget)
    if chosen.peaks and chosen.surprise < 11.9:
        assert chosen.unconfirmed <= budget * (days / 7 + 4)


def test_without_a_word_of_staff_other_desks_numbers_hold() -> None:
    assert choose_threshold([], 0, 1.0).surprise == pytest.approx(6.0)
    silent = [Peak(9.0, confirmed=False)] * 30
    assert choose_threshold(silent, 30, 1.0) == choose_threshold([], 0, 1.0)
    assert choose_threshold([], 0, 0.1).surprise == pytest.approx(8.5)


def test_many_alarms_that_were_nothing_make_it_stricter_and_few_make_it_laxer() -> None:
    right = [Peak(8.0, confirmed=True)] * 3
    often = choose_threshold([*right, *[Peak(7.4, confirmed=False)] * 40], 60, 1.0)
    seldom = choose_threshold(right, 60, 1.0)
    assert seldom.surprise < 6.0 < 7.4 < often.surprise


def test_two_incidents_that_count_the_same_reports_are_one_alarm() -> None:
    right = Peak(9.0, confirmed=True, reports=frozenset("xyz"))
    twice = [Peak(7.0, confirmed=False, reports=frozenset(ids)) for ids in ("abcd", "abce")]
    assert choose_threshold([right, *twice], 28, 0.4).peaks == 2


@pytest.mark.parametrize(
    "told",
    [{}, {"budget": 1, "people": "many", "hours": 6}, {"budget": 0, "people": 4, "hours": 6},
     {"budget": 1, "people": 1, "hours": 6}, {"budget": 1, "people": 4, "hours": 100},
     {"budget": float("nan"), "people": 4, "hours": 6}],
)  # fmt: skip
def test_numbers_that_make_no_sense_are_refused(told: dict) -> None:
    with pytest.raises(BadAlarmPolicyError):
        AlarmPolicy.from_json(told)


def test_a_policy_is_stored_and_read_again() -> None:
    policy = AlarmPolicy(budget=0.5, people=5, hours=3)
    assert AlarmPolicy.from_json(policy.to_json()) == policy
