"""A real browser for the tests that need one. Every page is watched: no error, no CSP violation."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from models.vocabulary import Role
from tests.browser_notice import find_browser
from tests.conftest import ROOT
from tests.integration.api_fixtures import Served, key_for, link_for

PICTURES = ROOT / "docs" / "pictures"
_ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"]
_WATCH = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.violatedDirective} ${event.sourceFile}:${event.lineNumber}`));
"""
WAVE = (
    ("p031", "Wifi on the third floor in Berlin is completely gone since 9"),
    ("p033", "no wireless in Berlin, my laptop does not find HF-Staff anymore"),
    ("p034", "is the wifi down in berlin? can't connect to anything"),
    ("p035", "Berlin office: wlan disconnected for the whole team, about 12 people"),
    ("p036", "wlan still dead in berlin, second floor too"),
    ("p032", "kein WLAN im Berliner Büro, bei den Kollegen auch nicht"),
    ("p037", "wifi gone in berlin for us as well"),
    ("p038", "Berlin wifi is down, the whole kitchen table is offline"),
    ("p039", "cannot connect to the wifi in the berlin office"),
    ("p040", "WLAN Berlin ausgefallen, dritter Stock"),
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser a module: its event loop must not outlive the tests that use it."""
    path = find_browser()
    assert path is not None  # the tests are deselected where there is none
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield found
        found.close()


@dataclass
class Visit:
    """One person's browser; `troubles` are errors that its pages had."""

    context: BrowserContext
    url: str
    troubles: list[str] = field(default_factory=list)

    def page(self, path: str = "/") -> Page:
        """A new tab there."""
        found = self.context.new_page()
        found.on("console", self._hear)
        found.on("pageerror", lambda error: self.troubles.append(str(error)))
        found.goto(self.url + path)
        return found

    def _hear(self, message: Any) -> None:
        if message.type == "error":
            self.troubles.append(message.text)


Visitor = Callable[..., Visit]


@pytest.fixture
def visit(browser: Browser, served: Served) -> Iterator[Visitor]:
    """Opens browsers of strangers. Whatever went wrong on their pages fails the test."""
    expect.set_options(timeout=15_000)
    visits: list[Visit] = []

    def open_one(**more: Any) -> Visit:
        viewport = more.pop("viewport", {"width": 1280, "height": 860})
        context = browser.new_context(viewport=viewport, **more)
        context.set_default_timeout(15_000)
        context.add_init_script(_WATCH)
        visits.append(Visit(context, served.url))
        return visits[-1]

    yield open_one
    for one in visits:
        one.context.close()
    assert [trouble for one in visits for trouble in one.troubles] == []


@pytest.fixture
def staff(visit: Visitor, served: Served) -> Visit:
    """A commander who came in by a one-time link."""
    return sign_in(visit(), served)


def sign_in(
    visited: Visit, served: Served, role: Role = Role.COMMANDER, name: str = "Ana"
) -> Visit:
    page = visited.page(f"/login/link/{link_for(served.house, role, name)}")
    page.get_by_role("button", name="Sign in to the console").click()
    expect(page.get_by_role("heading", name="Incidents")).to_be_visible()
    page.close()
    return visited


@dataclass
class Teller:
    """Files reports through the public API, as a partner's program does."""

    http: httpx.Client
    headers: dict[str, str]
    count: int = 0

    def tell(self, text: str, reporter: str, **more: str) -> str:
        """File one; returns its incident's reference."""
        self.count += 1
        answer = self.http.post(
            "/api/v1/reports",
            json={"text": text, "reporter": reporter, **more},
            headers={**self.headers, "Idempotency-Key": f"browser-{self.count}"},
        )
        answer.raise_for_status()
        reference: str = answer.json()["incident"]["reference"]
        return reference


@pytest.fixture
def teller(http: httpx.Client, served: Served) -> Teller:
    return Teller(http, key_for(served.house, Role.SERVICE))


def picture(page: Page, name: str) -> None:
    """Take a picture for the README, when asked to."""
    if os.environ.get("MUSTER_PICTURES") == "1":
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(PICTURES, f"{name}.png"), animations="disabled")
