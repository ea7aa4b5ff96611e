"""The chat on a bad line, in a real browser: what waits, what is kept, what each side sees."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from limits import RateLimitItemPerSecond
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from incidents.presence import read_presence, record_staff_saw, record_staff_typing
from models.conversation import Conversation, Message
from models.ids import ConversationId
from models.report import Attachment
from models.vocabulary import Direction
from tests.integration.api_fixtures import Served
from tests.integration.browser import Visit, Visitor
from tests.standins.receiver import wait_until

pytestmark = pytest.mark.browser
OUTAGE = "The wifi on the third floor in Berlin is completely gone since 9, about 12 people"
LOG = b"2026-11-23 11:58:07 ERROR Outlook 0x8004010F on lt-ber-0231\n" * 40_000


def say(page: Page, text: str) -> None:
    box = page.locator("muster-chat textarea")
    box.fill(text)
    box.press("Enter")


def choose(page: Page, path: Path) -> None:
    page.locator("muster-chat input[type=file]").set_input_files(path)


def conversation(page: Page) -> ConversationId:
    found = page.evaluate("() => JSON.parse(sessionStorage.getItem('muster-chat-talk')).id")
    return ConversationId(UUID(found))


def said(served: Served) -> list[str]:
    with served.house.database.reading() as session:
        rows = session.scalars(
            select(Message.text).where(Message.direction == Direction.INBOUND).order_by(Message.id)
        )
        return list(rows)


def files_kept(served: Served) -> int:
    with served.house.database.reading() as session:
        return len(session.scalars(select(Attachment.id)).all())


def forgive(person: Visit, *signs: str) -> None:
    """Errors that the browser reports of a line that was cut on purpose."""
    person.troubles[:] = [one for one in person.troubles if not any(sign in one for sign in signs)]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "client.log"
    path.write_bytes(LOG)
    return path


def test_words_and_files_that_wait_outlive_a_reload_and_go_in_the_order_they_were_said(
    visit: Visitor, served: Served, log: Path
) -> None:
    person = visit()
    page = person.page()
    person.context.route("**/api/v1/**", lambda route: route.abort("connectionfailed"))
    choose(page, log)
    say(page, OUTAGE)
    say(page, "it is on floor 3")
    expect(page.locator(".mine.waiting")).to_have_count(2)
    page.get_by_label("Your message").press_sequentially("and the ki")
    page.reload()
    expect(page.get_by_label("Your message")).to_have_value("and the ki")
    expect(page.locator(".mine .bubble")).to_have_text([OUTAGE, "it is on floor 3"])
    expect(page.locator(".mine .file")).to_contain_text("client.log")
    person.context.unroute("**/api/v1/**")
    expect(page.locator(".mine.read")).to_have_count(2)
    assert said(served) == [OUTAGE, "it is on floor 3"]
    with served.house.database.reading() as session:
        kept = session.scalars(select(Attachment)).one()
    assert kept.sha256 == hashlib.sha256(LOG).hexdigest()
    forgive(person, "ERR_CONNECTION_FAILED")


def test_a_file_beside_the_composer_outlives_a_reload_and_can_be_taken_back(
    visit: Visitor, served: Served, log: Path
) -> None:
    page = visit().page()
    choose(page, log)
    files = page.get_by_label("Files to send")
    expect(files).to_contain_text("ready")
    page.reload()
    expect(files).to_contain_text("client.log")
    page.get_by_role("button", name="Remove client.log").click()
    expect(files).to_be_empty()
    wait_until(lambda: files_kept(served) == 0)
    say(page, OUTAGE)
    expect(page.locator(".mine .file")).to_have_count(0)


def test_a_file_taken_back_while_the_line_is_cut_is_given_up_once_it_is_there_again(
    visit: Visitor, served: Served, log: Path
) -> None:
    person = visit()
    page = person.page()
    tried: list[str] = []

    def cut_what_is_taken_back(route: Route) -> None:
        if route.request.method == "DELETE":
            tried.append(route.request.url)
            return route.abort("connectionfailed")
        return route.continue_()

    person.context.route("**/uploads/**", cut_what_is_taken_back)
    choose(page, log)
    expect(page.get_by_label("Files to send")).to_contain_text("ready")
    with page.expect_event("requestfailed"):
        page.get_by_role("button", name="Remove client.log").click()
    assert (len(tried), files_kept(served)) == (1, 1)
    person.context.unroute("**/uploads/**")
    page.reload()
    wait_until(lambda: files_kept(served) == 0)
    forgive(person, "ERR_CONNECTION_FAILED")


def test_starting_over_gives_up_a_file_that_was_not_sent(
    visit: Visitor, served: Served, log: Path
) -> None:
    page = visit().page()
    say(page, OUTAGE)
    expect(page.locator(".mine.read")).to_have_count(1)
    choose(page, log)
    expect(page.get_by_label("Files to send")).to_contain_text("ready")
    page.get_by_role("button", name="Start over").click()
    wait_until(lambda: files_kept(served) == 0)


def test_a_file_goes_on_where_it_was_cut_and_not_from_its_beginning(
    visit: Visitor, served: Served, log: Path
) -> None:
    person = visit()
    page = person.page()
    pieces: list[str] = []

    def cut_the_second_piece(route: Route) -> None:
        if route.request.method == "PUT":
            pieces.append(route.request.headers["content-range"].split()[1].split("-")[0])
            if len(pieces) == 2:
                return route.abort("connectionreset")
        return route.continue_()

    page.route("**/uploads/**", cut_the_second_piece)
    choose(page, log)
    expect(page.get_by_label("Files to send")).to_contain_text("ready")
    assert pieces == ["0", "1048576", "1048576", "2097152"]
    forgive(person, "ERR_CONNECTION_RESET")


def test_a_lost_answer_to_the_announcement_of_a_file_makes_no_second_file(
    visit: Visitor, served: Served, log: Path
) -> None:
    person = visit()
    page = person.page()
    lost: list[str] = []

    def lose_the_first_answer(route: Route) -> None:
        answer = route.fetch()
        if lost:
            return route.fulfill(response=answer)
        lost.append(answer.json()["id"])
        return route.abort("connectionreset")

    page.route("**/uploads", lose_the_first_answer)
    choose(page, log)
    expect(page.get_by_label("Files to send")).to_contain_text("ready")
    with served.house.database.reading() as session:
        assert [str(one) for one in session.scalars(select(Attachment.id))] == lost
    forgive(person, "ERR_CONNECTION_RESET")


def test_a_file_that_cannot_be_read_any_more_says_so_and_the_words_still_go(
    visit: Visitor, served: Served, tmp_path: Path
) -> None:
    page = visit().page()
    gone = tmp_path / "gone.log"
    gone.write_bytes(LOG)
    page.route("**/conversations", lambda route: (gone.write_bytes(LOG * 2), route.continue_()))
    choose(page, gone)
    chip = page.get_by_label("Files to send").get_by_role("listitem")
    expect(chip.get_by_role("alert")).to_contain_text("could not keep the file")
    say(page, OUTAGE)
    expect(page.locator(".mine.read")).to_have_count(1)
    assert said(served) == [OUTAGE]


def test_asked_to_wait_the_chat_waits_as_long_as_it_was_asked(
    visit: Visitor, served: Served
) -> None:
    limits = served.house.limits
    served.house.limits = replace(limits, messages=RateLimitItemPerSecond(2, 4))
    person = visit()
    page = person.page()
    tries: list[int] = []
    page.on(
        "response",
        lambda answer: tries.append(answer.status) if answer.url.endswith("/messages") else None,
    )
    for text in (OUTAGE, "it is on floor 3", "many of us"):
        say(page, text)
    expect(page.get_by_text("will be sent in a moment")).to_be_visible()
    expect(page.locator(".mine.read")).to_have_count(3)
    assert said(served) == [OUTAGE, "it is on floor 3", "many of us"]
    assert tries == [200, 200, 429, 200]
    forgive(person, "429")


def test_where_the_conversation_is_gone_words_and_files_go_to_a_new_one_below_the_old(
    visit: Visitor, served: Served, log: Path
) -> None:
    person = visit()
    page = person.page()
    say(page, OUTAGE)
    expect(page.locator(".mine.read")).to_have_count(1)
    choose(page, log)
    expect(page.get_by_label("Files to send")).to_contain_text("ready")
    with served.house.database.transaction() as session:
        session.get_one(Conversation, conversation(page)).token_hash = "another"
    say(page, "my headset only works on one ear")
    expect(page.locator(".mine.read")).to_have_count(2)
    assert page.locator(".mine .bubble").all_inner_texts() == said(served)
    expect(page.locator(".log > .line").last).to_have_class(re.compile("theirs"))
    with served.house.database.reading() as session:
        kept = session.scalars(select(Attachment.conversation_id)).all()
    assert conversation(page) in kept
    forgive(person, "404")


def test_a_file_alone_is_a_message(visit: Visitor, served: Served, log: Path) -> None:
    page = visit().page()
    choose(page, log)
    page.get_by_role("button", name="Send message").click()
    expect(page.locator(".mine.read")).to_have_count(1)
    expect(page.locator(".mine .file")).to_contain_text("client.log")
    assert said(served) == ["client.log"]


def test_starting_over_gives_up_what_waits_and_says_what_comes_then_at_once(
    visit: Visitor, served: Served, log: Path
) -> None:
    person = visit()
    page = person.page()
    person.context.route("**/api/v1/**", lambda route: route.abort("connectionfailed"))
    choose(page, log)
    say(page, OUTAGE)
    expect(page.locator(".mine.waiting")).to_have_count(1)
    page.get_by_role("button", name="Start over").click()
    expect(page.locator(".log")).to_be_empty()
    person.context.unroute("**/api/v1/**")
    say(page, "my headset only works on one ear")
    expect(page.locator(".mine.read")).to_have_count(1)
    assert said(served) == ["my headset only works on one ear"]
    forgive(person, "ERR_CONNECTION_FAILED")


def test_what_was_read_in_a_file_appears_under_it_by_itself(
    visit: Visitor, served: Served, tmp_path: Path
) -> None:
    page = visit().page()
    small = tmp_path / "outlook.log"
    small.write_bytes(LOG[:600])
    choose(page, small)
    expect(page.get_by_label("Files to send")).to_contain_text("ready")
    say(page, OUTAGE)
    file = page.locator(".mine .file")
    expect(file).to_contain_text("Being read")
    served.house.tending.read_file(served.house.jobs.files[0])
    expect(file).to_contain_text("I can see error 0x8004010F in your file.")
    page.reload()
    expect(file).to_contain_text("I can see error 0x8004010F in your file.")
    say(page, "many of us")
    expect(page.locator(".mine.read")).to_have_count(2)
    assert page.get_by_text("I can see error").count() == 1


def test_the_server_learns_what_was_before_the_persons_eyes(visit: Visitor, served: Served) -> None:
    page = visit().page()
    say(page, OUTAGE)
    expect(page.get_by_role("region", name="Your report")).to_be_visible()
    lines = page.locator(".line").count()
    conversation_id = conversation(page)

    def has_seen_all() -> bool:
        with served.house.database.reading() as session:
            marks = read_presence(session, conversation_id, now=served.house.clock())
        return marks.person_saw == lines

    wait_until(has_seen_all)


def test_the_person_sees_that_somebody_of_it_writes(visit: Visitor, served: Served) -> None:
    page = visit().page()
    say(page, OUTAGE)
    expect(page.locator(".mine.read")).to_have_count(1)
    with served.house.database.transaction() as session:
        record_staff_saw(session, conversation(page), 2)
        record_staff_typing(session, conversation(page), now=served.house.clock())
    expect(page.get_by_text("Somebody from IT is writing…")).to_be_visible()
    with served.house.database.transaction() as session:
        record_staff_typing(session, conversation(page), now=None)
    expect(page.get_by_text("Somebody from IT is writing…")).to_be_hidden()


def test_a_german_browser_gets_german_words_german_sizes_and_a_german_greeting(
    visit: Visitor, served: Served, log: Path
) -> None:
    page = visit(locale="de-DE").page()
    chat = page.locator("muster-chat")
    expect(chat).to_have_attribute("lang", "de")
    expect(chat.locator("header")).to_contain_text("Störung melden")
    choose(page, log)
    expect(page.get_by_label("Dateien, die mitgehen")).to_contain_text("2,4 MB, bereit")
    page.get_by_label("Ihre Nachricht").fill("Das WLAN in Berlin ist weg")
    page.get_by_role("button", name="Nachricht senden").click()
    expect(page.locator(".theirs").first).to_contain_text(" Sie ")
    expect(page.locator(".mine .sent")).to_have_text("Gelesen")


def test_a_page_in_another_language_gets_english_words(visit: Visitor, served: Served) -> None:
    page = visit(locale="fr-FR").page()
    expect(page.locator("muster-chat")).to_have_attribute("lang", "en")
    expect(page.get_by_label("Your message")).to_be_visible()


def test_to_start_over_while_the_talk_is_still_being_opened_loses_no_word(visit: Visitor) -> None:
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    person = visit()
    page = person.page()
    person.context.route("**/api/v1/conversations", hold_the_first)
    with page.expect_request("**/api/v1/conversations"):
        page.get_by_label("Your message").focus()
    page.get_by_role("button", name="Start over").click()
    say(page, OUTAGE)
    expect(page.locator(".mine .sent")).to_have_text("Read")
    held[0].continue_()
    expect(page.locator(".mine .bubble")).to_have_text([OUTAGE])


def test_words_copied_with_their_picture_are_pasted_as_words(visit: Visitor) -> None:
    page = visit().page()
    page.evaluate(
        """() => {
          const data = new DataTransfer();
          data.setData("text/plain", "error 42");
          data.items.add(new File([new Uint8Array(9)], "image.png", { type: "image/png" }));
          const paste = new ClipboardEvent("paste", { clipboardData: data, cancelable: true, bubbles: true });
          window.taken = !document.querySelector("muster-chat textarea").dispatchEvent(paste);
        }"""
    )
    assert page.evaluate("() => window.taken") is False
    expect(page.locator(".chips li")).to_have_count(0)
