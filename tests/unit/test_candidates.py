"""When enough different people told of it, within the time of the rule."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.candidates import CandidateRule, Voice, choose_proposal
from tests.fakes import NOON

RULE = CandidateRule()


def voice(reporter: str, minutes: float, weight: float = 1.0) -> Voice:
    return Voice(reporter, weight, NOON + timedelta(minutes=minutes))


VOICES = st.lists(
    st.builds(
        voice,
        st.sampled_from("abcdef"),
        st.integers(0, 900),
        st.sampled_from([0.5, 1.0]),
    ),
    max_size=12,
)


def test_four_people_within_six_hours_are_a_candidate() -> None:
    found = choose_proposal([voice(name, 60 * n) for n, name in enumerate("abcd")], RULE)
    assert found is not None
    assert (found.people, found.hours, found.minutes) == (4, 6, 180)
    assert found.sentence == (
        "4 different people reported it within 180 minutes (the rule: 4 people in 6 hours)."
    )


def test_people_who_speak_at_once_do_so_within_a_minute() -> None:
    found = choose_proposal([voice(name, 0.3 * n) for n, name in enumerate("abcd")], RULE)
    assert found is not None
    assert "reported it within a minute (" in found.sentence


def test_exactly_six_hours_count_and_a_minute_more_does_not() -> None:
    first = [voice("a", 0), voice("b", 1), voice("c", 2)]
    assert choose_proposal([*first, voice("d", 360)], RULE) is not None
    assert choose_proposal([*first, voice("d", 361)], RULE) is None


def test_one_person_counts_once_with_their_greatest_weight() -> None:
    assert choose_proposal([voice("a", n) for n in range(9)], RULE) is None
    unverified = [voice(name, 0, 0.5) for name in "abc"]
    assert choose_proposal([*unverified, voice("d", 1)], RULE) is None
    assert choose_proposal([*unverified, *(voice(name, 2) for name in "abcd")], RULE) is not None


def test_nobody_is_no_candidate() -> None:
    assert choose_proposal([], RULE) is None


@pytest.mark.parametrize(("text", "people", "hours"), [("4/6", 4, 6), ("2.5/0.5", 2.5, 0.5)])
def test_a_rule_is_written_as_people_and_hours(text: str, people: float, hours: float) -> None:
    assert CandidateRule.parse(text) == CandidateRule(people, timedelta(hours=hours))


@given(VOICES, st.randoms(use_true_random=False))
def test_the_order_in_which_voices_are_given_does_not_matter(voices: list[Voice], chance) -> None:
    shuffled = list(voices)
    chance.shuffle(shuffled)
    one, other = choose_proposal(voices, RULE), choose_proposal(shuffled, RULE)
    assert (one is None) == (other is None)


@given(VOICES, VOICES)
def test_more_voices_never_take_a_candidate_away(voices: list[Voice], more: list[Voice]) -> None:
    if choose_proposal(voices, RULE) is not None:
        assert choose_proposal([*voices, *more], RULE) is not None


@given(VOICES)
def test_a_candidate_is_as_the_rule_says_counted_by_hand(voices: list[Voice]) -> None:
    def weight_up_to(newest: Voice) -> float:
        within = [v for v in voices if timedelta(0) <= newest.at - v.at <= RULE.window]
        people = {v.reporter for v in within}
        return sum(max(v.weight for v in within if v.reporter == who) for who in people)

    by_hand = any(weight_up_to(newest) >= RULE.people for newest in voices)
    assert (choose_proposal(voices, RULE) is not None) == by_hand
