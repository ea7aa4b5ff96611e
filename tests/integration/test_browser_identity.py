"""People whom their intranet names, in a real browser: on each device the same conversation."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import jwt
import pytest
from playwright.sync_api import Page, Route, expect

from api.wiring import Installation, build_installation
from classifier.reading import Reader
from tests.fakes import FakeJobs
from tests.integration.api_fixtures import make_settings
from tests.integration.browser import Visit, Visitor

pytestmark = pytest.mark.browser
SECRET = "k3Jd0w-Zq8XbV1nM5pTsY7rC2fHgLaEu4oNi"
ISSUER = "https://intranet.example.org"
PAGE = """<!doctype html><script type="module" src="/static/chat.js"></script>
<link rel="stylesheet" href="/static/chat.css">
<muster-chat lang="en" identity-from="/intranet/token"></muster-chat>"""


@pytest.fixture
def installation(tmp_path: Path, prepared_store: Path, reader: Reader) -> Iterator[Installation]:
    """One that believes the intranet."""
    settings = make_settings(tmp_path, identity_key=SECRET, identity_issuer=ISSUER)
    shutil.copy(prepared_store, settings.data_dir / "muster.db")
    house = build_installation(settings, reader=reader, jobs=FakeJobs())
    yield house
    house.close()


def token(person: str = "p003") -> str:
    now = int(datetime.now(UTC).timestamp())
    claims = {"iss": ISSUER, "aud": "muster", "sub": person, "iat": now, "exp": now + 60}
    return jwt.encode(claims, SECRET, "HS256")


def intranet(person: Visit, issue: Callable[[], tuple[int, str]]) -> Page:
    """Their intranet's page with the chat on it."""

    def give(route: Route) -> None:
        status, body = issue()
        route.fulfill(status=status, body=body, content_type="text/plain")

    person.context.route("**/intranet/token", give)
    person.context.route(
        "**/intranet", lambda route: route.fulfill(body=PAGE, content_type="text/html")
    )
    return person.page("/intranet")


def say(page: Page, text: str) -> None:
    box = page.locator("muster-chat textarea")
    box.fill(text)
    box.press("Enter")


def test_what_was_begun_at_the_desk_goes_on_on_the_phone(visit: Visitor) -> None:
    desk = intranet(visit(), lambda: (200, token()))
    say(desk, "Outlook is down for my whole team")
    expect(desk.locator(".mine .sent")).to_have_text("Read")
    phone = intranet(visit(), lambda: (200, token()))
    phone.locator("muster-chat textarea").focus()
    expect(phone.locator(".mine .bubble")).to_have_text(["Outlook is down for my whole team"])
    expect(phone.locator(".theirs .bubble", has_text="You began to tell me")).to_have_count(1)
    say(phone, "cancel")
    expect(desk.locator(".mine .bubble")).to_have_count(2)


def test_to_start_over_is_said_in_the_conversation_that_all_devices_share(visit: Visitor) -> None:
    page = intranet(visit(), lambda: (200, token()))
    say(page, "Outlook is down for my whole team")
    expect(page.locator(".mine .sent")).to_have_text("Read")
    page.get_by_role("button", name="Start over").click()
    expect(page.locator(".theirs .bubble", has_text="Let us start over")).to_have_count(1)
    expect(page.locator(".mine .bubble").first).to_have_text("Outlook is down for my whole team")


def test_where_the_intranet_is_silent_the_words_wait_and_are_never_sent_nameless(
    visit: Visitor,
) -> None:
    answers = [(500, ""), (200, " "), (500, "")]
    person = visit()
    page = intranet(person, lambda: answers.pop() if answers else (200, token()))
    say(page, "Outlook is down for my whole team")
    expect(page.locator(".mine .sent")).to_have_text("Read")
    assert answers == []
    person.troubles[:] = [one for one in person.troubles if "500" not in one]


def test_the_next_person_in_a_tab_sees_nothing_of_the_one_before(visit: Visitor) -> None:
    who = ["p003"]
    page = intranet(visit(), lambda: (200, token(who[0])))
    say(page, "Outlook is down for my whole team")
    expect(page.locator(".mine .sent")).to_have_text("Read")
    page.get_by_label("Your message").fill("and my password is")
    who[0] = "p005"
    page.reload()
    say(page, "The printer on floor 2 is broken")
    expect(page.locator(".mine .sent")).to_have_text("Read")
    expect(page.locator(".mine .bubble")).to_have_text(["The printer on floor 2 is broken"])


def test_a_reload_shows_a_person_their_own_talk_and_draft_again(visit: Visitor) -> None:
    page = intranet(visit(), lambda: (200, token()))
    say(page, "Outlook is down for my whole team")
    expect(page.locator(".mine .sent")).to_have_text("Read")
    page.get_by_label("Your message").fill("it is")
    page.reload()
    expect(page.locator(".mine .bubble")).to_have_text(["Outlook is down for my whole team"])
    expect(page.get_by_label("Your message")).to_have_value("it is")


def test_a_token_that_is_not_believed_is_said_so_at_the_message(visit: Visitor) -> None:
    person = visit()
    page = intranet(person, lambda: (200, "nonsense"))
    say(page, "Outlook is down for my whole team")
    expect(page.locator(".mine.failed .sent")).to_contain_text("Not sent")
    person.troubles[:] = [one for one in person.troubles if "401" not in one]
