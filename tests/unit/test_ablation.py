"""Leaving one kind of evidence out, on a stream where it is known what tells incidents apart."""

from __future__ import annotations

import numpy as np
import pytest

from classifier.ablation import EVERYTHING, Without, ablate, collect_pairs, families
from classifier.pace import BURST
from classifier.pair_features import FEATURES, SHOWN
from classifier.pair_scorer import PairScorer
from classifier.rehearsal import Labelled, Rehearsal
from classifier.train_pairs import pairwise_f1
from classifier.window import PairFacts

WIDTH = 16
MINUTE = 60.0


def bursts(seed: int = 3, incidents: int = 12) -> list[Labelled]:
    """Bursts of six, loosely about a direction each, that name their service; and strangers."""
    rng = np.random.default_rng(seed)
    rows: list[Labelled] = []

    def add(at: float, vector: np.ndarray, gold: str | None, service: str | None) -> None:
        unit = (vector / np.linalg.norm(vector)).astype(np.float32)
        rows.append(Labelled(f"{len(rows)}", at, gold, unit, PairFacts(service=service)))

    for number in range(incidents):
        centre = rng.normal(size=WIDTH)
        for step in range(6):
            at = (number * 300 + 60 + step * 5) * MINUTE
            near = centre + 1.3 * rng.normal(size=WIDTH)
            add(at, near, f"incident {number}", f"service {number % 4}")
    for number in range(120):
        add(number * 30 * MINUTE, rng.normal(size=WIDTH), None, f"service {number % 9}")
    return sorted(rows, key=lambda row: row.at)


@pytest.fixture(scope="module")
def found() -> dict[str, Without]:
    none = np.zeros(len(FEATURES))
    blank = PairScorer("blank", none, none + 1, none, 0.0, 0.5, 0.3, {})
    rehearsals = {"made": Rehearsal(bursts(), "test", BURST, None)}
    pairs = collect_pairs(rehearsals, blank)
    return {one.family: one for one in ablate(rehearsals, pairs, blank, -0.5)}


def reached(one: Without) -> float:
    return pairwise_f1([row.gold for row in bursts()], one.groups["made"])


def test_every_measure_is_in_one_family() -> None:
    told = [feature for members in families().values() for feature in members]
    assert sorted(told) == sorted(set(FEATURES) - SHOWN)


def test_each_family_is_left_out_once_beside_everything(found: dict[str, Without]) -> None:
    assert set(found) > {EVERYTHING, *families()}


def test_where_people_name_their_service_that_is_worth_something(
    found: dict[str, Without],
) -> None:
    assert reached(found[EVERYTHING]) - reached(found["service"]) > 0.05


def test_what_nobody_says_is_worth_nothing(found: dict[str, Without]) -> None:
    assert found["signature"].groups == found[EVERYTHING].groups
