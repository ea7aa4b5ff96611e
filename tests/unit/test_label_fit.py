"""The regression: what scikit-learn finds, quicker where rows are few, and by the rows' age."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from classifier.label_fit import Rows, fit_both, fit_rows, rotated
from classifier.label_training import choose_mixed_folds


def sample(rows: int = 60, columns: int = 150):
    rng = np.random.default_rng(3)
    terms = csr_matrix((rng.random((rows, columns)) < 0.1) * rng.random((rows, columns)))
    dense = rng.normal(size=(rows, 5))
    y = (dense[:, 0] > 0).astype(int) + (dense[:, 1] > 0.5)
    return Rows(terms, dense), y


def test_it_finds_what_scikit_learn_finds() -> None:
    rows, y = sample()
    ours = np.exp(fit_rows(rows, y, 3, strength=2.0).log_odds(rows))
    table = np.hstack([rows.terms.toarray(), rows.dense])
    theirs = LogisticRegression(C=2.0, max_iter=2_000).fit(table, y).predict_proba(table)
    assert np.abs(ours - theirs).max() < 0.02


def test_on_the_rows_inner_products_it_finds_the_same_weights() -> None:
    rows, y = sample()
    plain = fit_rows(rows, y, 3, strength=2.0)
    turned, back = rotated(rows)
    found = fit_rows(turned, y, 3, strength=2.0)
    table = np.hstack([rows.terms.toarray(), rows.dense])
    assert np.abs(table @ back(found.weights) - table @ plain.weights).max() < 0.15


def test_two_regressions_mixed_are_one_whose_scores_are_their_mean() -> None:
    rows, y = sample()
    vectors = rows.without_terms()
    both = fit_both(rows, y, 3, strength=2.0, share=0.25)
    whole = fit_rows(rows, y, 3, strength=2.0).log_odds(rows)
    alone = fit_rows(vectors, y, 3, strength=10.0).log_odds(vectors)
    mixed = 0.75 * whole + 0.25 * alone
    gaps = both.log_odds(rows) - mixed
    assert np.allclose(gaps, gaps[:, :1], atol=1e-6)


def test_mixing_on_the_inner_products_finds_the_same_weights() -> None:
    rows, y = sample()
    turned, back = rotated(rows)
    found = fit_both(turned, y, 3, strength=2.0, share=0.25)
    plain = fit_both(rows, y, 3, strength=2.0, share=0.25)
    table = np.hstack([rows.terms.toarray(), rows.dense])
    assert np.abs(table @ back(found.weights) - table @ plain.weights).max() < 0.15


def test_twins_do_not_break_the_inner_products() -> None:
    rows, _ = sample(20)
    twice = Rows(csr_matrix(np.vstack([rows.terms.toarray()] * 2)), np.vstack([rows.dense] * 2))
    turned, _ = rotated(twice)
    assert np.isfinite(turned.dense).all()


def test_rows_that_weigh_nothing_teach_nothing() -> None:
    rows, y = sample()
    wrong = y.copy()
    wrong[30:] = 2 - wrong[30:]
    weights = np.array([2.0] * 30 + [0.0] * 30)
    kept = fit_rows(rows.of(np.arange(30)), y[:30], 3, strength=1.0)
    weighed = fit_rows(rows, wrong, 3, strength=0.5, weights=weights)
    assert np.abs(np.exp(kept.log_odds(rows)) - np.exp(weighed.log_odds(rows))).max() < 0.02


def test_mixed_folds_share_each_label_and_part_neighbours() -> None:
    y = np.array([0] * 9 + [1] * 4)
    folds = choose_mixed_folds(y, 3)
    assert np.bincount(folds[y == 0]).tolist() == [3, 3, 3]
    assert sorted(np.bincount(folds[y == 1]).tolist()) == [1, 1, 2]
    assert (np.diff(folds[:9]) != 0).all()
