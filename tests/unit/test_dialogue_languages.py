"""Texts in another language lie over the English ones, whole or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assistant.domain import BadDialogueError, Domain, load_domain
from assistant.engine import render_utterance

GOOD = Path(__file__).parents[1] / "parity" / "variety"
GERMAN = {
    "Which size?": "Welche Größe?",
    "Small": "Klein",
    "Large {level}": "Groß {level}",
    "Glad to hear it.": "Das freut mich.",
    "How many large ones more?": "Wie viele große noch?",
    "Size? 1 small 2 large": "Größe? 1 klein 2 groß",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "dialogue"
    shutil.copytree(GOOD, made, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    text = (GOOD / "responses.yml").read_text()
    for english, german in GERMAN.items():
        assert english in text
        text = text.replace(english, german)
    (made / "responses.de.yml").write_text(text)
    return made


def said(domain: Domain, name: str, channel: str = "web", **slots: object) -> str:
    found = render_utterance(domain, {"response": name}, slots, channel)
    assert found is not None
    return " | ".join([found.text, *(button.title for button in found.buttons)])


def test_a_response_is_said_in_the_language_of_the_conversation(folder: Path) -> None:
    domain = load_domain(folder)
    assert said(domain, "utter_glad", language="de") == "Das freut mich."
    assert said(domain, "utter_glad", language="de-AT") == "Das freut mich."
    assert said(domain, "utter_glad", language="en") == "Glad to hear it."
    assert said(domain, "utter_glad") == "Glad to hear it."


def test_a_language_that_nobody_wrote_is_english(folder: Path) -> None:
    assert said(load_domain(folder), "utter_glad", language="pt") == "Glad to hear it."


def test_buttons_and_variants_speak_the_language_and_payloads_stay(folder: Path) -> None:
    domain = load_domain(folder)
    asked = "utter_ask_order_form_size"
    assert said(domain, asked, language="de", level=2) == "Welche Größe? | Klein | Groß 2"
    assert said(domain, asked, "sms", language="de") == "Größe? 1 klein 2 groß"
    assert said(domain, "utter_ask_second", language="de", size="large").startswith(
        "Wie viele große"
    )
    spoken = render_utterance(domain, {"response": asked}, {"language": "de"}, "web")
    assert spoken is not None
    assert [button.payload for button in spoken.buttons] == [
        '/inform{"size": "small"}',
        '/inform{"size": "large"}',
    ]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('  utter_glad:\n  - text: "Das freut mich."\n', "", "'utter_glad' is missing"),
        ("utter_glad:", 'utter_more:\n  - text: "x"\n  utter_glad:', "'utter_more' is no response"),
        ('  - text: "Größe? 1 klein 2 groß"\n    channel: sms\n', "", "misses the variant for sms"),
        ("channel: sms", "channel: mail", "does not have"),
        ('    - {title: "Klein", payload: \'/inform{{"size": "small"}}\'}\n', "", "same buttons"),
        ('{{"size": "small"}}', '{{"size": "large"}}', "same buttons"),
        ("Paid by {card}.", "Bezahlt.", "placeholders ['card']"),
        ("Paid by {card}.", "Bezahlt mit {card}, {name}.", "placeholders ['card']"),
        ("Groß {level}", "Groß", "placeholders ['level']"),
        ("Das freut mich.", "Das { freut mich.", "brace"),
        ("value: LARGE", "value: small", "does not have"),
    ],
)
def test_a_language_may_neither_miss_nor_invent_anything(
    folder: Path, old: str, new: str, says: str
) -> None:
    path = folder / "responses.de.yml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(BadDialogueError, match=r"responses\.de\.yml:\d+: ") as refused:
        load_domain(folder)
    assert says in str(refused.value)


def test_a_file_of_no_language_is_refused_with_its_name(folder: Path) -> None:
    (folder / "responses.de.yml").rename(folder / "responses.german.yml")
    with pytest.raises(BadDialogueError, match=r"responses\.german\.yml:1: .*responses\.de\.yml"):
        load_domain(folder)
