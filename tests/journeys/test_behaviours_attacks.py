"""A phishing mail, told or forwarded: few see it, nobody is offered it, people are told to wait."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import select

from incidents.attachment_reading import FileReadings
from incidents.attachments import AttachmentStore
from incidents.file_blobs import build_blobs
from models.delivery import Record
from models.ids import AttachmentId
from models.vocabulary import Audience
from tests.conftest import House
from tests.journeys.behaviours import EVERY_WAY, ON_THE_WEB, Lines, Teller, Way
from tests.journeys.projection import check_everything, check_records

TOLD: Lines = {
    "polite web": "I have received a suspicious mail that asks me to confirm my password, I have "
    "not clicked on anything",
    "furious web": "SOME IDIOT SENT ME A PHISHING MAIL AND I CLICKED THE DAMN LINK",
    "polite sms": "I have received a suspicious mail asking me to confirm my password, I did not "
    "click",
    "furious sms": "PHISHING CRAP IN MY INBOX AGAIN DO SOMETHING",
}
CAREFUL: Final = "Please click nothing in it and do not reply."
FORGED: Final = (
    b"From: IT Support <support@halden-freight.example>\r\nTo: priya@haldenfreight.example\r\n"
    b"Subject: Your mailbox will be closed today\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\n"
    b"Dear user,\r\nverify your account within 24 hours or your mailbox will be closed.\r\n"
    b"Click here: http://login.halden-freight.example/verify\r\n"
)
HONEST: Final = (
    b"From: Anna <anna@haldenfreight.example>\r\nTo: priya@haldenfreight.example\r\n"
    b"Subject: Minutes of Monday\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\nHere are the minutes. See you at lunch.\r\n"
)


@EVERY_WAY
def test_who_tells_of_an_attack_is_thanked_warned_and_asked_nothing(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(TOLD)
    assert one.asked == (None if way.by_text else "confirm")
    one.finish()
    said = one.talk.heard[-1].text
    kept = one.only()
    assert "Thank you." in said
    assert kept.reference in said
    assert "Only those in IT who must know see it." in said
    assert CAREFUL in said
    assert kept.audience is Audience.RESTRICTED
    assert kept.title == "Restricted report"


@EVERY_WAY
def test_its_words_leave_the_house_for_nobody_who_must_not_know(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(TOLD)
    one.finish()
    with house.database.reading() as session:
        records = session.scalars(select(Record)).all()
    assert records
    for record in records:
        assert record.audience == Audience.RESTRICTED.value
        assert way.of(TOLD) not in str(record.data)
    check_everything(house)
    check_records(house)


@EVERY_WAY
def test_three_who_got_it_are_never_shown_to_the_fourth(house: House, way: Way) -> None:
    for number in range(3):
        other = Teller(house, way, phone=f"+44770090000{number}")
        other.say(TOLD)
        other.finish()
    house.clock.forward(minutes=5)
    fourth = Teller(house, way)
    said = fourth.say(TOLD)
    fourth.finish()
    said += "\n".join(one.text for one in fourth.talk.heard)
    assert "know of" not in said
    assert "Known problem" not in said
    assert "other people" not in said
    assert fourth.talk.answer is not None
    if fourth.talk.answer.incident is not None:
        assert fourth.talk.answer.incident["title"] is None


@EVERY_WAY
def test_how_it_stands_is_told_without_a_word_of_what_it_is(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(TOLD)
    one.finish()
    said = one.say({"polite": "What is happening with my report?", "furious": "STATUS??"})
    assert said == (
        f"{one.only().reference}: it is with the security team, who will contact you if they "
        "need you."
    )


@EVERY_WAY
def test_somebody_opened_it_is_news_and_no_good_news(house: House, way: Way) -> None:
    one = Teller(house, way)
    one.say(TOLD)
    one.finish()
    words: Lines = {
        "polite": "Laura has just told me that she opened the attachment",
        "furious": "GREAT, NOW LAURA OPENED THE DAMN THING",
    }
    said = one.say(words)
    assert "Good to hear" not in said
    assert one.only().later[-1][1] == way.of(words)
    assert one.only().later[-1][0] in {"more", "worse"}


class Forwarder:
    """Somebody in a chat who forwards mails, and the job that reads them."""

    def __init__(self, house: House, way: Way, folder: Path) -> None:
        self.one = Teller(house, way)
        store = AttachmentStore(house.database, build_blobs(folder), house.clock)
        self.files = FileReadings(store, house.intake)

    def forward(self, content: bytes, lines: Lines) -> str:
        assert self.one.talk.conversation is not None
        kept = self.files.store.keep_file(self.one.talk.conversation, "mail.eml", BytesIO(content))
        self.files.read_file(AttachmentId(kept.id))
        return self.one.say(lines, attachments=(AttachmentId(kept.id),))


FORWARDED: Lines = {
    "polite": "Could you please have a look at this mail? I am not sure about it",
    "furious": "LOOK AT THIS MAIL. WHAT IS IT",
}


@ON_THE_WEB
def test_a_forged_mail_that_is_forwarded_is_seen_by_few(
    house: House, way: Way, tmp_path: Path
) -> None:
    by = Forwarder(house, way, tmp_path)
    by.forward(FORGED, FORWARDED)
    assert by.one.asked == "confirm"
    by.one.finish()
    kept = by.one.only()
    assert kept.audience is Audience.RESTRICTED
    assert kept.text == way.of(FORWARDED)
    assert CAREFUL in by.one.talk.heard[-1].text


@ON_THE_WEB
def test_a_forged_mail_without_a_word_is_asked_about_and_then_seen_by_few(
    house: House, way: Way, tmp_path: Path
) -> None:
    by = Forwarder(house, way, tmp_path)
    by.forward(FORGED, {"polite": "", "furious": ""})
    by.one.say({"polite": "Is this phishing?", "furious": "PHISHING OR WHAT"})
    by.one.finish()
    assert by.one.only().audience is Audience.RESTRICTED


@ON_THE_WEB
def test_an_honest_mail_that_will_not_open_is_open_to_all(
    house: House, way: Way, tmp_path: Path
) -> None:
    by = Forwarder(house, way, tmp_path)
    by.forward(
        HONEST,
        {
            "polite": "Outlook crashes whenever I open this mail, only for me",
            "furious": "OUTLOOK CRASHES ON THIS MAIL. JUST ME",
        },
    )
    by.one.finish()
    kept = by.one.only()
    assert (kept.service, kept.audience) == ("email", Audience.OPEN)
    assert CAREFUL not in by.one.talk.heard[-1].text


BROKEN: Lines = {
    "polite": "Outlook crashes whenever I open this mail, for my whole team in Berlin",
    "furious": "OUTLOOK CRASHES ON THIS MAIL. WHOLE TEAM IN BERLIN!!!",
}


class Late(Forwarder):
    """Somebody whose mail is read only once their report is filed."""

    def file(self, content: bytes) -> AttachmentId:
        """Send the mail and file the report; returns the file, unread."""
        assert self.one.talk.conversation is not None
        kept = self.files.store.keep_file(self.one.talk.conversation, "mail.eml", BytesIO(content))
        self.one.say(BROKEN, attachments=(AttachmentId(kept.id),))
        self.one.finish()
        return AttachmentId(kept.id)

    def add(self, content: bytes) -> AttachmentId:
        """Send the mail after the report was filed, with a word; returns the file, unread."""
        assert self.one.talk.conversation is not None
        kept = self.files.store.keep_file(self.one.talk.conversation, "mail.eml", BytesIO(content))
        words = {"polite": "Here is more about it", "furious": "HERE IS MORE ABOUT IT"}
        self.one.say(words, attachments=(AttachmentId(kept.id),))
        return AttachmentId(kept.id)

    def stands(self) -> tuple[Audience, str, str]:
        """Who sees the report, its incident, and that one's title."""
        kept = self.one.only()
        return kept.audience, kept.incident, kept.title


@ON_THE_WEB
@pytest.mark.parametrize("others", [0, 2])
def test_a_forged_mail_read_after_filing_takes_its_report_out_of_sight(
    house: House, way: Way, tmp_path: Path, others: int
) -> None:
    for _ in range(others):
        other = Teller(house, way)
        other.say(BROKEN)
        other.finish()
    late = Late(house, way, tmp_path)
    file = late.file(FORGED)
    audience, before, _ = late.stands()
    assert audience is Audience.OPEN
    late.files.read_file(file)
    audience, after, title = late.stands()
    assert (audience, title) == (Audience.RESTRICTED, "Restricted report")
    assert (after == before) is (others == 0)
    late.files.read_file(file)
    assert late.stands() == (audience, after, title)
    said = late.one.say({"polite": "Thank you", "furious": "THANKS FOR NOTHING"})
    assert "Is it right?" not in said
    with house.database.reading() as session:
        records = session.scalars(select(Record).where(Record.subject == late.one.only().reference))
        told = [(one.audience, one.data["description"]) for one in records]
    assert told == [(Audience.RESTRICTED.value, None)] * 2
    check_everything(house)
    check_records(house)


@ON_THE_WEB
def test_a_forged_mail_that_is_added_to_a_report_is_no_new_report(
    house: House, way: Way, tmp_path: Path
) -> None:
    late = Late(house, way, tmp_path)
    late.one.say(BROKEN)
    late.one.finish()
    file = late.add(FORGED)
    late.files.read_file(file)
    assert late.stands()[0] is Audience.RESTRICTED
    late.one.say({"polite": "Thank you", "furious": "ANY NEWS??"})
    assert late.one.asked is None
    late.one.only()


@ON_THE_WEB
def test_an_honest_mail_read_after_filing_moves_nothing(
    house: House, way: Way, tmp_path: Path
) -> None:
    late = Late(house, way, tmp_path)
    file = late.file(HONEST)
    before = late.stands()
    late.files.read_file(file)
    assert late.stands() == before
