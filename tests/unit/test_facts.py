"""Facts: what a text says outright, and exactly where."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.catalogue import Catalogue
from classifier.facts import FactFinder, FactKind, Facts
from tests.conftest import ORGANISATION

PIECES = st.sampled_from(
    [
        "VPN", "not ", "wifi", "/", "Berlin", " office", "0x80070035", "error 503", "srv-files-02",
        "10.0.0.1", "999.1.1.1", "https://x.example/a?b=c", "12 people", "since 9", "for an hour",
        "everyone", "Teams", "teams", "\n", "\u2019", "ß", "İ", "🙂", "\x00", "\ud800", "  ", "works",
    ]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=40).map("".join))


@pytest.fixture(scope="module")
def finder(catalogue: Catalogue) -> FactFinder:
    return FactFinder(catalogue)


@pytest.fixture(scope="module")
def find(finder: FactFinder) -> Callable[[str], Facts]:
    return finder.find


def test_a_service_is_found_by_the_names_people_use(find: Callable[[str], Facts]) -> None:
    assert find("GlobalProtect will not connect").services == ("vpn",)
    assert find("mein WLAN ist weg").services == ("wifi",)


def test_a_shouted_teams_is_the_program_and_two_teams_are_people(
    find: Callable[[str], Facts],
) -> None:
    assert find("TEAMS IS BROKEN JUST FOR ME").services == ("chat",)
    assert find("TWO TEAMS ARE WAITING").services == ()


def test_a_site_is_found_in_the_words(find: Callable[[str], Facts]) -> None:
    assert find("nothing works in Berlin").sites == ("berlin",)


def test_what_a_person_rules_out_is_not_what_is_broken(find: Callable[[str], Facts]) -> None:
    facts = find("SAP is slow, not the VPN")
    assert facts.services == ("erp",)
    assert facts.negated_services == ("vpn",)


def test_what_still_works_is_not_what_is_broken(find: Callable[[str], Facts]) -> None:
    assert find("wifi works, SAP does not open").services == ("erp",)


def test_codes_and_hosts_are_the_signatures(find: Callable[[str], Facts]) -> None:
    facts = find("srv-files-02 says 0x80070035 and then HTTP 503")
    assert facts.hosts == ("srv-files-02",)
    assert facts.codes == ("0x80070035", "error 503")
    assert set(facts.signatures) == {"host:srv-files-02", "code:0x80070035", "code:error 503"}


def test_an_impossible_address_is_none(find: Callable[[str], Facts]) -> None:
    assert find("from 999.1.2.3").values(FactKind.IP) == ()
    assert find("from 10.1.2.3").values(FactKind.IP) == ("10.1.2.3",)


def test_the_greatest_count_of_people_is_kept(find: Callable[[str], Facts]) -> None:
    assert find("two of us here, 25 people on the floor").people == 25
    assert find("only me").people is None


def test_since_when_is_quoted(find: Callable[[str], Facts]) -> None:
    assert find("broken since yesterday morning").since == "since yesterday morning"


def test_no_name_is_found_twice_in_one_place(find: Callable[[str], Facts]) -> None:
    named = find("office network and wifi in the Berlin office").found
    spans = [(f.start, f.end) for f in named if f.kind in {FactKind.SERVICE, FactKind.SITE}]
    assert len(spans) > 1
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))


@settings(max_examples=150, deadline=None)
@given(text=TEXTS)
def test_every_fact_is_quoted_from_its_exact_place(finder: FactFinder, text: str) -> None:
    facts = finder.find(text)
    assert all(text[fact.start : fact.end] == fact.text for fact in facts.found)
    assert [f.start for f in facts.found] == sorted(f.start for f in facts.found)


@settings(max_examples=60, deadline=None)
@given(text=TEXTS)
def test_reading_a_text_twice_finds_the_same(finder: FactFinder, text: str) -> None:
    assert finder.find(text) == finder.find(text)


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "1",
        "1.",
        "not the ",
        "since the ",
        "srv-a",
        "https://",
        "the whole ",
        "error ",
        "VPN/",
        "  ",
    ],
)
def test_what_is_past_the_first_twenty_thousand_characters_costs_nothing(
    find: Callable[[str], Facts], piece: str
) -> None:
    long = (piece * 100_000)[:100_000]
    assert find(long) == find(long[:20_000])


def test_the_catalogue_of_the_sample_is_what_is_searched(catalogue: Catalogue) -> None:
    assert ORGANISATION.is_dir()
    assert catalogue.service("vpn") is not None
