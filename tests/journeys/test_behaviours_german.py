"""The same people in German: every sentence of ours is German too, and the record is the same."""

from __future__ import annotations

from models.vocabulary import Audience
from tests.conftest import House
from tests.journeys.behaviours import EVERY_WAY, ON_THE_WEB, Lines, Teller, Way

PRINTER: Lines = {
    "polite": "Guten Morgen, der Drucker in Berlin druckt nicht mehr, nur bei mir",
    "furious": "DIESER SCHEISS DRUCKER IN BERLIN GEHT NICHT, NUR BEI MIR",
}


@EVERY_WAY
def test_a_correction_is_said_aloud_in_german(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(
        {
            "polite": "Guten Tag, Teams startet nicht mehr, es ist nur bei mir",
            "furious": "TEAMS STARTET NICHT MEHR, NUR BEI MIR, WAS SOLL DAS",
        }
    )
    said = one.say(
        {
            "polite": "Entschuldigung, ich meinte nicht Teams, sondern Outlook",
            "furious": "NICHT TEAMS SONDERN OUTLOOK",
        }
    )
    assert "otiert: Dienst" in said or "vermerkt: Dienst" in said
    assert "Email" in said
    _send(one)
    assert (one.only().service, one.only().impact) == ("email", 3)


@EVERY_WAY
def test_how_it_stands_and_a_word_later_are_understood_in_german(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(PRINTER)
    _send(one)
    said = one.say(
        {"polite": "Wie ist der Stand bei meiner Meldung?", "furious": "WIE IST DER STAND??"}
    )
    assert said == f"{one.only().reference} (Office printing: Berlin): Die IT hat es."
    words: Lines = {
        "polite": "Es ist leider schlimmer geworden, jetzt betrifft es die ganze Etage",
        "furious": "ALLES NOCH SCHLIMMER, JETZT DIE GANZE ETAGE",
    }
    said = one.say(words)
    assert "nicht gelöst" in said
    assert one.only().later == (("worse", way.of(words)),)
    assert one.only().impact == 1


@EVERY_WAY
def test_a_report_is_taken_back_in_german(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(PRINTER)
    _send(one)
    said = one.say(
        {
            "polite": "Bitte vergessen Sie es, es lag an mir",
            "furious": "VERGESSEN SIE ES, ICH MACHE ES SELBST",
        }
    )
    assert "zurück" in said
    assert one.only().later[-1][0] == "withdrawn"


@EVERY_WAY
def test_a_german_report_for_a_colleague_says_for_whom(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(
        {
            "polite": "Ich melde das für meine Kollegin Anna in Berlin, sie kommt nicht in ihr "
            "Outlook",
            "furious": "MEINE KOLLEGIN ANNA IN BERLIN KOMMT NICHT IN IHR OUTLOOK, UND KEINEN "
            "KÜMMERT DAS",
        }
    )
    if not way.by_text:
        assert one.talk.card["behalf"] == "Anna"
        assert one.talk.card["impact"] == "Eine Person"
    _send(one)
    kept = one.only()
    assert (kept.behalf, kept.service, kept.site, kept.impact) == ("Anna", "email", "berlin", 3)


@EVERY_WAY
def test_a_german_attack_is_seen_by_few_and_its_reporter_is_warned(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(
        {
            "polite": "Ich habe eine verdächtige Mail bekommen, die nach meinem Passwort fragt",
            "furious": "SCHON WIEDER SO EINE BETRUGSMAIL IM POSTFACH, TUT DOCH ENDLICH WAS",
        }
    )
    _send(one)
    assert "Bitte klicken Sie darin nichts an und antworten Sie nicht." in one.talk.heard[-1].text
    assert one.only().audience is Audience.RESTRICTED


@ON_THE_WEB
def test_what_was_dropped_is_reported_after_all_in_german(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(PRINTER)
    one.talk.press("Verwerfen")
    one.say({"polite": "Doch melden, bitte", "furious": "DOCH MELDEN!"})
    _send(one)
    assert one.only().text == way.of(PRINTER)


def _send(one: Teller) -> None:
    for _ in range(4):
        if one.asked is None:
            return
        if one.asked == "confirm":
            one.talk.press("Senden")
        else:
            one.say("weiß nicht")
    raise AssertionError(one.talk.heard[-1].text)
