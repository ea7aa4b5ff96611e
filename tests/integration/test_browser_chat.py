"""A person reports an outage in a real browser, on good days and bad ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import func, select

from models.report import Attachment, Report, ReportText
from tests.integration.api_fixtures import Served
from tests.integration.browser import Visitor, picture

pytestmark = pytest.mark.browser
OUTAGE = "The wifi on the third floor in Berlin is completely gone since 9, about 12 people"
HOSTILE = (
    '<script>alert(1)</script><img src=x onerror="alert(2)"> wifi in Berlin is gone for 12 people'
)


def box(page: Page) -> Locator:
    return page.get_by_label("Your message")


def say(page: Page, text: str) -> None:
    box(page).fill(text)
    box(page).press("Enter")


def send_summary(page: Page) -> None:
    expect(page.get_by_role("region", name="Your report")).to_be_visible()
    page.get_by_role("group", name="Answers").get_by_role("button", name="Send").click()
    expect(page.locator(".receipt")).to_be_visible()


def reports(served: Served) -> int:
    with served.house.database.reading() as session:
        return session.execute(select(func.count()).select_from(Report)).scalar_one()


def test_a_person_reports_an_outage_sees_the_summary_and_sends_it(
    visit: Visitor, served: Served
) -> None:
    page = visit().page()
    say(page, OUTAGE)
    summary = page.get_by_role("region", name="Your report")
    expect(summary).to_contain_text("Wi-Fi")
    expect(summary).to_contain_text("Berlin")
    expect(summary).to_contain_text("from your words")
    expect(page.get_by_role("button", name="Cancel")).to_be_in_viewport()
    picture(page, "chat")
    send_summary(page)
    reference = page.locator(".receipt strong").inner_text()
    with served.house.database.reading() as session:
        filed = session.scalars(select(Report).where(Report.reference == reference)).one()
    assert (filed.service_id, filed.site_id, filed.people) == ("wifi", "berlin", 12)


def test_a_reload_resumes_the_conversation_and_says_nothing_twice(
    visit: Visitor, served: Served
) -> None:
    page = visit().page()
    say(page, OUTAGE)
    expect(page.get_by_role("region", name="Your report")).to_be_visible()
    before = page.locator(".log .line").count()
    page.reload()
    expect(page.locator(".log .line")).to_have_count(before)
    send_summary(page)
    say(page, "what is happening with mine?")
    expect(page.locator(".log .theirs").last).to_contain_text(re.compile("RPT-"))
    lines = page.locator(".log .line").evaluate_all("nodes => nodes.map((one) => one.dataset.id)")
    assert len(lines) == len(set(lines))
    assert reports(served) == 1


def test_words_said_without_a_connection_wait_and_are_sent_once_in_order(
    visit: Visitor, served: Served
) -> None:
    person = visit()
    page = person.page()
    box(page).focus()
    expect(page.locator(".log .theirs").first).to_be_visible()
    person.context.set_offline(True)
    say(page, OUTAGE)
    say(page, "it is on floor 3")
    expect(page.locator(".mine .sent").first).to_have_text("Waiting")
    expect(page.get_by_text("Your message is kept and will be sent")).to_be_visible()
    page.locator(".log").focus()
    person.context.set_offline(False)
    expect(page.locator(".mine .sent")).to_have_text(["Read", "Read"])
    expect(page.get_by_role("group", name="Answers")).to_have_count(1)
    assert page.locator(".mine .bubble").all_inner_texts() == [OUTAGE, "it is on floor 3"]
    person.troubles[:] = [one for one in person.troubles if "ERR_INTERNET_DISCONNECTED" not in one]


def test_an_answer_that_was_lost_on_the_way_is_asked_for_again_and_files_once(
    visit: Visitor, served: Served
) -> None:
    person = visit()
    page = person.page()
    say(page, OUTAGE)
    expect(page.get_by_role("region", name="Your report")).to_be_visible()
    lost: list[str] = []

    def lose_the_first_answer(route) -> None:
        answer = route.fetch()
        if lost:
            route.fulfill(response=answer)
        else:
            lost.append(route.request.post_data)
            route.abort("connectionreset")

    page.route("**/messages", lose_the_first_answer)
    send_summary(page)
    assert len(lost) == 1
    assert reports(served) == 1
    person.troubles[:] = [one for one in person.troubles if "ERR_CONNECTION_RESET" not in one]


def test_hostile_words_stay_words(visit: Visitor, served: Served) -> None:
    page = visit().page()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    say(page, HOSTILE)
    expect(page.locator(".mine .bubble")).to_have_text(HOSTILE)
    expect(page.get_by_role("group", name="Answers")).to_be_visible()
    assert page.locator("muster-chat .log :is(script, img)").count() == 0
    assert dialogs == []


def test_somebody_without_a_mouse_gets_through_with_the_keyboard_alone(
    visit: Visitor, served: Served
) -> None:
    page = visit().page()

    def press_until(key: str, wanted: Locator) -> None:
        for _ in range(25):
            page.keyboard.press(key)
            if wanted.evaluate("node => node === document.activeElement"):
                return
        pytest.fail(f"{key} never reaches it")

    press_until("Tab", box(page))
    page.keyboard.type(OUTAGE)
    page.keyboard.press("Enter")
    answer = page.get_by_role("group", name="Answers").get_by_role("button", name="Send")
    expect(answer).to_be_visible()
    press_until("Shift+Tab", answer)
    page.keyboard.press("Enter")
    expect(page.locator(".receipt")).to_be_visible()
    expect(box(page)).to_be_focused()


def test_a_screenshot_is_uploaded_shown_and_goes_with_the_report(
    visit: Visitor, served: Served, tmp_path: Path
) -> None:
    page = visit().page()
    shot = tmp_path / "error 0x8007.png"
    page.screenshot(path=shot)
    page.locator("muster-chat input[type=file]").set_input_files(shot)
    expect(page.get_by_label("Files to send")).to_contain_text("ready")
    say(page, OUTAGE)
    expect(page.locator(".mine .file")).to_contain_text("error 0x8007")
    send_summary(page)
    with served.house.database.reading() as session:
        report = session.scalars(select(Report)).one()
        assert session.scalars(select(Attachment.report_id)).all() == [report.id]


def test_a_screenshot_added_at_the_summary_goes_with_the_pressed_answer(
    visit: Visitor, served: Served, tmp_path: Path
) -> None:
    page = visit().page()
    say(page, OUTAGE)
    expect(page.get_by_role("button", name="Send", exact=True).first).to_be_visible()
    shot = tmp_path / "late.png"
    page.screenshot(path=shot)
    page.locator("muster-chat input[type=file]").set_input_files(shot)
    expect(page.get_by_label("Files to send")).to_contain_text("ready")
    send_summary(page)
    expect(page.get_by_label("Files to send")).not_to_contain_text("late.png")
    with served.house.database.reading() as session:
        report = session.scalars(select(Report)).one()
        assert session.scalars(select(Attachment.report_id)).all() == [report.id]


def test_a_file_that_is_refused_says_why_and_the_words_still_go(
    visit: Visitor, served: Served, tmp_path: Path
) -> None:
    person = visit()
    page = person.page()
    bad = tmp_path / "drawing.png"
    bad.write_text("<svg onload=alert(1)></svg>")
    page.locator("muster-chat input[type=file]").set_input_files(bad)
    chip = page.get_by_label("Files to send").get_by_role("listitem")
    expect(chip.get_by_role("alert")).not_to_be_empty()
    say(page, OUTAGE)
    send_summary(page)
    with served.house.database.reading() as session:
        assert session.scalars(select(ReportText.text)).one().startswith("The wifi")
    person.troubles[:] = [one for one in person.troubles if "415" not in one]


def test_starting_over_forgets_here_and_keeps_what_was_sent(visit: Visitor, served: Served) -> None:
    page = visit().page()
    say(page, OUTAGE)
    send_summary(page)
    page.get_by_role("button", name="Start over").click()
    expect(page.locator(".receipt")).to_have_count(0)
    say(page, "my headset only works on one ear")
    expect(page.locator(".mine .bubble")).to_have_count(1)
    expect(page.get_by_role("group", name="Answers")).to_be_visible()
    assert reports(served) == 1
