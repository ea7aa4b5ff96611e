"""Every text message in every language is one segment, and offers no word of the carriers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.dialogue import Button
from assistant.domain import load_domain
from assistant.follow_ups import buttons_of
from assistant.foreign_words import render_notice
from assistant.nlg import choose_variant, fill, render_sms
from assistant.wording import (
    helped_buttons,
    impact_buttons,
    rank_services,
    same_buttons,
    service_buttons,
    site_buttons,
)
from classifier.catalogue import Catalogue
from incidents.articles import MOST_SMS
from incidents.consent import KEYWORDS
from incidents.segments import count_segments, render_gsm
from incidents.text_words import FULLEST, TEXTS, render_words
from models.vocabulary import Channel

LONGEST = {
    "reference": "RPT-7K2F4Q-M",
    "last_report": "RPT-7K2F4Q-M",
    "others": "124 other people report the same; IT sees it as one problem.",
    "title": "Video meetings (Zoom): Rotterdam, London, Berlin and 3 more",
    "people": 1204,
    "since": "23 Nov, 09:00 UTC",
    "changed": "service Remote access (VPN) -> Video meetings (Zoom)",
    "workaround": "",
    "steps": "s" * MOST_SMS,
    "status": "RPT-7K2F4Q-M (Wi-Fi: Berlin): 124 people report it.",
}


def menus(language: str | None = None) -> dict[str, list[dict[str, str]]]:
    """The buttons that an action puts below a response."""
    return {
        "utter_filed_ask_impact": impact_buttons(language),
        "utter_ask_impact": impact_buttons(language),
        "utter_not_helped_ask_impact": impact_buttons(language),
        "utter_filed_article": helped_buttons(language, filed=True),
        "utter_ask_same": same_buttons(language),
    }


MENUS = menus()
WEB_ONLY = {"utter_ask_confirm", "utter_what_to_change"}
"""A report by text is filed without a summary to agree to (ADR 0005)."""
_KEYWORD = "|".join(sorted(KEYWORDS, key=len, reverse=True))
_TOLD = re.compile(rf"\b(?:{_KEYWORD})\b|[\"'\u201e\u201c](?i:{_KEYWORD})[\"'\u201c\u201d]")


def texts() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every text that may go out by SMS, with its language and name."""
    responses = load_domain().responses
    for language in ("en", *responses.languages):
        for name in responses.english:
            variants = responses.variants(name, language)
            own = [one for one in variants if one.get("channel") == "sms"]
            for variant in own or [choose_variant(variants, "sms")]:
                yield f"{language} {name}", variant


@pytest.mark.parametrize(("name", "variant"), list(texts()), ids=[name for name, _ in texts()])
def test_a_text_and_its_choices_are_one_segment_uncut(
    name: str, variant: Mapping[str, Any]
) -> None:
    language, response = name.split()
    titles = menus(language).get(response) or variant.get("buttons") or []
    buttons = [Button(str(b["title"]), str(b["payload"])) for b in titles]
    if response in WEB_ONLY:
        buttons = []
    words = fill(str(variant["text"]), LONGEST)
    sent = render_sms(words, buttons)
    assert render_gsm(words) in sent, f"{name}: {len(words)} signs are too many: {sent}"
    assert count_segments(sent) == 1, name
    for number, button in enumerate(buttons, 1):
        assert f"{number} {button.title}" in sent, (name, sent)


@pytest.mark.parametrize(("name", "variant"), list(texts()), ids=[name for name, _ in texts()])
def test_no_text_and_no_choice_asks_for_a_carriers_word(
    name: str, variant: Mapping[str, Any]
) -> None:
    assert _TOLD.search(str(variant["text"])) is None, name
    for button in variant.get("buttons") or ():
        assert str(button["title"]).upper().strip(" .!?") not in KEYWORDS, name


def test_no_choice_that_is_made_from_the_catalogue_is_a_carriers_word(catalogue: Catalogue) -> None:
    menus = [
        *MENUS.values(),
        site_buttons(catalogue),
        service_buttons(catalogue, rank_services(catalogue, (), {})),
    ]
    titles = {button["title"].upper() for menu in menus for button in menu}
    assert len(titles) > 10
    assert not titles & KEYWORDS


def test_a_carriers_word_would_be_found() -> None:
    for told in (
        'Reply "cancel" to drop it.',
        "Text STOP to end.",
        "Antworte mit \u201estopp\u201c.",
    ):
        assert _TOLD.search(told)
    assert _TOLD.search("The printer will stop; help is near.") is None


@pytest.mark.parametrize("language", sorted(TEXTS))
def test_our_own_notes_are_one_segment_at_their_fullest(language: str) -> None:
    assert set(TEXTS[language]) == set(TEXTS["en"])
    for name in TEXTS[language]:
        said = render_words(name, language, **FULLEST)
        assert count_segments(said) == 1, (name, len(said))
        assert said == render_gsm(said), name
        if name != "help":  # the law wants the way out named there
            assert _TOLD.search(said) is None, name
    choices = {TEXTS[language][name].upper() for name in ("same_yes", "same_no")}
    assert not choices & KEYWORDS


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("asked", ["impact", "service", "site"])
def test_the_second_question_fits_behind_the_thanks_for_the_first(
    language: str, asked: str
) -> None:
    responses = load_domain().responses
    words = " ".join(
        fill(str(choose_variant(responses.variants(name, language), "sms")["text"]), LONGEST)
        for name in ("utter_added", f"utter_ask_{asked}")
    )
    buttons = [Button(b["title"], b["payload"]) for b in buttons_of(asked, language)]
    sent = render_sms(words, buttons)
    assert render_gsm(words) in sent
    assert count_segments(sent) == 1


def test_which_languages_we_speak_is_one_text_uncut() -> None:
    words = render_notice(Channel.SMS)
    assert "English" in words
    assert "Deutsch" in words
    assert render_sms(words, ()) == render_gsm(words)
    assert count_segments(words) == 1


def test_a_language_that_we_do_not_speak_gets_english() -> None:
    assert render_words("same", "pt-BR", reference="RPT-1") == "Is this about RPT-1 too?"


def test_umlauts_stay_and_letters_that_the_alphabet_lacks_are_written_plainly() -> None:
    assert (
        render_gsm("Gr\u00fc\u00dfe aus Krak\u00f3w \u2013 \u201eja\u201c \U0001f600")
        == 'Gr\u00fc\u00dfe aus Krakow - "ja" '
    )


def test_a_text_in_other_letters_keeps_them_and_fits_one_shorter_segment() -> None:
    told = (
        "\u0417\u0430\u043f\u0438\u0441\u0430\u043d\u043e: "
        + "\u0441\u0435\u0442\u044c \u043d\u0435 \u0440\u0430\u0431\u043e\u0442\u0430\u0435\u0442 "
        * 6
    )
    sent = render_sms(told, [Button("\u044f", "/inform")])
    assert sent.startswith("\u0417\u0430\u043f\u0438\u0441\u0430\u043d\u043e")
    assert sent.endswith("1 \u044f")
    assert count_segments(sent) == 1


@given(st.text(max_size=600), st.lists(st.text(min_size=1, max_size=20), max_size=4))
def test_whatever_is_said_goes_out_as_one_segment(text: str, titles: list[str]) -> None:
    assert count_segments(render_sms(text, [Button(one, "/inform") for one in titles])) == 1
