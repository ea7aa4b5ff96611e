"""Figures of labels, and the section of the quality report that is made of them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from classifier.encoding import HashEncoder
from classifier.label_errors import read_errors, render_errors
from classifier.label_quality import LabelSet, measure_labels, render
from classifier.label_rivals import RIVALS
from classifier.label_scores import coverage_at, judge, kappa, score
from classifier.label_vectors import Remembering
from classifier.tickets import Table


def test_rows_without_a_right_answer_are_not_judged() -> None:
    chances = [{"a": 0.9, "b": 0.1}, {"a": 0.2, "b": 0.8}, {"a": 1.0, "b": 0.0}]
    judged = judge(["a", "a", ""], chances, answered=[True, False, True])
    assert judged is not None
    found = score(judged, intervals=False)
    assert (found["rows"], found["accuracy"], found["majority"]) == (2, 0.5, 1.0)
    assert (found["answered"], found["accuracy_answered"]) == (0.5, 1.0)
    assert judge(["", ""], chances[:2]) is None


def test_a_label_that_the_head_does_not_know_is_a_miss() -> None:
    judged = judge(["new"], [{"a": 1.0}])
    assert judged is not None
    assert score(judged, intervals=False)["accuracy"] == 0


@pytest.mark.parametrize(("power", "weights"), [(0, None), (1, "linear"), (2, "quadratic")])
def test_kappa_is_that_of_scikit_learn(power: int, weights: str | None) -> None:
    rng = np.random.default_rng(1)
    y, said = rng.integers(0, 4, 200), rng.integers(0, 4, 200)
    said[:120] = y[:120]
    assert kappa(y, said, 4, power=power) == pytest.approx(
        cohen_kappa_score(y, said, weights=weights)
    )


def test_coverage_is_the_share_of_the_surest_rows_that_are_right_often_enough() -> None:
    sure = np.array([0.9, 0.8, 0.7, 0.6])
    assert coverage_at(sure, np.array([True, True, False, False]), 0.9) == 0.5
    assert coverage_at(sure, np.array([False, True, True, True]), 0.9) == 0.0


def test_a_decision_that_weighs_costs_is_judged_by_its_own_percentage() -> None:
    judged = judge(["1", "2"], [{"1": 0.3, "2": 0.7}] * 2, said=["1", "2"], ordered=True)
    assert judged is not None
    found = score(judged, intervals=False)
    assert (found["accuracy"], found["recall_of_first"]) == (1.0, 1.0)
    assert found["ece"] == pytest.approx(0.5)


def test_each_set_has_our_line_with_intervals_and_the_rivals_lines() -> None:
    texts = tuple(f"{what} broken {n}" for n in range(20) for what in ("printer", "mail"))
    train = Table(texts, {"category": ("print", "mail") * 20})
    judged = Table(("printer broken again", "mail broken again"), {"category": ("print", "mail")})
    (measured,) = measure_labels([LabelSet("a desk", train, judged, "By hand.")], HashEncoder())
    assert set(measured.figures["category"]) == {"ours", *RIVALS}
    page = render([measured])
    assert page.startswith("### a desk\n\nBy hand. 2 rows judged.")
    assert "| ours | 1.000 |" in page
    assert "| 95 % | 1.000-1.000 |" in page
    assert all(f"| {rival} |" in page for rival in RIVALS)


def test_a_set_says_what_more_rows_brought_and_where_its_words_stop_telling() -> None:
    texts = tuple(f"{what} broken {n}" for n in range(20) for what in ("printer", "mail"))
    train = Table(texts, {"category": ("print", "mail") * 20})
    judged = Table(("printer broken 3", "mail broken 3"), {"category": ("print", "print")})
    desk = LabelSet("a desk", train, judged, "By hand.", "Ask which device.")
    (measured,) = measure_labels([desk], HashEncoder())
    assert measured.errors["category"]["confused"] == [["print", "mail", 1]]
    assert (measured.errors["category"]["twins"], measured.errors["category"]["twins_alike"]) == (
        2, 0.5,
    )  # fmt: skip
    page = render([measured])
    assert "Wrong: 1 rows; most often mail for print (1)." in page
    assert "Learning curve" in page
    assert page.rstrip().endswith("Ask which device.")


def test_a_text_asked_about_again_is_read_once_and_alike() -> None:
    class Counting(HashEncoder):
        read = 0

        def encode(self, texts):
            self.read += len(texts)
            return super().encode(texts)

    plain = Counting()
    once = Remembering(plain)
    found = [once.encode(["a b", "c", "a b"]), once.encode(["c", "d"]), once.encode([])]
    assert plain.read == 3
    assert np.array_equal(np.concatenate(found), plain.encode(["a b", "c", "a b", "c", "d"]))


def test_a_set_without_mistakes_or_twins_says_only_that() -> None:
    near = np.eye(2, dtype=np.float32)
    found = read_errors(["a", ""], ["a", "b"], near, -near, ["a", "a"])
    assert render_errors(found) == "None wrong."
