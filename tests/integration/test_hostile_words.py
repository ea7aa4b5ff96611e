"""Words that no database takes as they are: the report is recorded all the same."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from classifier.catalogue import Catalogue
from incidents.intake import record_addition
from models.database import Database
from models.report import ReportAddition, ReportText
from tests.conftest import House, build_house
from tests.fakes import PlainReader, StandingClock, plain_scorer


@pytest.fixture
def house(database: Database, catalogue: Catalogue, clock: StandingClock) -> House:
    return build_house(database, catalogue, PlainReader(catalogue), clock, plain_scorer())


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("wifi\x00 down", "wifi down"),
        ("wifi \ud83d down", "wifi ? down"),
        ("wifi \N{ANTENNA WITH BARS} down \u202e", "wifi \N{ANTENNA WITH BARS} down \u202e"),
        ("'; DROP TABLE report; --", "'; DROP TABLE report; --"),
        ("", ""),
    ],
)
def test_odd_words_are_kept_as_well_as_they_can_be(house: House, told: str, kept: str) -> None:
    recorded = house.file(told, "p001", since=told[:20] or None)
    with house.database.reading() as session:
        assert session.get_one(ReportText, recorded.report.id).text == kept
    with house.database.transaction() as session:
        record_addition(
            session,
            house.organisation,
            recorded.report,
            kind="more",
            text=told,
            data={},
            now=house.clock(),
        )
    with house.database.reading() as session:
        assert session.scalars(select(ReportAddition.text)).one() == kept


def test_a_hundred_thousand_characters_are_cut_with_a_mark(house: House) -> None:
    recorded = house.file("wifi " * 20_000, "p001")
    with house.database.reading() as session:
        text = session.get_one(ReportText, recorded.report.id).text
    assert len(text) < 20_010
    assert text.endswith("[…]")
