"""Weights from training pairs: a logistic regression whose signs make sense."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Final

import numpy as np

from classifier.pair_features import FALLING, FEATURES, RISING, SHOWN
from classifier.pair_scorer import PairScorer
from classifier.rehearsal import Floats, Pairs

_WRONG_JOIN: Final = 3.3
"""What a wrong join costs, in missed ones, where both sides' sites are known and could tell.

Joining strangers is the worse error. Chosen so that on five outages of ten reports and three
strangers each, two minutes apart, the ten meet, two outages stay two, and the strangers stay
out (2026-11; `tests/quality/test_grouping.py` holds it to that). At 1 the mean F1 over five
streams is the same and two outages of one hour become one.
"""
KEPT: Final = inf
_SITE_KNOWN: Final = FEATURES.index("site_known")


@dataclass(frozen=True, slots=True)
class Pull:
    """Where weights are drawn to where the pairs say little.

    Attributes:
        start: Weights learnt elsewhere; zero where None.
        penalty: 1 / C. 100 is C = .01: weaker ones overfit small streams (research). With
            `KEPT` the start's weights are kept as they are.

    """

    start: PairScorer | None
    penalty: float = 100.0


def fit_pairs(
    collected: Sequence[Pairs], blank: PairScorer, pull: Pull, *, without: int | None = None
) -> PairScorer:
    """Weights for some replays' pairs, leaving out those of one fold; thresholds are not set."""
    from scipy.optimize import minimize

    if pull.start is not None and pull.penalty == KEPT:
        first = pull.start
        return replace(
            blank, mean=first.mean, scale=first.scale, weights=first.weights, bias=first.bias,
            calibration=(1.0, 0.0),
        )  # fmt: skip
    kept = [one.fold != without for one in collected]
    x = np.concatenate([one.x[keep] for one, keep in zip(collected, kept, strict=True)])
    y = np.concatenate([one.y[keep] for one, keep in zip(collected, kept, strict=True)])
    weight = np.where((y == 0) & (x[:, _SITE_KNOWN] > 0), _WRONG_JOIN, 1.0)
    weight = weight / weight.mean()
    start = pull.start
    if start is None:
        mean, scale = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-6)
        home = np.zeros(len(FEATURES) + 1)
    else:
        mean, scale = start.mean, start.scale
        home = np.append(start.weights, start.bias)
    z = (x - mean) / scale
    sign = 2 * y - 1

    def loss(w: Floats) -> tuple[float, Floats]:
        margin = sign * (z @ w[:-1] + w[-1])
        away = w[:-1] - home[:-1]
        value = float((weight * np.logaddexp(0, -margin)).sum() + pull.penalty / 2 * (away @ away))
        slope = -weight * sign / (1 + np.exp(np.clip(margin, -40, 40)))
        gradient = np.concatenate([z.T @ slope + pull.penalty * away, [slope.sum()]])
        return value, gradient

    found = minimize(
        loss,
        home,
        jac=True,
        method="L-BFGS-B",
        bounds=[*(_bounds(feature) for feature in FEATURES), (None, None)],
    )
    return replace(
        blank, mean=mean, scale=scale, weights=found.x[:-1], bias=float(found.x[-1]),
        calibration=(1.0, 0.0),
    )  # fmt: skip


def log_odds(scorer: PairScorer, values: Floats) -> Floats:
    """Of rows of features, shape (n, features) or (features,); before calibration."""
    odds: Floats = ((values - scorer.mean) / scorer.scale) @ scorer.weights + scorer.bias
    return odds


def fit_calibration(odds: Floats, y: Floats) -> tuple[float, float]:
    """Slope and shift of log-odds, so that of the best candidates at p a share p is right.

    Platt's method with his smoothed targets; the slope is never negative.
    """
    from scipy.optimize import minimize

    right = float(y.sum())
    target = np.where(y > 0, (right + 1) / (right + 2), 1 / (len(y) - right + 2))

    def loss(w: Floats) -> tuple[float, Floats]:
        margin = w[0] * odds + w[1]
        p = 1 / (1 + np.exp(-np.clip(margin, -40, 40)))
        value = float((np.logaddexp(0, margin) - target * margin).sum())
        return value, np.array([((p - target) * odds).sum(), (p - target).sum()])

    found = minimize(
        loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=[(0.05, None), (None, None)]
    )
    return round(float(found.x[0]), 4), round(float(found.x[1]), 4)


def reliability(p: Floats, y: Floats) -> list[list[float]]:
    """Per tenth of probability: mean predicted, share that were the same, count."""
    rows = []
    for low in np.arange(0, 1, 0.1):
        inside = (p >= low) & (p < low + 0.1)
        if inside.any():
            rows.append([round(float(v), 4) for v in (p[inside].mean(), y[inside].mean())])
            rows[-1].append(float(inside.sum()))
    return rows


def _bounds(feature: str) -> tuple[float | None, float | None]:
    if feature in SHOWN:
        return 0.0, 0.0
    if feature in RISING:
        return 0.0, None
    return (None, 0.0) if feature in FALLING else (None, None)
