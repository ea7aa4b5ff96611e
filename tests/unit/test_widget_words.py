"""The widget's words: every language says all of it, with the same places, and short enough."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from assistant.phrases import spoken_languages
from tests.conftest import ROOT

CHAT = ROOT / "web" / "static" / "chat"
FILES = sorted((CHAT / "words").glob("*.js"))
SOURCES = "".join(
    path.read_text(encoding="utf-8") for path in (ROOT / "web/static/chat.js", *CHAT.glob("*.js"))
)


def words(path: Path) -> dict[str, str]:
    _, _, told = path.read_text(encoding="utf-8").partition("export default ")
    found: dict[str, str] = json.loads(told.strip().removesuffix(";"))
    return found


ENGLISH = words(CHAT / "words" / "en.js")


def places(text: str) -> set[str]:
    return set(re.findall(r"\{([a-z]+)\}", text))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_language_misses_and_invents_nothing(path: Path) -> None:
    told = words(path)
    assert told.keys() == ENGLISH.keys()
    assert all(text.strip() for text in told.values())
    for name, text in told.items():
        if name.startswith("why_"):  # a language may say it in its own words
            assert places(text) <= places(ENGLISH[name]), name
        else:
            assert places(text) == places(ENGLISH[name]), name


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_words_on_controls_fit_a_phone(path: Path) -> None:
    told = words(path)
    most = {"send": 10, "again": 16, "title": 24, "placeholder": 32, "sent": 12, "read": 12}
    assert {name: told[name] for name, longest in most.items() if len(told[name]) > longest} == {}


def test_the_widget_speaks_what_the_assistant_speaks() -> None:
    assert {path.stem for path in FILES} == spoken_languages()
    for path in FILES:
        assert f'from "./words/{path.name}"' in SOURCES


def test_every_word_is_used_and_every_used_word_is_there() -> None:
    asked = set(re.findall(r'say\("([a-z_.]+)"', SOURCES))
    assert asked <= ENGLISH.keys()
    states = {"sending", "sent", "read", "waiting", "failed"}
    status = {"status_waiting", "status_held", "status_thinking", "status_typing"}
    whys = {name for name in ENGLISH if name.startswith("why_")}
    assert ENGLISH.keys() == asked | states | status | whys
