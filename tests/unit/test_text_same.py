"""More of the last report, another trouble, or unsure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from incidents.text_same import LastReport, SameOrNew, SamePolicy, choose_same

LAST = LastReport(
    reference="RPT-7K2F4Q-M",
    ago=timedelta(hours=1),
    service="wifi",
    site="berlin",
    codes=("0x8004010f",),
    category="network",
    likeness=0.3,
    solved=False,
)


def choose(text: str, last: LastReport = LAST, **facts: list[str]) -> SameOrNew:
    return choose_same(text, facts, last, SamePolicy())


@pytest.mark.parametrize(
    "text", ["NEW: no sound", "another problem, no sound", "noch was: Drucker kaputt"]
)
def test_who_says_that_it_is_another_problem_is_believed(text: str) -> None:
    assert choose(text, replace(LAST, likeness=0.99)) is SameOrNew.NEW


def test_another_service_or_another_place_is_another_trouble() -> None:
    assert choose("sap is down", services=["sap"]) is SameOrNew.NEW
    assert choose("nothing works", sites=["london"]) is SameOrNew.NEW


def test_the_same_service_or_error_soon_after_is_more_of_it() -> None:
    assert choose("wifi drops again", services=["wifi"]) is SameOrNew.SAME
    assert choose("says 0x8004010f", codes=["0x8004010f"]) is SameOrNew.SAME
    assert choose("nobody gets on", replace(LAST, likeness=0.8)) is SameOrNew.SAME


def test_the_same_service_hours_later_is_asked_about() -> None:
    late = replace(LAST, ago=timedelta(hours=6))
    assert choose("wifi is down", late, services=["wifi"]) is SameOrNew.UNSURE


def test_the_same_service_after_it_was_solved_is_asked_about() -> None:
    solved = replace(LAST, solved=True)
    assert choose("wifi is down", solved, services=["wifi"]) is SameOrNew.UNSURE
    assert choose("no sound in calls", solved) is SameOrNew.NEW


def test_another_kind_of_trouble_is_another_one_unless_it_names_the_same_service() -> None:
    told = "a mail wants my password, I clicked"
    assert choose_same(told, {}, LAST, SamePolicy(), category="security") is SameOrNew.NEW
    facts = {"services": ["wifi"]}
    assert choose_same(told, facts, LAST, SamePolicy(), category="security") is SameOrNew.SAME


def test_words_that_resemble_nothing_of_it_are_another_trouble() -> None:
    assert choose("door badge reader dead", replace(LAST, likeness=0.1)) is SameOrNew.NEW


def test_words_that_point_back_or_resemble_it_a_little_are_asked_about() -> None:
    assert choose("it does not load", replace(LAST, likeness=0.1)) is SameOrNew.UNSURE
    assert choose("pages do not load") is SameOrNew.UNSURE
