"""When a delivery is tried again."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from incidents.policies import PERMANENT_REFUSALS, ForwardingPolicy

POLICY = ForwardingPolicy()


def test_the_first_waits_are_as_designed() -> None:
    seconds = [POLICY.wait(n).total_seconds() for n in range(1, 10)]
    assert seconds == [1, 2, 4, 8, 15, 30, 60, 120, 240]


@given(st.integers(0, 10**6))
def test_a_wait_is_never_shorter_than_the_one_before_nor_longer_than_an_hour(n: int) -> None:
    assert timedelta(0) < POLICY.wait(n) <= POLICY.wait(n + 1) <= timedelta(hours=1)


def test_a_lease_outlives_one_request() -> None:
    assert POLICY.lease > 2 * POLICY.timeout


def test_what_more_tries_may_change_is_not_permanent() -> None:
    assert not {408, 409, 425, 429, 500, 502, 503, 504} & set(PERMANENT_REFUSALS)
