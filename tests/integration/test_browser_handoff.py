"""A person and one of staff speak with each other, each in a real browser, without a reload."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.integration.api_fixtures import Served
from tests.integration.browser import Visit, Visitor, picture, sign_in

pytestmark = pytest.mark.browser
OUTAGE = "The wifi on the third floor in Berlin is completely gone since 9, about 12 people"
HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)"><b>'


def say(page: Page, text: str) -> None:
    page.get_by_label("Your message").fill(text)
    page.get_by_label("Your message").press("Enter")


def answer(page: Page, text: str) -> None:
    page.get_by_label("Your words to the person").fill(text)
    page.get_by_role("button", name="Send").click()


def test_a_person_asks_for_a_person_and_both_see_every_word_as_it_comes(
    staff: Visit, visit: Visitor, served: Served
) -> None:
    console = staff.page("/console/conversations")
    expect(console.get_by_text("Live", exact=True)).to_be_visible()
    expect(console.get_by_text("Nobody asks for a person.")).to_be_visible()
    chat = visit().page()
    say(chat, OUTAGE)
    expect(chat.get_by_role("region", name="Your report")).to_be_visible()
    say(chat, "I want to talk to a human")
    expect(chat.get_by_text("I have asked a person of IT to join you here")).to_be_visible()
    expect(console.get_by_text("Waits for a person")).to_be_visible()
    expect(console.locator("nav .count")).to_contain_text("1")
    console.locator("td.title a").click()
    expect(console.get_by_text(OUTAGE).first).to_be_visible()
    expect(console.locator("#panel")).to_contain_text("Wi-Fi")
    console.get_by_role("button", name="Take over").click()
    expect(console.locator("#panel")).to_contain_text("With you")
    expect(chat.get_by_text("Ana of IT has joined")).to_be_visible()
    answer(console, "Hello, is it the whole floor?")
    bubble = chat.locator(".line", has_text="Hello, is it the whole floor?")
    expect(bubble.locator(".author")).to_have_text("Ana")
    expect(console.get_by_text("Live", exact=True)).to_be_visible()
    console.get_by_label("Your words to the person").fill("half a sentence")
    expect(chat.get_by_text("Somebody from IT is writing…")).to_be_visible()
    expect(console.locator("#panel")).to_contain_text("They have seen everything.")
    say(chat, "Yes, all of it")
    expect(chat.locator(".mine .sent").last).to_have_text("Read")
    expect(console.locator(".turn.person").last).to_contain_text("Yes, all of it")
    expect(console.get_by_label("Your words to the person")).to_have_value("half a sentence")
    picture(console, "conversation")
    say(chat, HOSTILE)
    expect(console.locator(".turn.person").last).to_contain_text(HOSTILE)
    answer(console, HOSTILE)
    expect(chat.locator(".bubble").last).to_have_text(HOSTILE)
    console.get_by_role("button", name="File it as it stands").click()
    expect(console.locator("#panel a.ref")).to_contain_text("RPT-")
    expect(chat.get_by_text("Ana of IT recorded it as RPT-")).to_be_visible()
    console.get_by_role("button", name="Give back to the assistant").click()
    expect(chat.get_by_text("Ana of IT has left. I am the assistant again.")).to_be_visible()
    say(chat, "thanks")
    expect(chat.get_by_text("You are welcome", exact=False)).to_be_visible()
    chat.reload()
    expect(bubble.locator(".author")).to_have_text("Ana")
    assert chat.locator(".log :is(script, img, b)").count() == 0
    assert console.locator("main :is(script, img, b)").count() == 0


def see(page: Page, *, seen: bool) -> None:
    """The browser says that the page is seen, or in the background."""
    page.evaluate(
        """(seen) => {
          Object.defineProperty(document, "hidden", { value: !seen, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        seen,
    )


def test_words_count_as_read_only_when_somebody_can_see_them(
    staff: Visit, visit: Visitor, served: Served
) -> None:
    chat = visit().page()
    say(chat, OUTAGE)
    expect(chat.get_by_role("region", name="Your report")).to_be_visible()
    say(chat, "human please")
    console = staff.page("/console/conversations")
    console.locator("td.title a").click()
    console.get_by_role("button", name="Take over").click()
    expect(chat.get_by_text("Ana of IT has joined")).to_be_visible()
    expect(console.get_by_text("Live", exact=True)).to_be_visible()
    see(console, seen=False)
    console.evaluate("""() => {
      document.addEventListener("sse:handoffs", () => { document.body.dataset.heard = "yes"; });
      document.addEventListener("htmx:beforeSend", () => { document.body.dataset.fetched = "yes"; });
    }""")
    say(chat, "Are you there?")
    expect(console.locator("body[data-heard]")).to_be_attached()
    expect(console.locator("body[data-fetched]")).not_to_be_attached()
    expect(chat.locator(".mine .sent").last).not_to_have_text("Read")
    see(console, seen=True)
    expect(console.locator(".turn.person").last).to_contain_text("Are you there?")
    expect(chat.locator(".mine .sent").last).to_have_text("Read")
    say(chat, "Hello?")
    expect(console.locator(".turn.person").last).to_contain_text("Hello?")


def test_given_back_the_last_question_can_be_answered_again(
    staff: Visit, visit: Visitor, served: Served
) -> None:
    chat = visit().page()
    say(chat, OUTAGE)
    expect(chat.get_by_role("region", name="Your report")).to_be_visible()
    say(chat, "human please")
    console = staff.page("/console/conversations")
    console.locator("td.title a").click()
    console.get_by_role("button", name="Take over").click()
    expect(chat.get_by_text("Ana of IT has joined")).to_be_visible()
    console.get_by_role("button", name="Give back to the assistant").click()
    expect(chat.get_by_text("I am the assistant again.")).to_be_visible()
    chat.get_by_role("group", name="Answers").get_by_role("button", name="Send").click()
    expect(chat.locator(".receipt")).to_be_visible()


def test_a_conversation_is_taken_over_without_javascript(visit: Visitor, served: Served) -> None:
    chat = visit().page()
    say(chat, "I want to talk to a human")
    expect(chat.get_by_text("I have asked a person of IT to join you here")).to_be_visible()
    page = sign_in(visit(java_script_enabled=False), served).page("/console/conversations")
    page.locator("td.title a").click()
    page.get_by_role("button", name="Take over").click()
    answer(page, "Hello")
    expect(page.get_by_text("Hello", exact=True)).to_be_visible()
    expect(chat.get_by_text("Hello", exact=True)).to_be_visible()


@pytest.mark.parametrize("which", ["list", "one"])
def test_the_pages_of_conversations_fit_a_phone(visit: Visitor, served: Served, which: str) -> None:
    chat = visit().page()
    say(chat, OUTAGE)
    say(chat, "human please")
    expect(chat.get_by_text("I have asked a person of IT")).to_be_visible()
    phone = sign_in(visit(viewport={"width": 320, "height": 640}), served)
    page = phone.page("/console/conversations")
    if which == "one":
        page.locator("td.title a").click()
        page.get_by_role("button", name="Take over").click()
        expect(page.get_by_label("Your words to the person")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
