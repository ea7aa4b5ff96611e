"""The nearest labelled texts: their vote, and how they are shown."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.label_vote import (
    Examples,
    Look,
    render_example,
    vote,
    votes_of,
    votes_out_of_fold,
    weighted_votes,
)

HALVES = np.array([0.5, 0.5])


def unit(rows: int, seed: int = 1) -> np.ndarray:
    found = np.random.default_rng(seed).normal(size=(rows, 8)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def test_near_copies_decide() -> None:
    look = Look(np.array([2, 0, 1]), np.array([0.99, 0.5, 0.4], dtype=np.float32))
    said = np.exp(vote(look, np.array([0, 0, 1], dtype=np.int16), HALVES))
    assert said[1] > 0.8
    assert said.sum() == pytest.approx(1.0)


def test_where_no_example_has_a_label_it_is_as_usual() -> None:
    look = Look(np.array([0]), np.array([0.9], dtype=np.float32))
    said = np.exp(vote(look, np.array([-1], dtype=np.int16), np.array([0.9, 0.1])))
    assert said == pytest.approx([0.9, 0.1])


def test_one_text_gets_the_vote_that_a_table_of_texts_gets() -> None:
    vectors, labels = unit(90), np.arange(90) % 2
    examples = Examples([str(n) for n in range(90)], [""] * 90, vectors)
    new = unit(1, seed=5)
    one = vote(examples.look(new[0]), labels.astype(np.int16), HALVES)
    assert one == pytest.approx(votes_of(new, vectors, labels, HALVES)[0], abs=1e-4)


def test_rows_of_the_same_fold_have_no_vote() -> None:
    vectors = np.repeat(unit(2), 2, axis=0)
    labels, folds = np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1])
    said = votes_out_of_fold(vectors, labels, folds, HALVES).argmax(axis=1)
    assert said.tolist() == [1, 1, 0, 0]


def test_older_rows_can_count_less() -> None:
    vectors = np.repeat(unit(1), 2, axis=0)
    faded = weighted_votes(vectors[:1], vectors, np.array([0, 1]), HALVES, np.array([0.1, 1.0]))
    assert faded[0].argmax() == 1


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("mail jo.doe@halden.example now", "mail <email> now"),
        ("call +44 20 7946 0123 please", "call <number> please"),
        ("password: hunter2 fails", "password: <secret> fails"),
        ("see https://x.example/?token=abc ok", "see <link> ok"),
        ("error 1603\n\nin  setup", "error 1603 in setup"),
    ],
)
def test_what_could_be_a_person_is_masked(told: str, shown: str) -> None:
    assert render_example(told) == shown


@given(st.text(max_size=3_000))
def test_an_example_is_short_and_on_one_line(told: str) -> None:
    shown = render_example(told)
    assert len(shown) <= 160
    assert "\n" not in shown
