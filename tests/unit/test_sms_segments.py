"""What a text costs, and which words are the carriers'."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.consent import KEYWORDS, parse_signal
from incidents.segments import count_segments, render_plain


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ž" * 70, 1),
        ("ž" * 71, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("Grüße aus dem Büro: ÄÖÜ ß à é", 1),
    ],
)
def test_a_text_is_counted_as_a_network_counts_it(text: str, segments: int) -> None:
    assert count_segments(text) == segments


def test_an_escaped_sign_is_never_torn_between_two_segments() -> None:
    assert count_segments("a" * 152 + "{" + "a" * 152) == 3
    assert count_segments("a" * 152 + "aa" + "a" * 152) == 2


def test_typographic_signs_do_not_turn_a_text_into_a_dearer_one() -> None:
    told = "Berlin\u2019s Wi\u2011Fi \u2013 \u201cdown\u201d since 9\u2026\u00a0Reply 1"
    assert count_segments("x" * 100 + told) > 1
    plain = render_plain("x" * 100 + told)
    assert count_segments(plain) == 1
    assert plain.endswith('Berlin\'s Wi-Fi - "down" since 9... Reply 1')


@given(st.text(max_size=400))
def test_plain_words_never_cost_more_than_the_typographic_ones(text: str) -> None:
    grown = render_plain(text)
    if len(grown) <= len(text):
        assert count_segments(grown) <= count_segments(text)


@pytest.mark.parametrize("word", ["STOP", " stop ", "Stop.", "unsubscribe", "QUIT!", "cancel"])
def test_a_carriers_word_for_no_more_is_heard_in_any_case(word: str) -> None:
    signal = parse_signal(word)
    assert signal is not None
    assert signal.wanted is False


@pytest.mark.parametrize("word", sorted(KEYWORDS))
@pytest.mark.parametrize("said", ["{}", " {}! ", '"{}"', "{}.\n"])
def test_every_carriers_word_is_heard_alone_and_however_it_is_written(word: str, said: str) -> None:
    for cased in (word, word.lower(), word.title()):
        assert parse_signal(said.format(cased)) is not None
        assert parse_signal(said.format(f"{cased} the alarm in berlin")) is None


@pytest.mark.parametrize("word", ["ja", "YES", "Anmelden"])
def test_what_may_be_an_ordinary_word_lifts_a_stop_and_is_one_otherwise(word: str) -> None:
    signal = parse_signal(word)
    assert signal is not None
    assert (signal.wanted, signal.always_silent) == (True, False)


@pytest.mark.parametrize("text", ["stop the alarm", "the printers stop", "yes please", "1", ""])
def test_a_carriers_word_inside_a_sentence_is_an_ordinary_message(text: str) -> None:
    assert parse_signal(text) is None


def test_the_networks_own_reading_counts_before_the_words() -> None:
    heard = parse_signal("halt", network_says="STOP")
    assert heard is not None
    assert heard.wanted is False
    helped = parse_signal("hilfe", network_says="HELP")
    assert helped is not None
    assert helped.wanted is None
