"""How many people a text counts, and how far a disturbance reaches by its words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.people import count_alone, count_answer, find_counts
from classifier.scope import read_scope


def counted(text: str) -> int | None:
    return max((one.people for one in find_counts(text) if not one.guessed), default=None)


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("five of us stand here", 5),
        ("about 40 of us", 40),
        ("my whole team of 9", 9),
        ("a team of 9 hours", None),
        ("all fourteen agents of my team were logged out", 14),
        ("twenty six people look at an empty screen", 26),
        ("that's about two dozen of us", 24),
        ("me and three of my people", 4),
        ("Craig and I get the banner", 2),
        ("zwei andere Kollegen haben es auch", 3),
        ("Das betrifft uns drei im Versand", 3),
        ("wir sind zu siebt", 7),
        ("neun Kolleginnen", 9),
        ("bei mir und der Kollegin Thiele", 2),
        ("I waited for five hours", None),
        ("the page says five hundred", None),
        ("it stopped at 9", None),
        ("me and my laptop", None),
    ],
)
def test_people_are_counted_in_numbers_and_words(text: str, people: int | None) -> None:
    assert counted(text) == people


@pytest.mark.parametrize(
    ("text", "people"),
    [("the nine in the room", 9), ("nine, I think", 9), ("not till nine", None), ("gate 3", None)],
)
def test_a_bare_number_answers_how_many(text: str, people: int | None) -> None:
    assert count_answer(text) == people


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("12", 12),
        ("about 40", 40),
        ("300!!", 300),
        ("10+", 10),
        ("we are seven", 7),
        ("error 4711", None),
        ("48213", None),
        ("see ticket 482 please", None),
        ("dock door 12 in Berlin", None),
        ("the 3 scanners", None),
        ("1", None),
    ],
)
def test_a_number_answers_by_itself_only_where_it_is_all_that_is_said(
    text: str, people: int | None
) -> None:
    assert count_alone(text) == people


@pytest.mark.parametrize(
    ("text", "people", "scope"),
    [
        ("just me", None, "3"),
        ("only for me", None, "3"),
        ("nur ich", None, "3"),
        ("my whole team", None, "2"),
        ("about 40 of us", 40, "1"),
        ("12 people", 12, "2"),
        ("the whole office", None, "1"),
        ("nobody here can log in", None, "1"),
        ("every single customer gets an error", None, "1"),
        ("the printer jams", None, None),
        ("is it just me or is the mail down", None, None),
        ("everybody hates me", None, None),
        ("customers do not stop complaining", None, None),
        ("forget about it being only me, the whole team has it", None, "2"),
        ("never mind just me", None, "3"),
        ("no longer just me", None, None),
        ("ach ne, es ist der ganze Stock", None, "1"),
        ("In Outlook fehlen alle Termine", None, None),
    ],
)
def test_how_far_it_reaches_is_read_from_what_cannot_mean_anything_else(
    text: str, people: int | None, scope: str | None
) -> None:
    assert read_scope(text, people) == scope


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("only the cabin", "3"),
        ("me, myself and I", "3"),
        ("nobody else, I asked around", "3"),
        ("Nur er. Die Kollegen um ihn herum surfen munter.", "3"),
        ("customers too", "1"),
        ("the whole early shift", "2"),
        ("bei allen", "1"),
        ("no idea", None),
    ],
)
def test_an_answer_to_who_is_affected_may_be_short(text: str, scope: str | None) -> None:
    assert read_scope(text, None, answering=True) == scope


@given(st.text(max_size=400))
def test_any_text_is_read(text: str) -> None:
    assert read_scope(text, None) in {None, "1", "2", "3"}
    assert all(text[one.start : one.end] for one in find_counts(text))
    assert count_answer(text) is None or count_answer(text) > 1


@pytest.mark.parametrize("unit", ["1 ", "two ", "me and ", "the whole ", "only my "])
def test_a_very_long_message_is_read_at_once(unit: str) -> None:
    """Looking at all that stands before each number would not end before the tests' timeout."""
    long = unit * (100_000 // len(unit))
    assert count_answer(f"{long} till 9") is None or "two" in unit
    assert read_scope(long, None, answering=True) in {None, "1", "2", "3"}
