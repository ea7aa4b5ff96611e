"""Quiet hours are those of the person's clock."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest

from incidents.text_policy import QuietHours, parse_quiet_hours

NIGHT = QuietHours(time(22), time(7), "Europe/Berlin")


@pytest.mark.parametrize(
    ("now", "zone", "until"),
    [
        ("2026-11-23T12:00Z", None, None),
        ("2026-11-23T21:00Z", None, "2026-11-24T06:00Z"),  # 22:00 in Berlin
        ("2026-11-23T20:59Z", None, None),
        ("2026-11-24T05:59Z", None, "2026-11-24T06:00Z"),
        ("2026-11-24T06:00Z", None, None),
        ("2026-11-23T21:00Z", "America/New_York", None),
        ("2026-11-23T12:00Z", "Asia/Tokyo", None),
        ("2026-11-23T13:00Z", "Asia/Tokyo", "2026-11-23T22:00Z"),
        ("2026-03-28T22:00Z", None, "2026-03-29T05:00Z"),  # the clocks go forward that night
    ],
)
def test_quiet_reigns_by_the_clock_of_the_place(
    now: str, zone: str | None, until: str | None
) -> None:
    found = NIGHT.until(datetime.fromisoformat(now), zone)
    assert found == (None if until is None else datetime.fromisoformat(until))


def test_quiet_hours_may_lie_within_one_day() -> None:
    noon = QuietHours(time(12), time(14))
    assert noon.until(datetime(2026, 11, 23, 13, tzinfo=UTC), None) is not None
    assert noon.until(datetime(2026, 11, 23, 14, tzinfo=UTC), None) is None


def test_quiet_hours_are_read_as_they_are_documented() -> None:
    assert parse_quiet_hours("22:00-07:00 Europe/Berlin") == NIGHT
    assert parse_quiet_hours(" off ") is None


@pytest.mark.parametrize(
    "words", ["", "22-7", "25:00-07:00", "22:00-07:00 Mars/Base", "07:00-07:00", "22:00-07:00 /etc"]
)
def test_what_are_no_quiet_hours_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match=r"write|time zone"):
        parse_quiet_hours(words)
