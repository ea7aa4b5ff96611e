"""A stream replayed: what is remembered changes nothing."""

from __future__ import annotations

import numpy as np
import pytest

from classifier.disturbance import Disturbance
from classifier.pace import BURST, Pace
from classifier.pair_features import FEATURES
from classifier.rehearsal import FOLDS, Labelled, Rehearsal, by_gold, by_mean
from classifier.window import PairFacts

WIDTH = 8
HOUR = 3_600.0


def stream(count: int = 120) -> list[Labelled]:
    rng = np.random.default_rng(4)
    rows = []
    for number in range(count):
        vector = rng.normal(size=WIDTH) + (number % 5)
        unit = (vector / np.linalg.norm(vector)).astype(np.float32)
        facts = PairFacts(
            service=f"s{number % 7}", site=f"b{number % 3}", words=frozenset({f"w{number % 11}"})
        )
        gold = f"g{number // 10}" if number % 2 else None
        rows.append(Labelled(f"r{number}", number * HOUR, gold, unit, facts))
    return rows


def rehearsal(pace: Pace = BURST) -> Rehearsal:
    sense = Disturbance("test", np.ones(WIDTH, dtype=np.float32), -1.0)
    return Rehearsal(stream(), "test", pace, sense)


def test_a_second_replay_sees_what_the_first_saw() -> None:
    once = rehearsal()
    first, groups = once.replay(by_mean(0.5))
    once.replay(by_gold)
    again, same = once.replay(by_mean(0.5))
    assert same == groups
    np.testing.assert_array_equal(first.x, again.x)
    np.testing.assert_array_equal(first.y, again.y)


def test_it_is_remembered_right_also_when_the_window_forgets_its_oldest_reports() -> None:
    short = Pace(look_back=20 * HOUR)
    once = rehearsal(short)
    once.replay(by_gold)
    remembered, _ = once.replay(by_mean(0.5))
    fresh, _ = rehearsal(short).replay(by_mean(0.5))
    np.testing.assert_array_equal(remembered.x, fresh.x)


def test_grouping_by_the_labels_gives_the_labels() -> None:
    pairs, groups = rehearsal().replay(by_gold)
    for row, group in zip(stream(), groups, strict=True):
        assert group == (row.gold or f"of {row.id}")
    assert pairs.x.shape == (len(pairs.y), len(FEATURES))
    assert 0 < pairs.y.sum() < len(pairs.y)


def test_the_parts_of_a_stream_are_cut_in_time_and_alike_in_size() -> None:
    once = rehearsal()
    folds = [once.fold_of(number) for number in range(len(once.stream))]
    assert folds == sorted(folds)
    assert np.bincount(folds).tolist() == [len(folds) // FOLDS] * FOLDS


@pytest.mark.parametrize("policy", [by_gold, by_mean(0.6)])
def test_every_pair_belongs_to_a_report_and_its_part(policy) -> None:  # type: ignore[no-untyped-def]
    once = rehearsal()
    pairs, _ = once.replay(policy)
    assert [once.fold_of(int(number)) for number in pairs.report] == pairs.fold.tolist()
