"""The files the browser gets: readable in both colour schemes, small, ours or accounted for."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from tests.conftest import ROOT

WEB = ROOT / "web"
STATIC = WEB / "static"
VENDOR = STATIC / "vendor"
STYLES = (STATIC / "muster.css").read_text(encoding="utf-8")
TEXT_ON = (
    ("text", "ground"), ("text", "surface"), ("text", "raised"), ("muted", "ground"),
    ("muted", "surface"), ("muted", "raised"), ("accent", "ground"), ("accent", "surface"),
    ("accent", "accent-soft"), ("text", "accent-soft"), ("on-accent", "accent"),
    ("on-accent", "accent-strong"), ("good", "good-soft"), ("warn", "warn-soft"),
    ("bad", "bad-soft"), ("bad", "surface"), ("mark-text", "mark"), ("surface", "sev1"),
    ("surface", "sev2"), ("sev3", "surface"), ("sev4", "surface"), ("ground", "text"),
)  # fmt: skip


def colours(dark: bool) -> dict[str, str]:
    light, _, rest = STYLES.partition("@media (prefers-color-scheme: dark)")
    found = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", light))
    if dark:
        found |= dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", rest))
    return found


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("front", "back"), TEXT_ON)
def test_text_stands_out_from_its_ground(front: str, back: str, dark: bool) -> None:
    found = colours(dark)
    assert contrast(found[front], found[back]) >= 4.5


@pytest.mark.parametrize("dark", [False, True])
def test_the_edges_of_controls_stand_out(dark: bool) -> None:
    found = colours(dark)
    assert contrast(found["line-strong"], found["surface"]) >= 3
    assert contrast(found["accent"], found["surface"]) >= 3


@pytest.mark.parametrize("path", sorted(WEB.glob("templates/**/*.html")), ids=lambda p: p.name)
def test_a_template_has_no_inline_script_or_style_and_lets_nothing_through(path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(
        r"<style|\sstyle=|\son[a-z]+=|javascript:|hx-on|\|\s*safe|autoescape", text
    )
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text)


OURS = sorted(path for path in STATIC.rglob("*.js") if VENDOR not in path.parents)


@pytest.mark.parametrize("path", OURS, ids=lambda p: str(p.relative_to(STATIC)))
def test_a_script_never_makes_html_or_code_from_text(path) -> None:
    text = path.read_text(encoding="utf-8")
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function"
    assert not re.search(forbidden, text)


def test_what_is_not_ours_is_listed_with_its_hash() -> None:
    listed = dict(
        re.findall(r"\| `(\S+\.js)` \|.*\| `(\S+)` \|", (VENDOR / "README.md").read_text())
    )
    found = {
        str(path.relative_to(VENDOR)): base64.b64encode(
            hashlib.sha384(path.read_bytes()).digest()
        ).decode()
        for path in VENDOR.rglob("*")
        if path.suffix in {".js", ".css"}
    }
    assert listed == found
    assert all((VENDOR / name).parent.joinpath("LICENSE").exists() for name in found)
