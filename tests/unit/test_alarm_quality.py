"""Alarms of several budgets in one pass are those of one replay each."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from classifier.window import PairFacts
from incidents.alarm_quality import measure_alarms
from incidents.candidates import CandidateRule
from incidents.grouping import GroupingPolicy
from incidents.replay import ReadRow, StreamRow, replay_stream
from incidents.scoring import score_alarms
from tests.unit.test_replay import by_cosine

HOUR = 3_600.0


def made() -> list[ReadRow]:
    """Four bursts of six in a fortnight of one stranger every hour."""
    rng = np.random.default_rng(5)
    told: list[tuple[float, np.ndarray, str | None]] = [
        (HOUR * n, rng.normal(size=16), None) for n in range(330)
    ]
    for number in range(4):
        centre = rng.normal(size=16)
        start = (60 + 80 * number) * HOUR
        told += [
            (start + 300 * n, centre + 0.2 * rng.normal(size=16), f"i{number}") for n in range(6)
        ]
    rows = []
    for number, (t, vector, group) in enumerate(sorted(told, key=lambda one: one[0])):
        unit = (vector / np.linalg.norm(vector)).astype(np.float32)
        row = StreamRow(str(number), t, "words", group, f"p{number}")
        rows.append(ReadRow(row, unit, PairFacts()))
    return rows


ROWS = made()
RULE = CandidateRule(4, timedelta(hours=6))


@pytest.mark.parametrize("budget", [None, 0.5, 7.0])
def test_each_budget_raises_what_a_replay_under_it_raises(budget: float | None) -> None:
    scorer = by_cosine()
    alone = replay_stream(
        ROWS, scorer, GroupingPolicy.of(scorer), encoder_id="test", rule=RULE, budget=budget
    )
    (one,) = [
        each
        for each in measure_alarms(
            ROWS, alone.groups, scorer, "test", RULE, budgets=(None, 0.5, 7.0)
        )
        if each.budget == budget
    ]
    gold = {each.row.id: each.row.group for each in ROWS}
    score = score_alarms(gold, [alarm.ids for alarm in alone.alarms], at_least=4)
    assert (one.alarms, one.false, one.found, one.incidents) == (
        score.alarms, score.false, score.found, score.incidents,
    )  # fmt: skip
    assert one.found >= 3


def test_what_the_past_raised_is_not_counted() -> None:
    scorer = by_cosine()
    groups = replay_stream(ROWS, scorer, GroupingPolicy.of(scorer), encoder_id="test").groups
    cut = next(n for n, each in enumerate(ROWS) if each.row.t > 180 * HOUR)
    (one,) = measure_alarms(ROWS, groups, scorer, "test", RULE, budgets=(1.0,), history=cut)
    assert one.incidents == 2
    assert one.found <= 2
    assert one.alarms <= 4


def test_an_alarm_about_an_incident_that_began_in_the_past_is_not_nothing() -> None:
    scorer = by_cosine()
    groups = replay_stream(ROWS, scorer, GroupingPolicy.of(scorer), encoder_id="test").groups
    burst = [n for n, each in enumerate(ROWS) if each.row.group == "i2"]
    (one,) = measure_alarms(ROWS, groups, scorer, "test", RULE, budgets=(None,), history=burst[3])
    assert one.false == 0
    assert one.incidents == 1
