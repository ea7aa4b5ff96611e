"""A ridge-penalised multinomial regression over sparse terms and dense vectors together.

What `sklearn.linear_model.LogisticRegression` fits, with three things that it lacks: the vectors
stay dense (twice as quick), a fit starts from an earlier one, and rows may weigh less with age.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

MEANING_STRENGTH: Final = 10.0
"""How little a regression over vectors alone is held back."""
_ROUNDS: Final = 150
_JITTER: Final = 1e-5  # twins make the inner products singular
_GOOD_ENOUGH: Final = 3e-5  # relative change of the loss at which a fit stops


@dataclass(frozen=True, slots=True)
class Rows:
    """Texts as numbers: `terms` sparse (n, terms), `dense` (n, vector + asked).

    `turned`: how many of the first dense columns are terms too (see `rotated`).
    """

    terms: Any
    dense: npt.NDArray[Any]
    turned: int = 0

    def __len__(self) -> int:
        return int(self.dense.shape[0])

    def of(self, chosen: npt.NDArray[Any]) -> Rows:
        return Rows(self.terms[chosen], self.dense[chosen], self.turned)

    def without_terms(self) -> Rows:
        return Rows(self.terms[:, :0], self.dense[:, self.turned :])


@dataclass(frozen=True, slots=True)
class Fit:
    """Weights shape (terms + dense, labels), terms first; `bias` per label."""

    weights: Floats
    bias: Floats

    def log_odds(self, rows: Rows) -> Floats:
        """Log-probabilities, shape (n, labels)."""
        width = rows.terms.shape[1]
        scores = rows.terms @ self.weights[:width] + rows.dense @ self.weights[width:] + self.bias
        return log_softmax(scores)


def fit_both(
    rows: Rows,
    labels: Labels,
    classes: int,
    *,
    strength: float,
    share: float,
    weights: Floats | None = None,
    start: Fit | None = None,
) -> Fit:
    """Two regressions' mean as one: terms and vectors, and by `share` vectors alone."""
    whole = fit_rows(rows, labels, classes, strength=strength, weights=weights, start=start)
    if not share:
        return whole
    vectors = rows.without_terms()
    width = vectors.dense.shape[1]
    near = None if start is None else Fit(start.weights[-width:], start.bias)
    part = fit_rows(
        vectors, labels, classes, strength=MEANING_STRENGTH, weights=weights, start=near
    )
    found = whole.weights * (1 - share)
    found[-width:] += part.weights * share
    return Fit(found, whole.bias * (1 - share) + part.bias * share)


def fit_rows(
    rows: Rows,
    labels: Labels,
    classes: int,
    *,
    strength: float,
    weights: Floats | None = None,
    start: Fit | None = None,
) -> Fit:
    """Fit by L-BFGS.

    Args:
        rows: The texts.
        labels: Per row a number below `classes`.
        classes: How many labels there are; one without a row is never the likeliest.
        strength: scikit-learn's `C`: the greater, the less the weights are held back.
        weights: Per row how much it counts, mean about one; all alike where None.
        start: An earlier fit of the same columns and labels; only makes it quicker.

    """
    from scipy.optimize import minimize

    width = rows.terms.shape[1]
    columns = width + rows.dense.shape[1]
    across = rows.terms.T.tocsr()
    told = np.zeros((len(rows), classes))
    told[np.arange(len(rows)), labels] = 1.0
    heavy = np.ones(len(rows)) if weights is None else weights
    total = float(heavy.sum())
    dense = rows.dense.astype(np.float64, copy=False)

    def loss(flat: Floats) -> tuple[float, Floats]:
        found = flat.reshape(columns + 1, classes)
        matrix, bias = found[:-1], found[-1]
        scores = log_softmax(rows.terms @ matrix[:width] + dense @ matrix[width:] + bias)
        gap = (np.exp(scores) - told) * heavy[:, None] / total
        slope = np.empty_like(found)
        slope[:width] = across @ gap
        slope[width:-1] = dense.T @ gap
        slope[:-1] += matrix / (strength * total)
        slope[-1] = gap.sum(axis=0)
        cost = -float((scores[told > 0] * heavy).sum()) / total
        return cost + float((matrix * matrix).sum()) / (2 * strength * total), slope.ravel()

    first = np.zeros((columns + 1, classes))
    if start is None:
        shares = np.bincount(labels, weights=heavy, minlength=classes) / total
        first[-1] = np.log(shares + 1e-6)
    else:
        first[:-1], first[-1] = start.weights, start.bias
    found = minimize(
        loss, first.ravel(), jac=True, method="L-BFGS-B",
        options={"maxiter": _ROUNDS, "ftol": _GOOD_ENOUGH, "gtol": 1e-6},
    ).x.reshape(columns + 1, classes)  # fmt: skip
    return Fit(found[:-1], found[-1])


def rotated(rows: Rows) -> tuple[Rows, Callable[[Floats], Floats]]:
    """The same rows with terms in as many dense columns as there are rows, and the way back.

    A ridge-penalised regression sees only the rows' inner products, so where there are more
    terms than rows it is fitted many times faster on their Cholesky factor, with the same
    result. Row i of the factor depends on rows up to i alone.
    """
    from scipy.linalg import cholesky, solve_triangular
    from scipy.sparse import csr_matrix

    terms = rows.terms.astype(np.float64)  # rounded, twins would make the factor fail
    inner = (terms @ terms.T).toarray()
    inner[np.diag_indices_from(inner)] += _JITTER
    factor = cholesky(inner, lower=True)

    def back(weights: Floats) -> Floats:
        on_rows = solve_triangular(factor, weights[: len(factor)], lower=True, trans="T")
        found: Floats = np.vstack([rows.terms.T @ on_rows, weights[len(factor) :]])
        return found

    dense = np.hstack([factor, rows.dense.astype(np.float64)])
    return Rows(csr_matrix((len(rows), 0)), dense, len(factor)), back


def log_softmax(scores: Floats) -> Floats:
    """Scores, shape (n, labels), as log-probabilities."""
    calm = scores - scores.max(axis=1, keepdims=True)
    found: Floats = calm - np.log(np.exp(calm).sum(axis=1, keepdims=True))
    return found
