"""Chains of alike reports: by nearness in meaning and in time, whatever group they are in."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from classifier.threads import Threads
from classifier.window import Item, PairFacts, Window

HOUR = 3_600.0


def chained(*reports: tuple[float, float]) -> Threads:
    """Of (hours, angle); the number is the key, and each is a group of its own."""
    window = Window("test", 2)
    threads = Threads(window)
    for number, (hours, angle) in enumerate(reports):
        vector = np.array([np.cos(angle), np.sin(angle)], dtype=np.float32)
        window.add(Item(number, f"g{number}", hours * HOUR, vector, PairFacts()))
        threads.add(number)
    return threads


def test_what_follows_closely_hangs_together_over_several_steps() -> None:
    threads = chained((0, 0.0), (1, 0.5), (2, 1.0), (2.1, 3.0))
    assert set(threads.thread_of(0)) == {0, 1, 2}
    assert threads.thread_of(3) == (3,)


def test_three_hours_and_a_minute_are_too_long() -> None:
    assert set(chained((0, 0.0), (3, 0.0)).thread_of(0)) == {0, 1}
    assert chained((0, 0.0), (3.02, 0.0)).thread_of(0) == (0,)


def test_a_report_hangs_on_its_nearest_only() -> None:
    threads = chained((0, 0.0), (0.1, 1.4), (0.2, 0.1))
    assert set(threads.thread_of(2)) == {0, 2}


def test_an_unknown_report_is_a_thread_of_its_own() -> None:
    assert chained().thread_of("nobody") == ("nobody",)


@given(st.lists(st.tuples(st.floats(0, 30), st.floats(0, 3)), max_size=25))
def test_every_report_is_in_exactly_one_thread(reports: list[tuple[float, float]]) -> None:
    told = sorted(reports)
    threads = chained(*told)
    for key in range(len(told)):
        members = threads.thread_of(key)
        assert key in members
        assert len(set(members)) == len(members)
        assert all(set(threads.thread_of(other)) == set(members) for other in members)


def test_what_the_window_forgot_is_forgotten() -> None:
    window = Window("test", 2)
    threads = Threads(window)
    vector = np.array([1.0, 0.0], dtype=np.float32)
    for number in range(4_100):
        window.add(Item(number, number, number * HOUR / 4, vector, PairFacts()))
        threads.add(number)
    assert 0 not in window.row_of
    assert threads.thread_of(0) == (0,)
    assert 2_000 < len(threads.thread_of(4_099)) < 4_000
