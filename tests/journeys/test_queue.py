"""What staff look at: nobody sees what is restricted, and every page holds what it should."""

from __future__ import annotations

import pytest

from incidents import actions as act
from incidents.queries import (
    QueueFilter,
    list_incidents,
    read_incident,
    read_members,
    read_report,
    read_timeline,
    recent_counts,
)
from models.errors import NotFoundError
from models.vocabulary import Severity
from tests.conftest import House


def told(house: House, text: str, person: str, **more: object) -> str:
    house.clock.forward(minutes=1)
    return house.file(text, person, **more).incident.reference


def listed(house: House, **wanted: object) -> list[str]:
    with house.database.reading() as session:
        return [row.reference for row in list_incidents(session, QueueFilter(**wanted))]


@pytest.fixture
def three(plain_house: House) -> list[str]:
    wifi = told(plain_house, "the wifi in berlin is down", "p001", site="berlin")
    told(plain_house, "the wifi in berlin is down", "p002", site="berlin")
    told(plain_house, "the wifi in berlin is down", "p005", site="berlin")
    printer = told(plain_house, "printer eats paper 100% of the time", "p003", site="london")
    secret = told(plain_house, "phishing mail with a fake login", "p004", site="berlin")
    return [wifi, printer, secret]


def test_what_three_people_told_is_in_the_queue_and_the_rest_in_the_quiet_list(
    plain_house: House, three: list[str]
) -> None:
    wifi, printer, secret = three
    assert listed(plain_house) == [wifi]
    assert listed(plain_house, view="quiet") == [printer]
    assert listed(plain_house, view="all") == [printer, wifi]
    assert listed(plain_house, view="all", restricted=True) == [secret, printer, wifi]


def test_nobody_reads_a_restricted_incident_or_report_by_its_reference(
    plain_house: House, three: list[str]
) -> None:
    secret = three[2]
    with plain_house.database.reading() as session:
        seen = read_incident(session, secret, restricted=True)
        (member,) = read_members(session, seen)
        with pytest.raises(NotFoundError):
            read_incident(session, secret, restricted=False)
        with pytest.raises(NotFoundError):
            read_report(session, member.report.reference, restricted=False)
        assert read_report(session, member.report.reference, restricted=True)[2].id == seen.id
        with pytest.raises(NotFoundError):
            read_incident(session, "nonsense", restricted=True)


def test_a_page_of_one_site_is_full_although_other_sites_are_newer(plain_house: House) -> None:
    mine = told(plain_house, "printer eats paper", "p001", site="berlin")
    for number in range(3):
        told(plain_house, f"problem{number} of kind{number}", "p002", site="london")
    assert listed(plain_house, view="all", site="berlin", limit=2) == [mine]
    assert listed(plain_house, view="all", site='"', limit=2) == []


def test_pages_follow_each_other_without_a_gap_or_a_repeat(plain_house: House) -> None:
    references = [
        told(plain_house, f"problem{number} of kind{number}", "p001") for number in range(5)
    ]
    merge = act.Merge(act.Target(references[0], None), (act.Target(references[1], None),))
    plain_house.reviewer.perform(merge, actor="ana")
    found: list[str] = []
    before = None
    while True:
        with plain_house.database.reading() as session:
            wanted = QueueFilter(view="all", before=before, limit=2)
            rows = list_incidents(session, wanted)
        if not rows:
            break
        found += [row.reference for row in rows]
        before = (rows[-1].last_at or rows[-1].opened_at, rows[-1].id)
    assert sorted(found) == sorted(references)


@pytest.mark.parametrize(
    ("words", "hits"), [("WIFI", 1), ("100%", 1), ("%", 1), ("_", 0), ("\\", 0), ("paper", 1)]
)
def test_words_are_found_as_they_stand(
    plain_house: House, three: list[str], words: str, hits: int
) -> None:
    assert len(listed(plain_house, view="all", words=words)) == hits


def test_the_queue_is_narrowed_by_severity_and_service(
    plain_house: House, three: list[str]
) -> None:
    wifi = three[0]
    severity = plain_house.incident(wifi).severity
    assert listed(plain_house, severity=severity, service="wifi") == [wifi]
    assert listed(plain_house, severity=next(s for s in Severity if s is not severity)) == []


def test_growth_is_what_came_in_the_last_quarter_of_an_hour(
    plain_house: House, three: list[str]
) -> None:
    incident = plain_house.incident(three[0])
    with plain_house.database.reading() as session:
        assert recent_counts(session, [incident.id], now=plain_house.clock()) == {incident.id: 3}
        later = plain_house.clock.now.replace(hour=20)
        assert recent_counts(session, [incident.id], now=later) == {}
        kinds = [entry.kind for entry in read_timeline(session, incident)]
    assert kinds[:2] == ["incident.opened", "report.joined"]
