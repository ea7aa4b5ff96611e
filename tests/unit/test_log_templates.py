"""A masked line keeps what went wrong and nothing of whom it happened to."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.log_templates import mask, name_template, template_of
from tests.conftest import ROOT

PIECES = st.sampled_from(
    [
        "user ", "bob", "'", '"', "\\", "/", "C:\\Users\\bob\\x.dll", "/home/bob/a.py", "bob@x.com",
        "10.1.2.3", "::1", "fe80::1", "db.corp", "java.net.Foo", ": ", "<num>", "<file:bob.py>", "<x>",
        "<", "12:30", "2026-01-02T10:11:12Z", "0xABCDEF12", "deadbeef99", "İ", "ß", "½", "①", "Σ",
        " ", "\t", "=", "10%", "`", "“", "”", "«", "»", "e\u0301", "\u0307", "一二", "DOM\\u", "@",
        "{1b4e28ba-2fa1-11d2-883f-0016d3cca427}", "http://a.b/c", "ERROR ", "-", "_", ".", "\x00",
        "\ud800", "<*>",
    ]
)  # fmt: skip
LINES = st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=40).map("".join))


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        ("Connection to db-7.corp refused (10.1.2.3:5432)", "connection to <host> refused <ip>"),
        ("took 35 of 3.5 at 2026-11-25T10:11:12.123Z", "took <num> of <num> at <time>"),
        ("user bob locked out", "user <user> locked out"),
        ("the user is not known", "the user is not known"),
        (r"CONTOSO\jdoe may not log on", "<user> may not log on"),
        ("mail to ana@example.com bounced", "mail to <mail> bounced"),
        (r"could not load C:\Users\ana\lib\crypt.dll", "could not load <file:crypt.dll>"),
        ("no such file: /home/ana/plans.docx", "no such file <path>"),
        ('cannot open "Salaries of Ana" now', "cannot open <text> now"),
        ("id 1b4e28ba-2fa1-11d2-883f-0016d3cca427 is gone", "id <guid> is gone"),
        ("0xDEADBEEF at deadbeef0123", "<hash> at <hash>"),
        ("java.lang.Thread stopped", "java.lang.thread stopped"),
    ],
)
def test_values_are_replaced_by_their_kind(line: str, masked: str) -> None:
    assert mask(line) == masked


@pytest.mark.parametrize(
    "lines",
    [
        (
            "Connection to db-prod-01.corp refused (10.20.1.7:1521)",
            "connection to 10.0.0.9 refused",
            "Connection to db1 refused",
        ),
        (
            "Batch 17 of user ana rejected: quorum lost",
            "batch b-99 of user bob rejected quorum lost",
        ),
    ],
)
def test_lines_of_one_trouble_have_one_template(lines: tuple[str, ...]) -> None:
    assert len({template_of(line) for line in lines}) == 1


@pytest.mark.parametrize(
    "line", ["", "Error 17", "An error occurred. Please try again later.", "12:00 10.0.0.1", "ok"]
)
def test_a_line_that_could_be_about_anything_has_no_template(line: str) -> None:
    assert template_of(line) is None


@settings(max_examples=300, deadline=None)
@given(line=LINES)
def test_masking_what_is_masked_changes_nothing(line: str) -> None:
    masked = mask(line)
    assert mask(masked) == masked
    template = template_of(line)
    assert template is None or template_of(template) == template


@settings(max_examples=300, deadline=None)
@given(line=LINES)
def test_no_number_address_or_mail_survives(line: str) -> None:
    masked = mask(line)
    assert not any(sign.isdigit() for sign in masked)
    assert "@" not in masked
    assert not re.search(r"[\w.]+\\[\w.]+", masked)


@given(
    name=st.from_regex(r"[a-z]{3,12}", fullmatch=True).map(lambda one: f"qx{one}"),
    shape=st.sampled_from(
        ["user {}", "user={}", r"CORP\{}", "{}@example.com", "/home/{}/x", "'{}'"]
    ),
)
def test_no_persons_name_survives_where_a_log_writes_names(name: str, shape: str) -> None:
    assert name not in mask(f"cannot open the profile of {shape.format(name)} again")


def test_a_template_has_the_same_name_in_every_process() -> None:
    code = (
        "from classifier.log_templates import name_template as n;"
        "print(n('connection to <*> refused'))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT,
        env={"PYTHONHASHSEED": "17"},
    )  # fmt: skip
    assert said.stdout.strip() == name_template("connection to <*> refused")


def test_templates_that_differ_only_past_what_is_shown_have_other_names() -> None:
    long = "a trouble " * 20
    assert name_template(long + "here") != name_template(long + "there")
