"""Articles in a real browser: an editor writes one, and a person who needs it is told it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from models.article import Help
from models.report import Report
from models.vocabulary import HelpOutcome, Role
from tests.integration.api_fixtures import Served
from tests.integration.browser import Visitor, sign_in

pytestmark = pytest.mark.browser
STEPS = "Open every flap <b>slowly</b> and pull the paper out."


def test_an_editor_writes_an_article_and_the_next_person_mends_it_alone(
    visit: Visitor, served: Served
) -> None:
    desk = sign_in(visit(), served, Role.ADMIN)
    editor = desk.page("/console/articles")
    editor.get_by_role("link", name="Write one").click()
    editor.get_by_label("Name").fill("paper-jam")
    editor.get_by_label("Service").select_option(label="Office printing")
    english = editor.locator("section", has=editor.get_by_role("heading", name="English"))
    english.get_by_label("What it is about").fill("Paper jam")
    english.get_by_label("What people say").fill("only one sentence")
    english.get_by_label("What to do").fill(STEPS)
    editor.get_by_role("button", name="Save").click()
    expect(editor.get_by_role("alert")).to_contain_text("2 to 10 sentences")
    expect(english.get_by_label("What to do")).to_have_value(STEPS)
    desk.troubles[:] = [one for one in desk.troubles if "422" not in one]
    english.get_by_label("What people say").fill("paper is stuck\nthe printer has a paper jam")
    editor.get_by_role("button", name="Save").click()
    expect(editor.get_by_role("link", name="paper-jam")).to_be_visible()

    person = visit().page("/")
    person.get_by_label("Your message").fill("the printer has a paper jam, paper is stuck")
    person.keyboard.press("Enter")
    expect(person.get_by_text(STEPS)).to_be_visible()  # as words: the sign < is one
    person.get_by_role("button", name="That helped").click()
    expect(person.get_by_text("Glad that helped")).to_be_visible()
    with served.house.database.reading() as session:
        assert session.scalars(select(Help.outcome)).all() == [HelpOutcome.HELPED]
        assert session.scalars(select(Report)).all() == []
    editor.goto(f"{served.url}/console/articles")
    expect(editor.get_by_role("row", name="paper-jam").get_by_role("cell").nth(3)).to_have_text("1")


@pytest.mark.parametrize("path", ["/console/articles", "/console/articles/write"])
def test_a_page_of_articles_fits_a_phone(visit: Visitor, served: Served, path: str) -> None:
    phone = sign_in(visit(viewport={"width": 320, "height": 640}), served, Role.ADMIN)
    page = phone.page(path)
    expect(page.get_by_role("heading").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
