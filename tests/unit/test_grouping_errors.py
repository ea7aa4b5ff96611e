"""Why reports did not meet, or met wrongly."""

from __future__ import annotations

import numpy as np
import pytest

from classifier.pace import BURST
from classifier.pair_features import FEATURES
from classifier.pair_scorer import PairScorer
from classifier.rehearsal import Rehearsal
from classifier.window import PairFacts
from incidents.grouping_errors import (
    SAME_AS,
    WHICH_SERVICE,
    WHICH_SITE,
    Asking,
    missed_pairs,
    study_errors,
    with_answers,
    wrong_pairs,
)
from incidents.replay import ReadRow, StreamRow, labelled

GOLD = ["x", "x", "y", None, "y"]


def read(number: int, group: str | None, angle: float, **facts: object) -> ReadRow:
    vector = np.array([np.cos(angle), np.sin(angle)], dtype=np.float32)
    row = StreamRow(f"r{number}", 60.0 * number, "words", group, f"p{number}")
    return ReadRow(row, vector, PairFacts(**facts))


def test_pairs_are_missed_across_groups_and_wrong_within_one() -> None:
    groups = ["a", "b", "a", "c", "c"]
    assert missed_pairs(GOLD, groups) == [(0, 1), (2, 4)]
    assert wrong_pairs(GOLD, groups) == [(0, 2), (3, 4)]


def test_each_pair_is_counted_by_what_both_reports_say() -> None:
    rows = [
        read(0, "x", 0.0, service="vpn", site="berlin", signatures=frozenset({"E1"})),
        read(1, "x", 0.1, service="vpn", site="berlin", signatures=frozenset({"E1"})),
        read(2, "x", 2.0),
    ]
    missed = study_errors(rows, ["a", "b", "c"], lookalikes={})["missed"]
    assert missed["pairs"] == 3
    for name in ("same_service", "same_site", "same_signature", "near"):
        assert missed[name] == pytest.approx(1 / 3, abs=1e-3)
    assert missed["far"] == missed["nothing"] == pytest.approx(2 / 3, abs=1e-3)


def test_wrong_pairs_say_whether_look_alikes_met_or_a_stranger_came_in() -> None:
    rows = [read(n, group, 0.0) for n, group in enumerate(["x", "y", "z", None, None])]
    kinds = study_errors(rows, ["a"] * 5, lookalikes={"x": "y"})["wrong_kinds"]
    assert kinds == {
        "an incident's and one that stands alone": 0.6,
        "two other incidents": 0.2,
        "two that stand alone": 0.1,
        "two incidents that look alike": 0.1,
    }


def test_the_question_is_the_first_that_one_of_the_two_has_not_answered() -> None:
    def asked(one: dict, other: dict) -> dict[str, float]:
        rows = [read(0, "x", 0.0, **one), read(1, "x", 0.0, **other)]
        return study_errors(rows, ["a", "b"], lookalikes={})["questions"]

    both = {"service": "vpn", "site": "berlin"}
    assert asked({"site": "berlin"}, both) == {WHICH_SERVICE: 1.0}
    assert asked({"service": "vpn"}, both) == {WHICH_SITE: 1.0}
    assert asked({"service": "sap", "site": "berlin"}, both) == {SAME_AS: 1.0}


def test_nothing_wrong_has_nothing_to_tell() -> None:
    rows = [read(n, group, 0.0) for n, group in enumerate(GOLD)]
    found = study_errors(rows, ["a", "a", "b", "c", "b"], lookalikes={})
    assert found["missed"]["pairs"] == found["wrong"]["pairs"] == 0
    assert found["wrong_kinds"] == found["questions"] == {}
    assert found["worst"] == []


def test_the_worst_incident_is_the_one_in_most_pieces() -> None:
    rows = [read(n, "whole" if n < 3 else "broken", 0.0) for n in range(6)]
    worst = study_errors(rows, ["a", "a", "b", "c", "d", "e"], lookalikes={})["worst"]
    assert [(one["incident"], one["pieces"], one["largest"]) for one in worst] == [
        ("broken", 3, 1), ("whole", 2, 2),
    ]  # fmt: skip


def test_an_answer_is_what_most_of_the_incident_names_and_strangers_say_nothing() -> None:
    rows = [
        read(0, "x", 0.0, service="vpn"), read(1, "x", 0.0, service="vpn", site="berlin"),
        read(2, "x", 0.0, service="sap"), read(3, None, 0.0), read(4, "y", 0.0),
    ]  # fmt: skip
    services = [each.facts.service for each in with_answers(rows, service=True)]
    assert services == ["vpn", "vpn", "vpn", None, None]
    sites = [each.facts.site for each in with_answers(rows, site=True)]
    assert sites == ["berlin", "berlin", "berlin", None, None]
    assert with_answers(rows) == rows


def test_a_truthful_yes_joins_what_alone_would_only_be_suggested() -> None:
    rows = [read(0, "x", 0.0), read(1, "x", 0.9), read(2, None, 0.9), read(3, "x", 0.02)]
    zeros = np.zeros(len(FEATURES))
    weights = np.array([20.0 if feature == "max" else 0.0 for feature in FEATURES])
    scorer = PairScorer("test", zeros, zeros + 1, weights, -15.0, 0.5, 0.05, {})
    asking = Asking(scorer, join=0.0, suggest=-4.0)
    groups = Rehearsal(labelled(rows), "test", BURST, None).replay(asking.policy())[1]
    assert groups[0] == groups[1] == groups[3]
    assert groups[2] in {"of r2", groups[0]}
    assert asking.asked >= 1
