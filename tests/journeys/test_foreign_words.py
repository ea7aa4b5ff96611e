"""People write in a language that we do not speak: one plain sentence, and a report."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models.report import Report, ReportText
from tests.conftest import House
from tests.journeys.talk import Talk, desk_of

NOTICE = "I can answer in English or German. I pass on your words as they are. / Ich kann auf"
POLITE = (
    "Bonjour, pouvez-vous nous aider ? Le wifi ne marche plus dans notre bureau à Berlin, merci"
)
FURIOUS = "OD RANA NIC NIE DZIAŁA!!! NIKT NIE MOŻE PRACOWAĆ, TO JEST SKANDAL"
TONES = pytest.mark.parametrize(("words", "language"), [(POLITE, "fr"), (FURIOUS, "pl")])


def filed(house: House, reference: str | None) -> tuple[Report, str]:
    with house.database.reading() as session:
        report = session.scalars(select(Report).where(Report.reference == reference)).one()
        return report, session.get_one(ReportText, report.id).text


@TONES
def test_by_chat_it_is_said_once_and_the_words_are_filed_as_they_are(
    house: House, words: str, language: str
) -> None:
    talk = Talk(desk_of(house))
    said = talk.say(words)
    assert said.startswith(NOTICE)
    while talk.heard[-1].card is None:
        assert "English or German" not in talk.say(words)
    talk.press("Send")
    report, text = filed(house, talk.report)
    assert report.language == language
    assert text.startswith(words)


@TONES
def test_by_text_it_is_a_message_of_its_own_beside_the_answer(
    house: House, words: str, language: str
) -> None:
    talk = Talk(desk_of(house), phone="+48500100200")
    talk.say(words)
    assert talk.answer is not None
    first, second = talk.answer.messages
    assert first.text.startswith("I answer in English or German")
    assert "Ich antworte auf Englisch oder Deutsch" in first.text
    assert str(talk.report) in second.text
    report, text = filed(house, talk.report)
    assert report.language == language
    assert text == words
    assert "English or German" not in talk.say(words)


def test_a_later_word_in_german_is_answered_in_german(house: House) -> None:
    talk = Talk(desk_of(house))
    talk.say(POLITE)
    said = talk.say("Bei mir und bei den Kollegen geht es auch nicht mehr")
    assert "English or German" not in said
    assert "Das werde ich senden" in said or "?" in said


def test_who_writes_english_or_german_never_hears_of_it(house: House) -> None:
    for words in ("Outlook is down for my whole team", "Bei uns geht das WLAN nicht mehr", "wifi"):
        talk = Talk(desk_of(house))
        assert "English or German" not in talk.say(words)


def test_another_trouble_told_in_french_after_a_report_is_a_report_of_its_own(
    house: House,
) -> None:
    talk = Talk(desk_of(house))
    talk.say("Outlook does not start, only for me")
    talk.press("Send")
    first = talk.report
    talk.say("Je ne peux plus imprimer depuis ce matin, rien ne sort de la machine du couloir")
    while talk.heard[-1].card is None:
        talk.say("je ne sais pas")
    talk.press("Send")
    assert talk.report != first
    assert filed(house, talk.report)[0].language == "fr"
