"""From measures to a probability, and the file that holds the numbers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from classifier.pair_candidates import Query
from classifier.pair_features import FALLING, FEATURES, RISING, SHOWN
from classifier.pair_scorer import (
    APART,
    BadArtifactError,
    PairScorer,
    load_scorer,
    parse_scorer,
    save_scorer,
)
from classifier.window import Item, PairFacts, Window

EAST = np.array([1.0, 0.0], dtype=np.float32)
NORTH = np.array([0.0, 1.0], dtype=np.float32)


def scorer(**weights: float) -> PairScorer:
    zeros = np.zeros(len(FEATURES))
    return PairScorer(
        "test",
        zeros,
        zeros + 1,
        np.array([weights.get(f, 0.0) for f in FEATURES]),
        -1.0,
        0.5,
        0.2,
        {},
    )


def window() -> Window:
    made = Window("test", 2)
    made.add(Item(1, "far", 0.0, NORTH, PairFacts()))
    made.add(Item(2, "near", 0.0, EAST, PairFacts()))
    return made


def test_the_likeliest_group_comes_first_and_its_parts_add_up() -> None:
    first, second = scorer(max=4.0).score(window(), Query(EAST, 1.0, PairFacts()))
    assert (first.group, second.group) == ("near", "far")
    odds = np.log(first.probability / (1 - first.probability))
    assert sum(first.weights.values()) - 1.0 == pytest.approx(odds)


def test_a_chore_has_the_probability_of_the_rule() -> None:
    (one, _) = scorer(max=9.0).score(window(), Query(EAST, 1.0, PairFacts(own_account=True)))
    assert one.apart
    assert one.probability == APART


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    save_scorer(scorer(max=1.5, far=-2.0), tmp_path)
    again = load_scorer(tmp_path)
    assert again.to_json() == scorer(max=1.5, far=-2.0).to_json()


def test_a_folder_without_pairs_means_the_shipped_ones(tmp_path: Path) -> None:
    assert load_scorer(tmp_path).to_json() == load_scorer().to_json()


def test_an_artifact_that_lacks_a_measure_gives_it_no_weight() -> None:
    data = scorer(max=1.0).to_json()
    at = data["features"].index("far")
    for name in ("features", "mean", "scale", "weights"):
        del data[name][at]
    assert parse_scorer(data).weights[at] == 0.0


def test_a_measure_that_is_gone_may_stand_in_an_artifact_that_never_weighed_it() -> None:
    data = scorer(max=1.0).to_json()
    data["features"] = ["moon phase" if name == "far" else name for name in data["features"]]
    assert parse_scorer(data).weights[FEATURES.index("max")] == 1.0
    data["weights"][data["features"].index("moon phase")] = 0.5
    with pytest.raises(BadArtifactError):
        parse_scorer(data)


def test_an_artifact_for_measures_of_another_version_is_refused(tmp_path: Path) -> None:
    data = scorer().to_json() | {"features": ["moon phase"]}
    (tmp_path / "pairs.json").write_text(json.dumps(data))
    with pytest.raises(BadArtifactError, match="Train it again"):
        load_scorer(tmp_path)


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"schema": 1, "features": ["max"]}'])
def test_a_broken_artifact_is_refused_in_one_sentence(tmp_path: Path, content: str) -> None:
    (tmp_path / "pairs.json").write_text(content)
    with pytest.raises(BadArtifactError, match="Train it again"):
        load_scorer(tmp_path)


def test_the_shipped_weights_make_sense_and_say_where_they_come_from() -> None:
    shipped = load_scorer()
    weight = dict(zip(FEATURES, shipped.weights, strict=True))
    assert all(weight[feature] >= 0 for feature in RISING)
    assert all(weight[feature] <= 0 for feature in FALLING)
    assert all(weight[feature] == 0 for feature in SHOWN)
    assert weight["same_service"] + weight["service_crowd"] > 0.1
    assert weight["same_signature"] > 0
    assert weight["other_site"] < 0
    assert 0 < shipped.suggest < shipped.join < 1
    assert {"trained_on", "date", "encoder", "f1_cross_fitted", "f1_without_the_stream"} <= set(
        shipped.manifest
    )


def test_the_shipped_file_holds_numbers_and_names_only() -> None:
    def strings(value: object) -> list[str]:
        if isinstance(value, dict):
            return [*value, *(s for v in value.values() for s in strings(v))]
        if isinstance(value, list):
            return [s for v in value for s in strings(v)]
        return [value] if isinstance(value, str) else []

    found = strings(load_scorer().to_json())
    assert max(len(text) for text in found) < 60
