"""Priority by the matrix; severity that only grows with breadth."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.severity import (
    BadMatrixError,
    PriorityMatrix,
    incident_severity,
    report_severity,
)
from models.vocabulary import Priority, Severity

IMPACT = st.integers(1, 3)
TIER = st.sampled_from([None, 1, 2, 3])
COUNT = st.integers(0, 1_000)


@pytest.mark.parametrize(
    ("impact", "urgency", "priority"),
    [
        (1, 1, "P1"), (1, 2, "P2"), (1, 3, "P3"),
        (2, 1, "P2"), (2, 2, "P3"), (2, 3, "P4"),
        (3, 1, "P3"), (3, 2, "P4"), (3, 3, "P5"),
    ],
)  # fmt: skip
def test_impact_and_urgency_make_the_priority(impact: int, urgency: int, priority: str) -> None:
    assert PriorityMatrix().priority(impact, urgency) is Priority(priority)


def test_an_edited_matrix_survives_being_written_and_read() -> None:
    cells = PriorityMatrix().to_json() | {"33": "P1"}
    matrix = PriorityMatrix.from_json(cells)
    assert matrix.priority(3, 3) is Priority("P1")
    assert matrix.to_json() == cells


@pytest.mark.parametrize("broken", [{"11": "P1"}, PriorityMatrix().to_json() | {"22": "P9"}])
def test_a_matrix_with_a_hole_or_an_unknown_priority_is_refused(broken: dict[str, str]) -> None:
    with pytest.raises(BadMatrixError, match="nine cells"):
        PriorityMatrix.from_json(broken)


@given(IMPACT, IMPACT, TIER, st.one_of(st.none(), COUNT))
def test_a_wider_or_more_urgent_report_is_never_less_severe(
    impact: int, urgency: int, tier: int | None, people: int | None
) -> None:
    here = report_severity(impact=impact, urgency=urgency, tier=tier, people=people).rank
    wider = report_severity(impact=max(impact - 1, 1), urgency=urgency, tier=tier, people=people)
    sooner = report_severity(impact=impact, urgency=max(urgency - 1, 1), tier=tier, people=people)
    more = report_severity(impact=impact, urgency=urgency, tier=tier, people=(people or 0) + 50)
    dearer = report_severity(impact=impact, urgency=urgency, tier=1, people=people)
    assert min(wider.rank, sooner.rank, more.rank, dearer.rank) >= here


@given(IMPACT, IMPACT, TIER, st.one_of(st.none(), COUNT))
def test_one_voice_alone_is_never_the_worst(
    impact: int, urgency: int, tier: int | None, people: int | None
) -> None:
    found = report_severity(impact=impact, urgency=urgency, tier=tier, people=people)
    assert found is not Severity.SEV1


@given(st.integers(1, 500), st.integers(0, 8), TIER, COUNT, st.sampled_from(list(Severity)))
def test_an_incident_only_grows_with_breadth_and_is_never_below_its_worst_report(
    reporters: int, sites: int, tier: int | None, people: int, worst: Severity
) -> None:
    def severity(**more: int) -> Severity:
        told = {"reporters": reporters, "sites": sites, "people": people} | more
        return incident_severity(**told, tier=tier, worst=worst)

    here = severity().rank
    assert here >= worst.rank
    assert severity(reporters=reporters + 10).rank >= here
    assert severity(sites=sites + 1).rank >= here
    assert severity(people=people + 100).rank >= here


def test_a_more_important_service_never_makes_an_incident_milder() -> None:
    ranks = [
        incident_severity(reporters=60, sites=4, tier=tier, people=0, worst=Severity.SEV4).rank
        for tier in (3, 2, 1)
    ]
    assert ranks == sorted(ranks)
    assert ranks[0] < ranks[-1]
