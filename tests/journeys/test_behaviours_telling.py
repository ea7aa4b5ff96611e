"""How people tell of a trouble: all at once, a bit at a time, wrongly first, not at all."""

from __future__ import annotations

from typing import Final

import pytest

from tests.conftest import House
from tests.journeys.behaviours import EVERY_WAY, ON_THE_WEB, Lines, Teller, Way
from tests.journeys.projection import check_everything, check_records
from tests.journeys.talk import count_reports

LOG: Final = """2026-11-25 08:58:01 INFO  session opened for user bob
2026-11-25 08:58:07 ERROR [pool-3] c.a.Stock - Allocation ledger rejected batch 88123: quorum lost
java.sql.SQLException: ORA-12170: TNS:Connect timeout occurred
\tat com.acme.Stock.allocate(Stock.java:210)
\tat com.acme.Main.run(Main.java:17)"""


@EVERY_WAY
def test_who_says_all_in_one_sentence_is_asked_nothing(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(
        {
            "polite web": "Good morning, Outlook has been down for my whole team of 9 in Berlin "
            "since about 8:30, could somebody please have a look?",
            "furious web": "OUTLOOK IS DEAD AGAIN FOR ALL 9 OF US IN BERLIN SINCE 8:30, FIX IT",
            "polite sms": "Good morning, Outlook is down for all nine of us in Berlin since 8:30, "
            "thank you",
            "furious sms": "OUTLOOK DEAD 4 ALL 9 OF US BERLIN SINCE 830 FFS",
        }
    )
    assert one.asked == (None if way.by_text else "confirm")
    said = one.finish() or one.talk.heard[-1].text
    kept = one.only()
    assert kept.reference in said
    assert (kept.service, kept.site, kept.people) == ("email", "berlin", 9)
    assert kept.impact in {1, 2}
    assert kept.title == "Email: Berlin"


@EVERY_WAY
def test_a_correction_is_said_aloud_and_stands_in_the_record(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(
        {
            "polite": "Teams will not start on my computer, only on mine as far as I can tell",
            "furious web": "TEAMS IS BROKEN JUST FOR ME AS USUAL",
            "furious sms": "teams fkn dead only me",
        }
    )
    said = one.say(
        {
            "polite": "Sorry, my mistake, I meant Outlook, not Teams",
            "furious web": "NO. OUTLOOK NOT TEAMS. READ WHAT I WRITE",
            "furious sms": "NO OUTLOOK NOT TEAMS",
        }
    )
    assert "Email" in said
    one.finish()
    kept = one.only()
    assert (kept.service, kept.impact) == ("email", 3)
    assert kept.title == "Email"
    check_everything(house)
    check_records(house)
    if way.by_text:
        assert said.startswith(f"Noted on {kept.reference}: ")
        assert [kind for kind, _ in kept.later] == ["correction"]
    else:
        assert "Noted: service Chat (Teams) → Email." in said


@EVERY_WAY
def test_a_place_is_corrected_like_a_service(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(
        {
            "polite": "The wifi on my floor in Berlin keeps dropping, several of us have it",
            "furious web": "WIFI IN BERLIN IS A JOKE FOR SEVERAL OF US",
            "furious sms": "wifi berlin keeps dying on several of us, sick of it",
        }
    )
    said = one.say(
        {
            "polite": "Oh sorry, I meant Rotterdam, not Berlin",
            "furious": "NOT BERLIN. ROTTERDAM, I MEANT ROTTERDAM!!",
        }
    )
    assert "Rotterdam" in said
    one.finish()
    kept = one.only()
    assert (kept.service, kept.site, kept.impact) == ("wifi", "rotterdam", 2)
    assert kept.title == "Wi-Fi: Rotterdam"


@EVERY_WAY
def test_who_does_not_know_is_not_asked_twice_and_has_a_report(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(
        {
            "polite": "Something is wrong with my screen program, it has become terribly slow",
            "furious web": "THE STUPID PROGRAM CRAWLS LIKE A SNAIL TODAY",
            "furious sms": "program crawls like a snail ffs",
        }
    )
    asked = []
    while one.asked not in {None, "confirm"}:
        asked.append(one.asked)
        one.say(
            {
                "polite": "I'm afraid I don't know",
                "furious web": "HOW THE HELL SHOULD I KNOW",
                "furious sms": "how should i know",
            }
        )
    one.finish()
    assert len(asked) == len(set(asked)) <= 3
    kept = one.only()
    assert (kept.service, kept.site, kept.impact) == (None, None, None)
    assert "program" in kept.text.lower()


@EVERY_WAY
def test_a_greeting_alone_is_greeted_and_nothing_more(house: House, way: Way) -> None:
    one = Teller(house, way)
    said = one.say(
        {
            "polite web": "Good morning!",
            "furious web": "HEY",
            "polite sms": "Good morning",
            "furious sms": "OI",
        }
    )
    assert said.startswith("Hello.")
    assert one.asked is None
    assert count_reports(house) == 0
    one.say(
        {
            "polite": "The wifi in Berlin is gone for all of us",
            "furious": "WIFI IN BERLIN GONE FOR ALL OF US",
        }
    )
    one.finish()
    assert (one.only().service, one.only().site) == ("wifi", "berlin")


@EVERY_WAY
def test_thanks_are_returned_and_change_nothing(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(
        {
            "polite": "The wifi in Berlin is gone for all of us",
            "furious": "WIFI IN BERLIN GONE FOR ALL OF US",
        }
    )
    one.finish()
    before = one.only()
    said = one.say(
        {
            "polite web": "Thank you very much for your help",
            "polite sms": "Thank you very much",
            "furious": "THANKS FOR NOTHING",
        }
    )
    assert said.startswith("You are welcome.")
    assert (one.only().later, one.only().priority) == (before.later, before.priority)


@EVERY_WAY
def test_small_talk_is_answered_in_a_sentence_and_not_filed(house: House, way: Way) -> None:
    one = Teller(house, way)
    said = one.say(
        {
            "polite web": "How is your day going so far?",
            "polite sms": "How is your day going?",
            "furious web": "ARE YOU EVEN A REAL PERSON",
            "furious sms": "U A BOT?",
        }
    )
    assert said.startswith("I am a machine")
    assert one.asked is None
    assert count_reports(house) == 0


@EVERY_WAY
def test_what_is_no_trouble_is_sent_elsewhere_but_who_insists_is_believed(
    house: House, way: Way
) -> None:
    one = Teller(house, way)
    said = one.say(
        {
            "polite": "Where do I find the travel policy, please?",
            "furious web": "WHY DOES THE CANTEEN SERVE FISH EVERY DAMN DAY",
            "furious sms": "WHEN DO I GET MY BLOODY NEW LAPTOP",
        }
    )
    assert "service desk" in said
    assert count_reports(house) == 0
    one.say(
        {
            "polite": "I understand, but could you report it anyway, please",
            "furious": "REPORT IT ANYWAY",
        }
    )
    one.finish()
    assert count_reports(house) == 1
    assert one.only().text == way.of(
        {
            "polite": "Where do I find the travel policy, please?",
            "furious web": "WHY DOES THE CANTEEN SERVE FISH EVERY DAMN DAY",
            "furious sms": "WHEN DO I GET MY BLOODY NEW LAPTOP",
        }
    )


@EVERY_WAY
def test_a_yes_to_whether_something_is_broken_makes_a_report_of_what_was_said(
    house: House, way: Way
) -> None:
    """Nothing was told yet, so nothing can be over: a wish to get something back is no news."""
    one = Teller(house, way)
    words: Lines = {
        "polite": "I deleted a folder by accident, can you restore it",
        "furious": "I DELETED A FOLDER BY ACCIDENT, CAN SOMEBODY RESTORE IT",
    }
    said = one.say(words)
    assert "not working?" in said
    assert one.kept() == []
    one.say({"polite": "Yes", "furious": "YES!!"})
    one.finish()
    assert one.only().text == way.of(words)


@EVERY_WAY
@pytest.mark.parametrize("words", ["Passwort vergessen, bitte zurücksetzen", "nichts geht mehr"])
def test_first_words_that_sound_like_a_no_or_an_end_are_asked_about(
    house: House, way: Way, words: str
) -> None:
    """Nothing is there yet that could be cancelled or denied."""
    one = Teller(house, way)
    said = one.say(words.upper() if way.tone == "furious" else words)
    assert "Geht etwas nicht?" in said or "not working?" in said
    one.say("Ja")
    one.finish()
    assert one.only().text.lower() == words.lower()


@ON_THE_WEB
def test_what_only_sounds_like_an_end_is_a_detail_of_the_draft(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say("The printer on floor 2 in Berlin is broken")
    one.say(
        {
            "polite": "discarded toner is all over the tray",
            "furious": "DISCARDED TONER IS ALL OVER THE TRAY",
        }
    )
    one.finish()
    assert "toner" in one.only().text.lower()


@EVERY_WAY
def test_a_row_of_dots_is_asked_about_and_is_no_part_of_the_report(house: House, way: Way) -> None:
    one = Teller(house, way)
    said = one.say({"polite": "...", "furious": "!!!!!!"})
    assert "something not working" in said
    assert count_reports(house) == 0
    told = {
        "polite": "the wifi is gone in Berlin for all of us",
        "furious": "WIFI GONE IN BERLIN ALL OF US CANT WORK",
    }
    one.say(told)
    one.finish()
    assert one.only().text == way.of(told)


@ON_THE_WEB
def test_an_empty_message_in_between_loses_nothing(house: House, way: Way) -> None:
    one = Teller(house, way)
    told = {
        "polite": "SAP freezes whenever I open an order",
        "furious": "SAP FREEZES ON EVERY SINGLE ORDER",
    }
    one.say(told)
    asked = one.asked
    assert "empty" in one.say("   ")
    assert one.asked == asked
    one.finish(impact={"polite": "only me, I think", "furious": "ME. JUST ME"})
    assert (one.only().text, one.only().impact) == (way.of(told), 3)


@EVERY_WAY
def test_a_very_long_story_is_read_to_its_end_and_kept(house: House, way: Way) -> None:
    story = way.of(
        {
            "polite": "Let me tell you how the day went, it may help. I came in at eight, made "
            "tea, sat down, said hello to everyone and looked at the rain for a while. ",
            "furious": "SO I SIT HERE SINCE EIGHT LIKE A FOOL AND NOBODY CARES AND THE COFFEE IS "
            "COLD AND THE RAIN COMES IN AND I HAVE A DEADLINE. ",
        }
    )
    trouble = way.of(
        {
            "polite": "In the end: Outlook does not open in Berlin, it is only me.",
            "furious": "OUTLOOK DOES NOT OPEN, BERLIN, JUST ME.",
        }
    )
    one = Teller(house, way)
    one.say(story * 60 + trouble)
    one.finish()
    kept = one.only()
    assert (kept.service, kept.site, kept.impact) == ("email", "berlin", 3)
    assert kept.text.endswith(trouble)


@EVERY_WAY
def test_of_a_pasted_log_the_codes_are_kept_and_the_own_words_are_what_happened(
    house: House, way: Way
) -> None:
    own = way.of(
        {
            "polite": "Our SAP stopped booking goods this morning, only for me. This is what it "
            "says:",
            "furious web": "SAP DOES NOT BOOK GOODS, JUST ME, WHAT IS THIS RUBBISH",
            "furious sms": "sap wont book goods just me wtf is this",
        }
    )
    one = Teller(house, way)
    one.say(f"{own}\n{LOG}")
    if not way.by_text:
        assert one.talk.card["description"] == own
    one.finish()
    kept = one.only()
    assert kept.text == own
    assert (kept.service, kept.impact) == ("erp", 3)
    assert ("log", LOG) in kept.later
    assert "code:ORA-12170" in kept.codes


@EVERY_WAY
def test_a_log_without_a_word_is_a_report_by_itself(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(LOG)
    one.finish()
    kept = one.only()
    assert kept.text == LOG
    assert set(kept.later) <= {("answer", "I don't know")}
    assert "code:ORA-12170" in kept.codes


@EVERY_WAY
def test_who_corrects_it_to_only_me_leaves_no_crowd_and_no_alarm_behind(
    house: House, way: Way
) -> None:
    one = Teller(house, way)
    one.say(
        {
            "polite": "The wifi in Berlin is down for eight of us, nobody can work",
            "furious": "WIFI BERLIN DOWN FOR EIGHT OF US, NOBODY CAN WORK",
        }
    )
    one.finish()
    before = one.only()
    assert before.people == 8
    one.say({"polite": "Correction: it is only me", "furious": "CORRECTION. ITS ONLY ME"})
    kept = one.only()
    assert (kept.impact, kept.people) == (3, None)
    assert kept.row.severity.rank < before.row.severity.rank
