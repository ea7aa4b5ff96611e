"""People tell the assistant that something is broken, each in their way."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from assistant.messages import Inbound
from assistant.transcript import ClientIdReusedError
from models.errors import NotFoundError, UnknownServiceError
from models.ids import ConversationId, new_id
from models.report import Report, ReportAddition, ReportText
from tests.conftest import House
from tests.journeys.talk import Talk, count_reports, desk_of


@pytest.fixture
def talk(house: House) -> Talk:
    return Talk(desk_of(house))


def stored(house: House, reference: str | None) -> Report:
    with house.database.reading() as session:
        return session.scalars(select(Report).where(Report.reference == reference)).one()


def words_of(house: House, reference: str | None) -> str:
    report = stored(house, reference)
    with house.database.reading() as session:
        return session.get_one(ReportText, report.id).text


def test_one_sentence_that_says_it_all_needs_one_press(house: House, talk: Talk) -> None:
    talk.say("Outlook is down for my whole team in Berlin since 9")
    assert talk.card["service"] == "Email"
    assert talk.card["site"] == "Berlin"
    assert talk.marks["service"] == "from your words"
    said = talk.press("Send")
    assert talk.report is not None
    assert talk.report in said
    report = stored(house, talk.report)
    assert (report.service_id, report.site_id, report.impact) == ("email", "berlin", 2)
    assert report.filled_in["service"] == "words"


def test_only_what_is_missing_and_matters_is_asked_and_at_most_three_things(talk: Talk) -> None:
    questions = 0
    talk.say("i cant print")
    while talk.heard[-1].card is None:
        questions += 1
        talk.say("not sure")
    assert questions <= 3
    assert talk.titles[0] == "Send"


def test_an_answer_in_words_counts_like_its_button(house: House, talk: Talk) -> None:
    talk.say("the wifi is gone")
    talk.say("just me")
    talk.say("somewhere in rotterdam")
    talk.say("yes")
    report = stored(house, talk.report)
    assert (report.service_id, report.site_id, report.impact) == ("wifi", "rotterdam", 3)


def test_a_correction_is_taken_and_said_aloud(talk: Talk) -> None:
    talk.say("Teams is down for all of us")
    assert talk.card["service"] == "Chat (Teams)"
    said = talk.say("no, Outlook not Teams")
    assert "Chat (Teams) → Email" in said
    assert talk.card["service"] == "Email"


def test_one_part_of_the_summary_can_be_changed_by_buttons(house: House, talk: Talk) -> None:
    talk.say("SAP crashes when I open an order, only for me")
    talk.press("Change something")
    talk.press("Service")
    talk.say("Salesforce")
    assert talk.card["service"] == "CRM (Salesforce)"
    talk.press("Send")
    assert stored(house, talk.report).service_id == "crm"


def test_a_question_in_between_is_answered_and_the_report_goes_on(talk: Talk) -> None:
    talk.say("the wifi is gone in berlin")
    asked = talk.heard[-1].text
    said = talk.say("what is happening with my report?")
    assert said.endswith(asked)


def test_a_question_that_is_no_incident_is_answered_kindly_and_not_filed(
    house: House, talk: Talk
) -> None:
    said = talk.say("where can I find the travel policy?")
    assert "question" in said
    talk.press("That's all")
    assert count_reports(house) == 0


def test_who_insists_is_believed(house: House, talk: Talk) -> None:
    talk.say("where can I find the travel policy?")
    talk.press("Report it anyway")
    while talk.heard[-1].card is None:
        talk.say("i don't know")
    talk.press("Send")
    assert words_of(house, talk.report) == "where can I find the travel policy?"


def test_the_furious_are_not_questioned(house: House, talk: Talk) -> None:
    talk.say("THIS DAMN SAP THING CRASHED AGAIN")
    talk.say("just send it!!!")
    assert talk.report is not None
    assert words_of(house, talk.report) == "THIS DAMN SAP THING CRASHED AGAIN"


def test_a_cancelled_draft_is_not_sent_and_a_change_of_mind_keeps_the_words(
    house: House, talk: Talk
) -> None:
    talk.say("Outlook is down for my whole team in Berlin")
    talk.press("Cancel")
    assert count_reports(house) == 0
    talk.say("report it anyway")
    while talk.heard[-1].card is None:
        talk.say("i don't know")
    talk.press("Send")
    assert words_of(house, talk.report) == "Outlook is down for my whole team in Berlin"


def test_start_over_begins_again(talk: Talk) -> None:
    talk.say("Outlook is down for my whole team in Berlin")
    talk.say("start over")
    talk.say("SAP is slow for everyone in Pune")
    assert talk.card["description"] == "SAP is slow for everyone in Pune"


def test_a_typed_command_steers_nothing(house: House, talk: Talk) -> None:
    talk.say("Outlook is down for my whole team in Berlin")
    for typed in ("/restart", '/inform{"impact":"1"}', "/affirm", '/change_field{"field":"site"}'):
        talk.say(typed)
        assert talk.card["service"] == "Email", typed
        assert talk.card["affected"] == "about 8 people" if "affected" in talk.card else True
    assert count_reports(house) == 0
    talk.say("Send", payload="/inform{}")
    assert count_reports(house) == 1  # the words are a button's; the payload was not ours


def test_a_payload_we_never_issued_is_nothing(house: House, talk: Talk) -> None:
    talk.say("Outlook is down for my whole team in Berlin")
    talk.say("", payload='/inform{"service":"sap"}')
    assert talk.heard[-1].card is not None
    assert talk.card["service"] == "Email"
    assert count_reports(house) == 0


def test_what_is_said_after_filing_goes_to_the_report(house: House, talk: Talk) -> None:
    talk.say("Outlook is down for my whole team in Berlin")
    talk.press("Send")
    reference = talk.report
    said = talk.say("it works again now, thanks")
    assert str(reference) in said
    with house.database.reading() as session:
        addition = session.scalars(select(ReportAddition)).one()
    assert addition.kind == "resolved"


def test_a_second_problem_in_the_same_chat_is_a_second_report(house: House, talk: Talk) -> None:
    talk.say("Outlook is down for my whole team in Berlin")
    talk.press("Send")
    first = talk.report
    talk.say("SAP crashes when I open an order, only for me")
    talk.press("Send")
    assert talk.report not in {None, first}
    assert count_reports(house) == 2


def test_the_page_may_know_service_and_site_and_words_win(house: House) -> None:
    talk = Talk(desk_of(house), context={"service": "erp", "site": "london"})
    talk.say("it crashes whenever I save, only for me")
    assert talk.card["service"] == "SAP"
    assert talk.marks["service"] == "from this page"
    with pytest.raises(UnknownServiceError):
        desk_of(house).open_web(locale="en", time_zone=None, context={"service": "teleporter"})


def test_an_empty_message_gets_a_kind_answer(house: House, talk: Talk) -> None:
    assert "empty" in talk.say("   ")
    assert count_reports(house) == 0


def test_a_pasted_log_of_a_hundred_thousand_characters_is_kept_and_cut_with_a_mark(
    house: House, talk: Talk
) -> None:
    talk.say("SAP crashes for my team in Pune, log: " + "ERROR 0x80070005 at line 7 " * 4_000)
    while talk.heard[-1].card is None:
        talk.say("not sure")
    talk.press("Send")
    text = words_of(house, talk.report)
    assert text.startswith("SAP crashes for my team")
    assert text.endswith("[…]")
    assert len(text) < 21_000


@pytest.mark.parametrize("hostile", ["\x00\x00wifi down", "wifi \ud800 down", "\u202ewifi down"])
def test_strange_characters_lose_nothing(house: House, hostile: str) -> None:
    talk = Talk(desk_of(house))
    talk.say(hostile + " in Berlin for all of us")
    talk.press("Send")
    assert "wifi" in words_of(house, talk.report)


def test_the_same_client_id_gets_the_first_answer_and_files_once(house: House, talk: Talk) -> None:
    talk.say("Outlook is down for my whole team in Berlin")
    assert talk.conversation is not None
    send = Inbound("Send", payload="/affirm", client_id="once")
    first = desk_of(house).hear(talk.conversation, send)
    again = desk_of(house).hear(talk.conversation, send)
    assert again.repeated
    assert again.messages == first.messages
    assert again.report == first.report
    assert count_reports(house) == 1
    with pytest.raises(ClientIdReusedError):
        desk_of(house).hear(talk.conversation, Inbound("something else", client_id="once"))


def test_a_conversation_survives_a_restart(house: House, talk: Talk) -> None:
    talk.say("the wifi is gone in Berlin")
    talk.desk = desk_of(house)
    talk.say("all of us")
    talk.press("Send")
    assert stored(house, talk.report).impact == 1


def test_an_unknown_conversation_is_refused(house: House) -> None:
    with pytest.raises(NotFoundError):
        desk_of(house).hear(ConversationId(new_id()), Inbound("hello", client_id="1"))


def test_days_later_a_detail_is_not_taken_for_an_old_report(house: House, talk: Talk) -> None:
    talk.say("Outlook is down for my whole team in Berlin")
    talk.press("Send")
    house.clock.forward(days=3)
    talk.say("SAP crashes when I open an order, only for me")
    assert talk.card["service"] == "SAP"


def test_the_summary_does_not_say_since_twice(talk: Talk) -> None:
    talk.say("Outlook is down for my whole team in Berlin since 9")
    assert talk.card["since"] == "9"
