"""Measuring a set: parted in time, learnt there, without its own weights, and with answers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from classifier.ablation import collect_pairs
from classifier.rehearsal import Rehearsal
from classifier.window import BURST, PairFacts
from incidents.quality import (
    Bench,
    Stream,
    blank_of,
    join_odds,
    measure_answers,
    measure_curve,
    measure_learnt,
    measure_reliability,
    measure_shipped,
    start_without,
    sweep_thresholds,
)
from incidents.quality_sets import Bonds, QualitySet, choose_cut, list_sets, read_bonds
from incidents.replay import ReadRow, StreamRow, labelled
from incidents.rivals import Tried
from tests.unit.test_replay import by_cosine

HOUR = 3_600.0
ABOUT = QualitySet("made", "made here", Path("made.jsonl"), ours=True)
BENCH = Bench(by_cosine(), "test", draws=20)


def made(incidents: int = 8, seed: int = 5) -> list[ReadRow]:
    """Bursts of six about a direction each, a stranger every two hours between them."""
    rng = np.random.default_rng(seed)
    told: list[tuple[float, np.ndarray, str | None]] = [
        (2 * HOUR * n, rng.normal(size=16), None) for n in range(12 * incidents)
    ]
    for number in range(incidents):
        centre = rng.normal(size=16)
        start = (24 * number + 9) * HOUR
        told += [
            (start + 300 * n, centre + 0.4 * rng.normal(size=16), f"i{number}") for n in range(6)
        ]
    rows = []
    for number, (t, vector, group) in enumerate(sorted(told, key=lambda one: one[0])):
        unit = (vector / np.linalg.norm(vector)).astype(np.float32)
        part = "train" if t < 24 * incidents * HOUR / 2 else "held"
        row = StreamRow(str(number), t, "words", group, f"p{number}", part=part)
        rows.append(ReadRow(row, unit, PairFacts()))
    return rows


@pytest.fixture(scope="module")
def stream() -> Stream:
    rows = made()
    bonds = Bonds({"i5": "i4", "i7": "i6"}, {"i6": "i5"})
    return Stream(ABOUT, rows, choose_cut([each.row for each in rows]), bonds)


@pytest.fixture(scope="module")
def rivals(stream: Stream) -> list[Tried]:
    """One that puts all together and one that is always right."""
    right = [group or str(place) for place, group in enumerate(stream.gold)]
    return [Tried("oracle", ("all", "right"), (["g"] * len(right), right))]


def test_a_stream_is_cut_where_its_held_part_begins_else_when_half_of_its_incidents_have() -> None:
    rows = [each.row for each in made()]
    cut = choose_cut(rows)
    assert {row.part for row in rows[:cut]} == {"train"}
    assert {row.part for row in rows[cut:]} == {"held"}
    groups = ["a", "a", None, "b", "c", "c", "d", "a"]
    assert choose_cut([StreamRow(str(n), n, "", g, "p") for n, g in enumerate(groups)]) == 4


def test_look_alikes_and_recurrences_are_read_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    rows = [
        {"group": "a", "lookalike_of": "b"}, {"group": "c", "recurrence_of": "a"}, {"group": None},
    ]  # fmt: skip
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    assert read_bonds(path) == Bonds({"a": "b"}, {"c": "a"})


def test_every_set_has_its_own_name_and_a_rule_that_can_be_read(tmp_path: Path) -> None:
    sets = list_sets(tmp_path, tmp_path)
    assert len({one.key for one in sets}) == len(sets) == 7
    assert {one.rule for one in sets} == {"4/6", "5/3"}


def test_the_later_part_is_judged_by_rivals_tuned_on_the_earlier(
    stream: Stream, rivals: list[Tried]
) -> None:
    found = measure_shipped(stream, rivals, BENCH)
    for part in ("whole", "later"):
        assert found[part]["methods"]["oracle"]["f1"] == [1.0, 1.0, 1.0]
        assert found[part]["methods"]["oracle"]["setting"] == "right"
        assert found[part]["gains"]["oracle"][0] <= 0
    assert found["whole"]["methods"]["Muster"]["incidents"] == 8
    assert found["later"]["methods"]["Muster"]["incidents"] == 4
    assert found["bonds"]["later"]["lookalikes"] == {"asked": 2, "apart": 2, "pairs_met": 0}
    assert found["bonds"]["later"]["recurrences"]["asked"] == 1
    assert {row["budget"] for row in found["alarms"]["budgets"]} >= {None, 1.0}


@pytest.mark.parametrize("backwards", [False, True])
def test_what_is_learnt_on_one_part_is_judged_on_the_other(
    stream: Stream, rivals: list[Tried], backwards: bool
) -> None:
    found = measure_learnt(stream, rivals, BENCH, None, backwards=backwards)
    later = len(stream.rows) - stream.cut
    assert (found["learnt_from"], found["reports"]) == (
        (later, stream.cut) if backwards else (stream.cut, later)
    )
    assert found["methods"]["Muster"]["incidents"] == 4
    assert found["methods"]["Muster"]["f1"][0] > 0.8
    assert ("alarms" in found) is not backwards


def test_a_start_for_a_set_never_saw_it() -> None:
    blank = blank_of(by_cosine())
    one, other = (Rehearsal(labelled(made(4, seed)), "test", BURST, None) for seed in (1, 2))
    pairs = collect_pairs({"one": one, "other": other}, blank)
    start = start_without("one", pairs, blank)
    again = start_without("one", {"other": pairs["other"]}, blank)
    assert start is not None
    assert again is not None
    assert np.array_equal(start.weights, again.weights)
    assert start_without("one", {"one": pairs["one"]}, blank) is None


def test_a_higher_threshold_joins_less(stream: Stream) -> None:
    rehearsal = Rehearsal(labelled(stream.rows), "test", BURST, None)
    rows = sweep_thresholds(rehearsal, by_cosine())
    recalls = [recall for _, _, _, recall in rows]
    assert recalls[0] > recalls[-1]
    steps = measure_reliability(rehearsal, by_cosine(), stream.cut)
    assert sum(count for _, _, count in steps) <= len(stream.rows) - stream.cut


def test_the_threshold_in_log_odds_is_the_one_the_scorer_joins_from() -> None:
    scorer = by_cosine()
    assert scorer.calibrated(join_odds(scorer)) == pytest.approx(scorer.join)
    assert scorer.calibrated(join_odds(scorer, 0.2)) == pytest.approx(0.2)


def test_truthful_answers_never_make_it_worse(stream: Stream) -> None:
    rehearsal = Rehearsal(labelled(stream.rows), "test", BURST, None)
    found = measure_answers(stream, rehearsal, BENCH)
    asked = next(one for one in found.values() if "asked" in one)
    assert asked["f1"][0] >= found["as it is"]["f1"][0]
    assert 0 <= asked["asked"] < 1


def test_a_learning_curve_has_a_point_for_each_share(stream: Stream) -> None:
    points = measure_curve(stream, BENCH, None, shares=(0.5, 1))
    assert [one["reports"] for one in points] == [round(stream.cut / 2), stream.cut]
