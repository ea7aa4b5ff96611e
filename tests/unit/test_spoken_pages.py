"""Pages for everybody come in the reader's language, and no language lacks one."""

from __future__ import annotations

import re

import pytest

from api.pages import TEMPLATES, choose_language, spoken_pages

PAGES = ("landing.html", "help.html")
LANGUAGES = tuple(one for one in spoken_pages() if one != "en")
_TAGS = re.compile(r"\{[{%].*?[%}]\}|href=\"[^\"]*\"|</?(?:h\d|li|ul|ol|p|section)\b", re.DOTALL)


def source(name: str) -> str:
    loader = TEMPLATES.env.loader
    assert loader is not None
    return loader.get_source(TEMPLATES.env, name)[0]


def test_german_is_spoken() -> None:
    assert "de" in LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_a_translated_page_has_every_part_link_and_condition_of_the_english_one(
    page: str, language: str
) -> None:
    assert _TAGS.findall(source(f"{language}/{page}")) == _TAGS.findall(source(page))


@pytest.mark.parametrize("language", spoken_pages())
def test_the_words_around_a_page_are_there_in_its_language(language: str) -> None:
    words = TEMPLATES.env.get_template("parts/words.html").module.words
    assert words[language].keys() == words["en"].keys()
    assert all(words[language].values())


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-CH, de;q=0.9, en;q=0.5", "de"),
        ("en-GB,en;q=0.9,de;q=0.8", "en"),
        ("fr, de;q=0.4", "de"),
        ("fr", "en"),
        ("de;q=0", "en"),
        ("de;q=nonsense", "en"),
        (";;;,,,q=;de", "en"),
        ("DE" + ",x" * 9000, "de"),
    ],
)
def test_the_browsers_best_language_that_we_speak_is_chosen(wanted: str, chosen: str) -> None:
    assert choose_language(wanted, ("en", "de")) == chosen
