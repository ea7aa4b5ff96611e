"""A machine without a browser says so, with a count and a way out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import browser_notice
from tests.browser_notice import count_browser_tests, find_browser, render_notice


def test_the_notice_says_how_many_tests_are_not_run_and_how_to_get_a_browser() -> None:
    count = count_browser_tests(Path(browser_notice.__file__).parent)
    notice = render_notice(count)
    assert count >= 10
    assert f"{count} browser tests are NOT run" in notice
    assert "apt-get install chromium" in notice


def test_a_missing_browser_passes_unless_one_is_required(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("MUSTER_TEST_REQUIRE_BROWSER", raising=False)
    without = find_browser() is None
    assert browser_notice.main() == 0
    monkeypatch.setenv("MUSTER_TEST_REQUIRE_BROWSER", "1")
    assert browser_notice.main() == (1 if without else 0)
    assert ("NO CHROMIUM FOUND" in capsys.readouterr().err) is without


def test_a_browser_that_was_named_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/opt/chromium/chrome")
    assert find_browser() == "/opt/chromium/chrome"
