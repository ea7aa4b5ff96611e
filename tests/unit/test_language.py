"""Which language a message is in, and that people are answered in it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from assistant.domain_parts import BadDialogueError
from assistant.phrases import ENGLISH, load_phrases, say, spoken_languages
from classifier.language import detect_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("the wifi on the third floor is gone", "en"),
        ("Outlook geht bei mir nicht mehr", "de"),
        ("Der Drucker im zweiten Stock druckt nur leere Seiten", "de"),
        ("não consigo entrar no sistema desde hoje", "pt"),
        ("no puedo entrar en el sistema desde ayer", "es"),
        ("je ne peux pas ouvrir la page depuis ce matin", "fr"),
        ("de printer op de gang doet het niet meer", "nl"),
        ("der beamer im raum 4 in berlin spinnt", "de"),
        ("drucker geht net", "de"),
        ("Hallo, Monitor bleibt schwarz", "de"),
        ("wifi", None),
        ("ok", None),
        ("", None),
        ("SAP VPN Teams Zoom 0x8004010F", None),
    ],
)
def test_a_language_is_known_by_its_commonest_words(text: str, language: str | None) -> None:
    assert detect_language(text) == language


def test_german_is_spoken_beside_english() -> None:
    assert spoken_languages() == {"en", "de"}
    assert say("Send", "de") == "Senden"
    assert say("Send", "de-AT") == "Senden"
    assert say("Send", "pt") == say("Send", None) == "Send"
    assert say("about {people} people", "de", people=7) == "etwa 7 Personen"


def test_what_nobody_says_cannot_be_said() -> None:
    with pytest.raises(KeyError):
        say("Sent", "en")


def write(folder: Path, told: dict[str, str]) -> Path:
    path = folder / "phrases.xx.yml"
    path.write_text(yaml.safe_dump({"phrases": told}), encoding="utf-8")
    return folder


def test_a_file_of_phrases_may_neither_miss_nor_invent_anything(tmp_path: Path) -> None:
    whole = dict(zip(sorted(ENGLISH), sorted(ENGLISH), strict=True))
    assert set(load_phrases(_in(tmp_path, "a", whole)))
    with pytest.raises(BadDialogueError, match="misses 'Send'"):
        load_phrases(_in(tmp_path, "b", {k: v for k, v in whole.items() if k != "Send"}))
    with pytest.raises(BadDialogueError, match="nobody says"):
        load_phrases(_in(tmp_path, "c", whole | {"Hurry up": "Los"}))
    with pytest.raises(BadDialogueError, match="placeholders"):
        load_phrases(_in(tmp_path, "d", whole | {"about {people} people": "viele"}))


def _in(folder: Path, name: str, told: dict[str, str]) -> Path:
    (folder / name).mkdir()
    return write(folder / name, told)


def test_buttons_and_labels_stay_short_enough_to_read_at_a_glance() -> None:
    german = load_phrases(Path(__file__).parents[2] / "assistant")["de"]
    for phrase in ("Send", "Change something", "Cancel", "Just me", "Several of us"):
        assert len(german[phrase]) <= 30
