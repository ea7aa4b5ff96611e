"""What happens between the first word and the report: interruptions, changes of mind, insults."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from sqlalchemy import select

from assistant.extraction import UNKNOWN
from incidents.attachment_reading import FileReadings
from incidents.attachments import AttachmentStore
from incidents.file_blobs import build_blobs
from incidents.file_listing import list_files
from models.handoff import Handoff
from models.ids import AttachmentId
from models.vocabulary import HandoffReason
from tests.conftest import House
from tests.journeys.behaviours import EVERY_WAY, ON_THE_WEB, Lines, Teller, Way
from tests.journeys.talk import count_reports

PRINTER: Lines = {
    "polite": "The printer on our floor in London does not print anything any more",
    "furious web": "PRINTER IN LONDON IS DEAD",
    "furious sms": "printer dead london",
}
VPN: Lines = {
    "polite": "The VPN drops every few minutes since this morning",
    "furious web": "VPN KEEPS KICKING ME OUT",
    "furious sms": "vpn keeps kicking me out",
}


@EVERY_WAY
def test_who_asks_how_it_stands_is_told_and_asked_on(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(PRINTER)
    assert one.asked == "impact"
    said = one.say(
        {
            "polite web": "May I ask what is happening with my report?",
            "polite sms": "Could you tell me what is happening with my report, please?",
            "furious web": "WHATS HAPPENING WITH MINE???",
            "furious sms": "WELL?? WHATS HAPPENING WITH MINE",
        }
    )
    assert ("IT has it" if way.by_text else "not sent yet") in said
    assert "Who is affected" in said
    assert one.asked == "impact"
    one.finish(impact={"polite": "two of us are affected", "furious": "JUST ME"})
    kept = one.only()
    assert (kept.service, kept.site) == ("office-printing", "london")
    assert kept.impact == (2 if way.tone == "polite" else 3)


@EVERY_WAY
def test_a_question_in_between_is_answered_and_the_report_goes_on(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(PRINTER)
    said = one.say(
        {
            "polite": "By the way, where could I find the holiday calendar?",
            "furious": "AND WHO DO I ASK FOR A NEW CHAIR??",
        }
    )
    assert "service desk" in said
    assert one.asked == "impact"
    if not way.by_text:
        assert said.endswith("Who is affected, as far as you can see?")
    one.finish(impact={"polite": "3 of us", "furious": "3 OF US"})
    kept = one.only()
    assert (kept.service, kept.people, kept.impact) == ("office-printing", 3, 2)
    assert kept.text == way.of(PRINTER)


@ON_THE_WEB
def test_a_dropped_draft_is_not_sent_and_comes_back_whole(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(VPN)
    said = one.say({"polite": "Please cancel that, it was my own router", "furious": "FORGET IT"})
    assert said == "All right, I sent nothing. Write again if it comes back."
    assert count_reports(house) == 0
    house.clock.forward(hours=20)
    one.say({"polite": "Report it anyway after all, please", "furious": "NO. REPORT IT ANYWAY"})
    assert one.talk.heard[-1].text != said
    one.finish(impact="just me")
    kept = one.only()
    assert (kept.text, kept.service) == (way.of(VPN), "vpn")


@ON_THE_WEB
def test_an_order_to_send_is_no_order_to_forget(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(VPN)
    one.say({"polite": "Forget it, just send it please", "furious": "FORGET IT, JUST SEND IT"})
    assert one.only().text == way.of(VPN)


@EVERY_WAY
def test_a_sent_report_of_what_still_fails_is_not_taken_back(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(VPN)
    one.finish(impact="just me")
    one.say({"polite": "Ignore it, it still does not work", "furious": "IGNORE IT, STILL BROKEN"})
    assert "withdrawn" not in dict(one.only().later)


@ON_THE_WEB
def test_starting_over_keeps_what_was_told_for_a_day(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(
        {
            "polite": "SAP is slow for the two of us in Pune",
            "furious": "SAP IS CRAP, BOTH OF US IN PUNE",
        }
    )
    said = one.say({"polite": "May I start over please?", "furious": "START OVER"})
    assert said == "Let us start over. What does not work?"
    assert count_reports(house) == 0
    told: Lines = {
        "polite": "SAP freezes when I open an order",
        "furious": "SAP FREEZES ON EVERY ORDER",
    }
    one.say(told)
    assert one.talk.card["site"] == "Pune"
    assert one.talk.marks["site"] == "from what you said before"
    one.finish()
    kept = one.only()
    assert (kept.text, kept.service, kept.site, kept.people) == (way.of(told), "erp", "pune", 2)


@ON_THE_WEB
def test_who_starts_over_by_mistake_has_the_first_words_back(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(VPN)
    one.say({"polite": "start over", "furious": "START OVER"})
    one.say({"polite": "report it anyway", "furious": "JUST SEND IT"})
    one.finish(impact="just me")
    assert one.only().text == way.of(VPN)


@EVERY_WAY
def test_a_sent_report_that_is_taken_back_stays_and_says_so(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(VPN)
    one.finish(impact="just me")
    words: Lines = {
        "polite": "Please forget about it, it was my own router",
        "furious": "FORGET IT ILL DO IT MYSELF",
    }
    said = one.say(words)
    kept = one.only()
    assert kept.reference in said
    assert "take it back" in said
    assert kept.later[-1] == ("withdrawn", way.of(words))
    assert one.asked is None


@EVERY_WAY
def test_three_troubles_in_one_chat_are_three_reports(house: House, way: Way) -> None:
    one = Teller(house, way)
    for lines in (
        {
            "polite": "Outlook is down for my whole team in Berlin",
            "furious": "OUTLOOK DOWN WHOLE TEAM BERLIN",
        },
        {
            "polite": "Separately, SAP freezes when I open an order, only for me",
            "furious": "NOW SAP FREEZES TOO JUST ME",
        },
        {
            "polite": "And the label printer in Rotterdam prints blank labels, just mine",
            "furious web": "UNBELIEVABLE, LABEL PRINTER IN ROTTERDAM SPITS BLANKS, JUST MINE",
            "furious sms": "LABEL PRINTER ROTTERDAM SPITS BLANKS JUST MINE",
        },
    ):
        one.say(lines)
        one.finish()
    kept = one.kept()
    assert [each.service for each in kept] == ["email", "erp", "label-printing"]
    assert len({each.incident for each in kept}) == 3
    assert [each.site for each in kept] == ["berlin", "berlin", "rotterdam"]  # said today
    assert [each.impact for each in kept] == [2, 3, 3]
    said = one.say({"polite": "What is the status of my reports?", "furious": "STATUS??"})
    assert all(each.reference in said for each in kept)


@EVERY_WAY
def test_another_trouble_instead_of_an_answer_is_another_report(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(PRINTER)
    one.finish(impact="just me")
    one.say(
        {
            "polite": "I am sorry to bother you again, Outlook crashes on start, only for me",
            "furious": "AND OUTLOOK CRASHES ON ME NOW. JUST ME",
        }
    )
    one.finish()
    assert [each.service for each in one.kept()] == ["office-printing", "email"]


@EVERY_WAY
def test_insults_are_answered_once_and_the_report_in_them_is_taken(house: House, way: Way) -> None:
    one = Teller(house, way)
    first: Lines = {
        "polite": "With respect, this is a bloody useless tool, I have lost a whole morning to it",
        "furious web": "YOU USELESS PIECE OF SHIT",
        "furious sms": "STUPID BOT FUCK OFF",
    }
    calm = "Sorry for the trouble." if way.by_text else "I can hear that this costs you nerves"
    assert calm in one.say(first)
    said = one.say(
        {
            "polite": "Outlook is utter crap today, it crashes on start, only for me in Berlin",
            "furious": "OUTLOOK IS FUCKED YOU MORONS, JUST ME, BERLIN",
        }
    )
    assert calm not in said
    one.finish()
    kept = one.kept()[-1]
    assert (kept.service, kept.site, kept.impact) == ("email", "berlin", 3)
    assert kept.title == "Email: Berlin"


@EVERY_WAY
def test_swearing_within_a_report_costs_it_nothing(house: House, way: Way) -> None:
    one = Teller(house, way)
    told: Lines = {
        "polite": "Sorry for the language, but the damn printer in London is shit, just mine",
        "furious": "FUCKING PRINTER IN LONDON DEAD, JUST MINE, YOU IDIOTS",
    }
    one.say(told)
    one.finish()
    kept = one.only()
    assert (kept.service, kept.site, kept.impact) == ("office-printing", "london", 3)
    assert kept.title == "Office printing: London"
    assert kept.text == way.of(told)
    assert sum("costs you nerves" in m.text for m in one.talk.heard) == (not way.by_text)


class Sender:
    """Somebody who sends files, and the job that reads them."""

    def __init__(self, one: Teller, folder: Path) -> None:
        self.one = one
        store = AttachmentStore(one.house.database, build_blobs(folder), one.house.clock)
        self.files = FileReadings(store, one.house.intake)

    def send(self, name: str, content: bytes) -> AttachmentId:
        talk = self.one.talk
        conversation = talk.conversation or talk.desk.thread_of(self.one.phone)
        kept = self.files.store.keep_file(conversation, name, BytesIO(content))
        self.files.read_file(AttachmentId(kept.id))
        return AttachmentId(kept.id)


SHOT = b"2026-11-23 11:58:07 ERROR Outlook could not open the data file: 0x8004010F\n"


@EVERY_WAY
def test_a_file_is_taken_before_between_and_after_the_words(
    house: House, way: Way, tmp_path: Path
) -> None:
    one = Teller(house, way)
    sender = Sender(one, tmp_path)
    before = sender.send("first.log", SHOT)
    one.say("", attachments=(before,))
    assert count_reports(house) == 0
    one.say(
        {
            "polite": "Outlook does not open its data file since this morning",
            "furious": "OUTLOOK WONT OPEN ITS DATA FILE",
        }
    )
    between = sender.send("second.log", SHOT + b"x\n")
    said = one.say("", attachments=(between,))
    assert said
    one.finish(impact={"polite": "only me", "furious": "JUST ME"})
    after = sender.send("third.log", SHOT + b"y\n")
    one.say(
        {"polite": "Here is one more log", "furious": "HERES ANOTHER LOG"}, attachments=(after,)
    )
    kept = one.only()
    assert kept.service == "email"
    assert "code:0x8004010F" in kept.codes
    with house.database.reading() as session:
        files = [one.file for one in list_files(session, kept.row.conversation_id)]
    assert {file.report_id for file in files} == {kept.row.id}
    assert len(files) == 3


def test_unknown_is_a_word_of_ours_and_never_stored(house: House) -> None:
    one = Teller(house, Way("polite", "web"))
    one.say("my screen flickers")
    one.finish()
    assert UNKNOWN not in {one.only().service, one.only().site}


@EVERY_WAY
def test_who_wants_a_person_is_heard_and_their_report_goes_on(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(PRINTER)
    wish: Lines = {
        "polite": "Could I please speak with a person of IT instead?",
        "furious": "I WANT A HUMAN. NOW.",
    }
    said = one.say(wish)
    assert "person" in said
    assert one.asked == "impact"
    with house.database.reading() as session:
        wanted = session.scalars(select(Handoff)).one()
    assert wanted.reason is HandoffReason.ASKED
    one.say(wish)
    with house.database.reading() as session:
        assert len(session.scalars(select(Handoff)).all()) == 1
    one.say({"polite": "only me", "furious": "ME"})
    one.finish()
    kept = one.only()
    assert (kept.service, kept.site, kept.impact) == ("office-printing", "london", 3)
    assert kept.text == way.of(PRINTER)
