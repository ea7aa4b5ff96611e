"""Learning weights and thresholds from labelled streams."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.pace import BURST
from classifier.pair_features import FALLING, FEATURES, RISING, SHOWN
from classifier.pair_scorer import PairScorer
from classifier.train_pairs import (
    Labelled,
    NothingToLearnError,
    assign_groups,
    choose_pace,
    pairwise_f1,
    train_scorer,
)
from classifier.window import PairFacts

WIDTH = 16
MINUTE = 60.0


def stream(seed: int = 3, incidents: int = 9) -> list[Labelled]:
    """Bursts around a random direction each, on a background of random directions."""
    rng = np.random.default_rng(seed)
    rows: list[Labelled] = []

    def add(at: float, vector: np.ndarray, gold: str | None, service: str | None) -> None:
        unit = (vector / np.linalg.norm(vector)).astype(np.float32)
        facts = PairFacts(service=service, site=str(rng.choice(["berlin", "london"])))
        rows.append(Labelled(f"{len(rows)}", at, gold, unit, facts))

    for number in range(incidents):
        centre = rng.normal(size=WIDTH)
        start = (number * 300 + 60) * MINUTE
        for step in range(6):
            near = centre + 0.5 * rng.normal(size=WIDTH)
            add(start + step * 5 * MINUTE, near, f"incident {number}", f"service {number % 3}")
    for number in range(120):
        add(number * 23 * MINUTE, rng.normal(size=WIDTH), None, f"service {number % 9}")
    return sorted(rows, key=lambda row: row.at)


@pytest.fixture(scope="module")
def trained() -> PairScorer:
    return train_scorer({"made": stream()}, "test", name="made-1", date="2026-11-25")


def test_bursts_are_found_in_a_stream_it_never_saw(trained: PairScorer) -> None:
    fresh = stream(seed=11)
    groups = assign_groups(fresh, "test", trained)
    assert pairwise_f1([row.gold for row in fresh], groups) > 0.8


def test_no_weight_has_a_sign_that_makes_no_sense(trained: PairScorer) -> None:
    weight = dict(zip(FEATURES, trained.weights, strict=True))
    assert all(weight[feature] >= 0 for feature in RISING)
    assert all(weight[feature] <= 0 for feature in FALLING)
    assert all(weight[feature] == 0 for feature in SHOWN)


def test_the_artifact_says_what_it_learnt_from_and_how_well(trained: PairScorer) -> None:
    manifest = trained.manifest
    assert manifest["trained_on"] == "made"
    assert manifest["reports"] == {"made": 174}
    assert len(manifest["f1_cross_fitted"]["made"]) == len(manifest["f1_cross_fitted"]["threshold"])
    assert manifest["f1_fitted"]["made"] > 0.8
    assert manifest["f1_without_the_stream"] == {}


def test_learning_twice_gives_the_same_numbers(trained: PairScorer) -> None:
    again = train_scorer({"made": stream()}, "test", name="made-1", date="2026-11-25")
    assert again.to_json() == trained.to_json()


def test_what_a_place_may_expect_that_was_not_learnt_from_is_told() -> None:
    both = {"one": stream(1, incidents=4), "two": stream(2, incidents=4)}
    scorer = train_scorer(both, "test", name="both", date="2026-11-25")
    assert set(scorer.manifest["f1_without_the_stream"]) == {"one", "two"}


def test_a_stream_without_incidents_teaches_nothing() -> None:
    with pytest.raises(NothingToLearnError, match="belong together"):
        train_scorer({"quiet": stream(incidents=0)}, "test", name="x", date="2026-11-25")


def test_where_a_stream_says_little_the_weights_stay_near_those_learnt_elsewhere(
    trained: PairScorer,
) -> None:
    few = train_scorer(
        {"few": stream(5, incidents=2)}, "test", name="few", date="2026-11-25", start=trained
    )
    assert few.manifest["start"] == "made-1"
    drift = np.abs(few.weights - trained.weights).max()
    assert drift < np.abs(trained.weights).max() / 2


def test_weights_that_do_as_well_as_any_are_kept_with_a_threshold_of_this_place(
    trained: PairScorer,
) -> None:
    scorer = train_scorer(
        {"alike": stream(seed=11)}, "test", name="n", date="2026-11-25", start=trained
    )
    assert scorer.weights.tolist() == trained.weights.tolist()
    assert (scorer.manifest["start"], scorer.manifest["penalty"]) == ("made-1", None)


def test_incidents_told_again_after_months_get_a_longer_pace() -> None:
    day = 86_400.0
    rows = [replace(row, at=row.at * 2_000) for row in stream()]
    pace = choose_pace({"slow": rows})
    assert pace.reach > 5 * day
    assert pace.gap == 0.0
    assert choose_pace({"fast": stream()}) == BURST


def test_probabilities_are_as_often_right_as_they_say(trained: PairScorer) -> None:
    told = [row for row in trained.manifest["reliability"] if row[2] >= 20]
    assert told
    assert all(abs(said - right) < 0.2 for said, right, _ in told)


LABELS = st.lists(st.sampled_from([None, "x", "y"]), min_size=1, max_size=25)


@given(LABELS, st.data())
def test_pairwise_f1_is_what_counting_pairs_gives(gold: list, data: st.DataObject) -> None:
    groups = data.draw(st.lists(st.integers(0, 4), min_size=len(gold), max_size=len(gold)))
    pairs = [(i, j) for i in range(len(gold)) for j in range(i)]
    told = {(i, j) for i, j in pairs if gold[i] is not None and gold[i] == gold[j]}
    found = {(i, j) for i, j in pairs if groups[i] == groups[j]}
    expected = 2 * len(told & found) / (len(told) + len(found)) if told or found else 1.0
    assert pairwise_f1(gold, groups) == pytest.approx(expected)
