"""Staff work on the console in a real browser: see it grow, join and part, take back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from models.incident import Incident
from models.vocabulary import MajorState, Role, Status
from tests.integration.api_fixtures import Served
from tests.integration.browser import WAVE, Teller, Visit, Visitor, picture, sign_in

pytestmark = pytest.mark.browser
SAP = "SAP is extremely slow and then times out"
HOSTILE = '<script>alert(1)</script><img src=x onerror=alert(2)> SAP times out "></textarea><b>'


EVERYDAY = (
    ("p001", "SAP is extremely slow and then times out", "london"),
    ("p002", "Die Etikettendrucker im Lager drucken nur noch leere Labels", "rotterdam"),
    ("p003", "My badge does not open the garage any more", "lisbon"),
    ("p004", "Deploy jobs are stuck in the build pipeline, three teams wait", "pune"),
    ("p005", "Payroll shows last month's figures", "chicago"),
)


def wave(served: Served, teller: Teller, count: int = 5) -> str:
    """Several people tell one outage; returns the incident."""
    found = ""
    for person, text in WAVE[:count]:
        served.house.clock.forward(minutes=2)
        found = teller.tell(text, person, site="berlin")
    return found


def incident(served: Served, reference: str) -> Incident:
    with served.house.database.reading() as session:
        return session.scalars(select(Incident).where(Incident.reference == reference)).one()


def title_link(page: Page, reference: str):
    return page.locator("tr", has_text=reference).locator("td.title a")


def test_ten_reports_are_seen_to_become_one_incident_without_a_reload(
    staff: Visit, served: Served, teller: Teller
) -> None:
    for person, text, site in EVERYDAY:
        teller.tell(text, person, site=site)
        served.house.clock.forward(hours=7)
    page = staff.page("/console")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    first = wave(served, teller, 2)
    expect(page.locator("#refresh")).to_contain_text("1 new")
    page.keyboard.press("r")
    cell = page.locator(f"#reports-{first}")
    expect(cell).to_contain_text("2")
    for person, text in WAVE[2:]:
        served.house.clock.forward(minutes=1)
        assert teller.tell(text, person, site="berlin") == first
    expect(cell).to_contain_text("10")
    expect(page.locator("#refresh")).to_contain_text("1 changed")
    expect(page.locator(f"#state-{first}")).to_contain_text("Candidate")
    page.goto(f"{staff.url}/console?view=all")
    expect(page.locator(f"#reports-{first}")).to_contain_text("10")
    picture(page, "queue")
    title_link(page, first).click()
    expect(page.get_by_text("Proposed as a major incident.", exact=True)).to_be_visible()
    page.get_by_text("Evidence").nth(3).click()
    picture(page, "incident")


def test_a_candidate_is_accepted_and_the_decision_taken_back(
    staff: Visit, served: Served, teller: Teller
) -> None:
    reference = wave(served, teller)
    page = staff.page(f"/console/incidents/{reference}")
    page.get_by_role("button", name="Accept as major").click()
    expect(page.get_by_text("Done.")).to_be_visible()
    assert incident(served, reference).major_state is MajorState.DECLARED
    page.keyboard.press("u")
    expect(page.get_by_text("Took back")).not_to_have_count(0)
    assert incident(served, reference).major_state is MajorState.PROPOSED


def test_a_candidate_is_rejected_with_a_reason(
    staff: Visit, served: Served, teller: Teller
) -> None:
    reference = wave(served, teller)
    page = staff.page("/console?view=candidates")
    title_link(page, reference).click()
    page.get_by_text("Reject…").click()
    page.get_by_label("Why is it not a major incident?").fill("planned work")
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_text("Not a major incident: planned work")).to_be_visible()
    assert incident(served, reference).major_state is MajorState.REJECTED


def test_two_incidents_are_merged_after_a_preview_and_parted_by_undo(
    staff: Visit, served: Served, teller: Teller
) -> None:
    big, small = wave(served, teller), teller.tell(SAP, "p001", site="london")
    page = staff.page("/console?view=all")
    for reference in (big, small):
        page.get_by_label(f"Tick {reference} to merge").check()
    page.get_by_role("button", name="Merge the ticked").click()
    page.get_by_label(f"{big} stays").check()
    page.get_by_role("button", name="Show what would happen").click()
    expect(page.get_by_text("5 → 6").first).to_be_visible()
    assert incident(served, big).reports == 5
    page.get_by_role("button", name="Merge them").click()
    expect(page.get_by_text(f"Done. {small} merged into {big}.")).to_be_visible()
    assert incident(served, big).reports == 6
    assert incident(served, small).status is Status.ABSORBED
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_role("button", name="Redo", exact=True)).to_be_visible()
    assert incident(served, big).reports == 5
    assert incident(served, small).status is Status.OPEN


def test_what_is_not_ticked_yet_is_found_by_its_words(
    staff: Visit, served: Served, teller: Teller
) -> None:
    big, small = wave(served, teller, 2), teller.tell(SAP, "p001", site="london")
    page = staff.page(f"/console/merge?pick={big}")
    page.get_by_label("Find others").fill("extremely slow")
    page.get_by_label("Find others").press("Enter")
    page.get_by_label(f"Merge {small}").check()
    expect(page.get_by_label(f"Merge {big}")).to_be_checked()
    page.get_by_role("button", name="Show what would happen").click()
    expect(page.get_by_text(f"{small} merged into {big}.")).to_be_visible()


def test_reports_that_are_something_else_are_split_off_and_come_back(
    staff: Visit, served: Served, teller: Teller
) -> None:
    reference = wave(served, teller)
    page = staff.page(f"/console/incidents/{reference}")
    boxes = page.locator("input[name=report]")
    boxes.nth(0).check()
    boxes.nth(1).check()
    page.get_by_label("Title of the new incident").fill("Second floor switch")
    page.get_by_role("button", name="Split off the ticked").click()
    expect(page.get_by_role("heading", name="Second floor switch")).to_be_visible()
    expect(page.get_by_text("5 → 3").first).to_be_visible()
    assert incident(served, reference).reports == 5
    page.get_by_role("button", name="Split off").click()
    expect(page.get_by_text("Done.")).to_be_visible()
    assert incident(served, reference).reports == 3
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_role("button", name="Redo", exact=True)).to_be_visible()
    assert incident(served, reference).reports == 5


def test_one_report_is_moved_to_where_it_belongs(
    staff: Visit, served: Served, teller: Teller
) -> None:
    big, small = wave(served, teller), teller.tell(SAP, "p001", site="london")
    page = staff.page(f"/console/incidents/{big}")
    page.get_by_text("Move one report…").click()
    page.get_by_label("To incident").fill(small.lower())
    page.get_by_role("button", name="Show what would happen").click()
    page.get_by_role("button", name="Move it").click()
    expect(page.get_by_text("Done.")).to_be_visible()
    assert incident(served, big).reports == 4
    assert incident(served, small).reports == 2


def test_who_comes_second_sees_what_the_first_did_and_loses_nothing(
    staff: Visit, served: Served, teller: Teller, visit: Visitor
) -> None:
    reference = wave(served, teller)
    mine = staff.page(f"/console/incidents/{reference}")
    mine.get_by_text("Workaround…").click()
    mine.get_by_label("What people can do meanwhile").fill("Use the cable at the desk")
    other = sign_in(visit(), served, Role.ANALYST, "Bo").page(f"/console/incidents/{reference}")
    other.get_by_role("button", name="Lock: take no more reports").click()
    expect(other.get_by_text("Done.")).to_be_visible()
    mine.get_by_role("button", name="Save").last.click()
    expect(mine.get_by_role("heading", name="Somebody was faster")).to_be_visible()
    expect(mine.get_by_text("takes no more reports.")).to_be_visible()
    expect(mine.get_by_text("by Bo")).to_be_visible()
    mine.get_by_role("button", name="Do it all the same").click()
    expect(mine.get_by_text("Use the cable at the desk").first).to_be_visible()
    assert incident(served, reference).workaround == "Use the cable at the desk"
    assert incident(served, reference).locked
    staff.troubles[:] = [one for one in staff.troubles if "412" not in one]


def test_the_queue_is_worked_with_keys_alone(staff: Visit, served: Served, teller: Teller) -> None:
    wave(served, teller, 2)
    teller.tell(SAP, "p001", site="london")
    page = staff.page("/console?view=all")
    for key in ("j", "x", "j", "x", "m"):
        page.keyboard.press(key)
    expect(page.get_by_role("heading", name="Merge incidents")).to_be_visible()
    expect(page.locator("input[name=pick]:checked")).to_have_count(2)
    page.keyboard.press("/")
    expect(page.get_by_label("Find others")).to_be_focused()


def test_single_keys_can_be_turned_off_and_stay_off(
    staff: Visit, served: Served, teller: Teller
) -> None:
    wave(served, teller, 2)
    page = staff.page("/console?view=all")
    page.get_by_label("Keys:").uncheck()
    page.reload()
    page.keyboard.press("/")
    expect(page.get_by_label("Keys:")).not_to_be_checked()
    expect(page.get_by_label("Search (press /)")).not_to_be_focused()
    page.get_by_label("Keys:").check()
    page.locator("h1").click()
    page.keyboard.press("/")
    expect(page.get_by_label("Search (press /)")).to_be_focused()


def test_hostile_words_are_shown_as_words_everywhere(
    staff: Visit, served: Served, teller: Teller
) -> None:
    reference = teller.tell(HOSTILE, "p001", site="london")
    other = wave(served, teller, 2)
    page = staff.page(f"/console/incidents/{reference}")
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    expect(page.locator(".said")).to_have_text(HOSTILE)
    page.get_by_text("Title…").click()
    page.get_by_label("Title", exact=True).fill(HOSTILE)
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
    for path in ("/console?view=all", f"/console/merge?pick={other}&words=script"):
        page.goto(staff.url + path)
        expect(title_link(page, reference)).to_have_text(HOSTILE)
    assert page.locator("main :is(script, img, b)").count() == 0
    assert dialogs == []


def test_without_javascript_the_console_still_does_its_work(
    visit: Visitor, served: Served, teller: Teller
) -> None:
    reference = wave(served, teller)
    plain = sign_in(visit(java_script_enabled=False), served)
    page = plain.page("/console")
    page.get_by_label("Search (press /)").fill("wlan")
    page.get_by_role("button", name="Search").click()
    title_link(page, reference).click()
    page.locator("input[name=report]").first.check()
    page.get_by_role("button", name="Split off the ticked").click()
    page.get_by_role("button", name="Split off").click()
    expect(page.get_by_text("Done.")).to_be_visible()
    assert incident(served, reference).reports == 4


@pytest.mark.parametrize(
    "path", ["/", "/help", "/login", "/console?view=all", "/console/forwarding"]
)
def test_a_page_fits_a_phone(visit: Visitor, served: Served, teller: Teller, path: str) -> None:
    wave(served, teller, 2)
    phone = sign_in(visit(viewport={"width": 320, "height": 640}), served)
    page = phone.page(path)
    expect(page.get_by_role("heading").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
