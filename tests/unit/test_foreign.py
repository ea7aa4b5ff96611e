"""A language that we do not speak is known for sure, and never where there is none."""

# ruff: noqa: RUF001 - the letters are people's own

from __future__ import annotations

import csv
import json

import pytest

from classifier.foreign import foreign_language
from tests.conftest import ROOT
from tests.journeys.scripts import read_scripts

DATA = ROOT / "training_data"
FOREIGN = {
    "fr": "Bonjour, je ne peux plus ouvrir ma messagerie depuis ce matin, elle reste bloquée.",
    "es": "La impresora del segundo piso no funciona y nadie puede imprimir",
    "pt": "Não consigo entrar no sistema desde hoje de manhã",
    "it": "Buongiorno, non riesco ad accedere alla posta da stamattina",
    "nl": "Ik kan sinds vanmorgen niet inloggen op mijn laptop, kunnen jullie helpen",
    "pl": "Dzień dobry, od rana nie działa mi poczta",
    "tr": "Merhaba, bu sabahtan beri internet yok, hiç kimse çalışamıyor",
    "cs": "Dobrý den, od rána mi nefunguje e-mail a nemůžu se přihlásit",
    "ro": "Bună ziua, nu pot să intru în sistem de azi dimineață",
    "hu": "Jó napot, reggel óta nem működik a levelezés, senki nem tud dolgozni",
    "sv": "Hej, jag kan inte logga in sedan i morse och det är bråttom",
    "uk": "Добрий день, з ранку не працює інтернет у нашому офісі",
    "ru": "Здравствуйте, с утра не работает почта",
    "ar": "مرحبا، لا أستطيع الدخول إلى البريد منذ الصباح",
    "el": "Δεν μπορώ να συνδεθώ στο σύστημα",
    "ja": "今朝からメールが開けません。",
    "zh": "从早上开始我无法登录系统",
    "hi": "सुबह से मेरा ईमेल काम नहीं कर रहा है",
}
NOT_FOREIGN = (
    "",
    "wifi",
    "Łukasz",
    "non funziona",
    "SAP VPN Teams Zoom 0x8004010F",
    "Moin, WLAN ist weg",
    "Señor Muñoz from Café Luís in São Paulo cannot print",
    "mail from Société Générale de la Défense bounced again, please check",
    "java.lang.NullPointerException\n  at com.halden.erp.Post.run(Post.java:88)",
    "2026-11-24T11:02:13Z ERROR nginx upstream prematurely closed connection /usr/lib/de/la/le.so",
    "Access denied (código 5): el dispositivo, seen on my laptop since the update this morning",
    "the error says «не найдено» and I can not open the file",
)


@pytest.mark.parametrize(("language", "text"), FOREIGN.items())
def test_a_plain_sentence_is_known(language: str, text: str) -> None:
    assert foreign_language(text) == language


@pytest.mark.parametrize("text", NOT_FOREIGN)
def test_what_is_short_mixed_or_technical_is_not_called_foreign(text: str) -> None:
    assert foreign_language(text) is None


def test_a_language_that_is_spoken_here_is_not_foreign() -> None:
    assert foreign_language(FOREIGN["fr"], spoken=("en", "de", "fr")) is None
    assert foreign_language(FOREIGN["uk"], spoken=("en", "uk")) is None


@pytest.mark.parametrize("name", ["messages.csv", "tickets.csv", "ten_days.jsonl", "stream.jsonl"])
def test_no_english_or_german_message_of_ours_is_called_foreign(name: str) -> None:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file) if name.endswith("csv") else map(json.loads, file))
    ours = [row for row in rows if row["language"] in {"en", "de"}]
    told = [row["text"] for row in ours]
    told += [text for row in ours for text in row.get("attachments") or ()]
    assert len(told) > 250
    assert [text for text in told if foreign_language(text)] == []


def test_nothing_that_is_said_in_the_scripted_conversations_is_called_foreign() -> None:
    said = [
        words
        for script in read_scripts()
        for words in (
            script.opening,
            *map(str, script.answers.values()),
            *(told for _, told in script.twists),
        )
    ]
    assert len(said) > 500
    assert [words for words in said if foreign_language(words)] == []
