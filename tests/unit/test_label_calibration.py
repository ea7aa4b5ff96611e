"""The promise about answers, and probabilities that mean what they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.label_calibration import (
    CONFIDENCE,
    ERROR,
    Calibration,
    calibration_error,
    choose_promise,
    fit_calibration,
    macro_f1,
)


def opinions(rows: int, seed: int, *, skill: float = 2.0):
    """Noisy log-odds of three labels, one of them common, and the right answers."""
    rng = np.random.default_rng(seed)
    y = rng.choice(3, size=rows, p=[0.7, 0.2, 0.1])
    scores = rng.normal(size=(rows, 3))
    scores[np.arange(rows), y] += skill
    logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    return logs, y


def test_the_promise_is_kept_on_new_rows_as_often_as_it_says() -> None:
    kept = []
    for seed in range(120):
        rng = np.random.default_rng(seed)
        sure = rng.uniform(0.4, 1.0, size=4_400)
        right = rng.uniform(size=4_400) < sure
        promise = choose_promise(sure[:400], right[:400])
        later = right[400:][sure[400:] >= promise.threshold]
        kept.append(not len(later) or (~later).mean() <= ERROR)
    assert np.mean(kept) >= CONFIDENCE - 0.05


def test_a_head_that_is_often_wrong_when_sure_never_answers() -> None:
    sure = np.linspace(0.5, 1.0, 300)
    promise = choose_promise(sure, np.arange(300) % 2 == 0)
    assert promise.threshold > 1
    assert promise.coverage == 0


def test_a_head_that_is_always_right_always_answers() -> None:
    promise = choose_promise(np.linspace(0.3, 0.9, 300), np.ones(300, dtype=bool))
    assert promise.threshold == pytest.approx(0.3)
    assert promise.coverage == 1


@given(st.integers(0, 39))
def test_too_few_rows_promise_nothing(rows: int) -> None:
    assert choose_promise(np.full(rows, 0.9), np.ones(rows, dtype=bool)).threshold > 1


def test_a_useless_vote_gets_no_weight() -> None:
    logs, y = opinions(3_000, 1)
    noise = np.log(np.random.default_rng(2).dirichlet([1, 1, 1], size=3_000))
    usual = np.bincount(y) / len(y)
    found = fit_calibration(logs, logs, noise, y, usual)
    assert found.votes < 0.1 * found.regression


def test_meaning_gets_a_share_that_costs_nothing_and_none_where_it_misleads() -> None:
    logs, y = opinions(3_000, 1)
    other = np.log(np.random.default_rng(2).dirichlet([1, 1, 1], size=3_000))
    usual, flat = np.bincount(y) / len(y), np.zeros_like(logs)
    assert fit_calibration(logs, logs, flat, y, usual).meaning == pytest.approx(0.4)
    assert fit_calibration(logs, 3 * other, flat, y, usual).meaning == 0


def test_a_huge_label_does_not_swallow_the_small_ones() -> None:
    logs, y = opinions(3_000, 1, skill=1.0)
    usual = np.bincount(y) / len(y)
    swallowed = logs + 2 * np.log(usual)
    flat = np.zeros_like(logs)
    found = fit_calibration(swallowed, swallowed, flat, y, usual)
    said = found.apply(swallowed, flat, usual).argmax(axis=1)
    assert found.held_back > 0
    assert macro_f1(y, said, 3) > macro_f1(y, swallowed.argmax(axis=1), 3) + 0.1


def test_probabilities_that_were_too_sure_are_mended_on_rows_not_seen() -> None:
    logs, y = opinions(4_000, 3)
    usual, votes = np.bincount(y) / len(y), np.zeros((4_000, 3)) - np.log(3)
    sure = 4 * logs[:2_000]
    found = fit_calibration(sure, sure, votes[:2_000], y[:2_000], usual)
    chances = found.apply(4 * logs[2_000:], votes[2_000:], usual)
    right = chances.argmax(axis=1) == y[2_000:]
    assert calibration_error(chances.max(axis=1), right) < 0.03


def test_chances_sum_to_one_whatever_the_numbers() -> None:
    logs, y = opinions(50, 4)
    usual = np.bincount(y, minlength=3) / 50
    chances = Calibration(0.0, 3.0, 0.5, 1.0, 0.3).apply(logs, logs, usual)
    assert np.allclose(chances.sum(axis=1), 1.0)
