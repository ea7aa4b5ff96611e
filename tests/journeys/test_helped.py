"""A known help text is told before anything is filed, and "that helped" is the end of it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from incidents import actions as act
from incidents.article_files import FILE, parse_articles
from incidents.articles import record_articles
from incidents.helping import count_help
from models.article import Help
from models.delivery import Record
from models.report import Report, ReportAddition, ReportText
from models.vocabulary import HelpOutcome
from tests.conftest import ORGANISATION, House
from tests.journeys.talk import Talk, count_reports, desk_of
from tests.journeys.test_intake import wave

JAM = "hi, there is a page stuck in the printer here and I can't get it out"
HERE = "there is a paper jam in the printer in Berlin"
WRITTEN = {"paper-jam", "print-job-waits", "vpn-does-not-connect"}
FURIOUS = "PAPER JAM AGAIN IN THIS STUPID PRINTER!!! THIRD TIME TODAY"


@pytest.fixture
def shelf(house: House) -> House:
    """A house whose organisation has written articles."""
    with house.database.transaction() as session:
        drafts = [one for one in parse_articles(ORGANISATION / FILE) if one.reference in WRITTEN]
        assert record_articles(session, drafts, actor="ana", now=house.clock()) == len(WRITTEN)
    return house


@pytest.fixture
def talk(shelf: House) -> Talk:
    return Talk(desk_of(shelf))


def helps(house: House) -> list[Help]:
    with house.database.reading() as session:
        return list(session.scalars(select(Help).order_by(Help.at, Help.id)))


def additions(house: House) -> list[ReportAddition]:
    with house.database.reading() as session:
        return list(session.scalars(select(ReportAddition).order_by(ReportAddition.number)))


def send(talk: Talk) -> str:
    for _ in range(4):
        if talk.heard[-1].card is not None:
            return talk.press("Send")
        talk.say("i don't know")
    raise AssertionError(talk.heard[-1].text)


def last_record(house: House, report: str | None) -> dict[str, object]:
    with house.database.reading() as session:
        rows = session.scalars(
            select(Record).where(Record.subject == report).order_by(Record.seq)
        ).all()
    return dict(rows[-1].data)


@pytest.mark.parametrize("words", [JAM, FURIOUS])
def test_what_has_helped_others_is_told_first_and_nothing_is_filed(
    shelf: House, talk: Talk, words: str
) -> None:
    said = talk.say(words)
    assert "Open the front flap" in said
    assert "https://wiki.halden.example/help/paper-jam" in said
    assert talk.titles == ["That helped", "Still broken"]
    said = talk.press("That helped")
    assert "nothing to IT" in said
    assert count_reports(shelf) == 0
    (help_,) = helps(shelf)
    assert (help_.outcome, help_.report_id) == (HelpOutcome.HELPED, None)
    with shelf.database.reading() as session:
        assert count_help(session)["paper-jam"].helped == 1


@pytest.mark.parametrize(
    "words",
    [
        "yes that worked, thank you so much!",
        "it works again",
        "YES FINALLY",
        "worked. why does nobody tell us",
        "yep",
    ],
)
def test_free_words_count_like_the_button(shelf: House, talk: Talk, words: str) -> None:
    talk.say(JAM)
    talk.say("yes" if words == "YES FINALLY" else words)
    assert count_reports(shelf) == 0
    assert [one.outcome for one in helps(shelf)] == [HelpOutcome.HELPED]


@pytest.mark.parametrize(
    "words", ["no", "still the same", "that did it again", "TRIED THAT ALREADY, USELESS"]
)
def test_what_did_not_help_is_filed_and_the_report_says_what_was_tried(
    shelf: House, talk: Talk, words: str
) -> None:
    talk.say(JAM)
    talk.say(words)
    send(talk)
    assert count_reports(shelf) == 1
    (tried,) = last_record(shelf, talk.report)["tried"]
    assert (tried["article"], tried["outcome"]) == ("paper-jam", "not_helped")


@pytest.mark.parametrize(
    "words", ["i don't know", "it is the one on floor 3 in Berlin, model C458"]
)
def test_who_does_not_know_is_asked_no_more_and_filed(shelf: House, talk: Talk, words: str) -> None:
    talk.say(JAM)
    talk.say(words)
    assert "helped others" not in talk.heard[-1].text
    assert talk.titles != ["That helped", "Still broken"]
    send(talk)
    (tried,) = last_record(shelf, talk.report)["tried"]
    assert tried["outcome"] == "unsure"


def test_a_detail_told_instead_of_an_answer_is_kept(shelf: House, talk: Talk) -> None:
    talk.say(JAM)
    talk.say("it is the one on floor 3 in Berlin, model C458")
    send(talk)
    with shelf.database.reading() as session:
        assert "C458" in session.scalars(select(ReportText.text)).one()


def test_who_goes_to_try_it_is_given_the_time(shelf: House, talk: Talk) -> None:
    talk.say(JAM)
    said = talk.say("ok, one moment, I'll try")
    assert said == "Take your time. Did that help?"
    talk.say("it worked!")
    assert count_reports(shelf) == 0
    assert [one.outcome for one in helps(shelf)] == [HelpOutcome.HELPED]


def test_an_ok_is_not_taken_for_a_yes(shelf: House, talk: Talk) -> None:
    talk.say(JAM)
    talk.say("ok")
    assert helps(shelf) == []
    assert talk.titles == ["That helped", "Still broken"]


def test_the_impatient_are_filed_at_once(shelf: House, talk: Talk) -> None:
    talk.say(FURIOUS)
    talk.say("just send it!!!")
    assert count_reports(shelf) == 1


def test_it_counts_as_one_of_three_questions_and_is_asked_once(shelf: House, talk: Talk) -> None:
    talk.say("pressed print and nothing comes out of the printer")
    questions = []
    while talk.heard[-1].card is None:
        questions.append(talk.heard[-1].text)
        talk.say("i don't know")
    assert len(questions) <= 3
    assert sum("helped others" in one for one in questions) == 1


def test_what_came_back_is_filed_with_all_that_was_said(shelf: House, talk: Talk) -> None:
    talk.say(HERE)
    talk.press("That helped")
    talk.say("it came back")
    assert talk.titles != ["That helped", "Still broken"]
    send(talk)
    with shelf.database.reading() as session:
        words = session.scalars(select(ReportText.text)).one()
        report = session.scalars(select(Report)).one()
    assert words == f"{HERE}\nit came back"
    assert report.site_id == "berlin"
    assert [one.outcome for one in helps(shelf)] == [HelpOutcome.HELPED, HelpOutcome.NOT_HELPED]


def test_another_trouble_afterwards_is_a_report_of_its_own(shelf: House, talk: Talk) -> None:
    talk.say(JAM)
    talk.press("That helped")
    talk.say("SAP crashes when I open an order, only for me")
    talk.press("Send")
    with shelf.database.reading() as session:
        words = session.scalars(select(ReportText.text)).one()
    assert words == "SAP crashes when I open an order, only for me"


def test_said_at_the_summary_that_it_works_it_is_counted_too(shelf: House, talk: Talk) -> None:
    talk.say("only for me, there is a paper jam in the printer in Berlin")
    talk.say("no")
    assert talk.heard[-1].card is not None
    talk.say("oh wait, it works now, don't send it")
    assert count_reports(shelf) == 0
    assert [one.outcome for one in helps(shelf)] == [HelpOutcome.HELPED]


@pytest.mark.parametrize(
    "words",
    [
        "paper jam in the printer, our whole team cannot print",
        "none of the 30 people on our floor can print, paper is stuck",
    ],
)
def test_what_more_than_one_person_has_is_no_case_for_an_article(talk: Talk, words: str) -> None:
    assert "helped others" not in talk.say(words)


def test_where_others_report_the_same_no_article_is_told(shelf: House, talk: Talk) -> None:
    for person in ("p001", "p002", "p003"):
        shelf.file("VPN does not connect from home, GlobalProtect stuck on connecting", person)
    said = talk.say("VPN does not connect from home, GlobalProtect stuck on connecting")
    assert "helped others" not in said


def test_an_article_of_another_service_is_not_told(shelf: House) -> None:
    talk = Talk(desk_of(shelf), context={"service": "erp"})
    assert "helped others" not in talk.say("the display says there is a jam, remove paper")


def test_a_german_gets_it_in_german(shelf: House, talk: Talk) -> None:
    said = talk.say("Hallo, der Drucker hier hat einen Papierstau und das Papier steckt fest")
    assert "Öffnen Sie die vordere Klappe" in said
    assert talk.titles == ["Hat geholfen", "Geht noch nicht"]
    assert "Schön" in talk.say("super, hat geklappt, danke")
    assert count_reports(shelf) == 0


def test_a_german_whom_it_did_not_help_is_filed(shelf: House, talk: Talk) -> None:
    talk.say("Hallo, der Drucker hier hat einen Papierstau und das Papier steckt fest")
    talk.say("nein, geht immer noch nicht")
    while talk.heard[-1].card is None:
        talk.say("weiß nicht")
    talk.press("Senden")
    assert count_reports(shelf) == 1


def test_an_inactive_article_is_told_to_nobody(shelf: House, talk: Talk) -> None:
    from dataclasses import replace

    from incidents.articles import draft_of, read_article, record_article

    with shelf.database.transaction() as session:
        row = read_article(session, "paper-jam")
        record_article(
            session,
            replace(draft_of(row), active=False),
            seen=row.version,
            actor="ana",
            now=shelf.clock(),
        )
    assert "front flap" not in talk.say(JAM)


def test_by_text_it_is_filed_at_once_and_the_article_comes_along(shelf: House) -> None:
    talk = Talk(desk_of(shelf), phone="+491700000001")
    said = talk.say(JAM)
    assert count_reports(shelf) == 1
    assert "Open front flap" in said
    assert said.endswith("1 That helped 2 Still broken")
    assert len(said) <= 160
    said = talk.say("1")
    assert "Noted" in said
    (addition,) = additions(shelf)
    assert (addition.kind, addition.text) == ("resolved", "That helped.")
    assert addition.data["tried"]["article"] == "paper-jam"
    (tried,) = last_record(shelf, last_report(shelf))["tried"]
    assert (tried["article"], tried["outcome"]) == ("paper-jam", "helped")


def last_report(house: House) -> str:
    with house.database.reading() as session:
        return session.scalars(select(Report.reference)).one()


@pytest.mark.parametrize("words", ["2", "no", "STILL BROKEN!!"])
def test_by_text_who_is_not_helped_is_asked_who_is_affected(shelf: House, words: str) -> None:
    talk = Talk(desk_of(shelf), phone="+491700000001")
    talk.say(FURIOUS)
    said = talk.say(words)
    assert "Who is affected?" in said
    talk.say("1")
    assert [one.kind for one in additions(shelf)] == ["answer", "answer"]
    assert additions(shelf)[1].text == "Just me"
    assert [one.outcome for one in helps(shelf)] == [HelpOutcome.NOT_HELPED]
    assert count_reports(shelf) == 1


def test_by_text_another_trouble_after_an_article_is_a_report_of_its_own(shelf: House) -> None:
    talk = Talk(desk_of(shelf), phone="+491700000001")
    talk.say(JAM)
    talk.say("SAP crashes when I open an order, only for me")
    assert count_reports(shelf) == 2
    assert helps(shelf) == []


def test_by_text_a_german_is_answered_in_german(shelf: House) -> None:
    talk = Talk(desk_of(shelf), phone="+491700000001")
    said = talk.say("Hallo, der Drucker hier hat einen Papierstau und das Papier steckt fest")
    assert "Klappe vorn" in said
    assert said.endswith("1 Hat geholfen 2 Geht noch nicht")
    talk.say("hat geholfen, danke")
    assert [one.kind for one in additions(shelf)] == ["resolved"]


def test_a_workaround_that_helps_is_noted_and_the_outage_stays_open(house: House) -> None:
    reference = wave(house)[0]
    house.reviewer.perform(
        act.SetWorkaround(act.Target(reference, None), "Use the guest network."), actor="ana"
    )
    house.clock.forward(minutes=3)
    talk = Talk(desk_of(house))
    talk.say("no wifi here in Berlin")
    talk.press("Yes, the same problem")
    said = talk.say("that helped, thanks!")
    assert "workaround helps you" in said
    (addition,) = additions(house)
    assert addition.kind == "resolved_by_workaround"
    assert [one.outcome for one in helps(house)] == [HelpOutcome.HELPED]
    assert house.incident(reference).status == "open"


def test_that_all_works_again_is_no_praise_of_the_workaround(house: House) -> None:
    reference = wave(house)[0]
    house.reviewer.perform(
        act.SetWorkaround(act.Target(reference, None), "Use the guest network."), actor="ana"
    )
    house.clock.forward(minutes=3)
    talk = Talk(desk_of(house))
    talk.say("no wifi here in Berlin")
    talk.press("Yes, the same problem")
    talk.say("the wifi works again")
    assert [one.kind for one in additions(house)] == ["resolved"]
    assert helps(house) == []
