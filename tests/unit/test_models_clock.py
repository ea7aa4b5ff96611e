"""Moments are aware and in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base import UnitVector, UtcDateTime
from models.clock import require_aware, utc_now

NAIVE = datetime(2026, 11, 23, 12, 0)


def test_now_is_in_utc() -> None:
    assert utc_now().utcoffset() == timedelta(0)


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        require_aware(NAIVE)
    with pytest.raises(ValueError, match="naive"):
        UtcDateTime().process_bind_param(NAIVE, None)


@given(st.datetimes(), st.integers(-14 * 60, 14 * 60))
def test_a_moment_is_the_same_in_utc(moment: datetime, minutes: int) -> None:
    try:
        aware = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
        found = require_aware(aware)
    except OverflowError:
        return
    assert found == aware
    assert found.tzinfo is UTC


def test_what_a_database_returns_without_an_offset_is_utc() -> None:
    kind = UtcDateTime()
    assert kind.process_result_value(NAIVE, None) == NAIVE.replace(tzinfo=UTC)
    assert kind.process_result_value(None, None) is None
    berlin = NAIVE.replace(tzinfo=timezone(timedelta(hours=1)))
    assert kind.process_result_value(berlin, None) == berlin


@given(st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=16))
def test_a_vector_comes_back_as_it_was_stored(values: list[float]) -> None:
    import numpy as np

    kind = UnitVector()
    vector = np.array(values, dtype=np.float32)
    stored = kind.process_bind_param(vector, None)
    assert stored is not None
    assert len(stored) == 4 * len(values)
    assert kind.process_result_value(stored, None).tolist() == vector.tolist()
    assert kind.process_bind_param(None, None) is kind.process_result_value(None, None) is None
