"""Says loudly where no Chromium is found: which tests are not run, and how to get one.

`make test` calls it first. The tests are then deselected, never skipped in silence; with
MUSTER_TEST_REQUIRE_BROWSER=1 a missing browser is a failure.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_MACOS = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
_HOW = (
    "Debian, Ubuntu: sudo apt-get install chromium fonts-dejavu-core",
    "Fedora:         sudo dnf install chromium",
    "macOS:          brew install --cask google-chrome",
    "anywhere:       CHROMIUM=/path/to/chromium make test",
)


def find_browser() -> str | None:
    """The path of a Chromium or Chrome on this machine; $CHROMIUM goes first."""
    told = os.environ.get("CHROMIUM")
    if told:
        return told
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    return found or (str(_MACOS) if _MACOS.exists() else None)


def is_required() -> bool:
    return os.environ.get("MUSTER_TEST_REQUIRE_BROWSER") == "1"


def count_browser_tests(folder: Path) -> int:
    """How many tests need a browser, by the files that hold them."""
    return sum(
        len(re.findall(r"^def test_", path.read_text(encoding="utf-8"), re.MULTILINE))
        for path in folder.glob("integration/test_browser_*.py")
    )


def render_notice(count: int) -> str:
    line = "=" * 78
    how = "\n".join(f"    {one}" for one in _HOW)
    return (
        f"{line}\n  NO CHROMIUM FOUND: {count} browser tests are NOT run.\n"
        f"  Everything else is. To run them too, install one:\n{how}\n{line}"
    )


def main() -> int:
    if find_browser() is not None:
        return 0
    sys.stderr.write(render_notice(count_browser_tests(Path(__file__).parent)) + "\n")
    return 1 if is_required() else 0


if __name__ == "__main__":
    raise SystemExit(main())
