"""After the report: it gets worse, it works again; and coming back, soon, late, elsewhere."""

from __future__ import annotations

import pytest

from models.vocabulary import Priority
from tests.conftest import House
from tests.journeys.behaviours import EVERY_WAY, ON_THE_WEB, Lines, Teller, Way
from tests.journeys.talk import count_reports

OUTLOOK: Lines = {
    "polite": "Outlook is down for my whole team in Berlin",
    "furious": "OUTLOOK DOWN WHOLE TEAM BERLIN",
}
PRIYA, PHONE_OF_PRIYA = "p003", "+447700900009"


@EVERY_WAY
def test_it_is_worse_now_raises_the_report_and_staff_see_it(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(OUTLOOK)
    one.finish()
    before = one.only()
    house.clock.forward(hours=2)
    words: Lines = {
        "polite": "I am afraid it has got worse, now the whole site is affected",
        "furious": "EVEN WORSE NOW, NOBODY ON SITE CAN WORK",
    }
    said = one.say(words)
    kept = one.only()
    assert kept.reference in said
    assert "not solved" in said
    assert kept.later == (("worse", way.of(words)),)
    assert (before.impact, kept.impact) == (2, 1)
    assert kept.priority.rank > before.priority.rank or kept.priority is Priority.P1
    assert house.incident(kept.incident).priority is kept.priority


@EVERY_WAY
def test_who_is_affected_can_be_said_anew_after_sending(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(OUTLOOK)
    one.finish()
    words: Lines = {
        "polite": "Sorry, it is just me after all",
        "furious": "NO WAIT ONLY ME",
    }
    assert "Just me" in one.say(words)
    kept = one.only()
    assert kept.later == (("correction", way.of(words)),)
    assert kept.impact == 3


@EVERY_WAY
def test_that_it_spreads_to_another_service_is_no_other_trouble(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(OUTLOOK)
    one.finish()
    words: Lines = {
        "polite": "It also affects the phones",
        "furious": "THAT ALSO HITS THE PHONES",
    }
    one.say(words)
    assert one.only().later == (("more", way.of(words)),)


@EVERY_WAY
def test_another_outage_that_also_affects_them_is_a_report_of_its_own(
    house: House, way: Way
) -> None:
    one = Teller(house, way)
    one.say(OUTLOOK)
    one.finish()
    one.say(
        {
            "polite": "In Lisbon the warehouse scanners are all dead since 9. It also affects me.",
            "furious": "SAP IS DOWN IN PUNE FOR EVERYONE, THIS ALSO HITS PAYROLL",
        }
    )
    one.finish()
    assert len(one.kept()) == 2


@EVERY_WAY
@pytest.mark.parametrize(
    "news",
    [
        "Actually everyone can log in now",
        "Oh it's fine for all of us now",
        "Actually it's sorted for everyone, thanks",
    ],
)
def test_good_news_for_everybody_raise_nothing(house: House, way: Way, news: str) -> None:
    one = Teller(house, way)
    one.say("Outlook crashes, only for me")
    one.finish()
    before = one.only()
    one.say(news.upper() if way.tone == "furious" else news)
    after = one.only()
    assert (after.impact, after.priority) == (before.impact, before.priority)
    assert [kind for kind, _ in after.later][-1] in {"resolved", "more"}


@EVERY_WAY
def test_an_ok_to_a_question_of_ours_files_nothing(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(OUTLOOK)
    one.finish()
    said = one.say(
        {"polite": "Which printer do you mean?", "furious": "WHERE CAN I GET A NEW MOUSE THEN?"}
    )
    assert "something" in said
    one.say({"polite": "ok", "furious": "OK"})
    assert len(one.kept()) == 1


@EVERY_WAY
def test_it_works_again_is_noted_and_claims_nothing_for_others(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(OUTLOOK)
    one.finish()
    house.clock.forward(hours=1)
    words: Lines = {
        "polite": "It works again now, thank you",
        "furious web": "FINALLY. WORKS AGAIN. TOOK YOU LONG ENOUGH",
        "furious sms": "FINALLY WORKS AGAIN",
    }
    said = one.say(words)
    kept = one.only()
    assert said.startswith("Good to hear.")
    assert kept.reference in said
    assert kept.later == (("resolved", way.of(words)),)
    assert house.incident(kept.incident).status.value == "open"


@EVERY_WAY
def test_one_more_detail_goes_to_the_report(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(OUTLOOK)
    one.finish()
    words: Lines = {
        "polite": "I forgot to say that it began right after the update of this morning",
        "furious": "STARTED RIGHT AFTER YOUR STUPID UPDATE BTW",
    }
    said = one.say(words)
    assert one.only().reference in said
    assert one.only().later == (("more", way.of(words)),)


@EVERY_WAY
def test_days_later_their_report_is_known_and_new_words_are_a_new_one(
    house: House, way: Way
) -> None:
    one = Teller(house, way)
    one.say(OUTLOOK)
    one.finish()
    first = one.only().reference
    house.clock.forward(days=4)
    said = one.say(
        {
            "polite": "Good morning, may I ask what is happening with my report?",
            "furious": "WHATS HAPPENING WITH MY REPORT???",
        }
    )
    assert said.startswith(f"{first} (Email: Berlin): IT has it.")
    one.say(
        {
            "polite": "SAP freezes when I open an order, only for me",
            "furious": "SAP FREEZES ON EVERY ORDER, JUST ME",
        }
    )
    one.finish()
    assert [each.service for each in one.kept()] == ["email", "erp"]
    assert one.kept()[0].later == ()


@ON_THE_WEB
def test_a_draft_of_three_days_ago_is_no_part_of_todays(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say({"polite": "The wifi in Berlin is gone", "furious": "WIFI BERLIN GONE"})
    house.clock.forward(days=3)
    told: Lines = {
        "polite": "SAP crashes when I open an order, only for me",
        "furious": "SAP CRASHES ON EVERY ORDER, ONLY FOR ME",
    }
    one.say(told)
    one.finish()
    kept = one.only()
    assert (kept.text, kept.service, kept.site) == (way.of(told), "erp", None)


@ON_THE_WEB
def test_who_presses_send_the_day_after_next_still_sends_it(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(OUTLOOK)
    house.clock.forward(days=2)
    one.finish()
    assert one.only().text == way.of(OUTLOOK)


@ON_THE_WEB
def test_what_was_dropped_days_ago_is_not_sent_by_a_word_of_today(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(OUTLOOK)
    one.talk.press("Cancel")
    house.clock.forward(days=2)
    one.say({"polite": "SAP is slow, just for me", "furious": "SAP IS A SNAIL. JUST ME"})
    one.finish()
    assert one.only().service == "erp"
    assert one.only().site is None


@ON_THE_WEB
def test_on_another_device_a_person_goes_on_where_they_were(house: House, way: Way) -> None:
    desk = Teller(house, way, person=PRIYA)
    desk.say({"polite": "Outlook keeps crashing today", "furious": "OUTLOOK KEEPS CRASHING"})
    assert desk.asked == "impact"
    house.clock.forward(hours=17)
    phone = Teller(house, way, person=PRIYA)
    assert phone.talk.conversation == desk.talk.conversation
    begun, question = (one.text for one in phone.talk.heard)
    assert begun == "You began to tell me about Email yesterday. Let us go on."
    assert question == "Who is affected, as far as you can see?"
    assert phone.talk.titles == ["Just me", "Several of us", "A whole site or more"]
    phone.talk.press("Just me")
    assert phone.talk.card["service"] == "Email"
    assert phone.talk.card["site"] == "London"
    phone.finish()
    assert (phone.only().service, phone.only().impact) == ("email", 3)


@ON_THE_WEB
def test_a_summary_left_open_is_shown_again_and_can_be_sent_there(house: House, way: Way) -> None:
    Teller(house, way, person=PRIYA).say(OUTLOOK)
    house.clock.forward(hours=1)
    again = Teller(house, way, person=PRIYA)
    assert again.talk.heard[0].text == ("You began to tell me about Email today. Let us go on.")
    assert again.talk.card["description"] == way.of(OUTLOOK)
    assert count_reports(house) == 0
    again.say({"polite": "Yes, please send it", "furious": "SEND IT"})
    assert again.only().text == way.of(OUTLOOK)


@ON_THE_WEB
@pytest.mark.parametrize("wanted", [True, False])
def test_a_dropped_draft_is_offered_once_more_within_a_day(
    house: House, way: Way, *, wanted: bool
) -> None:
    first = Teller(house, way, person=PRIYA)
    first.say(OUTLOOK)
    first.talk.press("Cancel")
    house.clock.forward(hours=3)
    again = Teller(house, way, person=PRIYA)
    (offer,) = again.talk.heard
    assert offer.text == (
        "You began to tell me about Email today and stopped. Shall I report it after all?"
    )
    assert not Teller(house, way, person=PRIYA).talk.heard  # said once, it is not said again
    again.talk.press("Report it after all" if wanted else "No, thank you")
    if wanted:
        again.finish()
        assert again.only().text == way.of(OUTLOOK)
    assert count_reports(house) == wanted


@ON_THE_WEB
def test_looking_in_again_and_again_keeps_no_draft_alive(house: House, way: Way) -> None:
    first = Teller(house, way, person=PRIYA)
    first.say(OUTLOOK)
    for _ in range(3):
        house.clock.forward(hours=10)
        last = Teller(house, way, person=PRIYA)
    assert last.talk.conversation != first.talk.conversation


@ON_THE_WEB
def test_after_a_day_a_new_chat_begins_with_how_their_report_stands(house: House, way: Way) -> None:
    first = Teller(house, way, person=PRIYA)
    first.say(OUTLOOK)
    first.finish()
    house.clock.forward(days=2)
    again = Teller(house, way, person=PRIYA)
    assert again.talk.conversation != first.talk.conversation
    greeting, status = (one.text for one in again.talk.heard)
    assert greeting.startswith("Hello.")
    assert status == f"{first.only().reference} (Email: Berlin): IT has it."


@EVERY_WAY
def test_a_persons_phone_knows_what_they_told_on_the_web(house: House, way: Way) -> None:
    told = Teller(house, Way(way.tone, "web"), person=PRIYA)
    told.say(OUTLOOK)
    told.finish()
    house.clock.forward(hours=5)
    other = Teller(house, way, phone=PHONE_OF_PRIYA, person=PRIYA)
    said = other.say({"polite": "What is happening with my report?", "furious": "STATUS??"})
    assert told.only().reference in said


@ON_THE_WEB
def test_nobody_else_and_no_nameless_browser_is_offered_it(house: House, way: Way) -> None:
    mine = Teller(house, way, person=PRIYA)
    mine.say(OUTLOOK)
    for stranger in (None, "p004", "nobody-we-know"):
        other = Teller(house, way, person=stranger)
        assert other.talk.conversation != mine.talk.conversation
        assert [one.text[:6] for one in other.talk.heard] == ["Hello."]
        said = other.say({"polite": "What is happening with my report?", "furious": "STATUS??"})
        assert said.startswith("I have no report of yours yet.")


@ON_THE_WEB
def test_a_nameless_browser_never_goes_on_with_another_browsers_chat(
    house: House, way: Way
) -> None:
    first = Teller(house, way)
    first.say(OUTLOOK)
    second = Teller(house, way)
    assert second.talk.conversation != first.talk.conversation
    assert [one.text[:6] for one in second.talk.heard] == ["Hello."]
