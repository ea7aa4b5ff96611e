"""Weights from training pairs: a logistic regression whose signs make sense."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from classifier.pair_features import FALLING, FEATURES, RISING, SHOWN
from classifier.pair_scorer import PairScorer

_PENALTY: Final = 100.0  # 1 / C with C = .01: weaker ones overfit small streams (research)
_WRONG_JOIN: Final = 3.3
"""What a wrong join costs, in missed ones, where both sides' sites are known and could tell.

Chosen so that on five outages of ten reports and three strangers each, two minutes apart, the
ten meet and the strangers stay out (2026-11; `tests/quality/test_grouping.py` holds it to that).
"""
_SITE_KNOWN: Final = FEATURES.index("site_known")

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Training pairs of one replay.

    Attributes:
        x: Shape (n, features).
        y: Shape (n,), 1 where report and group are the same incident, else 0.
        fold: Shape (n,), the part of the stream that the report is in.
        weight: Of each pair, beside those of other streams.

    """

    x: Floats
    y: Floats
    fold: npt.NDArray[np.int64]
    weight: float = 1.0


def fit_pairs(collected: Sequence[Pairs], name: str, *, without: int | None = None) -> PairScorer:
    """Weights for some replays' pairs, leaving out those of one fold; thresholds are not set."""
    from scipy.optimize import minimize

    kept = [one.fold != without for one in collected]
    x = np.concatenate([one.x[keep] for one, keep in zip(collected, kept, strict=True)])
    y = np.concatenate([one.y[keep] for one, keep in zip(collected, kept, strict=True)])
    weight = np.concatenate(
        [np.full(int(keep.sum()), one.weight) for one, keep in zip(collected, kept, strict=True)]
    )
    weight[(y == 0) & (x[:, _SITE_KNOWN] > 0)] *= _WRONG_JOIN
    weight = weight / weight.mean()
    mean, scale = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-6)
    z = (x - mean) / scale
    sign = 2 * y - 1

    def loss(w: Floats) -> tuple[float, Floats]:
        margin = sign * (z @ w[:-1] + w[-1])
        value = float((weight * np.logaddexp(0, -margin)).sum() + _PENALTY / 2 * (w[:-1] @ w[:-1]))
        slope = -weight * sign / (1 + np.exp(np.clip(margin, -40, 40)))
        gradient = np.concatenate([z.T @ slope + _PENALTY * w[:-1], [slope.sum()]])
        return value, gradient

    found = minimize(
        loss,
        np.zeros(len(FEATURES) + 1),
        jac=True,
        method="L-BFGS-B",
        bounds=[*(_bounds(feature) for feature in FEATURES), (None, None)],
    )
    return PairScorer(name, mean, scale, found.x[:-1], float(found.x[-1]), 0.5, 0.3, {})


def log_odds(scorer: PairScorer, values: Floats) -> Floats:
    """Of rows of features, shape (n, features) or (features,)."""
    odds: Floats = ((values - scorer.mean) / scorer.scale) @ scorer.weights + scorer.bias
    return odds


def reliability(odds: Floats, y: Floats) -> list[list[float]]:
    """Per tenth of probability: mean predicted, share that were the same, count."""
    p = 1 / (1 + np.exp(-odds))
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
