"""Severity from words: impact and urgency together, and a miss of the worst costs more."""

from __future__ import annotations

import numpy as np
import pytest

from classifier.label_severity import LEVELS, SeverityFit, fit_severity, severity_of
from classifier.severity import PriorityMatrix
from models.vocabulary import Severity

PLAIN = SeverityFit((1.0, 1.0), ((0.0,) * 3,) * 3, 1.0, 1.0)


@pytest.mark.parametrize(
    ("impact", "urgency", "level"),
    [("1", "1", "SEV1"), ("2", "1", "SEV2"), ("2", "2", "SEV3"), ("3", "2", "SEV4")],
)
def test_the_matrix_says_what_a_severity_is(impact: str, urgency: str, level: str) -> None:
    assert severity_of(impact, urgency, PriorityMatrix()).value == level


def test_grades_that_were_told_leave_no_doubt() -> None:
    said = PLAIN.read({"1": 1.0}, {"2": 1.0}, PriorityMatrix())
    assert said.level is Severity.SEV2
    assert said.probability == pytest.approx(1.0, abs=1e-3)


def test_where_a_miss_costs_more_a_doubtful_case_is_called_the_worst() -> None:
    impact, urgency = {"1": 0.5, "2": 0.3, "3": 0.2}, {"1": 0.6, "2": 0.2, "3": 0.2}
    dear = SeverityFit(PLAIN.exponents, PLAIN.together, 1.0, 8.0)
    assert PLAIN.read(impact, urgency, PriorityMatrix()).level is not Severity.SEV1
    assert dear.read(impact, urgency, PriorityMatrix()).level is Severity.SEV1


def test_chances_are_those_of_the_matrix_in_force() -> None:
    cells = PriorityMatrix().to_json()
    strict = PriorityMatrix.from_json({**cells, "33": "P1"})
    said = PLAIN.read({"3": 1.0}, {"3": 1.0}, strict)
    assert said.level is Severity.SEV1


def sample(rows: int):
    rng = np.random.default_rng(5)
    impact = rng.integers(0, 3, rows)
    urgency = np.where(rng.random(rows) < 0.6, impact, rng.integers(0, 3, rows))
    chances = []
    for told in (impact, urgency):
        scores = rng.normal(size=(rows, 3)) + 2.0 * np.eye(3)[told]
        chances.append(np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True))
    return chances, [(str(i + 1), str(u + 1)) for i, u in zip(impact, urgency, strict=True)]


def test_that_the_two_go_together_is_learnt_and_nine_of_ten_of_the_worst_are_found() -> None:
    (impact, urgency), told = sample(900)
    found = fit_severity(impact, urgency, told)
    assert found is not None
    levels = np.array([LEVELS.index(severity_of(i, u, PriorityMatrix())) for i, u in told])
    chances = found.chances(impact, urgency, PriorityMatrix())
    rows = np.arange(len(levels))
    plain = PLAIN.chances(impact, urgency, PriorityMatrix())
    assert np.log(chances[rows, levels]).mean() > np.log(plain[rows, levels]).mean()
    worst = levels == 0
    assert (found.choose(chances)[worst] == 0).mean() >= 0.9
    assert SeverityFit.from_json(found.to_json()) == found


def test_a_handful_of_rows_teaches_no_severity() -> None:
    (impact, urgency), told = sample(10)
    assert fit_severity(impact, urgency, told) is None
