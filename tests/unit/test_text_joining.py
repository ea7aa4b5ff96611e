"""Which texts of one number are one message: cut ones, parts, and never out of order."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.text_joining import GAP, WaitingText, choose_message, is_cut
from incidents.text_policy import TextPolicy
from models.ids import TextId, new_id
from tests.fakes import NOON

POLICY = TextPolicy()
CUT = "the wifi on floor 3 is gone and"


def text(words: str, after: float = 0.0, **more: object) -> WaitingText:
    return WaitingText(
        TextId(new_id()),
        words,
        NOON + timedelta(seconds=after),
        **more,  # type: ignore[arg-type]
    )


def part(words: str, number: int, of: int, after: float = 0.0) -> WaitingText:
    return text(words, after, series="+49:7", part=number, parts=of)


@pytest.mark.parametrize(
    "words",
    [CUT, "in berlin,", "the vpn says...", "kein wlan in der", "x" * 160, "x" * 153, "\u0436" * 70],
)
def test_a_text_that_stops_inside_a_sentence_is_cut(words: str) -> None:
    assert is_cut(words)


@pytest.mark.parametrize("words", ["wifi is down", "Outlook crashes.", "2", "", "x" * 159, "???"])
def test_a_whole_text_is_heard_at_once(words: str) -> None:
    assert not is_cut(words)
    found = choose_message([text(words)], POLICY, NOON)
    assert found.text == words
    assert found.wait_until is None


def test_a_cut_text_waits_a_moment_for_its_rest_and_no_longer() -> None:
    first = text(CUT)
    waiting = choose_message([first], POLICY, NOON + timedelta(seconds=1))
    assert waiting.texts == ()
    assert waiting.wait_until == NOON + timedelta(seconds=1.5)
    assert choose_message([first], POLICY, NOON + timedelta(seconds=1.5)).texts == (first.id,)


def test_a_cut_text_and_what_follows_at_once_are_one_message() -> None:
    first, second, third = text(CUT), text("the printer too", 1.2), text("2", 1.4)
    found = choose_message([first, second, third], POLICY, NOON + timedelta(seconds=1.4))
    assert found.texts == (first.id, second.id)
    assert found.text == f"{CUT} the printer too"


def test_what_follows_later_is_a_message_of_its_own() -> None:
    first, second = text(CUT), text("the printer too", 1.6)
    found = choose_message([first, second], POLICY, NOON + timedelta(seconds=2))
    assert found.texts == (first.id,)


def test_a_word_torn_at_the_brim_is_put_together_again() -> None:
    first, second = text("a" * 150 + " broken pri"), text("nter", 0.5)
    assert len(first.text) != 160
    first = text("a" * 149 + " broken pri")
    assert len(first.text) == 160
    found = choose_message([first, second], POLICY, NOON + timedelta(seconds=3))
    assert found.text.endswith("broken printer")


def test_parts_are_joined_in_their_order_when_all_are_there() -> None:
    third, first, second = part("three", 3, 3), part("one ", 1, 3, 2), part("two ", 2, 3, 4)
    some = choose_message([third, first], POLICY, NOON + timedelta(seconds=4))
    assert some.texts == ()
    assert some.wait_until == NOON + timedelta(seconds=30)
    found = choose_message([third, first, second], POLICY, NOON + timedelta(seconds=4))
    assert found.text == "one two three"
    assert found.texts == (first.id, second.id, third.id)


def test_a_part_that_never_comes_is_a_visible_gap() -> None:
    found = choose_message([part("one", 1, 3), part("three", 3, 3)], POLICY, NOON + timedelta(30))
    assert found.text == f"one {GAP} three"


def test_a_part_that_came_twice_is_said_once() -> None:
    first, again, second = part("one ", 1, 2), part("one ", 1, 2, 1), part("two", 2, 2, 2)
    found = choose_message([first, again, second], POLICY, NOON + timedelta(seconds=3))
    assert found.text == "one two"
    assert set(found.texts) == {first.id, again.id, second.id}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["wifi down", CUT, "x" * 160, "2"]),
            st.floats(0, 4),
            st.sampled_from([None, (1, 2), (2, 2), (3, 3)]),
        ),
        max_size=12,
    )
)
def test_every_text_is_heard_once_in_time_and_the_first_is_never_overtaken(
    came: list[tuple[str, float, tuple[int, int] | None]],
) -> None:
    after, waiting = 0.0, []
    for words, gap, piece in came:
        after += gap
        waiting.append(text(words, after) if piece is None else part(words, *piece, after))
    now, heard = NOON + timedelta(seconds=after), []
    while waiting:
        found = choose_message(waiting, POLICY, now)
        if found.wait_until is not None:
            assert found.wait_until > now
            now = found.wait_until
            continue
        assert waiting[0].id in found.texts
        heard.extend(found.texts)
        waiting = [one for one in waiting if one.id not in found.texts]
    assert len(heard) == len(set(heard)) == len(came)
    assert now <= NOON + timedelta(seconds=after) + POLICY.part_patience
